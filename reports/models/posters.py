"""三上墙: what was printed as a poster, and what hangs on which wall."""

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.urls import reverse

from gridinspect.accounts.roles import Permission
from gridinspect.documents.models import ArchivedDocument, Attachment
from gridinspect.scope import ScopedQuerySet
from grids.models import Grid


class Wall(models.TextChoices):
    """The three things that hang on the wall (HJ-17)."""

    MAP = "poster_map", "网格示意图"
    STAFF = "poster_staff", "人员分工"
    DUTIES = "poster_duties", "工作职责"


class PosterQuerySet(ScopedQuerySet):
    view_permission = Permission.GRID_VIEW


class HangingQuerySet(ScopedQuerySet):
    view_permission = Permission.GRID_VIEW

    def current(self):
        """Keep what hangs and has not been taken down."""
        return self.filter(until=None)


class Poster(models.Model):
    """One version of one poster of a grid, with what its parts said.

    `parts` tell later which part of it no longer holds. A print in another size with
    the same parts is the same version.
    """

    grid = models.ForeignKey(Grid, on_delete=models.PROTECT, related_name="posters")
    kind = models.CharField("图表", max_length=20, choices=Wall.choices)
    version = models.PositiveSmallIntegerField("版次")
    as_of = models.DateField("数据日期")
    parts = models.JSONField()
    document = models.ForeignKey(  # its first print
        ArchivedDocument, on_delete=models.PROTECT, related_name="posters"
    )

    objects = PosterQuerySet.as_manager()

    class Meta:
        verbose_name = "上墙图表"
        ordering = ["grid", "kind", "-version"]
        constraints = [
            models.UniqueConstraint(
                fields=["grid", "kind", "version"],
                name="reports_poster_version_unique",
            ),
            models.CheckConstraint(
                condition=Q(version__gte=1), name="reports_poster_versions_from_one"
            ),
        ]

    def __str__(self):
        return f"{self.get_kind_display()}第 {self.version} 版（{self.as_of}）"

    @property
    def scope_path(self) -> str:
        return self.grid.path


class Hanging(models.Model):
    """A version of a poster hangs on a wall of its grid from a day on."""

    poster = models.ForeignKey(
        Poster, on_delete=models.PROTECT, related_name="hangings", verbose_name="版次"
    )
    # As its poster has them: of each kind one hangs in a grid at a time.
    grid = models.ForeignKey(Grid, on_delete=models.PROTECT, related_name="hangings")
    kind = models.CharField("图表", max_length=20, choices=Wall.choices)
    since = models.DateField("上墙日期")
    until = models.DateField("撤下日期", null=True, blank=True)
    spot = models.CharField("张贴位置", max_length=100, blank=True)
    photo = models.ForeignKey(
        Attachment, on_delete=models.PROTECT, related_name="+", verbose_name="照片"
    )
    hung_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.PROTECT,
        related_name="+",
        verbose_name="登记人",
    )
    recorded_at = models.DateTimeField("登记时间", auto_now_add=True)

    objects = HangingQuerySet.as_manager()

    class Meta:
        verbose_name = "上墙登记"
        ordering = ["grid", "kind", "-since"]
        constraints = [
            models.CheckConstraint(  # put up wrongly and taken down on the same day
                condition=Q(until=None)
                | Q(until__isnull=False, until__gte=models.F("since")),
                name="reports_hanging_ends_after_it_began",
                violation_error_message="撤下日期不能早于上墙日期。",
            ),
            models.UniqueConstraint(
                fields=["grid", "kind"],
                condition=Q(until=None),
                name="reports_hanging_one_of_a_kind",
                violation_error_message="这种图表已有一版登记上墙。",
            ),
        ]

    def __str__(self):
        return f"{self.poster} {self.since}"

    def get_absolute_url(self) -> str:
        return reverse("reports:poster-node", args=[self.grid_id])

    @property
    def scope_path(self) -> str:
        return self.grid.path
