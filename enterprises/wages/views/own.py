"""本单位: the few pages of somebody who watches inside one unit, and nothing else."""

from dataclasses import replace
from typing import Any

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_GET, require_POST

from enterprises import survey_rules, survey_view
from enterprises.models import Enterprise
from enterprises.services.surveys import NotComplete
from enterprises.survey_forms import form_on, read_answers
from enterprises.wages.forms import AsOfForm, UnionForm, WarningForm
from enterprises.wages.models import EnterpriseAssistant, SelfReport, WageWarning
from enterprises.wages.services import inside as services
from enterprises.wages.views.common import answer
from enterprises.wages.views.inside import report_state, warning_columns
from enterprises.workforce.columns import filing_columns, worker_columns
from enterprises.workforce.limits import expiry_days
from gridinspect.accounts.requests import Request
from gridinspect.accounts.roles import Permission
from gridinspect.secrets import mask_phone
from gridinspect.ui.pages import Action, Tab, render_detail, require_holds
from gridinspect.ui.tables import Column, build_table

P = Permission
TITLE = "本单位"
CRUMBS = [(TITLE, "/my-unit/")]


def own_unit(request: Request) -> Enterprise:
    """Return the unit that the person watches from inside; to others there is none."""
    post = _post(request)
    if post is None:
        raise Http404
    return post.enterprise


def _post(request: Request) -> EnterpriseAssistant | None:
    require_holds(request.user, P.OWN_UNIT)
    return services.own_post(request.user)


@require_GET
def own(request: Request) -> HttpResponse:
    """Show the unit's own facts, its surveys sent in, its warnings."""
    post = _post(request)
    if post is None:
        return render_detail(
            request,
            title=TITLE,
            note="您还没有被聘为哪家单位的企业协管员。请联系区县人社部门在单位档案中"
            "登记聘任。",
        )
    unit = post.enterprise
    return render_detail(
        request,
        title=unit.name,
        subtitle="企业协管员只能看到本单位的这几页",
        facts=[
            ("统一社会信用代码", unit.uscc),
            ("经营地址", unit.address),
            ("所属网格", unit.grid.name),
            ("任职日期", post.since),
            ("聘任机关", post.appointed_by),
        ],
        tabs=[
            Tab("file", "单位基本情况", lambda: _file(unit)),
            Tab("workers", "职工名册", lambda: _workers(request, unit)),
            Tab("filings", "用工备案", lambda: _filings(request, unit)),
            Tab("warnings", "工资预警", lambda: _warnings(request, unit)),
            Tab("surveys", "自报登记表", lambda: _reports(request, unit)),
        ],
        actions=[
            Action(
                "报告工资预警",
                reverse("wages:own-warning-add"),
                icon="exclamation-triangle",
                primary=True,
            ),
            Action(
                "填报调查登记表",
                reverse("wages:own-survey"),
                icon="clipboard-check",
            ),
        ],
    )


def _file(unit: Enterprise) -> list[tuple[str, Any]]:
    """Return the facts of the file that the unit itself stated or registered."""
    return [
        ("单位名称", unit.name),
        ("曾用名", unit.former_name),
        ("单位类型", unit.get_unit_kind_display()),
        ("登记注册类型", unit.registration_type),
        ("登记机关", unit.registrar),
        ("成立日期", unit.founded_on),
        ("注册地址", unit.registered_address),
        ("经营地址", unit.address),
        ("从业人数", unit.headcount),
        ("法定代表人（负责人）", unit.legal_representative),
        ("经办人", unit.contact_name),
        ("联系电话", mask_phone(unit.contact_phone)),
        ("营业状态", unit.get_status_display()),
    ]


def _workers(request: Request, unit: Enterprise) -> Any:
    """Return the roster that was filed of the unit, numbers masked, without links."""
    today = timezone.localdate()
    columns = worker_columns(today, expiry_days())
    return build_table(
        request,
        unit.workers.on(today).prefetch_related("contracts"),
        [replace(column, link=False) for column in columns],
        name="own-workers",
        default_sort="name",
    )


def _filings(request: Request, unit: Enterprise) -> Any:
    columns = filing_columns(with_unit=False)
    return build_table(
        request,
        unit.filings.all(),
        [replace(column, link=False) for column in columns],
        name="own-filings",
        default_sort="-filed_on",
    )


def _warnings(request: Request, unit: Enterprise) -> str:
    rows = WageWarning.objects.filter(enterprise=unit).select_related("enterprise")
    columns = [one for one in warning_columns() if one.key != "enterprise"]
    table = build_table(
        request, rows, columns, name="own-warnings", default_sort="-reported_on"
    )
    return _list(request, table, "没有报告过工资预警。", "工资预警")


def _reports(request: Request, unit: Enterprise) -> str:
    rows = SelfReport.objects.filter(enterprise=unit).defer("answers")

    def page(report: SelfReport) -> str:
        if report.state == SelfReport.State.DRAFT:
            return reverse("wages:own-survey")
        return report.get_absolute_url()

    table = build_table(
        request,
        rows.select_related("filled_by__person"),
        [
            Column("as_of", "数据日期", link=page),
            Column("state", "进展", report_state),
            Column("filled_by", "填报人"),
            Column("sent_at", "报送时间"),
            Column("reason", "退回理由", wraps=True),
        ],
        name="own-reports",
        default_sort="-recorded_at",
    )
    return _list(request, table, "没有自报过登记表。", "自报登记表")


