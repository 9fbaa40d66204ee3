"""What a person may type about filings."""

from collections.abc import Sequence
from typing import Any

from django import forms
from django.utils import timezone

from enterprises.workforce.duties import Duty
from enterprises.workforce.models import Filing
from grids.forms import DayInput


class ReasonForm(forms.Form):
    """Why something is done that leaves a trace."""

    reason = forms.CharField(label="原因", max_length=200)


class FilingForm(forms.Form):
    """A filing of persons: when, under which number, and whom it concerns."""

    filed_on = forms.DateField(
        label="备案日期", widget=DayInput, initial=timezone.localdate
    )
    number = forms.CharField(label="备案编号", max_length=40, required=False)
    whom = forms.ChoiceField(
        label="备案人员",
        choices=[("all", "全部待备案人员"), ("chosen", "只选下列人员")],
        initial="all",
        widget=forms.RadioSelect,
    )
    chosen = forms.MultipleChoiceField(
        label="人员", required=False, widget=forms.CheckboxSelectMultiple
    )
    remark = forms.CharField(label="备注", max_length=200, required=False)

    def __init__(self, *args: Any, offered: Sequence[Duty], total: int, **kwargs: Any):
        super().__init__(*args, **kwargs)
        whom, chosen = self.fields["whom"], self.fields["chosen"]
        assert isinstance(whom, forms.ChoiceField)  # noqa: S101 for the type checker
        assert isinstance(chosen, forms.MultipleChoiceField)  # noqa: S101
        whom.choices = [
            ("all", f"全部待备案事项（{total:,} 项）"),
            ("chosen", "只选下列人员"),
        ]
        chosen.choices = [
            (
                duty.code,
                f"{duty.name}　{duty.label} {duty.day}，期限 {duty.due.on}"
                + (f"，已超 {duty.days_late} 天" if duty.days_late else ""),
            )
            for duty in offered
        ]
        if total > len(offered):
            chosen.help_text = f"只列出最早的 {len(offered)} 项，其余请分次办理。"

    def clean(self) -> dict[str, Any]:
        said = super().clean() or self.cleaned_data
        if said.get("whom") == "chosen" and not said.get("chosen"):
            self.add_error("chosen", "请至少选择一人，或改选全部。")
        return said

    def act(self) -> dict[str, Any]:
        said = self.cleaned_data
        return {
            "filed_on": said["filed_on"],
            "number": said["number"],
            "remark": said["remark"],
            "chosen": said["chosen"] if said["whom"] == "chosen" else None,
        }


class UnitFilingForm(forms.Form):
    """A filing about the unit itself."""

    kind = forms.ChoiceField(
        label="备案种类",
        choices=[
            (Filing.Kind.UNIT.value, Filing.Kind.UNIT.label),
            (Filing.Kind.CANCELLATION.value, Filing.Kind.CANCELLATION.label),
        ],
    )
    what = forms.CharField(
        label="变更事项",
        max_length=200,
        required=False,
        help_text="单位信息变更必填，如“法定代表人由甲变更为乙”。",
    )
    happened_on = forms.DateField(
        label="变更（注销）日期", widget=DayInput, help_text="备案期限从这一天起算。"
    )
    filed_on = forms.DateField(
        label="备案日期", widget=DayInput, initial=timezone.localdate
    )
    number = forms.CharField(label="备案编号", max_length=40, required=False)
    remark = forms.CharField(label="备注", max_length=200, required=False)
