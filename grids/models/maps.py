"""Where a grid lies: its boundary, and the house numbers that are its own."""

from datetime import date

from django.conf import settings
from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import RangeOperators
from django.db import models
from django.db.models import F, Q
from django.utils import timezone

from gridinspect.accounts.roles import Permission
from gridinspect.constraints import ordered
from gridinspect.scope import ScopedQuerySet
from grids.models.tree import Days, Grid
from grids.querysets import (
    DatedQuerySet,
)


class BoundaryQuerySet(DatedQuerySet, ScopedQuerySet):  # type: ignore[override]
    view_permission = Permission.GRID_VIEW


class RoadRangeQuerySet(DatedQuerySet, ScopedQuerySet):  # type: ignore[override]
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
    """House numbers of a road that lie in a grid for a while: both ends count."""

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
    since = models.DateField("启用日期", default=timezone.localdate)
    until = models.DateField("停用日期", null=True, blank=True)
    recorded_at = models.DateTimeField("登记时间", default=timezone.now)
    changed_at = models.DateTimeField("更正时间", null=True, blank=True)

    objects = RoadRangeQuerySet.as_manager()

    class Meta:
        verbose_name = "道路门牌"
        ordering = ["road", "first", "parity"]
        constraints = [
            ordered("since", "until"),
            models.CheckConstraint(
                condition=Q(last__gte=F("first")),
                name="grids_roadrange_ends_after_its_beginning",
                violation_error_message="止号不能小于起号。",
            ),
            models.UniqueConstraint(
                fields=["grid", "road", "parity", "first"],
                condition=Q(until=None),
                name="grids_roadrange_unique",
                violation_error_message="这段门牌已经登记。",
            ),
        ]

    def __str__(self):
        return f"{self.road} {self.first}-{self.last} {self.get_parity_display()}"

    def ends_with_trace(self, day: date) -> bool:
        """Tell whether what changes on a day was so before: not when noted today."""
        noted = timezone.localdate(self.recorded_at)
        return self.since < day and noted < timezone.localdate()

    @property
    def scope_path(self) -> str:
        return self.grid.path
