"""The tree of grids: what stands now, what stood when, and what was done to it."""

from datetime import date

from django.conf import settings
from django.contrib.postgres.fields import ArrayField, RangeBoundary
from django.contrib.postgres.indexes import GinIndex
from django.db import models
from django.db.models import F, Func, Q
from django.urls import reverse
from mptt.models import MPTTModel, TreeForeignKey

from gridinspect.constraints import ordered
from grids.querysets import (
    CityQuerySet,
    GridPeriodQuerySet,
    GridQuerySet,
)


def city_path(code: str) -> str:
    """Return the scope path of a city."""
    return f"/{code}/"


class Days(Func):
    """The half-open range of days from `since` to `until`, for exclusions."""

    function = "daterange"

    def __init__(self):
        super().__init__(F("since"), F("until"), RangeBoundary())


class City(models.Model):  # type: ignore[django-manager-missing]
    """One prefecture-level city (地市) with its districts."""

    code = models.CharField("行政区划代码", max_length=6, unique=True)
    name = models.CharField("名称", max_length=60)
    province = models.CharField("省份", max_length=20)

    objects = CityQuerySet.as_manager()

    class Meta:
        ordering = ["code"]

    def __str__(self):
        return self.name

    @property
    def path(self) -> str:
        return city_path(self.code)

    @property
    def scope_path(self) -> str:
        return self.path


class Grid(MPTTModel):
    """One area of responsibility (网格), from a district or zone down to a cell.

    The parents are the truth; `path` is kept from them and decides who sees what;
    lft and rght only serve drawing. Everything is written by `grids.services`.
    """

    class Kind(models.TextChoices):
        DISTRICT = "district", "区县"
        ZONE = "zone", "功能区"
        STREET = "street", "街道"
        TOWN = "town", "乡镇"
        PARK = "park", "园区"
        COMMUNITY = "community", "社区"
        VILLAGE = "village", "行政村"
        CELL = "cell", "单元网格"

    parent = TreeForeignKey(
        "self",
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="children",
        verbose_name="上级网格",
    )
    city = models.ForeignKey(
        City, on_delete=models.PROTECT, related_name="grids", verbose_name="地市"
    )
    district = models.ForeignKey(  # a root points at itself
        "self", on_delete=models.PROTECT, related_name="+", null=True
    )
    code = models.CharField("网格编码", max_length=20, unique=True)
    division_code = models.CharField(
        "统计用区划代码", max_length=12, null=True, blank=True, unique=True
    )
    name = models.CharField("网格名称", max_length=60)
    pinyin = models.CharField(max_length=60, editable=False)  # initials, for search
    kind = models.CharField("类型", max_length=10, choices=Kind.choices)
    path = models.CharField(max_length=120, editable=False)
    opened_on = models.DateField("启用日期")
    closed_on = models.DateField("停用日期", null=True, blank=True)

    objects = GridQuerySet.as_manager()

    class Meta:
        verbose_name = "网格"
        indexes = [  # django-mptt adds (tree_id, lft) here
            models.Index(
                fields=["path"],
                name="grids_grid_by_path",
                opclasses=["varchar_pattern_ops"],
            ),
            GinIndex(
                fields=["name"], name="grids_grid_by_name", opclasses=["gin_trgm_ops"]
            ),
            models.Index(fields=["parent", "code"], name="grids_grid_children"),
        ]
        constraints = [
            models.CheckConstraint(
                condition=Q(kind__in=["district", "zone"], parent__isnull=True)
                | (~Q(kind__in=["district", "zone"]) & Q(parent__isnull=False)),
                name="grids_grid_only_districts_and_zones_are_roots",
                violation_error_message="只有区县和功能区可以没有上级网格。",
            ),
            models.UniqueConstraint(
                fields=["parent", "name"],
                condition=Q(closed_on=None),
                name="grids_grid_name_unique_under_parent",
                violation_error_message="同一上级下已有同名网格。",
            ),
            models.CheckConstraint(
                condition=Q(closed_on=None)
                | Q(closed_on__isnull=False, closed_on__gt=F("opened_on")),
                name="grids_grid_closes_after_opening",
                violation_error_message="停用日期必须晚于启用日期。",
            ),
        ]

    def __str__(self):
        return self.name

    def get_absolute_url(self):
        return reverse("grids:detail", args=[self.pk])

    @property
    def scope_path(self) -> str:
        return self.path

    @staticmethod
    def once_coded(code: str):
        """Return the keys of the grids whose code once began like this."""
        return GridPeriod.objects.filter(code__startswith=code).values("grid")

    @property
    def is_root(self) -> bool:
        return self.parent_id is None

    def is_open_on(self, day: date) -> bool:
        """Tell whether the grid existed on a day, as `open_on` does."""
        return self.opened_on <= day and not (self.closed_on and self.closed_on <= day)


