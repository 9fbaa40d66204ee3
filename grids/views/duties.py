"""岗位职责: what each role has to do in a district, and the district's own words."""

from typing import Any

from django.contrib import messages
from django.http import Http404
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone

from gridinspect.accounts.roles import Permission, Role
from gridinspect.ui.pages import render_form, require_holds
from gridinspect.ui.tables import Column, build_table
from grids import outline
from grids.access import may, require
from grids.forms import carried_out
from grids.models import STATED_ROLES, DutyStatement, Grid
from grids.office_forms import DutyForm, EndForm
from grids.services import duties as services
from grids.services.policies import policies_on

P = Permission
CRUMBS = [("岗位职责", "/duties/")]


def duty_page(request):
    """Show the duties of each role in one district, and the earlier versions."""
    require_holds(request.user, P.GRID_VIEW)
    districts = list(_districts(request.user))
    at = outline.place_asked(request)
    chosen = at.district if isinstance(at, Grid) else None
    district = chosen or next(iter(districts), None)
    today = timezone.localdate()
    policy = None
    if district:
        policy = policies_on([district.pk], today).get(district.pk)
    context = {
        "title": f"岗位职责：{district}" if district else "岗位职责",
        "crumbs": [("岗位职责", "")],
        "district": district,
        "districts": districts,
        "policy": policy.policy if policy else None,
        "duties": services.duties_of(district, today) if district else (),
        "versions": _versions(request, district),
        "may_edit": bool(district and may(request.user, P.OFFICE_EDIT, at=district)),
    }
    return render(request, "grids/offices/duties.html", context)


def _districts(user):
    """Return the districts of the grids that a person sees, for the choice of one."""
    keys = Grid.objects.visible_to(user).order_by().values("district").distinct()
    return Grid.objects.roots().filter(pk__in=keys, closed_on=None).order_by("code")


def _versions(request, district):
    """Return all versions of a district's own words."""
    rows = DutyStatement.objects.visible_to(request.user).filter(district=district)
    rows = rows.select_related("written_by__person")
    columns = [
        Column("role", "岗位", value="get_role_display", sort="role"),
        Column("text", "职责", wraps=True),
        Column("since", "施行日期", sort="since"),
        Column("until", "停止日期", sort="until"),
        Column("written_by", "编写人"),
    ]
    return build_table(request, rows, columns, name="duties", default_sort="-since")


def _district(request, pk) -> Grid:
    districts = Grid.objects.visible_to(request.user).roots()
    district: Grid = get_object_or_404(districts, pk=pk)
    require(request.user, P.OFFICE_EDIT, at=district)
    return district


def duty_change(request, pk, role):
    """Write a district's own words for the duties of a role."""
    district = _district(request, pk)
    if role not in STATED_ROLES:
        raise Http404
    on = timezone.localdate()
    duty = next(one for one in services.duties_of(district, on) if one.role == role)
    form = DutyForm(request.POST or None, initial={"text": duty.text, "since": on})

    def act(**facts: Any) -> DutyStatement:
        return services.state_duties(
            district=district, role=role, by=request.user, **facts
        )

    if statement := carried_out(form, act):
        messages.success(
            request, f"{duty.title}的职责已保存，自 {statement.since} 起施行。"
        )
        return redirect(outline.list_at("grids:duties", district))
    return render_form(
        request,
        title=f"{district}{duty.title}职责",
        form=form,
        crumbs=CRUMBS,
        cancel=outline.list_at("grids:duties", district),
        note=f"现行内容来自{duty.source}。" if duty.source else "现行方案没有写明。",
    )


def duty_end(request, pk):
    """Go back to the words of the plan from a day on."""
    statements = DutyStatement.objects.visible_to(request.user)
    statement = get_object_or_404(statements.select_related("district"), pk=pk)
    district = statement.district
    require(request.user, P.OFFICE_EDIT, at=district)
    form = EndForm(request.POST or None, label="停止日期")

    def act(until):
        return services.end_duties(statement=statement, until=until, by=request.user)

    if carried_out(form, act):
        messages.success(request, "已停止，此后按方案条款的职责。")
        return redirect(outline.list_at("grids:duties", district))
    return render_form(
        request,
        title=f"停止施行：{Role(statement.role).label}职责",
        form=form,
        crumbs=CRUMBS,
        cancel=reverse("grids:duties"),
        submit="停止",
        note="停止后按方案条款显示该岗位的职责。",
    )
