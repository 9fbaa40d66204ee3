"""Every act on an office: opened, changed, closed, led, equipped."""

from typing import Any

from django.contrib import messages
from django.shortcuts import get_object_or_404, redirect

from gridinspect.accounts.roles import Permission
from gridinspect.ui.pages import render_form
from grids import outline
from grids.access import may, require, require_somewhere
from grids.forms import carried_out
from grids.models import City, Grid, Office, OfficeAsset, OfficeLeader, Posting
from grids.office_forms import (
    AssetForm,
    ClosingForm,
    EndForm,
    LeaderForm,
    OfficeFacts,
    OfficeForm,
)
from grids.services import offices as services
from grids.views.offices import CRUMBS, visible

P = Permission


def places_to_edit(user):
    """Return the open grids where a person may set up offices and groups."""
    return Grid.objects.where(user, P.OFFICE_EDIT).filter(closed_on=None)


def cities_to_edit(user):
    """Return the cities for whose whole a person may set up offices and groups."""
    cities = City.objects.visible_to(user)
    keys = [city.pk for city in cities if may(user, P.OFFICE_EDIT, at=city)]
    return City.objects.filter(pk__in=keys)


def at_first(at) -> dict[str, Any]:
    """Return what a form for a place begins with: the place that was looked at."""
    return {
        "grid": at if isinstance(at, Grid) else None,
        "city": at if isinstance(at, City) else None,
    }


def office_create(request):
    """Put an office on a grid, or on a city itself."""
    require_somewhere(request.user, P.OFFICE_EDIT)
    initial = at_first(outline.place_asked(request))
    if (kind := request.GET.get("kind", "")) in Office.Kind.values:
        initial["kind"] = kind
    form = OfficeForm(
        request.POST or None,
        grids=places_to_edit(request.user),
        cities=cities_to_edit(request.user),
        initial=initial,
    )

    def act(place: Grid | City, **facts: Any) -> Office:
        require(request.user, P.OFFICE_EDIT, at=place)
        return services.open_office(place=place, by=request.user, **facts)

    if office := carried_out(form, act):
        messages.success(request, f"已新增机构“{office}”。")
        return redirect(office)
    return render_form(
        request,
        title="新增机构",
        form=form,
        sections=[
            ("机构", ["grid", "city", "kind", "name", "opened_on", "networked_on"]),
            ("阵地", ["address", "phone", "hours", "square_metres", "premises"]),
        ],
        crumbs=CRUMBS,
    )


def to_change(request, pk) -> Office:
    """Return an office that this person may change: 404 outside, 403 without."""
    office = visible(request, pk)
    require(request.user, P.OFFICE_EDIT, at=office.place)
    return office


def _crumbs(office: Office) -> list[tuple[str, str]]:
    return [*CRUMBS, (office.name, office.get_absolute_url())]


def office_change(request, pk):
    """Set the facts of an office anew."""
    office = to_change(request, pk)
    initial = {name: getattr(office, name) for name in services.FIELDS}
    form = OfficeFacts(request.POST or None, initial=initial)

    def act(**facts: Any) -> Office:
        return services.change_office(office=office, by=request.user, **facts)

    if changed := carried_out(form, act):
        messages.success(request, f"机构“{changed}”已修改。")
        return redirect(changed)
    return render_form(
        request,
        title=f"修改机构：{office}",
        form=form,
        sections=[
            ("机构", ["name", "opened_on", "networked_on"]),
            ("阵地", ["address", "phone", "hours", "square_metres", "premises"]),
        ],
        crumbs=_crumbs(office),
    )


def office_close(request, pk):
    """Close an office from a day on."""
    office = to_change(request, pk)
    form = ClosingForm(request.POST or None)

    def act(closed_on):
        return services.close_office(
            office=office, closed_on=closed_on, by=request.user
        )

    if carried_out(form, act):
        messages.success(request, f"机构“{office}”已撤销。")
        return redirect(office)
    return render_form(
        request,
        title=f"撤销机构：{office}",
        form=form,
        crumbs=_crumbs(office),
        submit="撤销机构",
        note="负责人同日离任，在用的设备和车辆同日停用；登记的内容保留。",
    )


def posts_to_choose(user, place: Grid | City):
    """Return who may be chosen for something in a place: those on post in its city."""
    city = place if isinstance(place, City) else place.city
    posts = Posting.objects.visible_to(user).current()
    return posts.filter(grid__city=city) | posts.filter(city=city)


def office_leader(request, pk):
    """Appoint who leads an office from a day on."""
    office = to_change(request, pk)
    form = LeaderForm(
        request.POST or None, posts=posts_to_choose(request.user, office.place)
    )

    def act(**facts: Any) -> OfficeLeader:
        return services.appoint_leader(office=office, by=request.user, **facts)

    if leader := carried_out(form, act):
        messages.success(
            request, f"{leader.person}自 {leader.since} 起负责“{office}”。"
        )
        return redirect(office)
    return render_form(
        request,
        title=f"任命负责人：{office}",
        form=form,
        sections=[
            ("负责人", ["person", "name", "phone", "title", "since"]),
            ("任命", ["appointed_by", "appointed_on", "document_number"]),
        ],
        crumbs=_crumbs(office),
    )


def leader_end(request, pk):
    """Let a leader leave without a successor."""
    leaders = OfficeLeader.objects.visible_to(request.user)
    leader = get_object_or_404(
        leaders.select_related("office__grid", "office__city", "person"), pk=pk
    )
    office = leader.office
    require(request.user, P.OFFICE_EDIT, at=office.place)
    form = EndForm(request.POST or None, label="离任日期")

    def act(until):
        return services.end_leader(leader=leader, until=until, by=request.user)

    if carried_out(form, act):
        messages.success(request, f"{leader.person}已离任。")
        return redirect(office)
    return render_form(
        request,
        title=f"离任：{leader}",
        form=form,
        crumbs=_crumbs(office),
        submit="登记离任",
    )


def office_asset(request, pk):
    """Enter a piece of equipment or a vehicle."""
    office = to_change(request, pk)
    form = AssetForm(request.POST or None)

    def act(**facts: Any) -> OfficeAsset:
        return services.add_asset(office=office, by=request.user, **facts)

    if asset := carried_out(form, act):
        messages.success(request, f"已登记{asset.get_kind_display()}“{asset}”。")
        return redirect(f"{office.get_absolute_url()}?tab=assets")
    return render_form(
        request,
        title=f"登记设备、车辆：{office}",
        form=form,
        crumbs=_crumbs(office),
    )


def asset_end(request, pk):
    """Take a piece of equipment or a vehicle out of use."""
    assets = OfficeAsset.objects.visible_to(request.user)
    asset = get_object_or_404(
        assets.select_related("office__grid", "office__city"), pk=pk
    )
    office = asset.office
    require(request.user, P.OFFICE_EDIT, at=office.place)
    form = EndForm(request.POST or None, label="停用日期")

    def act(until):
        return services.end_asset(asset=asset, until=until, by=request.user)

    if carried_out(form, act):
        messages.success(request, f"“{asset}”已停用。")
        return redirect(f"{office.get_absolute_url()}?tab=assets")
    return render_form(
        request,
        title=f"停用：{asset}",
        form=form,
        crumbs=_crumbs(office),
        submit="停用",
    )
