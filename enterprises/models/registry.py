"""The lists of other departments, kept beside our register and never mixed into it."""

from functools import reduce
from operator import or_

from django.conf import settings
from django.db import models
from django.db.models import CharField, Exists, ExpressionWrapper, F, OuterRef, Q

from enterprises.models.files import Enterprise
from enterprises.rules import CLOSED_STATUSES, LISTED_STATUSES
from gridinspect.accounts.roles import Permission
from gridinspect.scope import ScopedQuerySet
from grids.models import Grid


class RegistryEntryQuerySet(ScopedQuerySet):
    path_field = "district__path"
    view_permission = Permission.ENTERPRISE_VIEW

    def of(self, district: Grid, source: str):
        """Keep one department's list of a district."""
        return self.filter(district=district, source=source)

    def standing(self):
        """Keep what the list does not call closed: 注销, 吊销, 停业."""
        return self.exclude(_called_closed())

    def not_ours(self):
        """Keep what we have no unit for: neither of this code nor of this name.

        Two different credit codes are two units however alike the names (P16). What is
        closed by the list itself escapes nobody.
        """
        of_name = Enterprise.objects.filter(
            district=OuterRef("district"), name_key=OuterRef("name_key")
        )
        without_code = Q(uscc=None) & Exists(of_name)
        with_code = Q(uscc__isnull=False) & Exists(of_name.filter(uscc=None))
        standing = self.standing()
        return standing.exclude(Exists(_by_code())).exclude(without_code | with_code)

    def different(self):
        """Keep what has our unit of its code with something else said of it.

        The name, the address, the status (one side says that the unit is open and the
        other not), or the grid (neither of the two lies in the other).
        """
        name = Exists(_by_code().exclude(name_key=OuterRef("name_key")))
        address = Exists(
            _by_code().exclude(address="").exclude(address=OuterRef("address"))
        )
        return self.filter(
            name | (~Q(address="") & address) | _of_other_status() | _in_other_grid()
        )


def _by_code():
    return Enterprise.objects.filter(
        district=OuterRef("district"), uscc=OuterRef("uscc")
    )


def _called(*statuses):
    """Ask for entries whose words mean one of these statuses."""
    signs = [sign for status, all_signs in LISTED_STATUSES for sign in all_signs
             if status in statuses]  # fmt: skip
    return reduce(or_, (Q(state__contains=sign) for sign in signs))


def _called_closed():
    return _called(*CLOSED_STATUSES)


def _of_other_status():
    closed, opened = _called_closed(), _called("open")
    ours = _by_code()
    is_open = Exists(ours.filter(status__in=Enterprise.OPEN_STATUSES))
    is_closed = Exists(ours.filter(status__in=CLOSED_STATUSES))
    return (closed & is_open) | (opened & ~closed & is_closed)


def _in_other_grid():
    theirs = ExpressionWrapper(OuterRef("grid__path"), CharField())
    ours = _by_code().annotate(theirs=theirs)
    apart = ours.exclude(grid__path__startswith=F("theirs")).exclude(
        theirs__startswith=F("grid__path")
    )
    return Q(grid__isnull=False) & Exists(apart)


class RegistryDecisionQuerySet(ScopedQuerySet):
    path_field = "district__path"
    view_permission = Permission.ENTERPRISE_VIEW


class RegistryEntry(models.Model):
    """One unit as the list of another department has it (部门名单中的一户)."""

    class Source(models.TextChoices):
        MARKET = "market", "市场监管"
        TAX = "tax", "税务"
        CIVIL = "civil", "民政"
        STAFFING = "staffing", "编办"
        INSURANCE = "insurance", "社保"
        STATISTICS = "statistics", "统计"

    class Verdict(models.TextChoices):
        OPEN = "", "未处理"
        VERIFY = "verify", "待核实"
        KEPT = "kept", "已核对，以我方为准"
        ADOPTED = "adopted", "已采用名单"

    district = models.ForeignKey(Grid, on_delete=models.PROTECT, related_name="+")
    source = models.CharField("来源部门", max_length=10, choices=Source.choices)
    name = models.CharField("单位名称", max_length=200)
    name_key = models.CharField(max_length=200, editable=False)
    uscc = models.CharField("统一社会信用代码", max_length=18, null=True, blank=True)
    address = models.CharField("地址", max_length=200, blank=True)
    person = models.CharField("法定代表人", max_length=60, blank=True)
    state = models.CharField("登记状态", max_length=40, blank=True)
    grid = models.ForeignKey(  # where the list says that it lies, if it does
        Grid,
        on_delete=models.PROTECT,
        null=True,
        related_name="+",
        verbose_name="名单中的网格",
    )
    listed_on = models.DateField("名单日期")
    verdict = models.CharField(
        "处理", max_length=8, choices=Verdict.choices, blank=True, default=""
    )
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+"
    )
    decided_on = models.DateField("处理日期", null=True)

    objects = RegistryEntryQuerySet.as_manager()

    class Meta:
        verbose_name = "部门名单"
        indexes = [
            models.Index(
                fields=["district", "source", "uscc"], name="enterprises_registry_code"
            ),
            models.Index(
                fields=["district", "source", "name_key"],
                name="enterprises_registry_name",
            ),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["district", "source", "uscc"],
                condition=Q(uscc__isnull=False),
                name="enterprises_registryentry_code_once_in_a_list",
            )
        ]

    def __str__(self):
        return self.name

    @property
    def scope_path(self) -> str:
        return self.district.path


class RegistryDecision(models.Model):
    """A decision about many entries at once, with what undoing it needs.

    Each of `rows` has the entry with its verdict before; where the list's word was
    taken also our unit with its values before and after.
    """

    district = models.ForeignKey(Grid, on_delete=models.PROTECT, related_name="+")
    verdict = models.CharField(
        "处理", max_length=8, choices=RegistryEntry.Verdict.choices
    )
    rows = models.JSONField(default=list)
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+"
    )
    decided_at = models.DateTimeField("处理时间", auto_now_add=True)
    undone_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+"
    )
    undone_at = models.DateTimeField("撤销时间", null=True)

    objects = RegistryDecisionQuerySet.as_manager()

    class Meta:
        verbose_name = "数据比对批量处理"
        indexes = [
            models.Index(
                fields=["district", "-decided_at"], name="enterprises_decisions_last"
            )
        ]

    def __str__(self):
        return f"{self.get_verdict_display()}（{len(self.rows)} 户）"

    @property
    def scope_path(self) -> str:
        return self.district.path
