"""工程项目: the list with what is missing, one project, its acts and its sheet."""

from datetime import date
from typing import Any

from django.db.models import Q
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_GET

from enterprises.models import Enterprise
from enterprises.wages import facts
from enterprises.wages.filters import ProjectFilter
from enterprises.wages.forms import (
    PROJECT_SECTIONS,
    BalanceForm,
    CheckForm,
    CloseForm,
    FinishForm,
    LeaveForm,
    ProjectForm,
    ReasonForm,
    SubcontractorForm,
)
from enterprises.wages.limits import limits_of
from enterprises.wages.models import Project, ProjectCheck, Subcontractor
from enterprises.wages.paper import check_sheet
from enterprises.wages.rules import ItemState
from enterprises.wages.services import projects as services
from enterprises.wages.views.common import answer, handed_out, link
from gridinspect.accounts.models import Person
from gridinspect.accounts.requests import Request
from gridinspect.accounts.roles import Permission, roles_with
from gridinspect.scope import within_paths
from gridinspect.secrets import mask_phone
from gridinspect.ui.pages import (
    Action,
    Tab,
    add_action,
    export_action,
    render_detail,
    render_form,
    render_list,
    require_holds,
)
from gridinspect.ui.tables import Column, build_table
from gridinspect.ui.templatetags.ui import badge_html
from grids import outline
from grids.access import may, require
from grids.forms import carried_out
from grids.models import Grid, Posting

P = Permission
TITLE = "工程项目"
CRUMBS = [(TITLE, "/projects/")]
TONES = {"met": "ok", "failed": "danger", "missing": "notice"}
WORDS = {"met": "落实", "failed": "未落实", "missing": "未检查"}


# --- many -----------------------------------------------------------------------------


def columns() -> list[Column]:
    """Return the columns of a list of projects, as `for_list` fetches them."""
    today, limits = timezone.localdate(), facts.LimitsOfProvinces()

    def missing(project: Project) -> str:
        words = [
            f"{one.name}（{'未落实' if one.state == 'failed' else '未检查'}）"
            for one in facts.items_of_listed(project, today, limits)
            if one.state != "met"
        ]
        return "、".join(words)

    def state(project: Project) -> Any:
        if project.account_closed_on:
            return badge_html("专户已注销", "plain")
        if project.finished_on:
            return badge_html("已完工", "info")
        return badge_html("在建", "ok")

    def account(project: Project) -> Any:
        if since := facts.empty_of_listed(project, today):
            return badge_html(f"{since} 起余额为零", "danger")
        if project.account_opened_on:
            return badge_html("已开立", "ok")
        return badge_html("未开立", "warning")

    return [
        Column("name", "工程名称", sort="name", link=True),
        Column("grid", "所属网格", "grid.name", sort="grid__code"),
        Column(
            "contractor",
            "施工总承包单位",
            "contractor_name",
            sort="contractor_name",
            link=_contractor_url,
        ),
        Column("builder", "建设单位", sort="builder", hidden=True),
        Column("price", "合同价（元）", sort="price", numeric=True, hidden=True),
        Column("started_on", "开工日期", sort="started_on"),
        Column("state", "进展", state),
        Column("account", "专用账户", account),
        Column("missing", "五项制度缺什么", missing, wraps=True),
        Column("roster", "实名人数", sort="roster", numeric=True),
    ]


def _contractor_url(project: Project) -> str:
    if not project.contractor_id:
        return ""
    return f"{reverse('enterprises:detail', args=[project.contractor_id])}?tab=projects"


def _asked(request: Request) -> tuple[Any, ProjectFilter]:
    at = outline.place_asked(request)
    rows = Project.objects.visible_to(request.user)
    if at is not None:
        rows = rows.within(at)
    rows = rows.defer("wage_officer_phone", "account_number", "remark")
    return at, ProjectFilter(request.GET, queryset=rows.for_list())


