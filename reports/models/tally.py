from django.db import models
from django.db.models import F, Func, Value

from gridinspect.accounts.roles import Permission
from gridinspect.scope import ScopedQuerySet
from grids.models import Grid


class TallyQuerySet(ScopedQuerySet):
    view_permission = Permission.COVERAGE_VIEW

    def short(self):
        """Keep the grids that lacked somebody."""
        lacking = Func(
            F("staffed"),
            Value("$.* ? (@.filled_capped < @.quota)"),
            function="jsonb_path_exists",
            template="%(function)s(%(expressions)s::jsonpath)",
            output_field=models.BooleanField(),
        )
        return self.filter(lacking)


class Tally(models.Model):
    """What hung directly on one grid at the end of one day.

    A grid's own figure is the sum over its subtree. Rates are divided at the last
    moment, from these counts (design.md 4).
    """

    grid = models.ForeignKey(Grid, on_delete=models.CASCADE, related_name="tallies")
    district = models.ForeignKey(Grid, on_delete=models.CASCADE, related_name="+")
    on = models.DateField()
    known = models.PositiveIntegerField(default=0)
    assigned = models.PositiveIntegerField(default=0)
    acquired = models.PositiveIntegerField(default=0)
    filed = models.PositiveIntegerField(default=0)
    assistants = models.PositiveIntegerField(default=0)
    trained = models.PositiveIntegerField(default=0)
    leaves = models.PositiveSmallIntegerField(default=0)
    networked = models.PositiveSmallIntegerField(default=0)
    closed = models.PositiveIntegerField(default=0)
    closed_in_time = models.PositiveIntegerField(default=0)
    # {person kind: {"filled": n, "filled_capped": n, "quota": n | null}}
    staffed = models.JSONField(default=dict)
    counted_at = models.DateTimeField()

    objects = TallyQuerySet.as_manager()

    class Meta:
        indexes = [
            models.Index(fields=["district", "on"], name="reports_tally_of_district")
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["grid", "on"], name="reports_tally_one_a_day"
            )
        ]

    def __str__(self):
        return f"{self.grid} {self.on}"
