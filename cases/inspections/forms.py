"""What a person may type about plans and inspections."""

from typing import Any, cast

import django_filters
from django import forms
from django.db.models import Q
from django.utils import timezone

from cases.forms import Day, GridField, Text, find_units
from cases.inspections import rules
from cases.inspections.frequency import Caps
from cases.inspections.models import Inspection, InspectionPlan, Kind
from cases.inspections.services.planning import PlanFields
from cases.inspections.services.team import helpers_in
from cases.models import Matter
from cases.team import inspectors_in
from enterprises.models import Enterprise
from gridinspect.accounts.models import Person, User
from gridinspect.accounts.roles import Permission
from gridinspect.scope import within_paths
from grids.models import Grid

PICK = forms.DateInput({"type": "date"})


# --- lists ----------------------------------------------------------------------------


class PlanFilter(django_filters.FilterSet):
    q = django_filters.CharFilter(method="search", label="批准文号或检查对象")
    kind = django_filters.ChoiceFilter(
        label="类别", choices=Kind.choices, empty_label="全部"
    )
    state = django_filters.ChoiceFilter(
        label="状态", choices=InspectionPlan.State.choices, empty_label="全部"
    )

    class Meta:
        model = InspectionPlan
        fields = ["q", "kind", "state"]

    def search(self, plans, name, words):
        return plans.filter(Q(number__icontains=words) | Q(scope__icontains=words))


class InspectionFilter(django_filters.FilterSet):
    q = django_filters.CharFilter(method="search", label="单位或文号")
    kind = django_filters.ChoiceFilter(
        label="类别", choices=Kind.choices, empty_label="全部"
    )
    state = django_filters.ChoiceFilter(
        label="状态",
        choices=[
            *Inspection.State.choices,
            ("week", "本周计划检查"),
            ("overdue", "逾期未告知结果"),
            ("over_cap", "突破上限待批准"),
        ],
        method="by_state",
        empty_label="全部",
    )
    outcome = django_filters.ChoiceFilter(
        label="处理结果", choices=Inspection.Outcome.choices, empty_label="全部"
    )
    year = django_filters.NumberFilter(label="年度")

    class Meta:
        model = Inspection
        fields = ["q", "kind", "state", "outcome", "year"]

    def search(self, rows, name, words):
        return rows.filter(
            Q(enterprise__name__icontains=words)
            | Q(approval_number__icontains=words)
            | Q(notice_number__icontains=words)
        )

    def by_state(self, rows, name, state):
        today = timezone.localdate()
        match state:
            case "week":
                return rows.planned_in_week(today)
            case "overdue":
                return rows.overdue(on=today)
            case "over_cap":
                return rows.to_approve()
        return rows.filter(state=state)


class FrequencyFilter(forms.Form):
    """The search block of 检查频次. Nonsense in the address filters nothing."""

    q = forms.CharField(label="单位名称", required=False, max_length=120)
    year = forms.IntegerField(
        label="年度", required=False, min_value=2000, max_value=2100
    )
    at_cap = forms.BooleanField(label="只看已达上限的", required=False)


# --- plans ----------------------------------------------------------------------------


