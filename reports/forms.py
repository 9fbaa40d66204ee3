from typing import cast

from django import forms
from django.utils import timezone

from grids.models import City, Grid
from reports.judging import STATES
from reports.services import FORMATS, KINDS


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
        label="格式", choices=[(key, key.upper()) for key in FORMATS]
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
