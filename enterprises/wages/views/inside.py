"""What comes from inside units: 企业协管员, 工资预警 and 单位自报, for the bureau."""

from typing import Any

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_GET, require_POST

from enterprises import survey_view
from enterprises.models import Enterprise
from enterprises.survey_forms import survey_form
from enterprises.views.units import visible_unit
from enterprises.wages.filters import ReportFilter, WarningFilter
from enterprises.wages.forms import AnswerForm, AppointForm, EndForm, ReasonForm
from enterprises.wages.models import EnterpriseAssistant, SelfReport, WageWarning
from enterprises.wages.services import inside as services
from enterprises.wages.views.common import answer, link, of_unit, unit_crumbs
from gridinspect.accounts.requests import Request
from gridinspect.accounts.roles import Permission
from gridinspect.secrets import mask_phone
from gridinspect.ui.pages import (
    Action,
    Tab,
    render_detail,
    render_list,
    require_holds,
)
from gridinspect.ui.tables import Column, build_table
from gridinspect.ui.templatetags.ui import badge_html
from grids import outline
from grids.access import may, require

P = Permission
WARNINGS = "工资预警"
REPORTS = "单位自报"
CRUMBS = [(WARNINGS, "/wage-warnings/")]
REPORT_CRUMBS = [*CRUMBS, (REPORTS, "/self-reports/")]
TONES = {
    "union": "info",
    "bureau": "warning",
    "settled": "ok",
    "answered": "ok",
    "draft": "info",
    "sent": "warning",
    "confirmed": "ok",
    "returned": "notice",
}


# --- who ------------------------------------------------------------------------------


def assistants_tab(request: Request, unit: Enterprise) -> str:
    """Show who watches inside a unit, and who did."""
    may_appoint = may(request.user, P.UNIT_ASSISTANT, at=unit.grid)
    posts = EnterpriseAssistant.objects.filter(enterprise=unit)

    def end(post: EnterpriseAssistant) -> list[Action]:
        if post.until:
            return []
        return [Action("离任", reverse("wages:assistant-end", args=[post.pk]))]

    may_open = may(request.user, P.ACCOUNT_MANAGE, at=unit.grid)

    def account(post: EnterpriseAssistant) -> Any:
        user = getattr(post.person, "user", None)
        if user is not None:
            return "已开通" if user.is_active else "已停用"
        if may_open and not post.until:
            url = reverse("grids:account-open-for", args=[post.person_id])
            return link("开通账号", url)
        return "未开通"

    table = build_table(
        request,
        posts.select_related("person__user").order_by("-since", "-pk"),
        [
            Column("person", "姓名", "person.name"),
            Column("union", "工会", _union),
            Column("phone", "联系电话", lambda post: mask_phone(post.person.phone)),
            Column("since", "任职日期"),
            Column("until", "离任日期"),
            Column("appointed_by", "聘任机关"),
            Column("account", "账号", account),
        ],
        name="unit-assistants",
        row_actions=end if may_appoint else None,
    )
    context = {
        "unit": unit,
        "table": table,
        "may_appoint": may_appoint,
        "title": "企业协管员",
    }
    return render_to_string("wages/_assistants.html", context, request)


def _union(post: EnterpriseAssistant) -> str:
    if not post.is_union_member:
        return "非会员"
    return post.union_post or "会员"


def assistant_add(request: Request, pk: int) -> HttpResponse:
    """Appoint somebody to watch inside a unit."""
    unit = visible_unit(request, pk)
    require(request.user, P.UNIT_ASSISTANT, at=unit.grid)
    usual = f"{unit.district.name}人力资源和社会保障局"
    form = AppointForm(request.POST or None, initial={"appointed_by": usual})

    def act(**typed: Any) -> EnterpriseAssistant:
        return services.appoint(enterprise=unit, by=request.user, **typed)

    return answer(
        request,
        form,
        act,
        to=of_unit(unit, "assistants"),
        said="已聘任企业协管员。账号由系统管理员在本页开通。",
        title="聘任企业协管员",
        crumbs=unit_crumbs(unit, "assistants"),
        note="企业协管员从单位工会中选聘，只能看到本单位的页面，不计入人员配备。",
    )