class PlanForm(forms.Form):
    """A plan of inspections (检查计划)."""

    SECTIONS = [
        ("检查计划", ["name", "kind", "grid", "begins_on", "ends_on", "scope"]),
        (
            "检查事项",
            ["topics"],
            f"九项检查事项（{rules.TOPICS_SOURCE}）；未列入的事项不得检查。",
        ),
        (
            "专查事由",
            ["ground", "matter_number"],
            "只有专查须填写。事由只让办案人员看到，不写入通知书和单位能看到的任何文字。",
        ),
    ]

    name = forms.CharField(
        label="计划名称",
        max_length=120,
        help_text="专查的计划名称只让办案人员看到。",
    )
    kind = forms.ChoiceField(label="检查类别", choices=[("", "请选择"), *Kind.choices])
    grid = GridField(Grid.objects.none(), label="检查范围", empty_label="请选择")
    begins_on = Day(label="检查期间 自", initial=timezone.localdate)
    ends_on = Day(label="至")
    scope = forms.CharField(
        label="检查对象",
        max_length=200,
        help_text="例如：辖区内餐饮、住宿单位。",
    )
    topics = forms.MultipleChoiceField(
        label="检查事项",
        choices=list(rules.TOPICS.items()),
        initial=list(rules.TOPICS),
        widget=forms.CheckboxSelectMultiple,
    )
    ground = forms.ChoiceField(label="专查事由", required=False)
    matter_number = forms.CharField(
        label="投诉举报编号",
        required=False,
        max_length=60,
        help_text="投诉举报专查的，填写登记编号，查实后并入该件办理。",
    )

    def __init__(self, *args, user: User, district: Grid, **kwargs):
        super().__init__(*args, **kwargs)
        self.user, self.district = user, district
        paths = user.scope_paths(Permission.INSPECTION_HANDLE)
        grids = Grid.objects.filter(within_paths(paths, "path"), closed_on=None).filter(
            path__startswith=district.path
        )
        cast(GridField, self.fields["grid"]).queryset = grids.order_by("path", "code")
        if user.holds(Permission.INSPECTION_GROUND):
            found = Caps().exemptions(district, on=timezone.localdate())
            cast(forms.ChoiceField, self.fields["ground"]).choices = [
                ("", "—"),
                *((key, f"{row.name}（{row.source}）") for key, row in found.items()),
            ]
        else:  # who may not know why a unit is singled out singles none out
            del self.fields["ground"], self.fields["matter_number"]
            cast(forms.ChoiceField, self.fields["kind"]).choices = [
                ("", "请选择"),
                *(one for one in Kind.choices if one[0] != Kind.TARGETED),
            ]

    def clean_matter_number(self):
        number = self.cleaned_data["matter_number"].strip()
        self.matter = None
        if number:
            self.matter = (
                Matter.objects.visible_to(self.user).filter(number=number).first()
            )
            if self.matter is None:
                raise forms.ValidationError("没有这个登记编号的投诉举报，请核对。")
        return number

    def clean(self):
        super().clean()
        data = self.cleaned_data
        begins, ends = data.get("begins_on"), data.get("ends_on")
        if begins and ends and ends < begins:
            self.add_error("ends_on", "终止日期不能早于开始日期。")
        if data.get("kind") == Kind.TARGETED and not data.get("ground"):
            self.add_error("ground", "专查须选择事由。")
        if data.get("kind") not in ("", None, Kind.TARGETED):
            data["ground"], self.matter = "", None
        return data

    @property
    def plan(self) -> PlanFields:
        data: dict[str, Any] = self.cleaned_data
        return PlanFields(
            name=data["name"],
            kind=data["kind"],
            scope=data["scope"],
            topics=tuple(data["topics"]),
            begins_on=data["begins_on"],
            ends_on=data["ends_on"],
            ground=data.get("ground", ""),
            matter=getattr(self, "matter", None),
        )


class ReasonForm(forms.Form):
    """Why something is sent back, turned down or given up."""

    reason = forms.CharField(label="理由", max_length=200)


class DecisionForm(forms.Form):
    """The head's answer, with the reason where it is no."""

    decision = forms.ChoiceField(label="批复", widget=forms.RadioSelect)
    reason = forms.CharField(
        label="理由", max_length=200, required=False, help_text="不同意时必填。"
    )

    def __init__(self, *args, choices: list[tuple[str, str]], **kwargs):
        super().__init__(*args, **kwargs)
        cast(forms.ChoiceField, self.fields["decision"]).choices = choices

    def clean(self):
        super().clean()
        data = self.cleaned_data
        if data.get("decision") == "no" and not (data.get("reason") or "").strip():
            self.add_error("reason", "请写明理由。")
        return data


class DrawForm(forms.Form):
    """From which units how many are drawn, and with which seed."""

    wanted = forms.IntegerField(label="抽取户数", min_value=1)
    seed = forms.CharField(
        label="种子",
        max_length=100,
        help_text="应事先公布、无法预先选定，例如指定日期的公开号码。",
    )
    kinds = forms.MultipleChoiceField(
        label="单位类型",
        choices=Enterprise.UnitKind.choices,
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text="不选为全部类型。",
    )
    skip_at_cap = forms.BooleanField(
        label="本年度已达检查频次上限的单位不列入名单", required=False, initial=True
    )
    reason = forms.CharField(
        label="重抽理由",
        max_length=200,
        required=False,
        help_text="首次抽取不填；重新抽取必填，两次结果都会保留。",
    )