@require_GET
def project_list(request: Request) -> HttpResponse:
    """Show the building projects of the chosen place and what each lacks."""
    require_holds(request.user, P.ENTERPRISE_VIEW)
    at, search = _asked(request)
    table = build_table(
        request,
        search.qs,
        columns(),
        name="projects",
        default_sort="-started_on",
    )
    toolbar = []
    if request.user.holds(P.ENTERPRISE_EDIT):
        toolbar.append(add_action(reverse("wages:project-add")))
    query = request.GET.urlencode()
    toolbar.append(export_action(f"{reverse('wages:projects-export')}?{query}"))
    return render_list(
        request,
        title=TITLE,
        table=table,
        filters=search,
        toolbar=toolbar,
        tree=outline.tree_beside(request, "wages:projects", at),
        note=f"辖区：{at}" if at else "",
        empty="没有符合条件的工程项目。点“新增”登记。",
    )


@require_GET
def projects_export(request: Request) -> HttpResponse:
    """Hand out what the list shows as a workbook."""
    require_holds(request.user, P.ENTERPRISE_VIEW)
    at, search = _asked(request)
    rows = search.qs.order_by("-started_on", "pk").iterator(chunk_size=2000)
    return handed_out(
        request,
        rows,
        columns(),
        title="工程项目名册",
        name="projects",
        place=at,
        verb="project.exported",
    )


def projects_tab(request: Request, unit: Enterprise) -> str:
    """Show the projects that a unit contracts, and those it works on."""
    works = Project.objects.filter(subcontractors__enterprise=unit)
    rows = Project.objects.filter(Q(contractor=unit) | Q(pk__in=works.values("pk")))
    table = build_table(
        request,
        rows.for_list(),
        columns(),
        name="unit-projects",
        default_sort="-started_on",
    )
    context = {
        "unit": unit,
        "table": table,
        "may_edit": may(request.user, P.ENTERPRISE_EDIT, at=unit.grid),
        "title": TITLE,
    }
    return render_to_string("wages/_projects.html", context, request)


# --- one ------------------------------------------------------------------------------


def visible(request: Request, pk: int) -> Project:
    """Return a project that the person may see; to others it does not exist."""
    rows = Project.objects.visible_to(request.user).select_related(
        "grid", "contractor", "district__city", "recorded_by__person"
    )
    return get_object_or_404(rows, pk=pk)


def _editable(request: Request, pk: int) -> Project:
    project = visible(request, pk)
    require(request.user, P.ENTERPRISE_EDIT, at=project.grid)
    return project


@require_GET
def project_detail(request: Request, pk: int) -> HttpResponse:
    """Show one project: the five items, the record, the account, who works there."""
    project = visible(request, pk)
    today = timezone.localdate()
    states = facts.items_of([project], today, district=project.district)[project.pk]
    empty = facts.accounts_empty(Project.objects.filter(pk=project.pk), today)
    badges = [badge_html("已完工" if project.finished_on else "在建", "info")]
    if since := empty.get(project.pk):
        badges.append(badge_html(f"专户自 {since} 余额为零", "danger"))
    above = [grid.name for grid in Grid.objects.above(project.grid)]
    return render_detail(
        request,
        title=project.name,
        subtitle=" › ".join(above),
        badges=badges,
        facts=_head(project),
        tabs=[
            Tab("items", "五项制度", lambda: _items(project, states)),
            Tab("record", "工程与单位", lambda: _record(request, project)),
            Tab("account", "专用账户", lambda: _account(request, project)),
            Tab("checks", "检查记录", lambda: _checks(request, project)),
            Tab("units", "分包单位", lambda: _subcontractors(request, project)),
        ],
        actions=_actions(request.user, project),
        crumbs=CRUMBS,
        obj=project,
    )


def _head(project: Project) -> list[tuple[str, Any]]:
    contractor: Any = project.contractor_name
    if project.contractor:
        contractor = link(contractor, project.contractor.get_absolute_url())
    return [
        ("施工总承包单位", contractor),
        ("建设单位", project.builder),
        ("合同价", f"{project.price:,.2f} 元"),
        ("开工日期", project.started_on),
        ("计划竣工", project.planned_end),
        ("完工日期", project.finished_on),
    ]


def _items(project: Project, states: list[ItemState]) -> str:
    rows = [(one, badge_html(WORDS[one.state], TONES[one.state])) for one in states]
    limits = limits_of(project.district)
    today = timezone.localdate()
    context = {
        "project": project,
        "rows": rows,
        "deposit": limits.of("PW-DEPOSIT-MIN", on=today),
        "most": limits.of("PW-DEPOSIT-MAX", on=today),
        "publicity": limits.of("PW-PUBLICITY", on=today),
    }
    return render_to_string("wages/_items.html", context)


