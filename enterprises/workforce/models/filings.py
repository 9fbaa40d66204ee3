"""用工备案: what a unit reported to the bureau about whom it took on and let go."""

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.urls import reverse

from enterprises.models import Enterprise
from gridinspect.accounts.roles import Permission
from gridinspect.scope import ScopedQuerySet
from grids.models import Grid


class FilingQuerySet(ScopedQuerySet):
    path_field = "enterprise__grid__path"
    view_permission = Permission.WORKFORCE_VIEW

    def for_list(self):
        """Fetch what a row of the register shows."""
        return self.select_related("enterprise__grid__parent")

    def late(self):
        """Keep the filings of which something was filed too late."""
        return self.filter(late_count__gt=0)


class Filing(models.Model):
    """One filing of a unit: first, change or cancellation (初次、变动、注销).

    The persons concerned are the workers and contracts that point at it. `due_on` is
    the nearest of their due days when it was filed, `late_count` how many came late.
    Source: 劳社部发〔2006〕46号; domain.md 2.12 C.
    """

    class Kind(models.TextChoices):
        FIRST = "first", "初次备案"
        CHANGE = "change", "变动备案"
        UNIT = "unit", "单位信息变更"
        CANCELLATION = "cancellation", "注销备案"

    enterprise = models.ForeignKey(
        Enterprise, on_delete=models.PROTECT, related_name="filings"
    )
    district = models.ForeignKey(
        Grid, on_delete=models.PROTECT, related_name="+", db_index=False
    )
    kind = models.CharField("备案种类", max_length=12, choices=Kind.choices)
    number = models.CharField("备案编号", max_length=40, blank=True)
    filed_on = models.DateField("备案日期")
    happened_on = models.DateField("发生日期", null=True, blank=True)
    due_on = models.DateField("应备案期限", null=True, blank=True)
    person_count = models.PositiveIntegerField("涉及人数", default=0)
    late_count = models.PositiveIntegerField("超期", default=0)
    what = models.CharField("变更事项", max_length=200, blank=True)
    remark = models.CharField("备注", max_length=200, blank=True)
    recorded_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.PROTECT,
        related_name="+",
        db_index=False,
    )
    recorded_at = models.DateTimeField(auto_now_add=True)

    objects = FilingQuerySet.as_manager()

    class Meta:
        verbose_name = "用工备案"
        indexes = [
            models.Index(fields=["district", "filed_on"], name="filings_in_district"),
        ]
        constraints = [
            models.CheckConstraint(
                condition=Q(kind__in=["first", "change"], happened_on__isnull=True)
                | Q(kind__in=["unit", "cancellation"], happened_on__isnull=False),
                name="workforce_filing_of_the_unit_has_a_day",
            ),
        ]

    def __str__(self):
        return f"{self.get_kind_display()} {self.filed_on}"

    def get_absolute_url(self):
        return reverse("workforce:filing", args=[self.pk])

    @property
    def scope_path(self) -> str:
        return self.enterprise.grid.path