class TakeForm(forms.Form):
    """On which day what was drawn is to be inspected."""

    planned_on = Day(label="计划检查日期")


# --- inspections ----------------------------------------------------------------------


class TeamForm(forms.Form):
    """Who inspects, who leads, and who comes along."""

    team = forms.ModelMultipleChoiceField(
        Person.objects.none(), label="检查人员", widget=forms.CheckboxSelectMultiple
    )
    lead = forms.ModelChoiceField(
        Person.objects.none(), label="主办", empty_label="请选择"
    )
    helpers = forms.ModelMultipleChoiceField(
        Person.objects.none(),
        label="随同协助人员（协管员）",
        required=False,
        widget=forms.SelectMultiple({"size": 4}),
        help_text="协管员不得实施行政检查，只能登记为随同协助；可以选多人，也可以不选。",
    )
    TEAM = (
        "检查人员",
        ["team", "lead", "helpers"],
        "须有两名以上持有效监察证的在岗监察员；不在有效期内的不列出。",
    )

    def __init__(self, *args, district: Grid, **kwargs):
        super().__init__(*args, **kwargs)
        today = timezone.localdate()
        persons = inspectors_in(district, on=today)
        for name, people in (
            ("team", persons),
            ("lead", persons),
            ("helpers", helpers_in(district, on=today)),
        ):
            cast(forms.ModelChoiceField, self.fields[name]).queryset = people

    def clean(self):
        super().clean()
        data = self.cleaned_data
        team, lead = data.get("team"), data.get("lead")
        if team and lead and lead not in team:
            self.add_error("lead", "主办应是检查人员之一。")
        return data


class InspectionForm(TeamForm):
    """One unit to inspect under a plan."""

    plan = forms.ModelChoiceField(
        InspectionPlan.objects.none(), label="检查计划", empty_label="请选择"
    )
    unit = forms.CharField(
        label="单位名称或统一社会信用代码",
        max_length=120,
        help_text="须与单位档案完全一致。",
    )
    planned_on = Day(label="计划检查日期", initial=timezone.localdate)
    override_reason = forms.CharField(
        label="突破上限的理由",
        max_length=300,
        required=False,
        help_text="仅在本年度已达检查频次上限时填写，须报负责人单独批准，并留下记录。",
    )
    SECTIONS = [
        ("被检查单位", ["plan", "unit", "planned_on", "override_reason"]),
        TeamForm.TEAM,
    ]

    def __init__(
        self,
        *args,
        user: User,
        district: Grid,
        plan: InspectionPlan | None = None,
        enterprise: Enterprise | None = None,
        **kwargs,
    ):
        super().__init__(*args, district=district, **kwargs)
        self.user, self.district, self.enterprise = user, district, enterprise
        self.chosen = plan
        if plan:
            del self.fields["plan"]
            self.fields["planned_on"].initial = max(
                plan.begins_on, min(plan.ends_on, timezone.localdate())
            )
        else:
            open_states = (InspectionPlan.State.PROPOSED, InspectionPlan.State.APPROVED)
            plans = InspectionPlan.objects.visible_to(user).filter(
                district=district,
                state__in=open_states,
                ends_on__gte=timezone.localdate(),
            )
            if not user.holds(Permission.INSPECTION_GROUND):
                plans = plans.exclude(kind=Kind.TARGETED)
            cast(forms.ModelChoiceField, self.fields["plan"]).queryset = plans
        if enterprise:
            del self.fields["unit"]

    def clean_unit(self):
        units = [
            unit
            for unit in find_units(self.user, self.cleaned_data["unit"].strip())
            if unit.district_id == self.district.pk
        ]
        if len(units) != 1:
            raise forms.ValidationError(
                f"本区县档案中有{len(units)}个这样的单位，请改用统一社会信用代码。"
                if units
                else "本区县档案中没有这个单位，请先建立单位档案。"
            )
        self.enterprise = units[0]
        return units[0].name