def _record(request: Request, project: Project) -> list[tuple[str, Any]]:
    return [
        ("工程地址", project.address),
        ("项目负责人", project.manager),
        ("实名登记人数", f"{project.roster:,} 人"),
        ("劳资专管员", project.wage_officer),
        ("劳资专管员电话", _secret(request, project, project.wage_officer_phone)),
        (
            "人工费用拨付周期",
            f"{project.cost_cycle} 个月" if project.cost_cycle else None,
        ),
        ("工资保证金", project.get_deposit_display()),
        (
            "保证金金额",
            f"{project.deposit_amount:,.2f} 元" if project.deposit_amount else None,
        ),
        ("保函有效期至", project.deposit_until),
        ("登记人", str(project.recorded_by)),
        ("登记时间", project.recorded_at),
        ("最后修改", project.changed_at),
        ("备注", project.remark),
    ]


def _secret(request: Request, project: Project, number: str) -> Any:
    if not number:
        return None
    masked = (
        services.mask_account(number)
        if number == project.account_number
        else mask_phone(number)
    )
    if not may(request.user, P.CONTACT_REVEAL, at=project.grid):
        return masked
    words = link("查看完整号码", reverse("wages:project-reveal", args=[project.pk]))
    return masked + " " + words


def _account(request: Request, project: Project) -> str:
    balances = project.balances.select_related("recorded_by__person").order_by("-on")
    context = {
        "project": project,
        "number": _secret(request, project, project.account_number),
        "owed": services.owed_by(project),
        "may_edit": may(request.user, P.ENTERPRISE_EDIT, at=project.grid),
        "title": "专户余额",
        "table": build_table(
            request,
            balances,
            [
                Column("on", "日期"),
                Column("balance", "余额（元）", numeric=True),
                Column("recorded_by", "登记人"),
                Column("recorded_at", "登记时间"),
            ],
            name="balances",
        ),
    }
    return render_to_string("wages/_account.html", context, request)


def _checks(request: Request, project: Project) -> Any:
    rows = project.checks.select_related("checked_by", "evidence")

    def paper(check: ProjectCheck) -> Any:
        if check.evidence is None:
            return None
        return link("查看", check.evidence.get_absolute_url())

    return build_table(
        request,
        rows.order_by("-checked_on", "-pk"),
        [
            Column("checked_on", "检查日期"),
            Column("item", "项目", "get_item_display"),
            Column(
                "result",
                "结果",
                lambda row: badge_html(
                    row.get_result_display(), TONES.get(row.result, "plain")
                ),
            ),
            Column("finding", "情况", wraps=True),
            Column("checked_by", "检查人"),
            Column("evidence", "证据", paper),
        ],
        name="project-checks",
    )


def _subcontractors(request: Request, project: Project) -> str:
    may_edit = may(request.user, P.ENTERPRISE_EDIT, at=project.grid)

    def leave(row: Subcontractor) -> list[Action]:
        if row.until:
            return []
        return [Action("退场", reverse("wages:subcontractor-leave", args=[row.pk]))]

    table = build_table(
        request,
        project.subcontractors.select_related("enterprise").order_by("since", "pk"),
        [
            Column(
                "name",
                "分包单位",
                link=lambda row: (
                    row.enterprise.get_absolute_url() if row.enterprise else ""
                ),
            ),
            Column("kind", "分包类型", "get_kind_display"),
            Column("since", "进场日期"),
            Column("until", "退场日期"),
        ],
        name="subcontractors",
        row_actions=leave if may_edit else None,
    )
    context = {
        "project": project,
        "table": table,
        "may_edit": may_edit,
        "title": "分包单位",
    }
    return render_to_string("wages/_subcontractors.html", context, request)


def _actions(user: Any, project: Project) -> list[Action]:
    def act(label: str, name: str, icon: str, **more: Any) -> Action:
        url = reverse(f"wages:project-{name}", args=[project.pk])
        return Action(label, url, icon=icon, **more)

    actions = []
    if may(user, P.PROJECT_CHECK, at=project.grid):
        actions.append(act("五项检查", "check", "clipboard-check", primary=True))
    if may(user, P.ENTERPRISE_EDIT, at=project.grid):
        actions.append(act("修改", "change", "pencil"))
        if not project.account_closed_on:
            actions.append(act("完工与公示", "finish", "flag"))
        if project.finished_on and not project.account_closed_on:
            actions.append(act("注销专户", "close", "x-circle"))
    actions.append(act("检查表", "sheet", "file-earmark-pdf"))
    return actions


