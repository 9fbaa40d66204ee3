"""Plans and layers of law, clause by clause, and which district is under which."""

from datetime import date

import django_filters
from django import forms
from django.contrib import messages
from django.db.models import Count
from django.shortcuts import get_object_or_404, redirect
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone

from gridinspect.accounts.roles import Permission
from gridinspect.scope import within_paths
from gridinspect.ui.pages import (
    Action,
    Tab,
    add_action,
    render_detail,
    render_form,
    render_list,
)
from gridinspect.ui.tables import Column, build_table
from gridinspect.ui.templatetags.ui import badge_html
from grids import wording
from grids.access import may_somewhere, require, require_somewhere
from grids.forms import DayInput
from grids.models import Grid, Policy, PolicyClause, PolicyInForce
from grids.policy.lint import SEVERITIES
from grids.services.law import Law, limits_of, numbers_of
from grids.services.linting import findings_of
from grids.services.policies import adopt_policy, values_of
from grids.services.tree import Refused


class PolicyFilter(django_filters.FilterSet):
    title = django_filters.CharFilter(lookup_expr="icontains", label="名称")
    layer = django_filters.ChoiceFilter(
        label="层级", choices=Policy.Layer.choices, empty_label="全部"
    )

    class Meta:
        model = Policy
        fields = ["title", "layer"]


class ClauseFilter(django_filters.FilterSet):
    q = django_filters.CharFilter(method="search", label="编号、原文或含义")
    kind = django_filters.ChoiceFilter(
        label="类别", choices=PolicyClause.Kind.choices, empty_label="全部"
    )

    class Meta:
        model = PolicyClause
        fields = ["q", "kind"]

    def search(self, queryset, name, value):
        return (
            queryset.filter(quote__icontains=value)
            | queryset.filter(meaning__icontains=value)
            | queryset.filter(number__icontains=value)
        )


class AdoptionFilter(django_filters.FilterSet):
    district = django_filters.CharFilter(
        "district__name", lookup_expr="icontains", label="区县"
    )
    on = django_filters.DateFilter(method="hold", label="在此日有效", widget=DayInput)

    class Meta:
        model = PolicyInForce
        fields = ["district", "on"]

    def hold(self, queryset, name, value):
        return queryset.on(value)


class AdoptionForm(forms.Form):
    """Which plan a district follows from when on."""

    policy = forms.ModelChoiceField(
        Policy.objects.filter(layer=Policy.Layer.PLAN).defer("document"),
        label="实施方案",
    )
    since = forms.DateField(label="施行自", widget=DayInput)
    programme_start = forms.DateField(
        label="阶段起算日",
        widget=DayInput,
        required=False,
        help_text="方案的各阶段从这一天算起；不填则没有阶段目标。",
    )

    def __init__(self, *args, districts, **kwargs):
        super().__init__(*args, **kwargs)
        district = forms.ModelChoiceField(districts, label="区县或功能区")
        self.fields = {"district": district} | self.fields


COLUMNS = [
    Column("title", "名称", sort="title", link=True),
    Column("slug", "政策编号", sort="slug"),
    Column("version", "版本", sort="version", numeric=True),
    Column("layer", "层级", value="get_layer_display", sort="layer"),
    Column("province", "省份", sort="province"),
    Column("effective_from", "施行日期", sort="effective_from"),
    Column(
        "clauses", "条款数", value="clause_count", sort="clause_count", numeric=True
    ),
    Column("loaded_at", "载入时间", sort="loaded_at", hidden=True),
    Column("sha256", "文件校验值", hidden=True),
]
ADOPTION_COLUMNS = [
    Column("city", "地市", value="district.city.name", sort="district__city__name"),
    Column("district", "区县", value="district.name", sort="district__code"),
    Column(
        "policy",
        "实施方案",
        value="policy.title",
        sort="policy__title",
        link=lambda row: row.policy.get_absolute_url(),
    ),
    Column("version", "版本", value="policy.version", numeric=True),
    Column("since", "施行自", sort="since"),
    Column("until", "施行至", sort="until"),
    Column("programme_start", "阶段起算日", sort="programme_start"),
    Column("phase", "当前阶段", value=lambda row: _phase(row, timezone.localdate())),
]


