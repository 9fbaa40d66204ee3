"""待确认: units whose grid could not be told, decided one by one or many at once."""

from functools import cache
from typing import Any

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_GET

from enterprises.allocation_forms import (
    MOST,
    DoubtFilter,
    SettleForm,
    SettleManyForm,
    in_list_order,
    shared_candidates,
)
from enterprises.models import Doubt
from enterprises.services.doubts import settle_doubts
from enterprises.services.trials import GONE
from gridinspect.accounts.requests import Request
from gridinspect.accounts.roles import Permission
from gridinspect.scope import within_paths
from gridinspect.ui.pages import Action, render_form, render_list, require_holds
from gridinspect.ui.tables import Column, build_table
from grids import outline
from grids.access import may, require, require_somewhere
from grids.forms import add_refusal
from grids.models import Grid
from grids.views.deciding import posted

CRUMBS = [("待确认", "/doubts/")]


def open_doubts(user):
    """Return what waits among the units that a person sees and that are still there."""
    doubts = Doubt.objects.visible_to(user).open()
    return doubts.exclude(enterprise__status__in=GONE)


def _asked(request: Request):
    at = outline.place_asked(request)
    doubts = open_doubts(request.user)
    if at is not None:
        doubts = doubts.within(at)
    related = doubts.select_related("enterprise__grid__parent", "enterprise__district")
    return DoubtFilter(request.GET, queryset=related), at


@require_GET
def doubt_list(request: Request):
    """Show 待确认 of the chosen place, or of all the user's places."""
    user = request.user
    require_holds(user, Permission.ENTERPRISE_VIEW)
    search, at = _asked(request)
    table = build_table(
        request,
        search.qs,
        _columns(),
        name="doubts",
        default_sort="address",
        row_actions=lambda doubt: _row_actions(user, doubt),
    )
    toolbar = []
    if user.holds(Permission.ENTERPRISE_EDIT) and table.total:
        url = f"{reverse('enterprises:doubts-settle')}?{request.GET.urlencode()}"
        toolbar.append(
            Action("批量处理", url, icon="check2-all", primary=True),
        )
    if user.holds(Permission.ENTERPRISE_ALLOCATE):
        url = reverse("enterprises:allocations")
        toolbar.append(Action("批量归格", url, icon="pin-map"))
    return render_list(
        request,
        title="待确认",
        table=table,
        filters=search,
        toolbar=toolbar,
        tree=outline.tree_beside(request, "enterprises:doubts", at),
        note=f"辖区：{at}" if at else "",
        empty="没有待确认的单位。批量归格判定不了的单位会列在这里。",
    )


def _columns() -> list[Column]:
    @cache
    def names(district: int) -> dict[int, str]:
        rows = Grid.objects.filter(district=district).values_list("pk", "name")
        return dict(rows)

    def candidates(doubt: Doubt) -> str:
        known = names(doubt.enterprise.district_id)
        return " / ".join(known[key] for key in doubt.candidates if key in known)

    return [
        Column(
            "name",
            "单位名称",
            "enterprise.name",
            sort="enterprise__name",
            link=lambda doubt: doubt.enterprise.get_absolute_url(),
        ),
        Column(
            "address",
            "地址",
            lambda doubt: (
                doubt.enterprise.address or doubt.enterprise.registered_address
            ),
            sort="enterprise__address",
        ),
        Column("grid", "现网格", "enterprise.grid.name", sort="enterprise__grid__code"),
        Column("candidates", "可能的网格", candidates),
        Column("reason", "原因", wraps=True),
        Column("found_at", "提出时间", sort="found_at", hidden=True),
    ]


def _row_actions(user, doubt: Doubt) -> list[Action]:
    if not may(user, Permission.ENTERPRISE_EDIT, at=doubt.enterprise.grid):
        return []
    url = reverse("enterprises:doubt", args=[doubt.pk])
    return [Action("处理", url)]


# --- deciding -------------------------------------------------------------------------