# --- acts -----------------------------------------------------------------------------


def _grids(user: Any) -> Any:
    paths = user.scope_paths(P.ENTERPRISE_EDIT)
    return Grid.objects.filter(within_paths(paths, "path"), closed_on=None)


def _units(user: Any) -> Any:
    return Enterprise.objects.visible_to(user)


def project_add(request: Request) -> HttpResponse:
    """Open the record of a building project."""
    user = request.user
    require_holds(user, P.ENTERPRISE_EDIT)
    at, unit = outline.place_asked(request), None
    if key := outline.key_asked(request, "unit"):
        unit = _units(user).filter(pk=key).first()
    initial: dict[str, Any] = {"grid": at} if isinstance(at, Grid) else {}
    if unit:
        initial |= {"contractor": unit.uscc or unit.name, "grid": unit.grid}
    form = ProjectForm(
        request.POST or None, grids=_grids(user), units=_units(user), initial=initial
    )
    if form.is_valid() and (
        made := carried_out(
            form, lambda **_: services.register_project(by=user, **form.act())
        )
    ):
        return redirect(made)
    return _form_page(request, form, "新增工程项目", CRUMBS)


def _form_page(request: Request, form: Any, title: str, crumbs: Any) -> HttpResponse:
    return render_form(
        request,
        title=title,
        form=form,
        sections=PROJECT_SECTIONS,
        crumbs=crumbs,
        submit="保存",
    )


def _crumbs(project: Project) -> list[tuple[str, str]]:
    return [*CRUMBS, (project.name, project.get_absolute_url())]


def project_change(request: Request, pk: int) -> HttpResponse:
    """Correct the record of a project; two who do it at once are told."""
    project = _editable(request, pk)
    names = [name for _, fields, *_ in PROJECT_SECTIONS for name in fields]
    initial = {
        name: getattr(project, name)
        for name in names
        if name not in ("contractor", *ProjectForm.KEPT)
    }
    unit = project.contractor
    initial["contractor"] = (unit.uscc if unit else "") or project.contractor_name
    initial["edition"] = project.edition
    form = ProjectForm(
        request.POST or None,
        grids=_grids(request.user).filter(district=project.district_id),
        units=_units(request.user),
        initial=initial,
        known=True,
    )

    def act(**typed: Any) -> Project:
        edition = typed["edition"] or 0
        return services.change_project(
            project=project, edition=edition, by=request.user, **form.act()
        )

    if form.is_valid():
        if done := carried_out(form, act):
            return redirect(done)
        fresh = Project.objects.get(pk=project.pk)  # what is saved next, is told of
        typed = request.POST.copy()
        typed["edition"] = str(fresh.edition)
        form.data = typed
    return _form_page(request, form, "修改工程项目", _crumbs(project))


def subcontractor_add(request: Request, pk: int) -> HttpResponse:
    """Note a unit that works on a project."""
    project = _editable(request, pk)
    form = SubcontractorForm(request.POST or None, units=_units(request.user))

    def act(unit: Any, kind: str, since: date) -> Subcontractor:
        enterprise, name = unit
        return services.add_subcontractor(
            project=project,
            enterprise=enterprise,
            name=name,
            kind=kind,
            since=since,
            by=request.user,
        )

    return answer(
        request,
        form,
        act,
        to=f"{project.get_absolute_url()}?tab=units",
        said="已登记分包单位。",
        title="登记分包单位",
        crumbs=_crumbs(project),
    )


def subcontractor_leave(request: Request, pk: int) -> HttpResponse:
    """Note that a subcontractor has left the site."""
    rows = Subcontractor.objects.filter(
        project__in=Project.objects.visible_to(request.user).values("pk")
    )
    row = get_object_or_404(rows.select_related("project__grid"), pk=pk)
    require(request.user, P.ENTERPRISE_EDIT, at=row.project.grid)

    def act(until: date) -> bool:
        services.leave_site(subcontractor=row, until=until, by=request.user)
        return True

    return answer(
        request,
        LeaveForm(request.POST or None),
        act,
        to=f"{row.project.get_absolute_url()}?tab=units",
        said=f"已登记“{row}”退场。",
        title=f"分包单位退场：{row}",
        crumbs=_crumbs(row.project),
    )


