"""What a person may type about the programme."""

from datetime import date
from typing import Any, cast

import django_filters
from django import forms
from django.utils import timezone

from gridinspect.documents.forms import EvidenceField
from reports.models import Assessment, Finding, TargetLetter
from reports.programme.services import Asked

DATE = forms.DateInput({"type": "date"}, format="%Y-%m-%d")
EVIDENCE = "照片或 PDF，最大 20 MB。照片中的拍摄地点等信息会被去掉。"


class BoardForm(forms.Form):
    """The search block of the board: which place, as of when."""

    at = forms.ChoiceField(label="区县或网格", required=False)
    on = forms.DateField(label="日期", widget=DATE, required=False)

    def __init__(self, *args, places, **kwargs):
        super().__init__(*args, **kwargs)
        cast("forms.ChoiceField", self.fields["at"]).choices = places

    @property
    def form(self):
        """Return itself: what the search block of a page asks for."""
        return self


class FindingForm(forms.Form):
    """What was found of one thing, in one grid or in several alike."""

    everywhere = forms.BooleanField(label="下列网格全部", required=False)
    grids = forms.MultipleChoiceField(
        label="网格", widget=forms.CheckboxSelectMultiple, required=False
    )
    result = forms.ChoiceField(label="结果", choices=Finding.Result.choices)
    points = forms.DecimalField(
        label="得分",
        max_digits=5,
        decimal_places=1,
        required=False,
        help_text="只有部分完成时填写。",
    )
    on = forms.DateField(
        label="日期", widget=DATE, help_text="完成或查验的那一天，不是登记的日期。"
    )
    signer = forms.CharField(label="签字人", max_length=40)
    remark = forms.CharField(
        label="说明",
        max_length=300,
        required=False,
        widget=forms.Textarea({"rows": 2}),
    )
    upload = EvidenceField(label="依据", required=False, help_text=EVIDENCE)

    def __init__(self, *args, asked: Asked, grids, **kwargs):
        kwargs.setdefault("initial", {})
        kwargs["initial"] = {"on": timezone.localdate()} | kwargs["initial"]
        super().__init__(*args, **kwargs)
        self._grids = {str(grid.pk): grid for grid in grids}
        if len(self._grids) == 1:
            del self.fields["grids"], self.fields["everywhere"]
        else:
            choices = [(key, grid.name) for key, grid in self._grids.items()]
            cast("forms.ChoiceField", self.fields["grids"]).choices = choices
        if not asked.proportional:
            del self.fields["points"]
        else:
            self.fields[
                "points"
            ].help_text = f"满分 {asked.points} 分，只有部分完成时填写。"

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        is_open = "grids" in self.fields and not data.get("everywhere")
        if is_open and not data.get("grids") and "grids" not in self.errors:
            self.add_error("grids", "请选择至少一个网格，或选择全部。")
        return data

    def chosen(self) -> dict[str, Any]:
        """Return what the service takes."""
        data = {"points": None} | self.cleaned_data
        keys = data.pop("grids", [])
        if data.pop("everywhere", len(self._grids) == 1):
            keys = list(self._grids)
        return data | {"grids": [self._grids[key] for key in keys]}


class AssessmentForm(forms.Form):
    """What the node above found in a grid, and what it asks for."""

    kind = forms.ChoiceField(label="种类", choices=Assessment.Kind.choices)
    on = forms.DateField(label="日期", widget=DATE)
    assessor = forms.CharField(
        label="检查人", max_length=60, help_text="参加检查的人员，几人用顿号隔开。"
    )
    result = forms.ChoiceField(label="结果", choices=Assessment.Result.choices)
    score = forms.ChoiceField(
        label="记入得分",
        required=False,
        help_text="验收和考核可以把当日的得分一并存下，以后不再变动。",
    )
    findings = forms.CharField(
        label="发现的情况", max_length=1000, widget=forms.Textarea({"rows": 4})
    )
    remedy = forms.CharField(
        label="整改要求",
        max_length=300,
        required=False,
        widget=forms.Textarea({"rows": 2}),
        help_text="督促和限期整改必填。",
    )
    remedy_due = forms.DateField(label="整改期限", widget=DATE, required=False)
    upload = EvidenceField(label="依据", required=False, help_text=EVIDENCE)

    def __init__(self, *args, lists, **kwargs):
        super().__init__(*args, **kwargs)
        score = cast("forms.ChoiceField", self.fields["score"])
        score.choices = [("", "不记"), *lists]


class RemedyForm(forms.Form):
    """That what was asked for has been done."""

    on = forms.DateField(label="整改日期", widget=DATE)
    note = forms.CharField(
        label="整改情况", max_length=300, widget=forms.Textarea({"rows": 3})
    )
    upload = EvidenceField(label="依据", required=False, help_text=EVIDENCE)


class LetterForm(forms.Form):
    """Of which year and phase the targets are."""

    year = forms.IntegerField(label="年度", min_value=2000, max_value=2100)
    phase = forms.TypedChoiceField(label="阶段", coerce=int)

    def __init__(self, *args, phases, **kwargs):
        super().__init__(*args, **kwargs)
        cast("forms.ChoiceField", self.fields["phase"]).choices = phases


class AssessmentFilter(django_filters.FilterSet):
    """The search block of 检查考核."""

    name = django_filters.CharFilter(
        label="网格", field_name="grid__name", lookup_expr="icontains"
    )
    kind = django_filters.ChoiceFilter(
        label="种类", choices=Assessment.Kind.choices, empty_label="全部"
    )
    result = django_filters.ChoiceFilter(
        label="结果", choices=Assessment.Result.choices, empty_label="全部"
    )
    remedy = django_filters.ChoiceFilter(
        label="整改",
        choices=[("open", "待整改"), ("overdue", "逾期未整改"), ("done", "已整改")],
        method="by_remedy",
        empty_label="全部",
    )
    since = django_filters.DateFilter(
        label="日期 自", field_name="on", lookup_expr="gte", widget=DATE
    )
    until = django_filters.DateFilter(
        label="至", field_name="on", lookup_expr="lte", widget=DATE
    )

    class Meta:
        model = Assessment
        fields: list[str] = []

    def by_remedy(self, queryset, _name, value):
        today: date = timezone.localdate()
        return {
            "open": queryset.open(),
            "overdue": queryset.overdue(on=today),
            "done": queryset.exclude(remedied_on=None),
        }[value]


class LetterFilter(django_filters.FilterSet):
    """The search block of 目标责任书."""

    name = django_filters.CharFilter(
        label="责任网格", field_name="grid__name", lookup_expr="icontains"
    )
    number = django_filters.CharFilter(label="文号", lookup_expr="icontains")
    year = django_filters.NumberFilter(label="年度")

    class Meta:
        model = TargetLetter
        fields = ["name", "number", "year"]
