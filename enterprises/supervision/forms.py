"""What a person may type about grades, key units and publications."""

from collections.abc import Iterable
from typing import Any

from django import forms
from django.utils import timezone

from enterprises.supervision.models import NotedFact, Publication
from enterprises.supervision.services.publishing import Ground
from grids.forms import DayInput, offer
from grids.models import Grid


def day_field(label: str, **kwargs) -> forms.DateField:
    kwargs.setdefault("initial", timezone.localdate)
    return forms.DateField(label=label, widget=DayInput, **kwargs)


def _choose(field: Any, choices: Iterable[tuple[str, str]]) -> None:
    field.choices = list(choices)


def text_field(label: str, *, most: int = 2000, rows: int = 3, **kwargs):
    return forms.CharField(
        label=label, max_length=most, widget=forms.Textarea({"rows": rows}), **kwargs
    )


class DayForm(forms.Form):
    """An act that only has a day."""

    on = day_field("日期")


class RoundForm(forms.Form):
    """Which district and year are graded, by which scheme."""

    district: forms.ModelChoiceField = forms.ModelChoiceField(
        Grid.objects.none(), label="区县", empty_label=None
    )
    year = forms.IntegerField(
        label="评价年度",
        min_value=2000,
        help_text="评价上一年度遵守劳动保障法律的情况。",
    )
    scheme = forms.ChoiceField(
        label="评价办法",
        required=False,
        help_text="留空时采用该区县适用的办法（方案、省、国家，取最近一层）。",
    )

    def __init__(self, *args, districts, schemes, **kwargs):
        super().__init__(*args, **kwargs)
        offer(self.fields["district"], districts)
        self.fields["year"].initial = timezone.localdate().year - 1
        _choose(self.fields["scheme"], [("", "按区县适用"), *schemes])


class ReplayForm(RoundForm):
    """The same, and where the facts are taken from."""

    anew = forms.BooleanField(
        label="按现在的登记重新取数",
        required=False,
        help_text="不勾选时用评定当年保存的事实，结果与当年一致。",
    )

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields[
            "scheme"
        ].help_text = (
            "留空时，评定过的年度用当时的办法和版本，没有评定过的用现在适用的办法。"
        )


class AdjustForm(forms.Form):
    """Another grade than the facts propose."""

    grade = forms.ChoiceField(label="等级")
    reason = text_field(
        "调整理由", most=400, required=False, help_text="与建议等级不同时必填。"
    )
    edition = forms.IntegerField(widget=forms.HiddenInput)

    def __init__(self, *args, grades, **kwargs):
        super().__init__(*args, **kwargs)
        _choose(self.fields["grade"], grades)


class ObjectionForm(forms.Form):
    raised_on = day_field("提出日期")
    text = text_field("异议内容", rows=5)


class ObjectionDecisionForm(forms.Form):
    grade = forms.ChoiceField(
        label="答复后的等级", help_text="选择原等级即为维持，选择其他等级即为更正。"
    )
    decision = text_field("答复内容", most=380, rows=5)
    on = day_field("答复日期")

    def __init__(self, *args, grades, **kwargs):
        super().__init__(*args, **kwargs)
        _choose(self.fields["grade"], grades)


class NoticesForm(forms.Form):
    """Which grades are told in a lot."""

    grades = forms.MultipleChoiceField(
        label="等级", widget=forms.CheckboxSelectMultiple
    )
    on = day_field("制发日期")

    def __init__(self, *args, grades, **kwargs):
        super().__init__(*args, **kwargs)
        _choose(self.fields["grades"], grades)


class ServedForm(NoticesForm):
    """Which grades' notices reached their units on one day."""

    on = day_field("送达日期")


class EntryForm(forms.Form):
    """A unit that a person wants under key supervision."""

    reason = text_field(
        "列入理由",
        most=400,
        help_text="写明事实和依据。由另一人批准后列入；批准晚于所填日期的，自批准之日起。",
    )
    on = day_field("列入日期")


class ReasonForm(forms.Form):
    reason = text_field("理由", most=400)


class DecisionForm(forms.Form):
    """Approve or not what another has proposed."""

    decision = forms.ChoiceField(
        label="决定",
        choices=[("approve", "批准"), ("reject", "不批准")],
        widget=forms.RadioSelect,
    )
    on = day_field("批准日期")


class ReasonedDecisionForm(DecisionForm):
    """The same, with the reason where it is no."""

    reason = text_field("理由", most=400, required=False, help_text="不批准的必填。")


class NotedFactForm(forms.Form):
    """A fact from a paper that no register has."""

    kind = forms.ChoiceField(label="种类", choices=NotedFact.Kind.choices)
    on = day_field("发生日期")
    paper = forms.CharField(label="依据（文书、报告的名称和文号）", max_length=200)
    note = text_field("情况", required=False)


class BeginPublicationForm(forms.Form):
    """A publication that no rule has found."""

    list = forms.ChoiceField(label="名单", choices=Publication.List.choices)
    category = forms.ChoiceField(label="情形")
    facts = text_field("主要违法事实", rows=4)
    handling = text_field("处理情况", rows=3)

    def __init__(self, *args, categories, **kwargs):
        super().__init__(*args, **kwargs)
        _choose(self.fields["category"], [(one, one) for one in categories])


class PublicationForm(forms.Form):
    """What will be published of the unit."""

    name = forms.CharField(label="单位全称", max_length=200)
    uscc = forms.CharField(label="统一社会信用代码", max_length=30, required=False)
    address = forms.CharField(label="地址", max_length=200)
    head = forms.CharField(label="法定代表人（负责人）", max_length=60)
    facts = text_field("主要违法事实", rows=5, required=False)
    handling = text_field("处理情况", rows=4, required=False)
    edition = forms.IntegerField(widget=forms.HiddenInput)


class PublicObjectionForm(forms.Form):
    on = day_field("异议日期")
    text = text_field("异议内容", rows=5)


class CheckForm(forms.Form):
    on = day_field("核实日期")
    upheld = forms.ChoiceField(
        label="核实结论",
        choices=[("no", "异议不成立，继续办理"), ("yes", "异议成立，不予公布")],
        widget=forms.RadioSelect,
    )
    result = text_field("核实结果", most=380, rows=4)


class RemovalForm(forms.Form):
    ground = forms.ChoiceField(label="移出依据", choices=Ground.CHOICES)
    on = day_field("移出日期")
    corrected_on = day_field("改正日期", required=False, initial=None)
    committed_on = day_field("信用承诺日期", required=False, initial=None)
    note = text_field("说明", most=300, required=False)
