"""What a person may type about a written review."""

from typing import Any, cast

import django_filters
from django import forms
from django.utils import timezone

from enterprises.models import Enterprise, Survey
from enterprises.reviews.models import Review
from enterprises.reviews.rules import SAID, Material
from enterprises.reviews.services.checking import CONCLUSIONS
from enterprises.reviews.services.rounds import RoundFields
from gridinspect.accounts.models import User
from gridinspect.accounts.roles import Permission
from gridinspect.scope import within_paths
from grids.forms import DayInput
from grids.models import Grid


class Day(forms.DateField):
    widget = DayInput


class PlaceField(forms.ModelChoiceField):
    """One grid, indented by its place in the tree."""

    def label_from_instance(self, grid):
        return f"{'　' * grid.level}{grid.name}"


class SurveyField(forms.ModelChoiceField):
    """One of a unit's surveys, by its day."""

    def label_from_instance(self, obj):
        whole = "" if obj.is_complete else "（不完整）"
        return f"{obj.surveyed_on} {obj.get_method_display()}{whole}"


class ReviewFilter(django_filters.FilterSet):
    q = django_filters.CharFilter("enterprise__name", "icontains", label="单位名称")
    state = django_filters.ChoiceFilter(
        label="状态",
        choices=[
            *Review.State.choices,
            ("unfiled", "未报送和填报中"),
            ("filed", "已报送"),
            ("overdue", "逾期未报送"),
            ("to_recheck", "整改到期待复查"),
            ("passable", "材料齐全可合格"),
        ],
        method="by_state",
        empty_label="全部",
    )
    sampled = django_filters.ChoiceFilter(
        label="实地抽查",
        choices=[("drawn", "抽中"), ("seen", "已查"), ("waiting", "待查")],
        method="by_sample",
        empty_label="全部",
    )
    late = django_filters.ChoiceFilter(
        label="报送",
        choices=[("late", "逾期报送"), ("ordered", "已责令报送")],
        method="by_time",
        empty_label="全部",
    )

    class Meta:
        model = Review
        fields = ["q", "state", "sampled", "late"]

    def by_state(self, rows, name, state):
        today = timezone.localdate()
        match state:
            case "unfiled":
                return rows.unfiled()
            case "filed":
                return rows.filed()
            case "overdue":
                return rows.not_handed_in(on=today)
            case "to_recheck":
                return rows.to_recheck(on=today)
            case "passable":
                return rows.passable()
        return rows.filter(state=state)

    def by_sample(self, rows, name, which):
        rows = rows.filter(sample__isnull=False)
        if which == "drawn":
            return rows
        return rows.filter(site_on__isnull=which == "waiting")

    def by_time(self, rows, name, which):
        if which == "late":
            return rows.filter(is_late=True)
        return rows.filter(ordered_on__isnull=False)


class RoundForm(forms.Form):
    """A round of the yearly written review."""

    SECTIONS = [
        ("书面审查", ["name", "year", "opens_on", "closes_on"]),
        (
            "审查范围",
            ["grid", "unit_kinds", "min_headcount"],
            "保存时按此范围固定应审查单位名单，之后新增的单位不列入。",
        ),
    ]
    name = forms.CharField(label="名称", max_length=120)
    year = forms.IntegerField(
        label="审查年度",
        min_value=2000,
        max_value=2100,
        help_text="数据截至该年度12月31日。",
    )
    opens_on = Day(label="报送开始日期")
    closes_on = Day(label="报送截止日期")
    grid = PlaceField(Grid.objects.none(), label="审查范围", empty_label="请选择")
    unit_kinds = forms.MultipleChoiceField(
        label="单位类型",
        choices=Enterprise.UnitKind.choices,
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text="不选为全部类型。",
    )
    min_headcount = forms.IntegerField(
        label="从业人数不少于", min_value=0, max_value=1_000_000, initial=0
    )

    def __init__(self, *args, user: User, **kwargs):
        super().__init__(*args, **kwargs)
        paths = user.scope_paths(Permission.REVIEW_MANAGE)
        grids = Grid.objects.filter(within_paths(paths, "path"), closed_on=None)
        cast(PlaceField, self.fields["grid"]).queryset = grids.order_by("path", "code")
        last = timezone.localdate().year - 1
        self.fields["year"].initial = last
        self.fields["name"].initial = f"{last}年度劳动保障书面审查"

    @property
    def round(self) -> RoundFields:
        data: dict[str, Any] = self.cleaned_data
        return RoundFields(
            name=data["name"],
            year=data["year"],
            opens_on=data["opens_on"],
            closes_on=data["closes_on"],
            unit_kinds=tuple(data["unit_kinds"]),
            min_headcount=data["min_headcount"],
        )