def assistant_end(request: Request, pk: int) -> HttpResponse:
    """End the appointment of an enterprise assistant."""
    posts = EnterpriseAssistant.objects.visible_to(request.user)
    post = get_object_or_404(posts.select_related("person", "enterprise__grid"), pk=pk)
    unit = post.enterprise
    require(request.user, P.UNIT_ASSISTANT, at=unit.grid)

    def act(**typed: Any) -> bool:
        services.end_appointment(post=post, by=request.user, **typed)
        return True

    return answer(
        request,
        EndForm(request.POST or None),
        act,
        to=of_unit(unit, "assistants"),
        said=f"已登记{post.person}离任。",
        title=f"离任：{post.person}",
        crumbs=unit_crumbs(unit, "assistants"),
    )


# --- warnings -------------------------------------------------------------------------


def warning_state(warning: WageWarning) -> Any:
    """Show how far a warning is, and whether its step is overdue."""
    today, due = timezone.localdate(), warning.due_on
    if due and due < today:
        late = (today - due).days
        return badge_html(f"{warning.get_state_display()}，逾期 {late} 天", "danger")
    return badge_html(warning.get_state_display(), TONES[warning.state])


def warning_columns() -> list[Column]:
    """Return the columns of a list of warnings."""
    return [
        Column("reported_on", "报告日期", sort="reported_on", link=True),
        Column("enterprise", "单位名称", "enterprise.name", sort="enterprise__name"),
        Column(
            "months",
            "欠薪月份",
            lambda row: f"{row.month_from:%Y-%m} 至 {row.month_to:%Y-%m}",
            sort="month_from",
        ),
        Column("persons", "人数", sort="persons", numeric=True),
        Column("amount", "金额（元）", sort="amount", numeric=True),
        Column("state", "进展", warning_state, sort="state"),
        Column("due_on", "期限", "due_on"),
        Column("outcome", "核实结果", "get_outcome_display"),
    ]


@require_GET
def warning_list(request: Request) -> HttpResponse:
    """Show the wage warnings of the chosen place; those of the bureau first."""
    require_holds(request.user, P.WARNING_VIEW)
    at = outline.place_asked(request)
    rows = WageWarning.objects.visible_to(request.user)
    if at is not None:
        rows = rows.within(at)
    search = WarningFilter(request.GET, queryset=rows.select_related("enterprise"))
    table = build_table(
        request,
        search.qs,
        warning_columns(),
        name="wage-warnings",
        default_sort="-reported_on",
    )
    return render_list(
        request,
        title=WARNINGS,
        table=table,
        filters=search,
        toolbar=[Action(REPORTS, reverse("wages:self-reports"), icon="inbox")],
        tree=outline.tree_beside(request, "wages:warnings", at),
        note=f"辖区：{at}" if at else "",
        empty="没有符合条件的工资预警。预警由企业协管员在“本单位”页面报告。",
    )


@require_GET
def warning_detail(request: Request, pk: int) -> HttpResponse:
    """Show one warning with its two steps, to the bureau and to the unit's own."""
    rows = WageWarning.objects.visible_to(request.user).select_related(
        "enterprise__grid", "reported_by__person", "answered_by__person"
    )
    warning = get_object_or_404(rows, pk=pk)
    inside = is_own(request, warning.enterprise_id)
    return render_detail(
        request,
        title=f"工资预警 {warning.reported_on}",
        subtitle=warning.enterprise.name,
        badges=[warning_state(warning)],
        facts=_warning_facts(request, warning, inside=inside),
        tabs=[Tab("steps", "两级处理", lambda: _steps(warning))],
        actions=_warning_actions(request, warning, inside=inside),
        crumbs=[("本单位", reverse("wages:own"))] if inside else CRUMBS,
    )