def policy_list(request):
    """Show every version that is loaded."""
    require_somewhere(request.user, Permission.POLICY_VIEW)
    rows = Policy.objects.defer("document").annotate(clause_count=Count("clauses"))
    filters = PolicyFilter(request.GET, queryset=rows)
    table = build_table(
        request, filters.qs, COLUMNS, name="policies", default_sort="layer"
    )
    toolbar = [
        Action("各区县采用情况", reverse("grids:adoptions"), icon="diagram-3"),
        Action("对比政策", reverse("grids:policy-compare"), icon="layout-split"),
    ]
    if may_somewhere(request.user, Permission.POLICY_ADOPT):
        drafts = reverse("grids:drafts")
        toolbar.append(Action("方案草稿", drafts, icon="pencil-square"))
        toolbar.append(add_action(reverse("grids:adopt"), "采用方案"))
    return render_list(
        request,
        title="政策",
        table=table,
        filters=filters,
        toolbar=toolbar,
        empty="还没有载入政策。请系统管理员运行 load_policies。",
    )


def policy_detail(request, pk):
    """Show one version: its clauses, its values, its limits, and who is under it."""
    require_somewhere(request.user, Permission.POLICY_VIEW)
    policy = get_object_or_404(Policy.objects.defer("document"), pk=pk)
    values = values_of(policy)
    tabs = []
    if values.clauses:
        clauses = Tab(
            "clauses",
            "条款",
            lambda: _clauses(request, policy),
            count=len(values.clauses),
        )
        tabs.append(clauses)
    tabs.append(Tab("limits", "法定期限", lambda: _limits(values)))
    if policy.layer == Policy.Layer.PLAN:
        tabs.append(Tab("values", "取值", lambda: _values(values)))
        tabs.append(Tab("lint", "规则检查", lambda: _lint(policy)))
        tabs.append(
            Tab(
                "districts",
                "采用的区县",
                lambda: _districts(request, policy),
                empty="还没有区县采用这个版本。",
            )
        )
    return render_detail(
        request,
        title=policy.title,
        subtitle=f"{policy.slug} 第 {policy.version} 版",
        badges=_doubts(values),
        note=values.note,
        facts=[
            ("层级", policy.get_layer_display()),
            ("省份", policy.province),
            ("文号", values.document_number),
            ("发文机关", values.issuer),
            ("发文日期", values.issued_on),
            ("施行日期", values.effective_from),
            ("载入时间", policy.loaded_at),
            ("文件校验值", policy.sha256[:16]),
        ],
        tabs=tabs,
        actions=_acts(request.user, policy),
        crumbs=_crumbs(),
    )


def adoption_list(request):
    """Show which district was under which plan, and when."""
    require_somewhere(request.user, Permission.POLICY_VIEW)
    filters = AdoptionFilter(request.GET, queryset=_adoptions(request.user))
    table = build_table(
        request,
        filters.qs,
        [*ADOPTION_COLUMNS, *_end_column(request.user)],
        name="adoptions",
        default_sort="district",
    )
    toolbar = []
    if may_somewhere(request.user, Permission.POLICY_ADOPT):
        toolbar = [add_action(reverse("grids:adopt"), "采用方案")]
    return render_list(
        request,
        title="各区县采用情况",
        table=table,
        filters=filters,
        toolbar=toolbar,
        crumbs=_crumbs(),
        empty="您的辖区还没有采用实施方案。",
    )