class AnnounceForm(forms.Form):
    on = Day(label="公告日期", initial=timezone.localdate)


class SampleForm(forms.Form):
    """The seed of the draw, told beforehand."""

    seed = forms.CharField(
        label="种子",
        max_length=100,
        help_text="应事先公布、无法预先选定，例如指定日期的公开号码。",
    )
    reason = forms.CharField(
        label="重抽理由",
        max_length=200,
        required=False,
        help_text="首次抽取不填；重新抽取必填，两次结果都会保留。",
    )


class ConfirmForm(forms.Form):
    """Nothing but the button that says how many rows it touches."""


class FilingForm(forms.Form):
    """What a unit hands in: each material, and the survey form."""

    survey = SurveyField(
        Survey.objects.none(),
        label="调查登记表",
        required=False,
        empty_label="请选择",
        help_text="书面审查以用人单位调查登记表为准；没有合适的，先填写登记表。",
    )

    def __init__(self, *args, review: Review, **kwargs):
        super().__init__(*args, **kwargs)
        surveys = Survey.objects.final().filter(enterprise=review.enterprise_id)
        field = cast(SurveyField, self.fields["survey"])
        field.queryset = surveys.order_by("-surveyed_on", "-pk")
        newest = field.queryset.first()
        kept = review.survey_id or (newest.pk if newest else None)
        self.fields["survey"].initial = kept
        self.names = list(review.round.materials)
        for n, name in enumerate(self.names):
            one = review.materials.get(name) or {}
            self.fields[f"said_{n}"] = forms.ChoiceField(
                label=name,
                choices=[("", "请选择"), *SAID.items()],
                required=False,
                initial=one.get("said", ""),
            )
            self.fields[f"note_{n}"] = forms.CharField(
                label=f"{name}：说明",
                max_length=200,
                required=False,
                initial=one.get("note", ""),
            )

    @property
    def lines(self):
        return [
            (name, self[f"said_{n}"], self[f"note_{n}"])
            for n, name in enumerate(self.names)
        ]

    @property
    def materials(self) -> dict[str, Material]:
        data = self.cleaned_data
        return {
            name: Material(data[f"said_{n}"], data[f"note_{n}"].strip())
            for n, name in enumerate(self.names)
        }


class CheckForm(forms.Form):
    """The conclusion on what was handed in."""

    conclusion = forms.ChoiceField(
        label="审查结论", choices=list(CONCLUSIONS.items()), widget=forms.RadioSelect
    )
    points = forms.CharField(
        label="需要改正或补正的问题",
        required=False,
        widget=forms.Textarea({"rows": 4}),
        help_text="结论不是合格的必填。",
    )
    correct_by = Day(label="整改（补正）期限", required=False)


class RecheckForm(forms.Form):
    """What was found when it was looked at again."""

    passed = forms.ChoiceField(
        label="复查结论",
        choices=[("yes", "已整改，合格"), ("no", "未整改到位，继续整改")],
        widget=forms.RadioSelect,
    )
    note = forms.CharField(label="复查情况", widget=forms.Textarea({"rows": 4}))
    correct_by = Day(
        label="继续整改的期限", required=False, help_text="未整改到位的必填。"
    )


class SiteForm(forms.Form):
    """What was seen on site."""

    on = Day(label="实地抽查日期", initial=timezone.localdate)
    paper = forms.CharField(
        label="检查通知书文号",
        max_length=80,
        help_text="实地抽查属于行政检查，由两名以上持证监察员实施。",
    )
    result = forms.CharField(label="实地抽查情况", widget=forms.Textarea({"rows": 4}))


class OrderForm(forms.Form):
    """The day of an order to hand in, and until when."""

    on = Day(label="通知日期", initial=timezone.localdate)
    due_on = Day(label="限期报送至")
