"""What visits add to the pages of others: menu, workbench, the file of a unit."""

from collections.abc import Collection
from datetime import date
from typing import Any

from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone

from cases.visits import units, words
from cases.visits.history import on_timeline
from cases.visits.models import Clue, Feedback, Hazard, Publicity, Visit
from cases.visits.printed import printed
from enterprises.file_sections import file_sections
from enterprises.models import Enterprise
from gridinspect.accounts.models import User
from gridinspect.accounts.requests import Request
from gridinspect.accounts.roles import POSTED_STAFF, Permission, Role
from gridinspect.audit.verbs import name_acts, name_details, name_values
from gridinspect.ui.registry import Todo, menu, tabs, timeline, workbench
from gridinspect.ui.tables import Column, Table, build_table
from grids.access import may
from grids.models import Posting
from grids.services.tasks import About, tells_about

P = Permission
UNIT = "enterprises.enterprise"
MOST = 10_000  # a line of the workbench counts no further

menu.add("用人单位", "走访记录", "visits:list", P.VISIT_VIEW, "signpost-split", 30)

name_acts(
    {
        "visit.recorded": "登记走访",
        "visit.exported": "导出走访记录",
        "hazard.found": "发现隐患",
        "hazard.escalated": "立即上报隐患",
        "hazard.answered": "处理上报的隐患",
        "hazard.noted": "复查隐患",
        "hazard.cleared": "消除隐患",
        "publicity.recorded": "登记普法宣传",
        "feedback.recorded": "登记工人反馈",
        "feedback.routed": "转交工人反馈",
        "feedback.replied": "答复工人反馈",
        "clue.settled": "处理走访线索",
    }
)
name_values("level", Hazard.Level.choices)
name_details(
    {
        "answer": "处理意见",
        "audience": "受众人数",
        "days_late": "迟录天数",
        "enterprise": "单位编号",
        "level": "程度",
        "offline": "离线填写",
        "photos": "照片数",
        "purpose": "目的",
        "result": "结果",
        "route": "转交",
        "text": "情况",
        "visited_at": "走访时间",
        "words": "隐患情况",
    }
)


# --- the file of a unit ---------------------------------------------------------------


def _of_unit(request: Request, unit: Enterprise) -> str:
    """Show a unit's visits and what came of them, with the way to another visit."""
    visits = Visit.objects.filter(enterprise=unit).for_list()
    hazards = Hazard.objects.filter(enterprise=unit).for_list()
    context = {
        "unit": unit,
        "title": "走访",
        "empty": "还没有走访记录。点“登记走访”新增。",
        "table": build_table(
            request,
            visits,
            words.VISITS_OF_UNIT,
            name="unit-visits",
            default_sort="-visited_at",
        ),
        "hazards": [
            (hazard, words.topic(hazard), words.hazard_badge(hazard))
            for hazard in hazards.order_by("cleared_on", "found_on")[:50]
        ],
        "told": _talks(request, unit, Publicity, words.PUBLICITIES, "-held_on"),
        "said": _talks(request, unit, Feedback, words.FEEDBACKS, "-received_on"),
        "may_record": may(request.user, P.VISIT_RECORD, at=unit.grid),
    }
    return render_to_string("visits/_of_unit.html", context, request)


def _talks(
    request: Request, unit: Enterprise, kind: Any, columns: list[Column], order: str
) -> Table:
    """Return what was told to a unit's workers, or what they said, as a table."""
    rows = kind.objects.visible_to(request.user).filter(enterprise=unit)
    name = kind.__name__.lower()
    return build_table(
        request,
        rows.select_related("grid", "recorded_by__person"),
        [one for one in columns if one.key not in ("grid", "unit", "photos")],
        name=f"unit-{name}",
        default_sort=order,
        prefix=f"{name}_",
    )


tabs.add(UNIT, "visits", "走访", _of_unit, P.VISIT_VIEW)


timeline.add(UNIT, on_timeline)


file_sections.add("visits", "走访和隐患", printed, P.VISIT_VIEW, 500)


@tells_about("visits.hazard")
def _about(user: User, keys: Collection[int]) -> dict[int, About]:
    """Tell which hazards tasks are about, as far as a person sees them."""
    hazards = Hazard.objects.visible_to(user).filter(pk__in=keys).for_list()
    return {one.pk: About(str(one), one.get_absolute_url()) for one in hazards}


# --- the workbench --------------------------------------------------------------------


def _todos(user: User, today: date) -> list[Todo]:
    """Say what of visits waits for this person, reports from below first."""
    if not user.holds(P.VISIT_VIEW):
        return []
    lines = []
    if user.holds(P.VISIT_RECORD):
        lines += _own(user, today)
    if user.holds(P.VISIT_ANSWER):
        lines += _from_below(user)
    return lines


def _own(user: User, today: date) -> list[Todo]:
    hazards = Hazard.objects.visible_to(user).open()
    page = reverse("visits:hazards")
    due = hazards.filter(follow_up_on__lte=today).count()
    lines = [
        Todo("未消除的隐患（条）", hazards.count(), f"{page}?state=open"),
        Todo("隐患复查到期（条）", due, f"{page}?state=due", urgent=True),
    ]
    if _goes_out(user):
        count = units.due(user, today).order_by().values("pk")[: MOST + 1].count()
        phone = Todo(
            "我的网格待走访（户）",
            min(count, MOST),
            reverse("visits:phone"),
            note="手机走访，没有信号也能填写",
        )
        lines.insert(0, phone)
    return lines


def _goes_out(user: User) -> bool:
    """Tell whether a person visits units himself."""
    roles = (*POSTED_STAFF, Role.SQUAD_LEADER)
    return (
        Posting.objects.current().filter(person=user.person_id, role__in=roles).exists()
    )


def _from_below(user: User) -> list[Todo]:
    reported = Hazard.objects.visible_to(user).escalated().order_by("escalated_at")
    moments = list(reported.values_list("escalated_at", flat=True)[: MOST + 1])
    note = ""
    if moments:
        note = f"最早上报于 {timezone.localtime(moments[0]):%Y-%m-%d %H:%M}"
    feedback = Feedback.objects.visible_to(user).open()
    clues = Clue.objects.visible_to(user).open()
    return [
        Todo(
            "立即上报的隐患待处理（条）",
            len(moments),
            f"{reverse('visits:hazards')}?state=reported",
            urgent=True,
            note=note,
        ),
        Todo(
            "工人反馈待答复（条）",
            _routed(user, feedback).count(),
            f"{reverse('visits:feedbacks')}?state=open",
        ),
        Todo(
            "新发现单位待处理（户）",
            clues.count(),
            f"{reverse('visits:clues')}?state=open",
        ),
    ]


_ROUTES = {
    Role.SQUAD_LEADER: Feedback.Route.SQUAD,
    Role.DISTRICT_BUREAU: Feedback.Route.BUREAU,
    Role.LEADER: Feedback.Route.BUREAU,
    Role.INTAKE: Feedback.Route.INTAKE,
}


def _routed(user: User, feedback):
    """Keep what was passed on to the posts of this person."""
    posts = Posting.objects.current().filter(person=user.person_id)
    roles = posts.values_list("role", flat=True)
    return feedback.filter(route__in=[_ROUTES[r] for r in set(roles) if r in _ROUTES])


workbench.add(_todos)
