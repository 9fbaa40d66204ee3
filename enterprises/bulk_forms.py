"""What a person may type for one act on many units."""

from django import forms
from django.utils import timezone

from enterprises.status_forms import StatusForm
from grids.forms import DayInput, GridField, offer


class _Confirmed(forms.Form):
    """What was shown: the act is asked for again when it is no longer so."""

    seen = forms.CharField(widget=forms.HiddenInput, required=False)


class BulkGridForm(_Confirmed):
    grid = GridField(label="归入网格")
    since = forms.DateField(
        label="生效日期", widget=DayInput, initial=timezone.localdate
    )
    reason = forms.CharField(
        label="依据",
        max_length=200,
        error_messages={"required": "请写明归格的依据。"},
    )

    def __init__(self, *args, grids, **kwargs):
        super().__init__(*args, **kwargs)
        offer(self.fields["grid"], grids)


class BulkStatusForm(StatusForm, _Confirmed):
    """The same status for many units."""


class BulkTasksForm(_Confirmed):
    title = forms.CharField(label="任务名称", max_length=100)
    due_on = forms.DateField(label="完成期限", widget=DayInput)
    detail = forms.CharField(
        label="要求",
        required=False,
        max_length=500,
        widget=forms.Textarea(attrs={"rows": 3}),
    )

    def clean_due_on(self):
        day = self.cleaned_data["due_on"]
        if day < timezone.localdate():
            raise forms.ValidationError(f"完成期限 {day} 早于今天，请改正。")
        return day
