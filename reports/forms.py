from typing import cast

from django import forms
from django.utils import timezone

from grids.models import City, Grid
from reports.judging import STATES
from reports.services import FORMS, KINDS

LEVELS = [(str(number), f"{'零一二三四'[number]}级") for number in range(1, 5)]


class ReportForm(forms.Form):
    """Which report, of which place, as of when, in which form."""

    kind = forms.ChoiceField(
        label="报告", choices=[(kind.key, kind.name) for kind in KINDS.values()]
    )
    place = forms.ChoiceField(label="单位（网格）")
    on = forms.DateField(
        label="数据截至", widget=forms.DateInput({"type": "date"}, format="%Y-%m-%d")
    )
    form = forms.ChoiceField(
        label="格式",
        choices=list(FORMS.items()),
        help_text="上墙图表的 PDF 为 A3 幅面；A1 幅面只用于上墙图表。",
    )

    def __init__(self, *args, cities, grids, **kwargs):
        super().__init__(*args, **kwargs)
        self._cities = {f"city-{city.pk}": city for city in cities}
        self._grids = {f"grid-{grid.pk}": grid for grid in grids}
        places = cast("forms.ChoiceField", self.fields["place"])
        places.choices = [
            *((key, city.name) for key, city in self._cities.items()),
            *(
                (key, f"{'　' * grid.level}{grid.name}")
                for key, grid in self._grids.items()
            ),
        ]

    def clean_place(self) -> City | Grid:
        return (self._cities | self._grids)[self.cleaned_data["place"]]

    def clean(self):
        cleaned = super().clean() or {}
        kind = KINDS.get(cleaned.get("kind", ""))
        if kind and not kind.of_cities and isinstance(cleaned.get("place"), City):
            self.add_error("place", f"{kind.name}按网格编制，请选择区县或下级网格。")
        if kind and cleaned.get("form") not in (None, *kind.forms):
            names = "或".join(FORMS[one] for one in kind.forms)
            self.add_error("form", f"“{kind.name}”没有这种格式，请选择 {names}。")
        on = cleaned.get("on")
        if kind and kind.is_live and on and on != timezone.localdate():
            self.add_error("on", f"“{kind.name}”只按今天的数据制作，请改为今天。")
        return cleaned

    def clean_on(self):
        on = self.cleaned_data["on"]
        if on > timezone.localdate():
            raise forms.ValidationError("日期不能晚于今天，请改为今天或更早。")
        return on


class ConformanceForm(forms.Form):
    """The search block of 条款落实: which place, as of when, which states."""

    at = forms.ChoiceField(label="区县和方案", required=False)
    on = forms.DateField(
        label="日期",
        widget=forms.DateInput({"type": "date"}, format="%Y-%m-%d"),
        required=False,
    )
    state = forms.ChoiceField(
        label="状态", choices=[("", "全部"), *STATES.items()], required=False
    )

    def __init__(self, *args, scopes, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["at"] = forms.ChoiceField(
            label="区县和方案",
            choices=[(scope.key, scope.name) for scope in scopes],
            required=False,
        )

    @property
    def form(self):
        """Return itself: what the search block of a page asks for."""
        return self


class WhatIfForm(forms.Form):
    """Which place, under which other plan, as of when, its phases from which day."""

    at = forms.ChoiceField(label="区县（网格）")
    on = forms.DateField(
        label="日期",
        widget=forms.DateInput({"type": "date"}, format="%Y-%m-%d"),
        required=False,
    )
    start = forms.DateField(
        label="阶段起算日",
        widget=forms.DateInput({"type": "date"}, format="%Y-%m-%d"),
        required=False,
    )

    everything = forms.BooleanField(label="也显示相同的期限和数值", required=False)

    def __init__(self, *args, places, plans, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["at"] = forms.ChoiceField(
            label="区县（网格）",
            choices=[(place.code, f"{place.name}（{place.code}）") for place in places],
        )
        choices = [("", "请选择"), *plans]
        self.fields["with"] = forms.ChoiceField(label="试算方案", choices=choices)
        self.order_fields(["at", "with", "on", "start", "everything"])


class GridPairsForm(forms.Form):
    """The search block of the grids behind a comparison; the rest is carried along."""

    at = forms.CharField(widget=forms.HiddenInput, required=False)
    on = forms.CharField(widget=forms.HiddenInput, required=False)
    start = forms.CharField(widget=forms.HiddenInput, required=False)
    kind = forms.ChoiceField(label="人员类别", required=False)
    level = forms.ChoiceField(
        label="网格级别", choices=[("", "全部"), *LEVELS], required=False
    )
    differing = forms.BooleanField(label="只看有差异", required=False)

    def __init__(self, *args, kinds, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["with"] = forms.CharField(widget=forms.HiddenInput, required=False)
        kind = forms.ChoiceField(
            label="人员类别", choices=[("", "全部"), *kinds], required=False
        )
        self.fields["kind"] = kind

    @property
    def form(self):
        """Return itself: what the search block of a page asks for."""
        return self

    def value(self, name, default=None):
        """Return what was asked for; nonsense in the address asks for nothing."""
        self.is_valid()
        return self.cleaned_data.get(name) or default