def doubt_settle(request: Request, pk: int):
    """Decide where one unit belongs."""
    doubts = open_doubts(request.user).select_related(
        "enterprise__grid__parent", "enterprise__district"
    )
    doubt = get_object_or_404(doubts, pk=pk)
    unit = doubt.enterprise
    require(request.user, Permission.ENTERPRISE_EDIT, at=unit.grid)
    grids = _targets(request.user, [unit.district_id])
    form = SettleForm(
        request.POST or None,
        grids=grids,
        candidates=_candidates(grids, doubt.candidates),
        present=unit.grid.name,
    )
    if form.is_valid():
        try:
            settle_doubts(
                doubts=[doubt],
                grid=form.grid,
                since=form.cleaned_data["since"],
                by=request.user,
            )
        except ValidationError as error:
            add_refusal(form, error)
        else:
            where = form.grid or unit.grid
            messages.success(request, f"“{unit}”已确认归入“{where}”。")
            return redirect("enterprises:doubts")
    return render_form(
        request,
        title=f"确认归属：{unit}",
        form=form,
        crumbs=CRUMBS,
        submit="确认归属",
        template="enterprises/doubt.html",
        context={"doubt": doubt, "unit": unit},
    )


def doubts_settle(request: Request):
    """Decide about many units at once; the number is asked to be confirmed."""
    user = request.user
    require_somewhere(user, Permission.ENTERPRISE_EDIT)
    search, _ = _asked(request)
    paths = user.scope_paths(Permission.ENTERPRISE_EDIT)
    mine = in_list_order(
        search.qs.filter(within_paths(paths, "enterprise__grid__path"))
    )
    offered = Doubt.objects.filter(pk__in=[one.pk for one in mine[:MOST]])
    offered = offered.select_related("enterprise__grid")
    listed = list(offered)
    districts = {doubt.enterprise.district_id for doubt in listed}
    grids = _targets(user, districts)
    form = SettleManyForm(
        request.POST or None,
        doubts=in_list_order(offered),
        grids=grids,
        candidates=_candidates(grids, shared_candidates(listed)),
        initial={"doubts": [doubt.pk for doubt in listed]},
    )
    context: dict[str, Any] = {}
    if form.is_valid():
        chosen = list(form.cleaned_data["doubts"])
        seen = f"{len(chosen)}/{form.grid.pk if form.grid else ''}"
        if request.POST.get("seen") != seen:
            context = {"asked": _asks(form, len(chosen)), "seen": seen}
            context["posted"] = posted(request)
        else:
            try:
                count = settle_doubts(
                    doubts=chosen,
                    grid=form.grid,
                    since=form.cleaned_data["since"],
                    by=user,
                )
            except ValidationError as error:
                add_refusal(form, error)
            else:
                messages.success(request, f"已确认 {count:,} 户单位的归属。")
                return redirect("enterprises:doubts")
    return render_form(
        request,
        title="批量确认归属",
        form=form,
        crumbs=CRUMBS,
        submit="下一步：核对户数",
        note=f"列出符合查询条件的前 {MOST} 户，去掉勾选的不处理。" if listed else "",
        template="enterprises/doubts_settle.html",
        context=context,
    )


def _asks(form: SettleManyForm, count: int) -> str:
    day = form.cleaned_data["since"]
    if form.grid is None:
        return f"把 {count:,} 户单位确认为保持现归属，以后批量归格不再询问。"
    return f"自 {day} 起把 {count:,} 户单位归入“{form.grid}”。"


def _targets(user, districts):
    """Return the open grids of these districts where the person may keep files."""
    paths = user.scope_paths(Permission.ENTERPRISE_EDIT)
    return Grid.objects.filter(
        within_paths(paths, "path"), district__in=districts, closed_on=None
    ).open_on(timezone.localdate())


def _candidates(grids, keys) -> list[Grid]:
    return list(grids.filter(pk__in=keys).select_related("parent").order_by("code"))