class NoticeForm(forms.Form):
    """The day of the notice to the unit."""

    on = Day(label="通知日期", initial=timezone.localdate)


class RecordForm(forms.Form):
    """What was found (检查记录): the nine matters, the facts, who was present."""

    on = Day(label="检查日期", initial=timezone.localdate)
    begun_at = forms.TimeField(
        label="开始时间", required=False, widget=forms.TimeInput({"type": "time"})
    )
    ended_at = forms.TimeField(
        label="结束时间", required=False, widget=forms.TimeInput({"type": "time"})
    )
    place = forms.CharField(label="检查地点", max_length=200)
    representative = forms.CharField(label="单位在场人员", max_length=60)
    representative_post = forms.CharField(label="职务", max_length=60, required=False)
    facts = Text(label="检查中查明的事实", rows=6)
    HEAD = ("on", "begun_at", "ended_at", "place")
    PERSONS = ("representative", "representative_post")

    def __init__(self, *args, topics: list[str], **kwargs):
        super().__init__(*args, **kwargs)
        for key, name in rules.TOPICS.items():
            self.fields[f"answer_{key}"] = forms.ChoiceField(
                label=name,
                choices=list(rules.ANSWERS.items()),
                initial="yes" if key in topics else "unchecked",
            )
            self.fields[f"finding_{key}"] = forms.CharField(
                label=f"{name}：具体情况", max_length=500, required=False
            )

    def clean(self):
        super().clean()
        for key, name in rules.TOPICS.items():
            answer = self.cleaned_data.get(f"answer_{key}")
            finding = (self.cleaned_data.get(f"finding_{key}") or "").strip()
            if answer in rules.FAULTY and not finding:
                self.add_error(f"finding_{key}", f"请写明“{name}”的具体情况。")
        return self.cleaned_data

    @property
    def lines(self):
        """Return the nine matters with their two fields each."""
        return [
            (name, self[f"answer_{key}"], self[f"finding_{key}"])
            for key, name in rules.TOPICS.items()
        ]

    @property
    def head(self):
        return [self[name] for name in self.HEAD]

    @property
    def persons(self):
        return [self[name] for name in self.PERSONS]

    @property
    def record(self) -> dict[str, Any]:
        """Return the arguments of services.record_inspection."""
        data = self.cleaned_data
        answers = {
            key: rules.Answer(data[f"answer_{key}"], data[f"finding_{key}"].strip())
            for key in rules.TOPICS
        }
        names = (*self.HEAD, *self.PERSONS, "facts")
        return {name: data[name] for name in names} | {"answers": answers}


class ConcludeForm(forms.Form):
    """What the unit is told, and what becomes of what was found."""

    SECTIONS = [
        ("检查结果", ["outcome", "on", "words"]),
        (
            "移交办理",
            ["cause", "demands", "correct_by"],
            "责令限期改正和立案调查的，以检查人员为办案人员立案；"
            "责令限期改正的同时制发限期改正指令书。",
        ),
    ]
    outcome = forms.ChoiceField(
        label="处理结果", choices=[("", "请选择"), *Inspection.Outcome.choices]
    )
    on = Day(label="告知日期", initial=timezone.localdate)
    words = Text(label="检查结果", help_text="写入检查结果告知书，送达单位。")
    cause = forms.CharField(label="案由", max_length=120, required=False)
    demands = Text(label="改正内容", required=False, rows=3)
    correct_by = Day(label="改正期限", required=False)

    def clean(self):
        """Ask for what the chosen outcome hands on, all of it at once."""
        super().clean()
        data, outcome = self.cleaned_data, Inspection.Outcome
        chosen = data.get("outcome")
        needed = {}
        if chosen in (outcome.CORRECTION, outcome.CASE):
            needed["cause"] = "立案的，请填写案由。"
        if chosen == outcome.CORRECTION:
            needed["demands"] = "责令限期改正的，请写明改正内容。"
            needed["correct_by"] = "责令限期改正的，请填写改正期限。"
        for name, words in needed.items():
            if name not in self.errors and not data.get(name):
                self.add_error(name, words)
        return data
