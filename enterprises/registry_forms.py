"""What a person may say about many rows of 数据比对 at once."""

from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils import timezone

from enterprises.models import Enterprise, RegistryEntry
from enterprises.rules import grids_apart, listed_status, name_key, status_apart
from grids.forms import DayInput, GridField, offer


def what_differs(entry: Any) -> str:
    """Name what a list and our unit of the same code say differently."""
    parts = {
        "名称": name_key(entry.unit_name)[:200] != entry.name_key,
        "地址": bool(entry.address and entry.unit_address)
        and entry.address != entry.unit_address,
        "状态": status_apart(
            listed_status(entry.state),
            entry.unit_status,
            open_statuses=Enterprise.OPEN_STATUSES,
        ),
        "网格": bool(entry.grid) and grids_apart(entry.grid.path, entry.unit_path),
    }
    return "、".join(name for name, differs in parts.items() if differs)


class _Rows(forms.ModelMultipleChoiceField):
    def label_from_instance(self, obj: Any) -> str:
        parts = [obj.name, obj.uscc, obj.address]
        if hasattr(obj, "unit_name"):
            parts.append(f"不同：{what_differs(obj)}")
        return "，".join(part for part in parts if part)


class _ManyForm(forms.Form):
    """Rows to be ticked."""

    rows = _Rows(
        RegistryEntry.objects.none(),
        label="单位",
        widget=forms.CheckboxSelectMultiple,
        error_messages={"required": "请至少勾选一户。"},
    )

    def __init__(self, *args, rows, **kwargs):
        super().__init__(*args, **kwargs)
        offer(self.fields["rows"], rows)


class VerifyForm(_ManyForm):
    """Until when, and which grid looks at what tells no address."""

    due_on = forms.DateField(label="完成期限", widget=DayInput)
    elsewhere = GridField(
        label="地址不能确定网格的由",
        required=False,
        help_text="按地址归格，归不了的由这个网格的在岗人员核实；可选街道或区县。",
    )

    field_order = ("due_on", "elsewhere", "rows")

    def __init__(self, *args, grids, placed: bool, **kwargs):
        super().__init__(*args, **kwargs)
        offer(self.fields["elsewhere"], grids)
        if placed:
            del self.fields["elsewhere"]

    def clean_due_on(self):
        day = self.cleaned_data["due_on"]
        if day < timezone.localdate():
            raise ValidationError(f"完成期限不能早于今天 {timezone.localdate()}。")
        return day


class DecideForm(_ManyForm):
    """What becomes of the rows."""

    verdict = forms.ChoiceField(label="处理为")

    field_order = ("verdict", "rows")

    def __init__(self, *args, verdicts, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["verdict"] = forms.ChoiceField(label="处理为", choices=verdicts)
