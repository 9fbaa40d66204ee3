"""What a person may type about the allocation of units to grids."""

from typing import Any

import django_filters as filters
from django import forms
from django.core.exceptions import ValidationError
from django.db.models import F, Q
from django.utils import timezone

from enterprises.models import AllocationLine, Doubt
from gridinspect.imports.cleaning import plain
from grids.forms import DayInput, GridField, offer
from grids.models import Grid

KEEP, OTHER = "keep", "other"
MOST = 500  # units settled in one act by hand


class RunForm(forms.Form):
    """Which district's units, from which day on."""

    district: Any = forms.ModelChoiceField(
        Grid.objects.none(), label="区县", empty_label="请选择区县"
    )
    on = forms.DateField(
        label="生效日期",
        widget=DayInput,
        initial=timezone.localdate,
        help_text="自这一天起归入新网格，按这一天的网格边界判定；以前的统计不变。",
    )
    with_hand = forms.BooleanField(
        label="连同人工确定的归属一并重新判定",
        required=False,
        help_text="不勾选时，人工选定的网格一律不动。",
    )

    def __init__(self, *args, districts, **kwargs):
        super().__init__(*args, **kwargs)
        offer(self.fields["district"], districts)
        if len(districts) == 1:
            self.fields["district"].initial = districts[0]

    def clean_on(self):
        day = self.cleaned_data["on"]
        if day > timezone.localdate():
            raise ValidationError(f"生效日期 {day} 晚于今天，请改为今天或以前的日期。")
        return day


class LineFilter(filters.FilterSet):
    """The search block of a run's lines."""

    name = filters.CharFilter(label="单位名称", method="by_name")
    grid = filters.CharFilter(label="网格", method="by_grid")
    confidence = filters.ChoiceFilter(
        label="把握",
        choices=[("high", "高"), ("medium", "中"), ("low", "低")],
        empty_label="全部",
    )

    class Meta:
        model = AllocationLine
        fields: list[str] = []

    def by_name(self, lines, _name, words):
        return lines.filter(enterprise__name__contains=plain(words))

    def by_grid(self, lines, _name, words):
        """Find a part of the name of the old or the new grid."""
        return lines.filter(
            Q(old__name__contains=plain(words)) | Q(new__name__contains=plain(words))
        )


class DoubtFilter(filters.FilterSet):
    """The search block of 待确认."""

    KINDS = (("tie", "几个网格都符合"), ("none", "没有找到"))

    name = filters.CharFilter(label="单位名称", method="by_name")
    address = filters.CharFilter(label="地址", method="by_address")
    reason = filters.CharFilter(label="原因", method="by_reason")
    kind = filters.ChoiceFilter(
        label="情形", choices=KINDS, method="by_kind", empty_label="全部"
    )

    class Meta:
        model = Doubt
        fields: list[str] = []

    def by_name(self, doubts, _name, words):
        return doubts.filter(enterprise__name__contains=plain(words))

    def by_address(self, doubts, _name, words):
        words = plain(words)
        return doubts.filter(
            Q(enterprise__address__contains=words)
            | Q(enterprise__address="", enterprise__registered_address__contains=words)
        )

    def by_reason(self, doubts, _name, words):
        return doubts.filter(reason__contains=plain(words))

    def by_kind(self, doubts, _name, kind):
        has = Q(candidates__len__gt=1)
        return doubts.filter(has) if kind == "tie" else doubts.exclude(has)


class _Decision(forms.Form):
    """Where to: one of the candidates, another grid, or where it is."""

    to = forms.ChoiceField(label="归入", widget=forms.RadioSelect)
    other = GridField(
        label="其他网格",
        required=False,
        help_text="选“其他网格”时填写：编码、名称或拼音首字母。",
    )
    since = forms.DateField(
        label="生效日期",
        widget=DayInput,
        initial=timezone.localdate,
        help_text="后来才归入现网格的，自其归入之日起。",
    )
    grid: Grid | None = None  # after cleaning; None leaves the units where they are

    def __init__(self, *args, grids, candidates=(), present="", **kwargs):
        super().__init__(*args, **kwargs)
        self.candidates = {str(grid.pk): grid for grid in candidates}
        choices = [(key, words(grid)) for key, grid in self.candidates.items()]
        choices.append((OTHER, "其他网格"))
        choices.append((KEEP, f"保持现归属{f'：{present}' if present else ''}"))
        to: Any = self.fields["to"]
        to.choices = choices
        offer(self.fields["other"], grids)

    def clean(self):
        cleaned = super().clean() or {}
        match cleaned.get("to"):
            case None | "keep":
                pass
            case "other":
                self.grid = cleaned.get("other")
                if self.grid is None and "other" not in self.errors:
                    self.add_error("other", "请填写要归入的网格。")
            case key:
                self.grid = self.candidates[key]
        return cleaned


def words(grid: Grid) -> str:
    """Return a grid as one of several to choose from: with what is above it."""
    above = f"{grid.parent.name} › " if grid.parent else ""
    return f"{above}{grid.name}（{grid.code}）"


class SettleForm(_Decision):
    """The decision about one unit."""


class _UnitChoice(forms.ModelMultipleChoiceField):
    def label_from_instance(self, obj: Doubt) -> str:
        unit = obj.enterprise
        where = unit.address or unit.registered_address or "没有地址"
        return f"{unit.name}（{where}；现在{unit.grid.name}）"


class SettleManyForm(_Decision):
    """The decision about several units at once."""

    doubts = _UnitChoice(
        Doubt.objects.none(), label="单位", widget=forms.CheckboxSelectMultiple
    )
    field_order = ("to", "other", "since", "doubts")

    def __init__(self, *args, doubts, **kwargs):
        super().__init__(*args, **kwargs)
        offer(self.fields["doubts"], doubts)


def shared_candidates(doubts) -> list[int]:
    """Return the grids that are candidates of every one of these doubts."""
    lists = [set(doubt.candidates) for doubt in doubts]
    return sorted(set.intersection(*lists)) if lists else []


def in_list_order(doubts):
    """Return doubts by road and number as their units' addresses are written."""
    return doubts.order_by(F("enterprise__address").asc(), "pk")
