"""What the lists of arrears, projects and warnings can be searched by."""

import django_filters as filters
from django import forms
from django.db.models import Q
from django.utils import timezone

from enterprises.wages.models import Arrears, Project, SelfReport, WageWarning
from grids.forms import DayInput

STATES = (("open", "未结清"), ("settled", "已结清"), ("withdrawn", "已撤销"))


class ArrearsFilter(filters.FilterSet):
    """The search block of 欠薪欠费; without a state it shows what is open."""

    unit = filters.CharFilter(label="单位名称", method="by_unit")
    kind = filters.ChoiceFilter(
        label="欠什么",
        choices=[("insurance", "社会保险费（全部）"), *Arrears.Kind.choices],
        method="by_kind",
        empty_label="全部",
    )
    state = filters.ChoiceFilter(
        label="状态", choices=STATES, method="by_state", empty_label="全部"
    )
    months = filters.NumberFilter(
        label="欠满（月）",
        method="by_months",
        widget=forms.NumberInput(attrs={"min": "1", "max": "120"}),
    )
    since = filters.DateFilter(
        label="发现日期 自", field_name="found_on", lookup_expr="gte", widget=DayInput
    )

    class Meta:
        model = Arrears
        fields: list[str] = []

    def by_unit(self, rows, _name, words):
        return rows.filter(enterprise__name__contains=words.strip())

    def by_kind(self, rows, _name, kind):
        if kind == "insurance":
            return rows.exclude(kind=Arrears.Kind.WAGES)
        return rows.filter(kind=kind)

    def by_state(self, rows, _name, state):
        match state:
            case "open":
                return rows.open_on(timezone.localdate())
            case "settled":
                return rows.valid().filter(settled_on__isnull=False)
        return rows.filter(withdrawn_on__isnull=False)

    def by_months(self, rows, _name, months):
        return rows.filter(length__gte=int(months))


class ProjectFilter(filters.FilterSet):
    """The search block of 工程项目."""

    name = filters.CharFilter(label="工程或单位名称", method="by_name")
    state = filters.ChoiceFilter(
        label="进展",
        choices=[
            ("under_way", "在建"),
            ("finished", "已完工"),
            ("closed", "专户已注销"),
        ],
        method="by_state",
        empty_label="全部",
    )

    class Meta:
        model = Project
        fields: list[str] = []

    def by_name(self, rows, _name, words):
        words = words.strip()
        named = Q(name__contains=words) | Q(contractor_name__contains=words)
        return rows.filter(named | Q(builder__contains=words))

    def by_state(self, rows, _name, state):
        match state:
            case "under_way":
                return rows.under_way_on(timezone.localdate())
            case "finished":
                return rows.filter(finished_on__isnull=False)
        return rows.filter(account_closed_on__isnull=False)


class WarningFilter(filters.FilterSet):
    """The search block of 工资预警."""

    unit = filters.CharFilter(
        label="单位名称", field_name="enterprise__name", lookup_expr="contains"
    )
    state = filters.ChoiceFilter(
        label="进展", choices=WageWarning.State.choices, empty_label="全部"
    )

    class Meta:
        model = WageWarning
        fields = ["unit", "state"]


class ReportFilter(filters.FilterSet):
    """The search block of 单位自报."""

    unit = filters.CharFilter(
        label="单位名称", field_name="enterprise__name", lookup_expr="contains"
    )
    state = filters.ChoiceFilter(
        label="进展",
        choices=[one for one in SelfReport.State.choices if one[0] != "draft"],
        empty_label="全部",
    )

    class Meta:
        model = SelfReport
        fields = ["unit", "state"]