def adopt(request):
    """Put a district under a plan from a day on."""
    require_somewhere(request.user, Permission.POLICY_ADOPT)
    paths = request.user.scope_paths(Permission.POLICY_ADOPT)
    districts = Grid.objects.roots().filter(within_paths(paths, "path"))
    form = AdoptionForm(request.POST or None, districts=districts.order_by("code"))
    if request.method == "POST" and form.is_valid():
        require(request.user, Permission.POLICY_ADOPT, at=form.cleaned_data["district"])
        try:
            adoption = adopt_policy(**form.cleaned_data, by=request.user)
        except Refused as refusal:
            form.add_error(None, refusal)
        else:
            messages.success(
                request,
                f"{adoption.district}自 {adoption.since} 起采用"
                f"《{adoption.policy.title}》，有关数据正在重新计算。",
            )
            return redirect("grids:adoptions")
    return render_form(
        request,
        title="采用方案",
        form=form,
        crumbs=[*_crumbs(), ("各区县采用情况", reverse("grids:adoptions"))],
        note="原来的方案到前一天为止；已经公布的报表不变。",
    )


def _acts(user, policy):
    acts = []
    if policy.layer == Policy.Layer.PLAN and may_somewhere(
        user, Permission.POLICY_ADOPT
    ):
        url = reverse("grids:policy-clone", args=[policy.pk])
        acts.append(Action("克隆为草稿", url, icon="copy"))
    return acts


def _crumbs():
    return [("政策", reverse("grids:policies"))]


def _adoptions(user):
    """Return the adoptions of the districts in which the user sees anything."""
    districts = Grid.objects.visible_to(user).values("district")
    rows = PolicyInForce.objects.filter(district__in=districts)
    return rows.select_related("policy", "district__city").defer("policy__document")


def _end_column(user):
    """Return the column that leads to ending a plan, for those who may end one."""
    if not may_somewhere(user, Permission.POLICY_ADOPT):
        return []
    return [
        Column(
            "end",
            "操作",
            value=lambda row: "" if row.until else "结束",
            link=lambda row: reverse("grids:adoption-end", args=[row.pk]),
        )
    ]


def _phase(adoption: PolicyInForce, on: date) -> str:
    if adoption.until and adoption.until <= on:
        return "已结束"
    phase = values_of(adoption.policy).phase_on(adoption.programme_start, on)
    return phase.name if phase else ""


def _clauses(request, policy):
    filters = ClauseFilter(request.GET, queryset=policy.clauses.order_by("order"))
    said = wording.statements(values_of(policy))
    rows = [(clause, said.get(clause.number, ())) for clause in filters.qs]
    context = {"filters": filters, "rows": rows, "policy": policy}
    return render_to_string("grids/policies/_clauses.html", context, request)


def _values(values):
    sections = [(title, rows) for title, rows in wording.sections(values) if rows]
    return render_to_string("grids/policies/_values.html", {"sections": sections})


def _lint(policy):
    """Show what is to be known about a plan, the texts side by side."""
    tones = {"conflict": "danger", "contradiction": "warning", "doubt": "notice"}
    rows = [
        {
            "found": one,
            "badge": badge_html(SEVERITIES[one.severity], tones[one.severity]),
        }
        for one in findings_of(policy)
    ]
    return render_to_string("grids/policies/_lint.html", {"rows": rows})


def _limits(values):
    """Show what holds under this version: the law's, unless it says otherwise."""
    law = [] if values.layer == "national" else Law().layers(values.province)
    layers = [*(one for one in law if one.layer != values.layer), values]
    limits = [(one, wording.limit_words(one.row)) for one in limits_of(layers)]
    numbers = [(one, wording.number_words(one.row)) for one in numbers_of(layers)]
    retirement = next((one.retirement for one in layers[::-1] if one.retirement), ())
    context = {"rows": limits, "numbers": numbers, "retirement": retirement}
    return render_to_string("grids/policies/_limits.html", context)


def _districts(request, policy):
    rows = _adoptions(request.user).filter(policy=policy)
    columns = [column for column in ADOPTION_COLUMNS if column.key != "policy"]
    return build_table(
        request, rows, columns, name="policy-districts", default_sort="district"
    )


def _doubts(values):
    """Return the marks of what isn't certain about a policy."""
    marks = []
    if not values.effective_is_certain:
        marks.append(badge_html("施行日期待核实", "notice"))
    if any(not row.verified for row in values.limits):
        marks.append(badge_html("含待核实期限", "notice"))
    return marks
