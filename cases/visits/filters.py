"""What the lists of visits, hazards, publicity and words of workers are searched by."""

import django_filters as filters
from django import forms
from django.db.models import F, Q
from django.utils import timezone

from cases.visits.checklist import visit_form
from cases.visits.models import Clue, Feedback, Hazard, Publicity, Visit
from grids.forms import DayInput

LATE, OFFLINE, CHANGED = "late", "offline", "changed"


def _day(label: str, name: str, lookup: str) -> filters.DateFilter:
    return filters.DateFilter(
        label=label, field_name=name, lookup_expr=lookup, widget=DayInput
    )


class _AtUnit(filters.FilterSet):
    """Found by the unit, or by what stood at the door."""

    at_door = "visit__"

    unit = filters.CharFilter(
        label="单位", method="by_unit", widget=forms.TextInput({"maxlength": 60})
    )

    def by_unit(self, queryset, _name, value):
        door = Q(**{f"{self.at_door}place_name__contains": value}) | Q(
            **{f"{self.at_door}address__contains": value}
        )
        return queryset.filter(
            Q(enterprise__name__contains=value) | (Q(enterprise=None) & door)
        )


class VisitFilter(_AtUnit):
    at_door = ""

    since = _day("走访日期 自", "visited_at", "date__gte")
    until = _day("至", "visited_at", "date__lte")
    purpose = filters.ChoiceFilter(
        label="目的", choices=Visit.Purpose.choices, empty_label="全部"
    )
    result = filters.ChoiceFilter(
        label="结果", choices=Visit.Result.choices, empty_label="全部"
    )
    visitor = filters.CharFilter(
        label="走访人", method="by_visitor", widget=forms.TextInput({"maxlength": 30})
    )
    entry = filters.ChoiceFilter(
        label="录入",
        choices=[
            (LATE, "补录（晚于当天）"),
            (OFFLINE, "离线填写"),
            (CHANGED, "有未归入内容"),
        ],
        method="by_entry",
        empty_label="全部",
    )

    class Meta:
        model = Visit
        fields: list[str] = []

    def by_visitor(self, queryset, _name, value):
        return queryset.filter(visitors__person__name__contains=value).distinct()

    def by_entry(self, queryset, _name, value):
        if value == OFFLINE:
            return queryset.filter(is_offline=True)
        if value == CHANGED:
            return queryset.exclude(leftovers=[])
        return queryset.filter(recorded_at__date__gt=F("visited_at__date"))


class HazardFilter(_AtUnit):
    state = filters.ChoiceFilter(
        label="状态",
        choices=[
            ("open", "未消除"),
            ("due", "复查到期"),
            ("reported", "已上报待处理"),
            ("cleared", "已消除"),
        ],
        method="by_state",
        empty_label="全部",
    )
    topic = filters.ChoiceFilter(
        label="事项",
        choices=lambda: [(one.key, one.label) for one in visit_form().topics],
        empty_label="全部",
    )
    level = filters.ChoiceFilter(
        label="程度", choices=Hazard.Level.choices, empty_label="全部"
    )
    outcome = filters.ChoiceFilter(
        label="结论", choices=Hazard.Outcome.choices, empty_label="全部"
    )
    since = _day("发现日期 自", "found_on", "gte")
    until = _day("至", "found_on", "lte")

    class Meta:
        model = Hazard
        fields: list[str] = []

    def by_state(self, queryset, _name, value):
        match value:
            case "open":
                return queryset.open()
            case "due":
                return queryset.open().filter(follow_up_on__lte=timezone.localdate())
            case "reported":
                return queryset.escalated()
        return queryset.filter(cleared_on__isnull=False)


class PublicityFilter(filters.FilterSet):
    place = filters.CharFilter(
        label="地点",
        lookup_expr="contains",
        widget=forms.TextInput({"maxlength": 60}),
    )
    material = filters.CharFilter(
        label="宣传内容",
        lookup_expr="contains",
        widget=forms.TextInput({"maxlength": 60}),
    )
    since = _day("日期 自", "held_on", "gte")
    until = _day("至", "held_on", "lte")

    class Meta:
        model = Publicity
        fields: list[str] = []


class FeedbackFilter(filters.FilterSet):
    state = filters.ChoiceFilter(
        label="状态",
        choices=[("open", "待答复"), ("replied", "已答复")],
        method="by_state",
        empty_label="全部",
    )
    kind = filters.ChoiceFilter(
        label="类别", choices=Feedback.Kind.choices, empty_label="全部"
    )
    route = filters.ChoiceFilter(
        label="转交", choices=Feedback.Route.choices, empty_label="全部"
    )
    text = filters.CharFilter(
        label="内容",
        lookup_expr="contains",
        widget=forms.TextInput({"maxlength": 60}),
    )
    since = _day("收到日期 自", "received_on", "gte")
    until = _day("至", "received_on", "lte")

    class Meta:
        model = Feedback
        fields: list[str] = []

    def by_state(self, queryset, _name, value):
        return queryset.filter(replied_on__isnull=value == "open")


class ClueFilter(_AtUnit):
    """What was met without a file; found by what stood at the door."""

    state = filters.ChoiceFilter(
        label="状态",
        choices=[("open", "待处理"), ("settled", "已处理")],
        method="by_state",
        empty_label="全部",
    )

    class Meta:
        model = Clue
        fields: list[str] = []

    def by_state(self, queryset, _name, value):
        return queryset.filter(settled_at__isnull=value == "open")
