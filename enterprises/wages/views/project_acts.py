"""What is done about a building project: registered, checked, finished, closed."""

from datetime import date
from typing import Any

from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_GET

from enterprises.models import Enterprise
from enterprises.wages import facts
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
from enterprises.wages.models import Project, Subcontractor
from enterprises.wages.paper import check_sheet
from enterprises.wages.services import projects as services
from enterprises.wages.views.common import answer
from enterprises.wages.views.project import editable, visible
from enterprises.wages.views.projects import CRUMBS
from gridinspect.accounts.models import Person
from gridinspect.accounts.requests import Request
from gridinspect.accounts.roles import Permission, roles_with
from gridinspect.documents.answers import pdf_answer
from gridinspect.scope import within_paths
from gridinspect.ui.pages import render_form, require_holds
from grids import outline
from grids.access import require
from grids.forms import carried_out
from grids.models import Grid, Posting

P = Permission


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
    project = editable(request, pk)
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
    project = editable(request, pk)
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
    project = editable(request, pk)

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
    project = editable(request, pk)
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
    project = editable(request, pk)
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
    return pdf_answer(check_sheet(project, states, on=today), f"project-{pk}.pdf")