class GridPeriod(models.Model):
    """Where a grid stood in the tree for a while, and what it was called.

    The columns of Grid are today's, and decide who sees what; figures of a date follow
    the periods of that date. A closed grid keeps a place in the tree, for what was done
    in it: whether it was open is said by `opened_on` and `closed_on` alone.
    """

    grid = models.ForeignKey(Grid, on_delete=models.CASCADE, related_name="periods")
    parent = models.ForeignKey(
        Grid, on_delete=models.PROTECT, null=True, related_name="+"
    )
    name = models.CharField(max_length=60)
    code = models.CharField(max_length=20)
    kind = models.CharField(max_length=10, choices=Grid.Kind.choices)
    path = models.CharField(max_length=120)
    since = models.DateField()  # of a grid's first one: its `opened_on`
    until = models.DateField(null=True)

    objects = GridPeriodQuerySet.as_manager()

    class Meta:
        indexes = [
            models.Index(
                fields=["path"],
                name="grids_gridperiod_by_path",
                opclasses=["varchar_pattern_ops"],
            ),
            models.Index(
                fields=["code"],
                name="grids_gridperiod_by_code",
                opclasses=["varchar_pattern_ops"],
            ),
        ]
        constraints = [
            ordered("since", "until"),
            models.UniqueConstraint(  # its index also finds the periods of a grid
                fields=["grid", "since"], name="grids_gridperiod_unique"
            ),
            models.UniqueConstraint(
                fields=["grid"],
                condition=Q(until=None),
                name="grids_gridperiod_one_open",
            ),
        ]

    def __str__(self):
        return f"{self.name} {self.since}"

    def as_grid(self) -> Grid:
        """Return the grid as it was: for reading, never to be saved."""
        grid = self.grid
        grid.parent_id, grid.path = self.parent_id, self.path
        grid.name, grid.code, grid.kind = self.name, self.code, self.kind
        return grid


class GridAct(models.Model):
    """One act on the tree, with what to put back when it is undone."""

    class Kind(models.TextChoices):
        CREATED = "created", "新增"
        CHANGED = "changed", "修改"
        MOVED = "moved", "移动"
        CLOSED = "closed", "停用"
        SPLIT = "split", "拆分"
        MERGED = "merged", "合并"
        RECODED = "recoded", "重新编码"

    kind = models.CharField(max_length=10, choices=Kind.choices)
    grid = models.ForeignKey(Grid, on_delete=models.CASCADE, related_name="acts")
    heads = ArrayField(models.BigIntegerField())  # the grids that it was about
    involved = ArrayField(models.BigIntegerField())  # and all that it changed
    on = models.DateField()  # its date of effect
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+"
    )
    at = models.DateTimeField(auto_now_add=True)
    # By the name of the facts: {"before": rows that differed, "after": {key: digest}}
    facts = models.JSONField()
    undone_at = models.DateTimeField(null=True)
    undone_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+"
    )

    class Meta:
        indexes = [GinIndex(fields=["involved"], name="grids_gridact_by_grid")]

    def __str__(self):
        return f"{self.get_kind_display()} {self.grid}"


class Succession(models.Model):
    """Says which grid took over from a closed one, or from a part of it."""

    old = models.ForeignKey(Grid, on_delete=models.PROTECT, related_name="successions")
    new = models.ForeignKey(Grid, on_delete=models.PROTECT, related_name="origins")
    on = models.DateField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["old", "new"], name="grids_succession_unique"
            ),
            models.CheckConstraint(
                condition=~Q(old=F("new")), name="grids_succession_to_another"
            ),
        ]

    def __str__(self):
        return f"{self.old} → {self.new}"
