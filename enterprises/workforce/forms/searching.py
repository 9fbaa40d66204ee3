"""What is looked for among workers, filings, papers and duties."""

import django_filters as filters
from django import forms
from django.db.models import Q
from django.utils import timezone

from enterprises.workforce.limits import EVENT_WORDS, expiry_days
from enterprises.workforce.models import Agreement, Filing, PayrollReturn, Worker
from enterprises.workforce.models.workers import id_index
from gridinspect.imports.cleaning import plain
from grids.forms import DayInput


class WorkerFilter(filters.FilterSet):
    """The search block of a unit's roster."""

    q = filters.CharFilter(label="姓名或完整身份号码", method="search")
    gender = filters.ChoiceFilter(
        label="性别", choices=Worker.Gender.choices, empty_label="全部"
    )
    employment_form = filters.ChoiceFilter(
        label="用工形式", choices=Worker.Form.choices, empty_label="全部"
    )
    category = filters.ChoiceFilter(
        label="职工类别", choices=Worker.Category.choices, empty_label="全部"
    )
    contract = filters.ChoiceFilter(
        label="劳动合同",
        choices=[("none", "未签"), ("expiring", "即将到期"), ("signed", "已签")],
        method="by_contract",
        empty_label="全部",
    )
    state = filters.ChoiceFilter(
        label="在册",
        choices=[("left", "已离职"), ("all", "全部")],
        method="by_state",
        empty_label="在册",
    )

    class Meta:
        model = Worker
        fields: list[str] = []

    @property
    def qs(self):
        found = super().qs
        if self.form.is_valid() and self.form.cleaned_data.get("state"):
            return found
        return found.on(timezone.localdate())

    def search(self, workers, _name, value):
        said = plain(value)
        index = id_index(said)
        return workers.filter(Q(name__contains=said) | Q(id_index=index))

    def by_contract(self, workers, _name, value):
        today = timezone.localdate()
        if value == "expiring":
            return workers.expiring(today, expiry_days())
        if value == "signed":
            return workers.signed(today)
        return workers.should_sign().unsigned(today)

    def by_state(self, workers, _name, value):
        return (
            workers.filter(until__lte=timezone.localdate())
            if value == "left"
            else workers
        )


class _UnitSearch(filters.FilterSet):
    unit = filters.CharFilter(
        label="单位名称", field_name="enterprise__name", lookup_expr="contains"
    )


class FilingFilter(_UnitSearch):
    """The search block of the register of filings."""

    kind = filters.ChoiceFilter(
        label="备案种类", choices=Filing.Kind.choices, empty_label="全部"
    )
    late = filters.ChoiceFilter(
        label="是否超期",
        choices=[("late", "超期"), ("in_time", "按期")],
        method="by_late",
        empty_label="全部",
    )
    since = filters.DateFilter("filed_on", "gte", label="备案日期自", widget=DayInput)
    until = filters.DateFilter("filed_on", "lte", label="至", widget=DayInput)

    class Meta:
        model = Filing
        fields: list[str] = []

    def by_late(self, filings, _name, value):
        return filings.late() if value == "late" else filings.filter(late_count=0)


class AgreementFilter(_UnitSearch):
    """The search block of the register of papers with a term."""

    kind = filters.ChoiceFilter(
        label="种类", choices=Agreement.Kind.choices, empty_label="全部"
    )
    term = filters.ChoiceFilter(
        label="有效期",
        choices=[
            ("running", "有效"),
            ("expiring", "即将到期"),
            ("over", "已到期或终止"),
        ],
        method="by_term",
        empty_label="全部",
    )

    class Meta:
        model = Agreement
        fields: list[str] = []

    def by_term(self, papers, _name, value):
        today = timezone.localdate()
        if value == "running":
            return papers.running(today)
        if value == "expiring":
            return papers.expiring(today, expiry_days())
        return papers.filter(Q(ends_on__lt=today) | Q(ended_on__lte=today))


class PayrollFilter(_UnitSearch):
    """The search block of the payroll registers."""

    kind = filters.ChoiceFilter(
        label="种类", choices=PayrollReturn.Kind.choices, empty_label="全部"
    )
    year = filters.NumberFilter(label="年度")

    class Meta:
        model = PayrollReturn
        fields: list[str] = []


class DutyFilter(forms.Form):
    """The search block of 应备案未备案."""

    unit = forms.CharField(label="单位名称", max_length=200, required=False)
    event = forms.ChoiceField(
        label="事项",
        required=False,
        choices=[
            ("", "全部"),
            *((str(e), EVENT_WORDS[e]) for e in list(EVENT_WORDS)[:3]),
        ],
    )
    when = forms.ChoiceField(
        label="期限",
        required=False,
        choices=[("", "已超期"), ("all", "全部（含未到期）")],
    )