def project_balance(request: Request, pk: int) -> HttpResponse:
    """Note what is in the special account on a day."""
    project = _editable(request, pk)

    def act(**typed: Any) -> Any:
        return services.note_balance(project=project, by=request.user, **typed)

    return answer(
        request,
        BalanceForm(request.POST or None),
        act,
        to=f"{project.get_absolute_url()}?tab=account",
        said="已登记专户余额。",
        title="登记专户余额",
        crumbs=_crumbs(project),
        note="同一天重复登记的，以后一次为准。",
    )


def project_check(request: Request, pk: int) -> HttpResponse:
    """Note a check of the five items."""
    project = visible(request, pk)
    require(request.user, P.PROJECT_CHECK, at=project.grid)
    form = CheckForm(
        request.POST or None,
        request.FILES or None,
        inspectors=_inspectors(request.user, project),
        initial={"checked_by": request.user.person_id},
    )

    def act(**_: Any) -> Any:
        return services.check_items(project=project, by=request.user, **form.act())

    return answer(
        request,
        form,
        act,
        to=project.get_absolute_url(),
        said="已登记五项检查。",
        title="登记五项检查",
        crumbs=_crumbs(project),
        sections=form.sections(),
        note="协管员不能检查：检查人只能是监察员、中队长或区县管理人员。",
    )


def _inspectors(user: Any, project: Project) -> Any:
    """Return who may check a project: on post there or above it, and allowed to."""
    above = Grid.objects.above(project.grid).values("pk")
    roles = roles_with(P.PROJECT_CHECK)
    posts = Posting.objects.current().filter(grid__in=above, role__in=roles)
    return Person.objects.filter(pk__in=posts.values("person")).order_by("pk")


def project_finish(request: Request, pk: int) -> HttpResponse:
    """Note that the work is finished, and since when that was publicised."""
    project = _editable(request, pk)
    initial = {"publicised_on": project.publicised_on}
    if project.finished_on:
        initial["finished_on"] = project.finished_on

    def act(**typed: Any) -> Project:
        return services.finish_project(project=project, by=request.user, **typed)

    return answer(
        request,
        FinishForm(request.POST or None, initial=initial),
        act,
        to=project.get_absolute_url(),
        said="已登记完工与公示。",
        title="登记完工与公示",
        crumbs=_crumbs(project),
    )


def project_close(request: Request, pk: int) -> HttpResponse:
    """Note that the special account was closed, when the law allows it."""
    project = _editable(request, pk)
    limit = limits_of(project.district).of("PW-PUBLICITY", on=timezone.localdate())

    def act(**typed: Any) -> Project:
        return services.close_account(project=project, by=request.user, **typed)

    return answer(
        request,
        CloseForm(request.POST or None),
        act,
        to=f"{project.get_absolute_url()}?tab=account",
        said="已登记专用账户注销。",
        title="登记专用账户注销",
        crumbs=_crumbs(project),
        note=f"{limit.clause}（{limit.source}）。",
    )


def project_reveal(request: Request, pk: int) -> HttpResponse:
    """Show the numbers of a project in full, once, to who gives a reason."""
    project = visible(request, pk)
    require(request.user, P.CONTACT_REVEAL, at=project.grid)
    form = ReasonForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        numbers = services.reveal(
            project=project, reason=form.cleaned_data["reason"], by=request.user
        )
        context = {
            "title": "完整号码",
            "project": project,
            "numbers": numbers.items(),
            "crumbs": _crumbs(project),
        }
        return render(request, "wages/revealed.html", context)
    return render_form(
        request,
        title="查看完整号码",
        form=form,
        crumbs=_crumbs(project),
        submit="查看",
        note="查看人、时间和理由都会记入审计记录。",
    )


@require_GET
def project_sheet(request: Request, pk: int) -> HttpResponse:
    """Print the check sheet of the five items."""
    project = visible(request, pk)
    today = timezone.localdate()
    states = facts.items_of([project], today, district=project.district)[project.pk]
    return HttpResponse(
        check_sheet(project, states, on=today),
        content_type="application/pdf",
        headers={"Content-Disposition": f'inline; filename="project-{pk}.pdf"'},
    )