def is_own(request: Request, unit: int) -> bool:
    """Tell whether the person watches inside this unit."""
    post = services.own_post(request.user)
    return post is not None and post.enterprise_id == unit


def _warning_facts(
    request: Request, warning: WageWarning, *, inside: bool
) -> list[tuple[str, Any]]:
    unit: Any = warning.enterprise
    if not inside:
        unit = link(unit.name, of_unit(unit, "wages"))
    said = [
        ("用人单位", unit),
        ("欠薪月份", f"{warning.month_from:%Y-%m} 至 {warning.month_to:%Y-%m}"),
        ("月数", f"{warning.months} 个月"),
        ("涉及人数", f"{warning.persons:,} 人"),
        ("金额", f"{warning.amount:,.2f} 元" if warning.amount else "不清楚"),
        ("报告人", str(warning.reported_by)),
        ("情况说明", warning.facts),
    ]
    if warning.arrears and not inside:
        url = warning.arrears.get_absolute_url()
        said.append(("登记的欠薪", link("查看", url)))
    return said


def _steps(warning: WageWarning) -> str:
    return render_to_string("wages/_steps.html", {"warning": warning})


def _warning_actions(
    request: Request, warning: WageWarning, *, inside: bool
) -> list[Action]:
    def act(label: str, name: str, icon: str, **more: Any) -> Action:
        url = reverse(f"wages:{name}", args=[warning.pk])
        return Action(label, url, icon=icon, **more)

    if inside and warning.state == WageWarning.State.UNION:
        return [
            act("登记工会协调", "own-union", "people", primary=True),
            act(
                "上报人社部门",
                "own-escalate",
                "arrow-up-circle",
                method="post",
                confirm="把这 1 条预警上报区县人社部门？上报后由人社部门核实答复。",
            ),
        ]
    answering = warning.state == WageWarning.State.BUREAU
    if answering and may(request.user, P.WARNING_ANSWER, at=warning.enterprise.grid):
        return [act("核实答复", "warning-answer", "reply", primary=True)]
    return []


def warning_answer(request: Request, pk: int) -> HttpResponse:
    """Say what the bureau found, and answer."""
    rows = WageWarning.objects.visible_to(request.user)
    warning = get_object_or_404(rows.select_related("enterprise__grid"), pk=pk)
    require(request.user, P.WARNING_ANSWER, at=warning.enterprise.grid)

    def act(**typed: Any) -> WageWarning:
        return services.answer_warning(warning=warning, by=request.user, **typed)

    return answer(
        request,
        AnswerForm(request.POST or None),
        act,
        to=warning.get_absolute_url(),
        said="已答复。",
        title="核实答复工资预警",
        crumbs=[*CRUMBS, (str(warning), warning.get_absolute_url())],
        note="答复由企业协管员看到，请不要写举报投诉人和案件的情况。",
    )


# --- surveys of the units themselves --------------------------------------------------


@require_GET
def report_list(request: Request) -> HttpResponse:
    """Show the surveys that units sent in themselves."""
    require_holds(request.user, P.WARNING_VIEW)
    at = outline.place_asked(request)
    rows = SelfReport.objects.visible_to(request.user).filter(sent_at__isnull=False)
    if at is not None:
        rows = rows.within(at)
    rows = rows.select_related("enterprise", "filled_by__person")
    search = ReportFilter(request.GET, queryset=rows.defer("answers"))
    table = build_table(
        request,
        search.qs,
        [
            Column("enterprise", "单位名称", "enterprise.name", link=True),
            Column("as_of", "数据日期", sort="as_of"),
            Column("filled_by", "填报人"),
            Column("sent_at", "报送时间", sort="sent_at"),
            Column("state", "进展", report_state, sort="state"),
            Column("reason", "退回理由", hidden=True),
        ],
        name="self-reports",
        default_sort="-sent_at",
    )
    return render_list(
        request,
        title=REPORTS,
        table=table,
        filters=search,
        tree=outline.tree_beside(request, "wages:self-reports", at),
        crumbs=CRUMBS,
        note=f"辖区：{at}" if at else "确认后成为采集方式为“自报”的调查登记表。",
        empty="没有单位自报的登记表。",
    )


