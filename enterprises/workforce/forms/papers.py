"""What a person may type about agreements and the payroll registers."""

from typing import Any

from django import forms
from django.utils import timezone

from enterprises.workforce.models import Agreement, PayrollReturn
from grids.forms import DayInput


class AgreementForm(forms.ModelForm):
    """A paper that holds for a term."""

    edition = forms.IntegerField(widget=forms.HiddenInput, required=False)

    class Meta:
        model = Agreement
        fields = (
            "kind",
            "number",
            "counterparty",
            "posts",
            "covered",
            "signed_on",
            "filed_on",
            "begins_on",
            "ends_on",
            "remark",
        )
        widgets = dict.fromkeys(
            ("signed_on", "filed_on", "begins_on", "ends_on"), DayInput()
        ) | {"covered": forms.TextInput({"inputmode": "numeric"})}
        help_texts = {
            "number": "批准文号、备案编号或协议编号；特殊工时必填。",
            "posts": "特殊工时必填，如“销售、外勤司机”。",
            "filed_on": "集体合同为报送审查日期，特殊工时为批准日期。",
        }

    def clean(self) -> dict[str, Any]:
        said = super().clean() or self.cleaned_data
        if said.get("kind") in Agreement.HOURS:
            for name in ("number", "posts", "filed_on", "ends_on"):
                if not said.get(name) and name not in self.errors:
                    self.add_error(name, "特殊工时批复请填写此项。")
        elif said.get("kind") == Agreement.Kind.DISPATCH and not said.get(
            "counterparty"
        ):
            self.add_error("counterparty", "请填写派遣单位名称。")
        begins, ends = said.get("begins_on"), said.get("ends_on")
        if begins and ends and ends < begins:
            self.add_error("ends_on", "有效期至不能早于有效期自。")
        return said

    def validate_constraints(self) -> None:
        """The service says what a constraint says."""


class EndAgreementForm(forms.Form):
    """When and why a paper ended before its term."""

    ended_on = forms.DateField(
        label="提前终止日期", widget=DayInput, initial=timezone.localdate
    )
    reason = forms.CharField(label="原因", max_length=200)
    edition = forms.IntegerField(widget=forms.HiddenInput)


class PayrollForm(forms.ModelForm):
    """A line of the payroll registers."""

    edition = forms.IntegerField(widget=forms.HiddenInput, required=False)

    class Meta:
        model = PayrollReturn
        fields = (
            "kind",
            "year",
            "quarter",
            "people",
            "total",
            "number",
            "filed_on",
            "remark",
        )
        widgets = {
            "filed_on": DayInput(),
            "year": forms.TextInput({"inputmode": "numeric"}),
            "people": forms.TextInput({"inputmode": "numeric"}),
            "total": forms.TextInput({"inputmode": "decimal"}),
        }
        help_texts = {"quarter": "工资总额按全年核定；报表可按季度报送。"}

    def validate_constraints(self) -> None:
        """The service says what a constraint says."""
