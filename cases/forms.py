import re
from datetime import date
from typing import cast

import django_filters
from django import forms
from django.core.exceptions import ValidationError
from django.db.models import Q, QuerySet
from django.utils import timezone

from cases.models import Case, Matter
from cases.rules import Urgency
from cases.team import inspectors_in
from enterprises.models import Enterprise
from gridinspect.accounts.models import Person, User
from gridinspect.accounts.roles import Permission
from gridinspect.accounts.rules import CitizenIdError, check_citizen_id
from gridinspect.scope import within_paths
from gridinspect.workdays.rules import Holiday
from grids.models import Grid


class Day(forms.DateField):
    """A date, typed or picked."""

    def __init__(self, **kwargs):
        widget = forms.DateInput({"type": "date"}, format="%Y-%m-%d")
        super().__init__(widget=widget, **kwargs)


class Text(forms.CharField):
    """A text of several lines."""

    def __init__(self, *, rows: int = 4, **kwargs):
        super().__init__(widget=forms.Textarea({"rows": rows}), **kwargs)


class GridField(forms.ModelChoiceField):
    """One grid, indented by its place in the tree."""

    def label_from_instance(self, grid):
        return f"{'　' * grid.level}{grid.name}"


# --- lists ----------------------------------------------------------------------------


class MatterFilter(django_filters.FilterSet):
    q = django_filters.CharFilter(method="search", label="单位或编号")
    kind = django_filters.ChoiceFilter(
        label="类别", choices=Matter.Kind.choices, empty_label="全部"
    )
    state = django_filters.ChoiceFilter(
        label="状态", choices=Matter.State.choices, empty_label="全部"
    )
    since = django_filters.DateFilter(
        "received_on", "gte", label="收到自", widget=forms.DateInput({"type": "date"})
    )
    until = django_filters.DateFilter(
        "received_on", "lte", label="收到至", widget=forms.DateInput({"type": "date"})
    )

    class Meta:
        model = Matter
        fields = ["q", "kind", "state", "since", "until"]

    def search(self, matters, name, words):
        return matters.filter(
            Q(respondent_name__icontains=words) | Q(number__icontains=words)
        )


CASE_STATES = [
    ("open", "办理中"),
    ("overdue", "已逾期"),
    ("soon", "10天内到期"),
    ("closed", "已结案"),
]


class CaseFilter(django_filters.FilterSet):
    q = django_filters.CharFilter(method="search", label="单位或案号")
    source = django_filters.ChoiceFilter(
        label="来源", choices=Case.Source.choices, empty_label="全部"
    )
    state = django_filters.ChoiceFilter(
        label="状态", choices=CASE_STATES, method="by_state", empty_label="全部"
    )
    since = django_filters.DateFilter(
        "filed_on", "gte", label="立案自", widget=forms.DateInput({"type": "date"})
    )
    until = django_filters.DateFilter(
        "filed_on", "lte", label="立案至", widget=forms.DateInput({"type": "date"})
    )

    class Meta:
        model = Case
        fields = ["q", "source", "state", "since", "until"]

    def search(self, cases, name, words):
        return cases.filter(
            Q(enterprise__name__icontains=words) | Q(number__icontains=words)
        )

    def by_state(self, cases, name, state):
        today = timezone.localdate()
        match state:
            case "overdue":
                return cases.overdue(on=today)
            case "soon":
                return cases.due_within(10, on=today)
            case "closed":
                return cases.filter(closed_on__isnull=False)
        return cases.open()


class ClockFilterForm(forms.Form):
    """The search block of 时限. Nonsense in the address filters nothing."""

    KINDS = [
        ("T1", "受理"),
        ("T2", "立案"),
        ("T5", "调查"),
        ("T7", "处理决定"),
        ("T22", "限期改正"),
    ]
    kind = forms.ChoiceField(
        label="时限", required=False, choices=[("", "全部"), *KINDS]
    )
    urgency = forms.ChoiceField(
        label="紧急程度",
        required=False,
        choices=[("", "全部"), *((one.name, one.value) for one in Urgency)],
    )
    provisional = forms.BooleanField(label="只看暂定", required=False)


