"""What the file of a unit tells of visits, hazards, publicity and workers' words."""

from collections.abc import Iterator
from itertools import chain

from cases.visits import words
from cases.visits.models import Clue, Feedback, Hazard, Publicity, Visit
from enterprises.models import Enterprise
from gridinspect.accounts.models import User
from gridinspect.accounts.roles import Permission
from gridinspect.ui.registry import TimelineEntry

MOST = 100  # of each kind, the newest
VISITS, HAZARDS, TALKS = "走访", "隐患", "宣传与反馈"


def on_timeline(user: User, unit: Enterprise) -> Iterator[TimelineEntry]:
    """Show what people on site saw, advised, explained and heard. Seven queries."""
    if not user.holds(Permission.VISIT_VIEW):
        return iter(())
    return chain(
        _visits(user, unit),
        _hazards(user, unit),
        _publicity(user, unit),
        _feedback(user, unit),
        _clues(user, unit),
    )


def _visits(user: User, unit: Enterprise) -> Iterator[TimelineEntry]:
    rows = Visit.objects.visible_to(user).filter(enterprise=unit).for_list()
    for row in rows.order_by("-visited_at")[:MOST]:
        said = f"走访（{row.get_purpose_display()}）：{row.get_result_display()}"
        late = f"补录，迟 {row.days_late} 天" if row.days_late > 0 else ""
        yield TimelineEntry(
            row.visited_at,
            said,
            row.names,
            row.get_absolute_url(),
            "，".join(filter(None, [late, row.note])),
            kind=VISITS,
        )


def _hazards(user: User, unit: Enterprise) -> Iterator[TimelineEntry]:
    rows = Hazard.objects.visible_to(user).filter(enterprise=unit)
    people = rows.select_related(
        "found_by__person",
        "escalated_by__person",
        "answered_by__person",
        "cleared_by__person",
    )
    newest = people.prefetch_related("notes__noted_by__person").order_by("-found_on")
    for row in newest[:MOST]:
        yield from _course_of(row)


def _course_of(row: Hazard) -> Iterator[TimelineEntry]:
    """Tell how a hazard was found, reported, looked at again and cleared."""
    topic = words.topic(row)
    advice = f"；现场建议：{row.advice}" if row.advice else ""
    steps = [
        (row.found_on, f"发现隐患（{topic}）", row.found_by, f"{row.words}{advice}"),
        (row.escalated_at, f"立即上报隐患（{topic}）", row.escalated_by, ""),
        (row.answered_at, f"处理上报的隐患（{topic}）", row.answered_by, row.answer),
        *(
            (one.on, f"复查隐患（{topic}）", one.noted_by, one.text)
            for one in row.notes.all()
        ),
        (
            row.cleared_on,
            f"隐患消除（{row.get_outcome_display()}）",
            row.cleared_by,
            row.clearing,
        ),
    ]
    for at, text, by, note in steps:
        if at:
            url = row.get_absolute_url()
            yield TimelineEntry(at, text, str(by or ""), url, note, kind=HAZARDS)


def _publicity(user: User, unit: Enterprise) -> Iterator[TimelineEntry]:
    rows = Publicity.objects.visible_to(user).filter(enterprise=unit)
    for row in rows.select_related("recorded_by__person").order_by("-held_on")[:MOST]:
        yield TimelineEntry(
            row.held_on,
            f"普法宣传，受众 {row.audience} 人",
            str(row.recorded_by),
            row.get_absolute_url(),
            row.material,
            kind=TALKS,
        )


def _feedback(user: User, unit: Enterprise) -> Iterator[TimelineEntry]:
    """Show that workers said something and were answered; the page has the words."""
    rows = Feedback.objects.visible_to(user).filter(enterprise=unit)
    people = rows.select_related("recorded_by__person", "replied_by__person")
    for row in people.order_by("-received_on")[:MOST]:
        what, url = f"工人反馈（{row.get_kind_display()}）", row.get_absolute_url()
        yield TimelineEntry(
            row.received_on,
            what,
            str(row.recorded_by),
            url,
            f"转交{row.get_route_display()}",
            kind=TALKS,
        )
        if row.replied_on:
            said, by = f"答复{what}", str(row.replied_by)
            yield TimelineEntry(row.replied_on, said, by, url, kind=TALKS)


def _clues(user: User, unit: Enterprise) -> Iterator[TimelineEntry]:
    rows = Clue.objects.filter(enterprise=unit).select_related(
        "visit", "settled_by__person"
    )
    for row in rows:
        if row.settled_at:
            yield TimelineEntry(
                row.settled_at,
                "由走访线索建档",
                str(row.settled_by),
                row.get_absolute_url(),
                row.note,
                kind=VISITS,
            )
