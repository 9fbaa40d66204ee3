"""Who works where, and who has entered something by hand."""

from django.db import models
from django.db.models import Q

from gridinspect.accounts.models import Person
from gridinspect.accounts.roles import Role
from gridinspect.constraints import ordered
from grids.models.tree import City, Grid
from grids.querysets import (
    PostingQuerySet,
)


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