# --- matters --------------------------------------------------------------------------


class MatterForm(forms.Form):
    """What a person says to register a complaint or report."""

    SECTIONS = [
        ("登记", ["received_on", "channel"]),
        ("被反映单位", ["respondent_name", "respondent_address", "grid"]),
        ("反映内容", ["act_started_on", "act_ended_on", "facts", "demands"]),
        (
            "反映人",
            ["is_anonymous", "name", "id_number", "phone", "address"],
            "身份加密保存，每次查看都须写明事由并留下记录。",
        ),
    ]

    received_on = Day(label="收到日期", initial=timezone.localdate)
    channel = forms.ChoiceField(label="来源渠道", choices=Matter.Channel.choices)
    respondent_name = forms.CharField(
        label="单位名称",
        max_length=120,
        help_text="与档案中的单位名称完全一致时，自动关联该单位。",
    )
    respondent_address = forms.CharField(
        label="单位地址", max_length=200, required=False
    )
    grid = GridField(
        Grid.objects.none(),
        label="所属网格",
        empty_label="请选择",
        required=False,
        help_text="关联了档案中的单位时可以不选。",
    )
    act_started_on = Day(label="行为开始日期", required=False)
    act_ended_on = Day(
        label="行为终了日期", required=False, help_text="仍在持续的，不填。"
    )
    facts = Text(label="反映的事实")
    demands = Text(label="请求事项", required=False, rows=2)
    is_anonymous = forms.BooleanField(label="匿名", required=False)
    name = forms.CharField(label="姓名", max_length=60, required=False)
    id_number = forms.CharField(label="身份证号", max_length=18, required=False)
    phone = forms.CharField(label="联系电话", max_length=30, required=False)
    address = forms.CharField(label="联系地址", max_length=200, required=False)

    def __init__(self, *args, user: User, kind: str, **kwargs):
        super().__init__(*args, **kwargs)
        self.user, self.kind = user, kind
        paths = user.scope_paths(Permission.COMPLAINT_INTAKE)
        cast(GridField, self.fields["grid"]).queryset = Grid.objects.filter(
            within_paths(paths, "path"), closed_on=None
        ).order_by("path", "code")
        if kind == Matter.Kind.COMPLAINT:
            del self.fields["is_anonymous"]
            self.fields["name"].required = True

    def clean_received_on(self):
        return _not_ahead(self.cleaned_data["received_on"])

    def clean_id_number(self):
        text = self.cleaned_data["id_number"].strip().upper()
        if not text:
            return ""
        try:
            return check_citizen_id(text, today=timezone.localdate()).number
        except CitizenIdError as error:
            raise ValidationError(error.message) from error

    def clean(self):
        super().clean()
        data = self.cleaned_data
        started, ended = data.get("act_started_on"), data.get("act_ended_on")
        if started and ended and ended < started:
            self.add_error("act_ended_on", "终了日期不能早于开始日期。")
        anonymous = data.setdefault("is_anonymous", False)
        if anonymous and (data.get("name") or data.get("id_number")):
            self.add_error("is_anonymous", "匿名的，不要填写姓名和身份证号。")
        if not anonymous and not data.get("name") and "name" not in self.errors:
            self.add_error("name", "请填写姓名；不愿透露的，请选匿名。")
        self._find_unit(data)
        return data

    def _find_unit(self, data):
        """Join the matter to a unit on file by its exact name, and to its grid."""
        name = (data.get("respondent_name") or "").strip()
        units = find_units(self.user, name)
        data["enterprise"] = units[0] if len(units) == 1 else None
        if data.get("grid") or "grid" in self.errors or not name:
            return
        if data["enterprise"]:
            data["grid"] = data["enterprise"].grid
        elif len(units) > 1:
            self.add_error("grid", f"档案中有{len(units)}个同名单位，请选择所属网格。")
        else:
            self.add_error("grid", "档案中没有同名单位，请选择所属网格。")

    @property
    def registration(self) -> dict:
        """Return the arguments of services.register_matter."""
        data = dict(self.cleaned_data)
        keys = ("is_anonymous", "name", "id_number", "phone", "address")
        return {"identity": {key: data.pop(key) for key in keys}, **data}


