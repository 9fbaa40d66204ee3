"""What warnings are searched by, and what a person types about them."""

from datetime import timedelta

import django_filters as filters
from django import forms
from django.db.models import F, Q
from django.utils import timezone

from gridinspect.documents.forms import EvidenceField
from grids.forms import DayInput
from grids.policy import COLOURS
from reports.warnings.models import Answer, EarlyWarning

STATES = (
    ("standing", "未解除"),
    ("unanswered", "未核实"),
    ("answered", "已核实，未解除"),
    ("ended", "已解除"),
)


RESULTS = (
    ("confirmed", "核实属实"),
    ("unfounded", "核实不属实"),
    ("ended", "未核实已解除"),
    ("waiting", "尚待核实"),
)


class WarningFilter(filters.FilterSet):
    """The search block of the list; without a state it shows what stands."""

    unit = filters.CharFilter(
        label="单位名称", field_name="enterprise__name", lookup_expr="contains"
    )
    colour = filters.ChoiceFilter(
        label="级别", choices=list(reversed(COLOURS.items())), empty_label="全部"
    )
    rule = filters.ChoiceFilter(label="预警", choices=[], empty_label="全部")
    state = filters.ChoiceFilter(
        label="状态", choices=STATES, method="by_state", empty_label="全部"
    )
    became = filters.ChoiceFilter(
        label="结果", choices=RESULTS, method="by_result", empty_label="全部"
    )
    since_from = filters.DateFilter(
        label="预警日期自",
        field_name="since",
        lookup_expr="gte",
        widget=DayInput,
    )
    since_until = filters.DateFilter(
        label="至", field_name="since", lookup_expr="lte", widget=DayInput
    )

    class Meta:
        model = EarlyWarning
        fields: list[str] = []

    def __init__(self, data, *args, **kwargs):
        data = data.copy()
        data.setdefault("state", "standing")
        super().__init__(data, *args, **kwargs)
        names = self.queryset.order_by().values_list("rule", "name").distinct()
        self.filters["rule"].field.choices = sorted(names, key=lambda pair: pair[1])

    def by_result(self, rows, name, value):
        return rows.became(value)

    def by_state(self, rows, name, value):
        match value:
            case "standing":
                return rows.standing()
            case "unanswered":
                return rows.unanswered()
            case "answered":
                return rows.standing().filter(answered_rank__gte=F("rank"))
        return rows.filter(~Q(until=None))


class AnswerForm(forms.Form):
    """核实反馈."""

    outcome = forms.ChoiceField(label="核实结果", choices=Answer.Outcome.choices)
    on = forms.DateField(label="核实日期", widget=DayInput)
    text = forms.CharField(
        label="核实情况",
        max_length=1000,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text="看到了什么、单位怎么说、采取了什么措施。",
    )
    evidence = EvidenceField(
        label="照片或扫描件",
        required=False,
        help_text="JPG、PNG 或 PDF，20 MB 以内，没有可不传。",
    )


class SendForm(forms.Form):
    """派发核实: by which day."""

    due_on = forms.DateField(label="核实期限", widget=DayInput)

    def clean_due_on(self):
        day = self.cleaned_data["due_on"]
        today = timezone.localdate()
        if day < today:
            raise forms.ValidationError(f"核实期限不能早于今天 {today}。")
        if day > today + timedelta(days=366):
            raise forms.ValidationError("核实期限不能超过一年，请核对日期。")
        return day


class PeriodForm(forms.Form):
    """The period whose warnings are looked back upon."""

    since = forms.DateField(label="自", widget=DayInput)
    until = forms.DateField(label="至", widget=DayInput)

    def clean(self):
        super().clean()
        since, until = map(self.cleaned_data.get, ("since", "until"))
        if since and until and since > until:
            self.add_error("until", "结束日期不能早于开始日期。")
