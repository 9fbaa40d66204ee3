from datetime import date

from django.conf import settings
from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import ArrayField, RangeBoundary, RangeOperators
from django.contrib.postgres.indexes import GinIndex
from django.db import models
from django.db.models import F, Func, Q
from django.urls import reverse
from mptt.models import MPTTModel, TreeForeignKey

from gridinspect.accounts.models import Person
from gridinspect.accounts.roles import Permission, Role
from gridinspect.constraints import ordered
from gridinspect.scope import ScopedQuerySet
from grids.querysets import (
    CityQuerySet,
    DatedQuerySet,
    GridPeriodQuerySet,
    GridQuerySet,
    PolicyDraftQuerySet,
    PostingQuerySet,
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
            )
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


class Policy(models.Model):
    """One version of a published plan, or of a layer of law. Never changed."""

    class Layer(models.TextChoices):
        NATIONAL = "national", "国家"
        PROVINCE = "province", "省"
        PLAN = "plan", "实施方案"

    slug = models.CharField(max_length=40)
    version = models.PositiveSmallIntegerField()
    title = models.CharField("名称", max_length=200)
    layer = models.CharField("层级", max_length=10, choices=Layer.choices)
    province = models.CharField("省份", max_length=20, blank=True)
    effective_from = models.DateField("施行日期", null=True)
    sha256 = models.CharField(max_length=64)
    document = models.JSONField()  # PolicyValues.to_json()
    loaded_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["layer", "slug", "version"]
        constraints = [
            models.UniqueConstraint(
                fields=["slug", "version"], name="grids_policy_unique"
            )
        ]

    def __str__(self):
        return f"{self.title}（第 {self.version} 版）"

    def get_absolute_url(self):
        return reverse("grids:policy", args=[self.pk])


class PolicyClause(models.Model):
    """One clause of a policy: its words, and what they mean for the program."""

    class Kind(models.TextChoices):
        RULE = "rule", "规则取值"
        DUTY = "duty", "系统职能"
        TARGET = "target", "考核目标"
        WORDS = "words", "文字说明"

    policy = models.ForeignKey(Policy, on_delete=models.CASCADE, related_name="clauses")
    number = models.CharField("条款", max_length=10)
    order = models.PositiveSmallIntegerField()
    quote = models.TextField("原文")
    meaning = models.TextField("含义")
    kind = models.CharField("类别", max_length=10, choices=Kind.choices)

    class Meta:
        ordering = ["policy", "order"]
        constraints = [
            models.UniqueConstraint(
                fields=["policy", "number"], name="grids_policyclause_unique"
            )
        ]

    def __str__(self):
        return self.number


class PolicyInForce(models.Model):
    """A district is under a plan for a while; its phases count from a start."""

    district = models.ForeignKey(
        Grid, on_delete=models.PROTECT, related_name="policies"
    )
    policy = models.ForeignKey(
        Policy, on_delete=models.PROTECT, related_name="adoptions"
    )
    since = models.DateField("施行自")
    until = models.DateField("施行至", null=True, blank=True)
    programme_start = models.DateField("阶段起算日", null=True, blank=True)

    objects = DatedQuerySet.as_manager()

    class Meta:
        constraints = [
            ordered("since", "until"),
            ExclusionConstraint(
                name="grids_policyinforce_one_at_a_time",
                expressions=[
                    ("district", RangeOperators.EQUAL),
                    (Days(), RangeOperators.OVERLAPS),
                ],
            ),
        ]

    def __str__(self):
        return f"{self.district}：{self.policy}"


class PolicyDraft(models.Model):
    """A plan that is being written, until it is published as a version.

    `path` is the place whose people write it; `edition` tells two writers apart.
    """

    base = models.ForeignKey(
        Policy, on_delete=models.PROTECT, null=True, related_name="drafts"
    )
    slug = models.CharField("政策编号", max_length=40)
    version = models.PositiveSmallIntegerField("版本")
    title = models.CharField("名称", max_length=200)
    document = models.JSONField()  # PolicyValues.to_json(), always one that parses
    path = models.CharField(max_length=120)
    edition = models.PositiveIntegerField(default=1)
    edited_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.PROTECT,
        related_name="+",
        verbose_name="最后编辑",
    )
    changed_at = models.DateTimeField("编辑时间", auto_now=True)

    objects = PolicyDraftQuerySet.as_manager()

    class Meta:
        ordering = ["-changed_at"]

    def __str__(self):
        return f"{self.title}（第 {self.version} 版草稿）"

    def get_absolute_url(self):
        return reverse("grids:draft", args=[self.pk])

    @property
    def scope_path(self) -> str:
        return self.path


class QuotaIndex(models.Model):
    """How many assistants a community is given (配置指数), where the plan says so."""

    grid = models.ForeignKey(
        Grid, on_delete=models.PROTECT, related_name="quota_indexes"
    )
    value = models.PositiveSmallIntegerField("配置指数")
    is_made_up = models.BooleanField("示例值", default=False)
    since = models.DateField()
    until = models.DateField(null=True, blank=True)

    objects = DatedQuerySet.as_manager()

    class Meta:
        constraints = [
            ordered("since", "until"),
            models.UniqueConstraint(
                fields=["grid"],
                condition=Q(until=None),
                name="grids_quotaindex_one_open",
            ),
        ]

    def __str__(self):
        return f"{self.grid}：{self.value}"