class DecisionForm(forms.Form):
    """The day of a decision."""

    on = Day(label="决定日期", initial=timezone.localdate)

    def clean_on(self):
        return _not_ahead(self.cleaned_data["on"])


class ReasonedDecisionForm(DecisionForm):
    """The day of a decision, and why."""

    reason = Text(label="理由")


class RevealForm(forms.Form):
    """Why somebody must know who complained or reported."""

    reason = forms.CharField(label="查看事由", min_length=4, max_length=200)


# --- cases ----------------------------------------------------------------------------


class FileCaseForm(forms.Form):
    """What a person says to file a case."""

    SECTIONS = [
        ("立案", ["unit", "source", "filed_on", "cause", "facts"]),
        (
            "办案人员",
            ["team", "lead"],
            "须有两名以上持证监察员，其中一名主办；监察证不在有效期内的人员不列出。",
        ),
    ]

    unit = forms.CharField(
        label="单位名称或统一社会信用代码",
        max_length=120,
        help_text="须与单位档案完全一致。",
    )
    source = forms.ChoiceField(
        label="案件来源",
        choices=[
            ("", "请选择"),
            *(
                choice
                for choice in Case.Source.choices
                if choice[0] not in (Case.Source.COMPLAINT, Case.Source.REPORT)
            ),
        ],
    )
    filed_on = Day(label="立案日期", initial=timezone.localdate)
    cause = forms.CharField(label="案由", max_length=120)
    facts = Text(label="主要事实", required=False)
    team = forms.ModelMultipleChoiceField(
        Person.objects.none(), label="办案监察员", widget=forms.CheckboxSelectMultiple
    )
    lead = forms.ModelChoiceField(
        Person.objects.none(), label="主办监察员", empty_label="请选择"
    )

    def __init__(
        self,
        *args,
        user: User,
        district: Grid,
        enterprise: Enterprise | None = None,
        matter: Matter | None = None,
        **kwargs,
    ):
        super().__init__(*args, **kwargs)
        self.user, self.district, self.enterprise = user, district, enterprise
        on = timezone.localdate()
        if enterprise:
            del self.fields["unit"]
        if matter:
            del self.fields["source"]
            if matter.decided_on:  # a complaint is filed on its day of acceptance
                del self.fields["filed_on"]
                on = matter.decided_on
        persons = inspectors_in(district, on=on)
        for name in ("team", "lead"):
            cast(forms.ModelChoiceField, self.fields[name]).queryset = persons

    def clean_filed_on(self):
        return _not_ahead(self.cleaned_data["filed_on"])

    def clean_unit(self):
        units = [
            unit
            for unit in find_units(self.user, self.cleaned_data["unit"].strip())
            if unit.district_id == self.district.pk
        ]
        if len(units) != 1:
            raise ValidationError(
                f"本区县档案中有{len(units)}个这样的单位，请改用统一社会信用代码。"
                if units
                else "本区县档案中没有这个单位，请先建立单位档案。"
            )
        self.enterprise = units[0]
        return units[0].name

    def clean(self):
        super().clean()
        data = self.cleaned_data
        team, lead = data.get("team"), data.get("lead")
        if team and lead and lead not in team:
            self.add_error("lead", "主办监察员应是办案监察员之一。")
        return data


class ExtensionForm(forms.Form):
    """Why an investigation needs more time."""

    reason = Text(label="延期理由")


class ExtensionDecisionForm(forms.Form):
    """The head's answer to a proposed extension."""

    decision = forms.ChoiceField(
        label="批复",
        choices=[("approve", "同意延期"), ("reject", "不同意延期")],
        widget=forms.RadioSelect,
    )