def _list(request: Request, table: Any, empty: str, title: str) -> str:
    context = {"table": table, "empty": empty, "title": title, "toolbar": ""}
    return render_to_string("ui/_table.html", context, request)


# --- warnings -------------------------------------------------------------------------


def own_warning_add(request: Request) -> HttpResponse:
    """Report that wages may not be paid."""
    unit = own_unit(request)

    def act(**typed: Any) -> WageWarning:
        return services.report_warning(enterprise=unit, by=request.user, **typed)

    return answer(
        request,
        WarningForm(request.POST or None),
        act,
        to=lambda done: done.get_absolute_url(),
        said="已报告。请先报本单位工会协调，协调情况登记在这条预警里。",
        title="报告工资预警",
        crumbs=CRUMBS,
        submit="报告",
        note="先由本单位工会协调；没有解决的上报区县人社部门核实答复。"
        "不要填写职工的身份证号。",
    )


def _own_warning(request: Request, pk: int) -> WageWarning:
    post = services.own_post(request.user)
    if post is None:  # to everybody else there is no such page
        raise Http404
    own = WageWarning.objects.filter(enterprise=post.enterprise_id)
    return get_object_or_404(own, pk=pk)


def own_union(request: Request, pk: int) -> HttpResponse:
    """Note what the union did about a warning."""
    warning = _own_warning(request, pk)

    def act(**typed: Any) -> WageWarning:
        return services.note_union(warning=warning, by=request.user, **typed)

    return answer(
        request,
        UnionForm(request.POST or None),
        act,
        to=warning.get_absolute_url(),
        said="已登记工会协调情况。",
        title="登记工会协调",
        crumbs=[*CRUMBS, ("工资预警", warning.get_absolute_url())],
        note=f"工会协调期限到 {warning.union_due_on}。",
    )


@require_POST
def own_escalate(request: Request, pk: int) -> HttpResponse:
    """Pass a warning on to the bureau."""
    warning = _own_warning(request, pk)
    try:
        done = services.escalate(warning=warning, by=request.user)
    except ValidationError as error:
        messages.warning(request, error.messages[0])
    else:
        messages.success(
            request, f"已上报区县人社部门，答复期限到 {done.bureau_due_on}。"
        )
    return redirect(warning)


# --- the survey -----------------------------------------------------------------------


def own_survey(request: Request) -> HttpResponse:
    """Fill in the survey form for one's own unit; what is unfinished stays."""
    unit = own_unit(request)
    report = services.report_under_way(unit)
    if report and report.state == SelfReport.State.SENT:
        messages.info(request, "已报送的登记表正在等人社部门确认。")
        return redirect(report)
    form = form_on(report.as_of if report else timezone.localdate())
    if request.method == "POST":
        head = AsOfForm(request.POST)
        if head.is_valid():
            form = form_on(head.cleaned_data["as_of"])
        answers = read_answers(form, request.POST)
        if head.is_valid():
            done = _keep(request, unit, head.cleaned_data["as_of"], answers)
            if done is not None:
                return done
        return _survey_page(request, unit, form, head, answers, checked=True)
    last = report or SelfReport.objects.filter(
        enterprise=unit, state=SelfReport.State.RETURNED
    ).order_by("-pk").first()  # fmt: skip
    same = last is not None and last.form_version == form.version
    answers = last.answers if last and same else {}
    head = AsOfForm(initial={"as_of": report.as_of} if report else {})
    checked = bool(answers)
    return _survey_page(request, unit, form, head, answers, checked=checked, last=last)


def _keep(
    request: Request, unit: Enterprise, as_of: Any, answers: Any
) -> HttpResponse | None:
    """Save or send; return where to go, None when something is still lacking."""
    try:
        report = services.save_report(
            enterprise=unit, as_of=as_of, answers=answers, by=request.user
        )
        if "submit" not in request.POST:
            messages.success(request, "已保存，尚未报送。")
            return redirect("wages:own-survey")
        services.send_report(report=report, by=request.user)
    except NotComplete:
        messages.error(request, "登记表还不能报送，已保存。请按提示改正。")
        return None
    except ValidationError as error:
        messages.warning(request, error.messages[0])
        return None
    messages.success(request, "已报送区县人社部门，等待确认。")
    return redirect(report)


def _survey_page(
    request: Request,
    unit: Enterprise,
    form: Any,
    head: Any,
    answers: Any,
    *,
    checked: bool,
    last: SelfReport | None = None,
) -> HttpResponse:
    problems, missing = [], []
    if checked:
        today = timezone.localdate()
        problems = survey_rules.check(answers, today=today, form=form)
        missing = survey_rules.missing(answers, form)
    returned = last if last and last.state == SelfReport.State.RETURNED else None
    context = {
        "title": "填报调查登记表",
        "unit": unit,
        "form": form,
        "head": head,
        "sections": survey_view.entry_sections(
            form,
            answers,
            problems,
            missing,
            unit=unit,
            beside=survey_view.Beside(last={}, drafts=[], met={}),
        ),
        "blocking": [problem for problem in problems if problem.blocking],
        "warnings": [problem for problem in problems if not problem.blocking],
        "missing": missing,
        "returned": returned,
        "crumbs": [*CRUMBS, ("填报调查登记表", "")],
    }
    return render(request, "wages/own_survey.html", context)