def report_state(report: SelfReport) -> Any:
    return badge_html(report.get_state_display(), TONES[report.state])


def _report(request: Request, pk: int) -> SelfReport:
    rows = SelfReport.objects.visible_to(request.user).filter(sent_at__isnull=False)
    rows = rows.select_related(
        "enterprise__grid", "filled_by__person", "decided_by__person"
    )
    return get_object_or_404(rows, pk=pk)


@require_GET
def report_detail(request: Request, pk: int) -> HttpResponse:
    """Show one survey of a unit itself, to the bureau and to the unit's own."""
    report = _report(request, pk)
    unit, inside = report.enterprise, is_own(request, report.enterprise_id)
    form = survey_form(report.form_version)
    sections = survey_view.shown_sections(form, report.answers, unit)
    said: list[tuple[str, Any]] = [
        ("用人单位", unit.name if inside else link(unit.name, unit.get_absolute_url())),
        ("数据日期", report.as_of),
        ("填报人", str(report.filled_by)),
        ("报送时间", report.sent_at),
    ]
    if report.decided_at:
        said += [
            ("确认人", str(report.decided_by)),
            ("确认时间", report.decided_at),
            ("退回理由", report.reason),
        ]
    actions = []
    waiting = report.state == SelfReport.State.SENT
    if waiting and may(request.user, P.WARNING_ANSWER, at=unit.grid):
        actions = [
            Action(
                "确认",
                reverse("wages:self-report-confirm", args=[report.pk]),
                icon="check2",
                method="post",
                primary=True,
                confirm="确认后成为这家单位的 1 份自报登记表，不能再改。确认吗？",
            ),
            Action(
                "退回",
                reverse("wages:self-report-return", args=[report.pk]),
                icon="arrow-return-left",
            ),
        ]
    return render_detail(
        request,
        title=f"自报登记表 {report.as_of}",
        subtitle=unit.name,
        badges=[report_state(report)],
        facts=said,
        tabs=[
            Tab(section.key, section.title, lambda rows=rows: _answers(rows))
            for section, rows in sections
        ],
        actions=actions,
        crumbs=[("本单位", reverse("wages:own"))] if inside else REPORT_CRUMBS,
    )


def _answers(rows: Any) -> list[tuple[str, Any]]:
    return [(f"{question.number} {question.label}", words) for question, words in rows]


@require_POST
def report_confirm(request: Request, pk: int) -> HttpResponse:
    """Take a unit's own survey over as one of the kind 自报."""
    report = _report(request, pk)
    require(request.user, P.WARNING_ANSWER, at=report.enterprise.grid)
    try:
        survey = services.confirm_report(report=report, by=request.user)
    except ValidationError as error:
        messages.warning(request, error.messages[0])
        return redirect(report)
    messages.success(request, f"已确认“{report.enterprise}”的自报登记表。")
    return redirect("enterprises:survey", survey.pk)


def report_return(request: Request, pk: int) -> HttpResponse:
    """Send a unit's own survey back with what is wrong."""
    report = _report(request, pk)
    require(request.user, P.WARNING_ANSWER, at=report.enterprise.grid)

    def act(**typed: Any) -> SelfReport:
        return services.return_report(report=report, by=request.user, **typed)

    return answer(
        request,
        ReasonForm(request.POST or None),
        act,
        to=report.get_absolute_url(),
        said="已退回。",
        title="退回自报登记表",
        crumbs=[*REPORT_CRUMBS, (str(report), report.get_absolute_url())],
        submit="退回",
        note="理由由单位看到，请写明哪几项要改、怎样改。",
    )