class EndInvestigationForm(DecisionForm):
    """The day on which an investigation ended."""

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["on"].label = "调查终结日期"


class CloseCaseForm(DecisionForm):
    """How a case ends."""

    field_order = ["outcome", "on", "note"]
    outcome = forms.ChoiceField(
        label="处理结果", choices=[("", "请选择"), *Case.Outcome.choices]
    )
    note = Text(label="结案说明", required=False)

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["on"].label = "结案日期"


class CorrectionForm(forms.Form):
    """What a unit did, what it must correct, and by when."""

    on = Day(label="制发日期", initial=timezone.localdate)
    correct_by = Day(
        label="改正期限", help_text="由指令书自行确定，没有统一的法定天数。"
    )
    findings = Text(label="违法事实")
    demands = Text(label="改正内容")

    def clean_on(self):
        return _not_ahead(self.cleaned_data["on"])

    def clean(self):
        super().clean()
        data = self.cleaned_data
        on, correct_by = data.get("on"), data.get("correct_by")
        if on and correct_by and correct_by <= on:
            self.add_error("correct_by", "改正期限应晚于制发日期。")
        return data


# --- the calendar ---------------------------------------------------------------------


class NoticeForm(forms.Form):
    """The head of a year's holiday notice; the holidays are a formset."""

    year = forms.IntegerField(label="年度", min_value=2001, max_value=2100)
    source = forms.CharField(
        label="通知文号或网址",
        max_length=200,
        help_text="例如：国办发明电〔2026〕N号",
    )
    is_official = forms.BooleanField(
        label="国务院办公厅已正式公布",
        required=False,
        initial=True,
        help_text="未勾选的年度仍按暂定计算。",
    )


class HolidayForm(forms.Form):
    """One line of the notice: a holiday, its days off, the days worked for it."""

    name = forms.CharField(label="节日", max_length=20, required=False)
    first = Day(label="放假自", required=False)
    last = Day(label="放假至", required=False)
    worked = forms.CharField(
        label="调休上班日",
        required=False,
        max_length=120,
        help_text="YYYY-MM-DD，多个日期用空格隔开",
    )

    def clean_worked(self):
        days = []
        for word in re.split(r"[\s,，、;；]+", self.cleaned_data["worked"].strip()):
            if not word:
                continue
            try:
                days.append(date.fromisoformat(word))
            except ValueError as error:
                raise ValidationError(f"“{word}”不是有效日期。") from error
        return tuple(days)

    def clean(self):
        super().clean()
        data = self.cleaned_data
        first, last = data.get("first"), data.get("last")
        if bool(first) != bool(last):
            self.add_error("last" if first else "first", "放假的首日和末日都要填写。")
        if first and not data.get("name"):
            self.add_error("name", "请填写节日名称。")
        if data.get("worked") and not first and not self.errors:
            self.add_error("first", "填写了调休上班日，放假日期也要填写。")
        return data

    @property
    def holiday(self) -> Holiday | None:
        """Return the line as a holiday, or None for an empty one."""
        data = self.cleaned_data
        if not data.get("first"):
            return None
        return Holiday(data["name"], data["first"], data["last"], data["worked"])


HolidayFormSet = forms.formset_factory(HolidayForm, extra=2, max_num=12)
HOLIDAYS = ("元旦", "春节", "清明节", "劳动节", "端午节", "中秋节", "国庆节")


def find_units(user: User, name: str) -> list[Enterprise]:
    """Return the units that a person may see under exactly this name or code."""
    if not name:
        return []
    units: QuerySet[Enterprise] = Enterprise.objects.visible_to(user)
    found = units.filter(Q(name=name) | Q(uscc=name.upper()))
    return list(found.select_related("grid", "district__city")[:5])


def _not_ahead(day: date) -> date:
    if day > timezone.localdate():
        raise ValidationError("日期不能晚于今天。")
    return day
