"""What a person may type about the house numbers of a grid."""

import django_filters
from django import forms

from grids.forms import GridField, offer
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

    def __init__(self, *args, grids, **kwargs):
        super().__init__(*args, **kwargs)
        offer(self.fields["grid"], grids)

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

    class Meta:
        model = RoadRange
        fields: list[str] = []

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