class Posting(models.Model):
    """A person's role in a grid and all below it, or in a city, for a while."""

    person = models.ForeignKey(
        Person, on_delete=models.PROTECT, related_name="postings", verbose_name="人员"
    )
    role = models.CharField("岗位", max_length=20, choices=Role.choices)
    grid = models.ForeignKey(
        Grid,
        on_delete=models.PROTECT,
        related_name="postings",
        null=True,
        blank=True,
        verbose_name="网格",
    )
    city = models.ForeignKey(
        City,
        on_delete=models.PROTECT,
        related_name="postings",
        null=True,
        blank=True,
        verbose_name="地市",
    )
    since = models.DateField("上岗日期")
    until = models.DateField("离岗日期", null=True, blank=True)
    recorded_at = models.DateTimeField(auto_now_add=True)

    objects = PostingQuerySet.as_manager()

    class Meta:
        verbose_name = "岗位"
        indexes = [models.Index(fields=["grid", "role"], name="grids_posting_in_grid")]
        constraints = [
            ordered("since", "until"),
            models.CheckConstraint(
                condition=Q(grid__isnull=False, city__isnull=True)
                | Q(grid__isnull=True, city__isnull=False),
                name="grids_posting_to_a_grid_or_a_city",
                violation_error_message="岗位必须落在一个网格或一个地市，二者取一。",
            ),
            models.UniqueConstraint(
                fields=["person", "role", "grid", "city"],
                condition=Q(until=None),
                nulls_distinct=False,
                name="grids_posting_open_only_once",
                violation_error_message="此人在该处已有同样的在岗记录。",
            ),
        ]

    def __str__(self):
        return f"{self.person} {self.get_role_display()} {self.grid or self.city}"

    @property
    def place(self) -> Grid | City:
        return self.grid or self.city  # type: ignore[return-value]  # a CHECK

    @property
    def scope_path(self) -> str:
        return self.place.path


class DailyEntry(models.Model):
    """A person entered at least one record by hand on this day (for 联网率)."""

    person = models.ForeignKey(Person, on_delete=models.CASCADE, related_name="+")
    day = models.DateField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["person", "day"], name="grids_dailyentry_unique"
            )
        ]

    def __str__(self):
        return f"{self.person} {self.day}"


class DirtyMark(models.Model):
    """The figures of a grid must be counted again, from a day on."""

    grid = models.ForeignKey(Grid, on_delete=models.CASCADE, related_name="+")
    since = models.DateField()

    def __str__(self):
        return f"{self.grid} {self.since}"


class BoundaryQuerySet(DatedQuerySet, ScopedQuerySet):  # type: ignore[override]
    view_permission = Permission.GRID_VIEW


class RoadRangeQuerySet(ScopedQuerySet):
    view_permission = Permission.GRID_VIEW


class Boundary(models.Model):
    """The outline of a grid on the ground, for a while."""

    class Datum(models.TextChoices):
        WGS84 = "wgs84", "WGS-84"
        CGCS2000 = "cgcs2000", "CGCS2000"
        GCJ02 = "gcj02", "GCJ-02"

    grid = models.ForeignKey(Grid, on_delete=models.PROTECT, related_name="boundaries")
    geometry = models.JSONField()  # GeoJSON in WGS-84, from boundaries.to_json
    square_metres = models.FloatField("面积（平方米）")  # boundaries.PROJECTION
    source_system = models.CharField("坐标系", max_length=10, choices=Datum.choices)
    source_name = models.CharField("来源", max_length=200, blank=True)
    since = models.DateField("启用日期")
    until = models.DateField("停用日期", null=True)
    uploaded_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+"
    )
    uploaded_at = models.DateTimeField("上传时间", auto_now_add=True)

    objects = BoundaryQuerySet.as_manager()

    class Meta:
        constraints = [
            ordered("since", "until"),
            ExclusionConstraint(
                name="grids_boundary_one_at_a_time",
                expressions=[
                    ("grid", RangeOperators.EQUAL),
                    (Days(), RangeOperators.OVERLAPS),
                ],
            ),
        ]

    def __str__(self):
        return f"{self.grid} {self.since}"

    @property
    def scope_path(self) -> str:
        return self.grid.path


class RoadRange(models.Model):
    """House numbers of a road that lie in a grid: both ends count."""

    class Parity(models.TextChoices):
        ALL = "all", "全部"
        ODD = "odd", "单号"
        EVEN = "even", "双号"

    grid = models.ForeignKey(
        Grid, on_delete=models.PROTECT, related_name="road_ranges", verbose_name="网格"
    )
    road = models.CharField("道路", max_length=60)
    parity = models.CharField(
        "单双号", max_length=4, choices=Parity.choices, default=Parity.ALL
    )
    first = models.PositiveIntegerField("起号")
    last = models.PositiveIntegerField("止号")

    objects = RoadRangeQuerySet.as_manager()

    class Meta:
        verbose_name = "道路门牌"
        ordering = ["road", "first", "parity"]
        constraints = [
            models.CheckConstraint(
                condition=Q(last__gte=F("first")),
                name="grids_roadrange_ends_after_its_beginning",
                violation_error_message="止号不能小于起号。",
            ),
            models.UniqueConstraint(
                fields=["grid", "road", "parity", "first"],
                name="grids_roadrange_unique",
                violation_error_message="这段门牌已经登记。",
            ),
        ]

    def __str__(self):
        return f"{self.road} {self.first}-{self.last} {self.get_parity_display()}"

    @property
    def scope_path(self) -> str:
        return self.grid.path
