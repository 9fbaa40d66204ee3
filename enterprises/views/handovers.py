"""移交: the hand-overs of a district, one of them, and what is done with it."""

from django.contrib import messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html
from django.views.decorators.http import require_GET, require_POST

from enterprises.handover_forms import (
    AcceptForm,
    HandoverFilter,
    ProposeForm,
    ReturnForm,
)
from enterprises.models import Enterprise, Handover
from enterprises.services.files import EditedMeanwhile
from enterprises.services.handover import (
    accept_handover,
    propose_handover,
    return_handover,
    withdraw_handover,
)
from gridinspect.accounts.requests import Request
from gridinspect.accounts.roles import Permission
from gridinspect.scope import within_paths
from gridinspect.ui.pages import (
    Action,
    Tab,
    render_detail,
    render_form,
    render_list,
    require_holds,
)
from gridinspect.ui.tables import Column, build_table
from gridinspect.ui.templatetags.ui import badge_html
from grids.access import may, require
from grids.forms import add_refusal
from grids.models import Grid

CRUMBS = [("移交", "/handovers/")]
_TONES = {
    "waiting": "notice",
    "accepted": "ok",
    "returned": "plain",
    "withdrawn": "plain",
}


def propose(request: Request, pk: int) -> HttpResponse:
    """Offer a unit to another district."""
    units = Enterprise.objects.visible_to(request.user).select_related("grid")
    unit = get_object_or_404(units, pk=pk)
    require(request.user, Permission.UNIT_HANDOVER, at=unit.grid)
    form = ProposeForm(
        request.POST or None,
        request.FILES or None,
        city=unit.grid.city_id,
        initial={"edition": unit.edition},
    )
    if request.method == "POST" and form.is_valid():
        given = dict(form.cleaned_data)
        try:
            handover = propose_handover(
                unit=unit, to_district=given.pop("to"), by=request.user, **given
            )
        except EditedMeanwhile as met:
            data = request.POST.copy()
            data["edition"] = str(met.current.edition)
            form.data = data
            form.add_error(None, "他人刚刚保存了这份档案，请核对后再次提交。")
        except ValidationError as error:
            add_refusal(form, error)
        else:
            messages.success(request, f"已向{handover.to_district}提出移交“{unit}”。")
            return redirect(handover)
    return render_form(
        request,
        title="移交到其他区县",
        form=form,
        crumbs=[
            ("单位档案", reverse("enterprises:list")),
            (unit.name, unit.get_absolute_url()),
        ],
        note="对方接收以前，单位仍在本区县。接收以后，登记表和全部档案随单位转去；"
        "本区县只能看到移交当日的档案摘要，以后的内容不再可见。",
        submit="提出移交",
    )


@require_GET
def handover_list(request: Request) -> HttpResponse:
    """Show the hand-overs from and to the user's districts."""
    user = request.user
    require_holds(user, Permission.ENTERPRISE_VIEW)
    rows = Handover.objects.visible_to(user).select_related(
        "enterprise", "from_district", "to_district", "proposed_by__person"
    )
    search = HandoverFilter(request.GET, queryset=rows)
    table = build_table(
        request, search.qs, _columns(), name="handovers", default_sort="-proposed_at"
    )
    return render_list(
        request,
        title="移交",
        table=table,
        filters=search,
        empty="没有移交记录。单位迁往其他区县时，在档案页选择“移交”。",
    )


def _columns() -> list[Column]:
    return [
        Column(
            "name",
            "单位名称",
            _name_then,  # never a later one: it is not the giving district's to read
            link=True,
        ),
        Column("from_district", "移出区县", sort="from_district__code"),
        Column("to_district", "接收区县", sort="to_district__code"),
        Column("on", "迁移日期", sort="on"),
        Column("reason", "移交原因", wraps=True),
        Column(
            "state",
            "状态",
            lambda one: badge_html(one.get_state_display(), _TONES[one.state]),
            sort="state",
        ),
        Column("since", "归属变更日期", sort="since"),
        Column("proposed_by", "提出人", hidden=True),
        Column("proposed_at", "提出时间", sort="proposed_at"),
        Column("answer", "处理意见", hidden=True),
    ]


def _visible(request: Request, pk: int) -> Handover:
    rows = Handover.objects.visible_to(request.user).select_related(
        "enterprise__grid",
        "from_district",
        "from_grid",
        "to_district",
        "to_grid",
        "proposed_by__person",
        "decided_by__person",
        "evidence",
        "evidence_there",
    )
    return get_object_or_404(rows, pk=pk)


