"""What a person may type about the status of units."""

import django_filters as filters
from django import forms
from django.utils import timezone

from enterprises.models import Enterprise, StatusProposal
from gridinspect.documents.forms import EvidenceField
from grids.forms import DayInput

# In the order of the office: what ends first, what begins again last.
GIVEN = [
    (Enterprise.Status.SUSPENDED, "停业"),
    (Enterprise.Status.CANCELLED, "注销"),
    (Enterprise.Status.REVOKED, "吊销"),
    (Enterprise.Status.MOVED_AWAY, "迁出"),
    (Enterprise.Status.NOT_FOUND, "查无"),
    (Enterprise.Status.PREPARING, "筹建"),
    (Enterprise.Status.OPEN, "恢复营业"),
]


class StatusForm(forms.Form):
    """A new status with its day, reason and evidence."""

    status = forms.ChoiceField(label="变更为")
    status_since = forms.DateField(
        label="发生日期",
        widget=DayInput,
        initial=timezone.localdate,
        help_text="从这一天起按新的状态统计。",
    )
    reason = forms.CharField(
        label="原因和依据",
        max_length=200,
        help_text="如准予注销登记通知书文号、走访日期、迁往何处。",
        error_messages={"required": "请写明变更的原因和依据。"},
    )
    evidence = EvidenceField(
        label="证明材料", required=False, help_text="JPG、PNG 照片或 PDF，可不附。"
    )

    def __init__(self, *args, now: str = "", **kwargs):
        super().__init__(*args, **kwargs)
        field = self.fields["status"]
        assert isinstance(field, forms.ChoiceField)  # noqa: S101 - for the type checker
        field.choices = [("", "请选择"), *((k, v) for k, v in GIVEN if k != now)]

    def clean_status_since(self):
        day = self.cleaned_data["status_since"]
        if day > timezone.localdate():
            raise forms.ValidationError(
                f"发生日期 {day} 晚于今天，请改为今天或以前的日期。"
            )
        return day


class OneStatusForm(StatusForm):
    """The status of one unit, as the person saw its file."""

    edition = forms.IntegerField(widget=forms.HiddenInput)


class ProposalFilter(filters.FilterSet):
    name = filters.CharFilter(
        label="单位名称", field_name="enterprise__name", lookup_expr="contains"
    )
    status = filters.ChoiceFilter(
        label="建议状态", choices=Enterprise.Status.choices, empty_label="全部"
    )
    state = filters.ChoiceFilter(
        label="处理",
        choices=[*StatusProposal.State.choices, ("all", "全部")],
        method="by_state",
        empty_label=None,
    )

    class Meta:
        model = StatusProposal
        fields: list[str] = []

    def __init__(self, data, *args, **kwargs):
        data = data.copy()
        data.setdefault("state", StatusProposal.State.WAITING)
        super().__init__(data, *args, **kwargs)

    def by_state(self, queryset, _name, value):
        return queryset if value == "all" else queryset.filter(state=value)


class DecideForm(forms.Form):
    """What becomes of the proposals."""

    decision = forms.ChoiceField(
        label="处理",
        choices=[("accept", "采纳：按建议变更状态"), ("refuse", "不采纳")],
        widget=forms.RadioSelect,
    )
    answer = forms.CharField(
        label="处理意见",
        max_length=200,
        required=False,
        help_text="不采纳的必须写明理由，提出人可以看到。",
    )
    seen = forms.IntegerField(widget=forms.HiddenInput, required=False)
