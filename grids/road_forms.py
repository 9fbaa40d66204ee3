"""What a person may type about the house numbers of a grid."""

import django_filters
from django import forms
from django.utils import timezone

from grids.forms import DayInput, GridField, offer
from grids.models import RoadRange
from grids.roads import end_fault, road_key


class RoadRangeForm(forms.Form):
    """One range: 建设路, odd numbers, 1 to 99."""

    grid = GridField(label="网格")
    road = forms.CharField(
        label="道路", max_length=60, help_text="与门牌上的写法一致，如“建设路”。"
    )
    parity = forms.ChoiceField(label="单双号", choices=RoadRange.Parity.choices)
    first = forms.IntegerField(label="起号", min_value=1, max_value=99_999)
    last = forms.IntegerField(
        label="止号",
        min_value=1,
        max_value=99_999,
        help_text="起号和止号都包括在内；“12-3号”“甲12号”“12号附1号”按 12 号算。",
    )

    since = forms.DateField(
        label="启用日期",
        widget=DayInput,
        required=False,
        help_text="留空为网格的启用日期；以前的归属按当时的门牌解释。",
    )

    def __init__(self, *args, grids, changes=False, **kwargs):
        super().__init__(*args, **kwargs)
        offer(self.fields["grid"], grids)
        if changes:
            self.fields["since"].label = "生效日期"
            self.fields["since"].help_text = "留空为今天；原来的一段到这一天停用。"

    def clean_road(self):
        return road_key(self.cleaned_data["road"])

    def clean(self):
        cleaned = super().clean() or {}
        if not {"parity", "first", "last"} & set(self.errors):
            fault = end_fault(cleaned["parity"], cleaned["first"], cleaned["last"])
            if fault:
                self.add_error("last", fault)
        return cleaned


class RoadRangeFilter(django_filters.FilterSet):
    """The search block of 道路门牌."""

    road = django_filters.CharFilter(label="道路", method="by_road")
    number = django_filters.NumberFilter(label="门牌号", method="by_number")
    parity = django_filters.ChoiceFilter(
        label="单双号", choices=RoadRange.Parity.choices, empty_label="不限"
    )

    state = django_filters.ChoiceFilter(
        label="状态",
        choices=[("ended", "已停用"), ("all", "全部")],
        empty_label="现行",
        method="leave",
    )

    class Meta:
        model = RoadRange
        fields: list[str] = []

    def leave(self, ranges, _name, _value):
        return ranges

    def filter_queryset(self, ranges):
        ranges = super().filter_queryset(ranges)
        state = self.form.cleaned_data.get("state")
        if state == "all":
            return ranges
        today = timezone.localdate()
        if state == "ended":
            return ranges.filter(until__lte=today)
        return ranges.exclude(until__lte=today)

    def by_road(self, ranges, _name, words):
        return ranges.filter(road__contains=road_key(words))

    def by_number(self, ranges, _name, number):
        """Find the ranges that hold a number, its side of the road included."""
        if not 0 < number < 100_000:
            return ranges.none()
        sides = ["all", "odd" if int(number) % 2 else "even"]
        return ranges.filter(
            first__lte=int(number), last__gte=int(number), parity__in=sides
        )