@require_GET
def handover_page(request: Request, pk: int) -> HttpResponse:
    """Show one hand-over; once it is done, the file as it stood on that day."""
    one, user = _visible(request, pk), request.user
    unit = one.enterprise
    sees = may(user, Permission.ENTERPRISE_VIEW, at=unit.grid)
    name = (
        format_html('<a href="{}">{}</a>', unit.get_absolute_url(), unit.name)
        if sees
        else _name_then(one)
    )
    facts = [
        ("单位名称", name),
        ("移出", f"{one.from_district} {one.from_grid.name}"),
        ("接收", f"{one.to_district} {one.to_grid.name if one.to_grid else ''}"),
        ("迁移日期", one.on),
        ("迁往地址", one.address),
        ("移交原因", one.reason),
        ("证明材料", _evidence(one, user)),
        ("提出", f"{one.proposed_by} {timezone.localtime(one.proposed_at):%Y-%m-%d}"),
        ("归属变更日期", one.since),
        ("处理意见", one.answer),
    ]
    if one.state == Handover.State.WAITING and not sees:
        facts += [
            ("统一社会信用代码", unit.uscc),
            ("现地址", unit.address),
            ("营业状态", unit.get_status_display()),
        ]
    tabs = [Tab("snapshot", "移交当日的档案", _snapshot(one))] if one.snapshot else []
    return render_detail(
        request,
        title=f"移交：{unit.name if sees else _name_then(one)}",
        badges=[badge_html(one.get_state_display(), _TONES[one.state])],
        facts=facts,
        tabs=tabs,
        actions=_actions(user, one),
        crumbs=CRUMBS,
    )


def _name_then(one: Handover) -> str:
    """Return the name on the day of the move: what came later is not theirs to read."""
    for label, words in one.snapshot.get("facts", []):
        if label == "单位名称":
            return str(words)
    return one.enterprise.name


def _evidence(one: Handover, user):
    for file in (one.evidence, one.evidence_there):
        if file and any(
            file.path.startswith(path)
            for path in user.scope_paths(Permission.ENTERPRISE_VIEW)
        ):
            return format_html(
                '<a href="{}">{}</a>', file.get_absolute_url(), file.name
            )
    return None


def _snapshot(one: Handover) -> str:
    return render_to_string("enterprises/_snapshot.html", {"handover": one})


def _actions(user, one: Handover) -> list[Action]:
    if one.state != Handover.State.WAITING:
        return []
    actions = []
    if may(user, Permission.UNIT_HANDOVER, at=one.to_district):
        url = reverse("enterprises:handover-accept", args=[one.pk])
        actions.append(Action("接收", url, icon="box-arrow-in-down", primary=True))
        url = reverse("enterprises:handover-return", args=[one.pk])
        actions.append(Action("退回", url, icon="reply"))
    if may(user, Permission.UNIT_HANDOVER, at=one.from_grid):
        url = reverse("enterprises:handover-withdraw", args=[one.pk])
        actions.append(
            Action("撤回", url, method="post", confirm="撤回以后对方不再看到这次移交。")
        )
    return actions


def accept(request: Request, pk: int) -> HttpResponse:
    """Take a unit into a grid of one's own."""
    one = _to_me(request, pk)
    paths = request.user.scope_paths(Permission.UNIT_HANDOVER)
    grids = Grid.objects.filter(
        within_paths(paths, "path"), district=one.to_district, closed_on=None
    )
    form = AcceptForm(request.POST or None, grids=grids, initial={"since": one.on})
    if form.is_valid():
        try:
            accept_handover(handover=one, by=request.user, **form.cleaned_data)
        except ValidationError as error:
            add_refusal(form, error)
        else:
            messages.success(request, f"已接收“{one.enterprise}”。")
            return redirect(one)
    return render_form(
        request,
        title=f"接收：{one.enterprise}",
        form=form,
        crumbs=[*CRUMBS, (str(one.enterprise), one.get_absolute_url())],
        note=f"{one.from_district}提出，迁移日期 {one.on}，原因：{one.reason}",
        submit="接收",
    )


def send_back(request: Request, pk: int) -> HttpResponse:
    """Send a unit back with a reason."""
    one = _to_me(request, pk)
    form = ReturnForm(request.POST or None)
    if form.is_valid():
        try:
            return_handover(handover=one, by=request.user, **form.cleaned_data)
        except ValidationError as error:
            add_refusal(form, error)
        else:
            messages.success(request, f"已退回“{one.enterprise}”的移交。")
            return redirect(one)
    return render_form(
        request,
        title=f"退回：{one.enterprise}",
        form=form,
        crumbs=[*CRUMBS, (str(one.enterprise), one.get_absolute_url())],
        submit="退回",
    )


def _to_me(request: Request, pk: int) -> Handover:
    one = _visible(request, pk)
    require(request.user, Permission.UNIT_HANDOVER, at=one.to_district)
    return one


@require_POST
def withdraw(request: Request, pk: int) -> HttpResponse:
    """Take back an offer that nobody has answered."""
    one = _visible(request, pk)
    if not may(request.user, Permission.UNIT_HANDOVER, at=one.from_grid):
        raise PermissionDenied("只有移出区县可以撤回移交。")
    try:
        withdraw_handover(handover=one, by=request.user)
    except ValidationError as error:
        messages.error(request, error.messages[0])
    else:
        messages.success(request, "已撤回移交。")
    return redirect(one)
