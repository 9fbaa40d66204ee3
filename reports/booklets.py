"""Gathering 一格一册: what the booklet of a grid says on a date, and since the last."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.db.models import Q, QuerySet
from django.utils import timezone

from assistants.models import Certificate, Training
from cases.models import Case, Matter
from enterprises.models import Enterprise, Placement, StatusPeriod, Survey
from enterprises.supervision.services import key_units_on
from gridinspect.accounts.roles import POSTED_STAFF
from gridinspect.documents.models import ArchivedDocument
from grids.colouring import colours_of
from grids.levels import level_label
from grids.models import Grid, Office, OfficeLeader, Posting
from grids.services.boundaries import areas_on
from grids.services.policies import PolicyOnDate, policy_on
from grids.standing import as_of, grids_below, periods_in
from reports import coverage
from reports.builders.booklet import (
    Change,
    KeyLine,
    LastPrint,
    OfficeLine,
    Register,
    StaffLine,
    UnitLine,
)
from reports.builders.mapdrawing import Ground
from reports.indicators import readings
from reports.rows import known_units

ORDER = ("新增单位", "单位移动", "减少单位", "人员到岗", "人员离岗")
SHOWN = ("assigned", "acquired", "filed", "networked")


def register_of(place: Grid, on: date, policies: list[str]) -> Register:
    """Return the register of a grid with all below it: a fixed number of queries."""
    was: Any = as_of(place, on)
    policy = policy_on(place.district or place, on)
    placements = list(
        known_units(place, on)
        .select_related("enterprise", "grid")
        .order_by("grid__code", "enterprise__road", "enterprise__name", "pk")
    )
    staff = list(_posted(place, on))
    last = last_print(place, on)
    spots = [
        (float(one.enterprise.longitude), float(one.enterprise.latitude))
        for one in placements
        if one.enterprise.longitude is not None and one.enterprise.latitude is not None
    ]
    return Register(
        name=was.name,
        code=was.code,
        above="".join([place.city.name, *(grid.name for grid in _above(place))]),
        level=level_label(policy.values, was) if policy else "",
        on=on,
        policies=policies,
        facts=_facts(place, was, on, policy),
        staff=_staff(staff, on),
        offices=_offices(place, on),
        units=_units(placements, on),
        cases=_cases(place, on),
        key_units=_key_units(placements, on),
        grounds=_grounds(place, on),
        spots=spots,
        last=last,
        changes=_changes(place, on, last, placements, staff) if last else (),
    )


def _above(place: Grid) -> Iterable[Grid]:
    return Grid.objects.above(place).exclude(pk=place.pk)


def _stood(place: Grid, on: date) -> QuerySet:
    return periods_in(place, on).values("grid")


# --- the parts ------------------------------------------------------------------------


def _facts(
    place: Grid, was: Grid, on: date, policy: PolicyOnDate | None
) -> list[tuple[str, str]]:
    counts = coverage.figures_of(place, on, children=False).own.counts
    facts = [
        ("类型", was.get_kind_display()),
        ("区划代码", was.division_code or "没有"),
        ("启用日期", f"{place.opened_on:%Y-%m-%d}"),
        ("下级网格", f"{len(grids_below(place, on))} 个"),
        ("底数", f"{counts.known:,} 户"),
    ]
    for one in readings(counts, policy):
        if one.key not in SHOWN:
            continue
        if one.rate is None:
            words = f"不能计算：{one.why_none}"
        else:
            words = f"{one.percent:.1f}%（{one.counted:,}/{one.out_of:,}）"
        facts.append((one.indicator.name, words))
    return facts


def _posted(place: Grid, on: date) -> QuerySet[Posting]:
    return (
        Posting.objects.on(on)
        .filter(grid__in=_stood(place, on), role__in=POSTED_STAFF)
        .select_related("person", "grid")
        .order_by("grid__code", "role", "person__name", "pk")
    )


def _staff(posts: list[Posting], on: date) -> list[StaffLine]:
    people = [post.person_id for post in posts]
    certificates = Certificate.objects.valid_on(on).filter(person__in=people)
    numbers = dict(certificates.values_list("person", "number"))
    passed = Training.objects.filter(
        person__in=people,
        kind=Training.Kind.PRE_POST,
        passed=True,
        finished_on__lte=on,
    ).order_by("finished_on")
    trained = dict(passed.values_list("person", "finished_on"))
    return [
        StaffLine(
            name=post.person.name,
            role=post.get_role_display(),
            grid=post.grid.name if post.grid else "",
            since=post.since,
            certificate=numbers.get(post.person_id, ""),
            trained_on=trained.get(post.person_id),
        )
        for post in posts
    ]


def _offices(place: Grid, on: date) -> list[OfficeLine]:
    offices = Office.objects.filter(
        Q(closed_on=None) | Q(closed_on__gt=on),
        grid__in=_stood(place, on),
        opened_on__lte=on,
    ).select_related("grid")
    held = OfficeLeader.objects.on(on).filter(office__in=offices)
    leaders = {
        one.office_id: f"{one.person.name}（{one.title}）"
        for one in held.select_related("person")
    }
    return [
        OfficeLine(
            kind=office.get_kind_display(),
            name=office.name,
            grid=office.place.name,
            address=office.address,
            phone=office.phone,
            square_metres=float(office.square_metres) if office.square_metres else None,
            leader=leaders.get(office.pk, ""),
        )
        for office in offices.order_by("grid__code", "kind", "name")
    ]


def _units(placements: list[Placement], on: date) -> list[UnitLine]:
    keys = [one.enterprise_id for one in placements]
    last = (
        Survey.objects.filter(
            enterprise__in=keys, is_complete=True, surveyed_on__lte=on
        )
        .order_by("enterprise", "-surveyed_on", "-pk")
        .distinct("enterprise")
    )
    found = {
        key: (day, answers)
        for key, day, answers in last.values_list(
            "enterprise", "surveyed_on", "answers"
        )
    }
    return [_unit(one, *found.get(one.enterprise_id, (None, {}))) for one in placements]


def _unit(placed: Placement, day: date | None, answers: dict[str, Any]) -> UnitLine:
    unit = placed.enterprise
    return UnitLine(
        name=unit.name,
        uscc=unit.uscc or "",
        grid=placed.grid.name,
        address=unit.address,
        headcount=_whole(answers.get("employed_total")),
        signed=_whole(answers.get("contracts_signed")),
        due=_whole(answers.get("contracts_due")),
        surveyed_on=day,
    )


def _key_units(placements: list[Placement], on: date) -> list[KeyLine]:
    found = key_units_on([one.enterprise_id for one in placements], on)
    return [
        KeyLine(
            name=one.enterprise.name,
            uscc=one.enterprise.uscc or "",
            since=state.since,
            grounds="、".join(state.grounds) or "列入重点",
        )
        for one in placements
        if (state := found.get(one.enterprise_id))
    ]


def _whole(answer: object) -> int | None:
    return answer if isinstance(answer, int) else None


def _cases(place: Grid, on: date) -> list[tuple[str, int]]:
    here = {"grid__in": _stood(place, on)}
    running = Q(closed_on=None) | Q(closed_on__gt=on)
    cases = Case.objects.filter(running, filed_on__lte=on, **here)
    year = Matter.objects.filter(received_on__range=(date(on.year, 1, 1), on), **here)
    return [
        ("在办案件", cases.count()),
        ("其中：已过调查期限、调查未终结", _overdue(cases, on).count()),
        (f"{on.year} 年收到的投诉举报", year.count()),
    ]


def _overdue(cases: QuerySet[Case], on: date) -> QuerySet[Case]:
    open_then = Q(investigation_ended_on=None) | Q(investigation_ended_on__gt=on)
    return cases.filter(open_then, due_on__lt=on)


def _grounds(place: Grid, on: date) -> list[Ground]:
    """Return the grid as a frame and what lies next below; alone, the grid itself."""
    below = grids_below(place, on)
    areas = areas_on([place, *below], on)
    own = areas.pop(place.pk, None)
    if not areas:
        return [Ground(own, place.name)] if own is not None else []
    colours = colours_of(areas)
    grounds = [
        Ground(areas[grid.pk], grid.name, number, colours[grid.pk])
        for number, grid in enumerate(
            (grid for grid in below if grid.pk in areas), start=1
        )
    ]
    if own is not None:
        grounds.append(Ground(own, place.name, is_frame=True))
    return grounds


# --- since the last print -------------------------------------------------------------


def last_print(place: Grid, on: date) -> LastPrint | None:
    """Return the last archived booklet of a grid with an as-of date up to this one."""
    made = ArchivedDocument.objects.filter(
        kind="booklet", path__endswith=f"/{place.pk}/", as_of__lte=on
    )
    last = made.order_by("-as_of", "-made_at").first()
    if last is None:
        return None
    return LastPrint(last.as_of, timezone.localtime(last.made_at), last.code)


@dataclass(frozen=True)
class _Then:
    """What had been recorded when the last booklet was made, as of its date.

    Each change of a unit's grid or status is a row of its own; so the last row that
    was there by then tells what that booklet said, late entries or not.
    """

    last: LastPrint

    def of(self, rows: QuerySet, *by: str) -> QuerySet:
        known = rows.filter(
            since__lte=self.last.as_of, recorded_at__lte=self.last.made_at
        )
        return known.order_by(*by, "-since", "-pk").distinct(*by)


def _changes(
    place: Grid,
    on: date,
    last: LastPrint,
    placements: list[Placement],
    staff: list[Posting],
) -> list[Change]:
    then = _Then(last)
    found = [
        *_units_changed(place, on, then, placements),
        *_staff_changed(place, then, staff),
    ]
    return sorted(found, key=lambda one: ORDER.index(one.what))


def _units_changed(
    place: Grid, on: date, then: _Then, placements: list[Placement]
) -> Iterator[Change]:
    was, now = _units_then(place, then), {one.enterprise_id: one for one in placements}
    for key, placed in now.items():
        before, name = was.get(key), placed.enterprise.name
        if before is None:
            words = f"{placed.since:%Y-%m-%d} 起属{placed.grid.name}"
            yield Change("新增单位", name, words)
        elif before.grid_id != placed.grid_id:
            words = f"{before.grid.name} → {placed.grid.name}，{placed.since:%Y-%m-%d}"
            yield Change("单位移动", name, words)
    gone = {key: placed for key, placed in was.items() if key not in now}
    where = Placement.objects.on(on).filter(enterprise__in=gone)
    grids = dict(where.values_list("enterprise", "grid__name"))
    states = StatusPeriod.objects.on(on).filter(enterprise__in=gone)
    status = {one.enterprise_id: one for one in states}
    for key, placed in gone.items():
        state = status.get(key)
        if state and state.status not in Enterprise.OPEN_STATUSES:
            words = f"{state.get_status_display()}，{state.since:%Y-%m-%d}"
        else:
            words = f"移到{grids.get(key, '本网格以外')}"
        yield Change("减少单位", placed.enterprise.name, words)


def _units_then(place: Grid, then: _Then) -> dict[int, Placement]:
    """Return the units that the last booklet listed, each as its placement."""
    here = set(_stood(place, then.last.as_of).values_list("grid", flat=True))
    ever = Placement.objects.filter(grid__in=here).values("enterprise")
    rows = then.of(Placement.objects.filter(enterprise__in=ever), "enterprise")
    placed = {
        one.enterprise_id: one
        for one in rows.select_related("enterprise", "grid")
        if one.grid_id in here
    }
    states = then.of(StatusPeriod.objects.filter(enterprise__in=placed), "enterprise")
    known = {
        one.enterprise_id for one in states if one.status in Enterprise.OPEN_STATUSES
    }
    return {key: one for key, one in placed.items() if key in known}


def _staff_changed(place: Grid, then: _Then, staff: list[Posting]) -> Iterator[Change]:
    day = then.last.as_of
    posts = Posting.objects.on(day).filter(
        grid__in=_stood(place, day),
        role__in=POSTED_STAFF,
        recorded_at__lte=then.last.made_at,
    )
    was = {post.pk: post for post in posts.select_related("person", "grid")}
    now = {post.pk: post for post in staff}
    for key, post in now.items():
        if key not in was:
            yield Change("人员到岗", post.person.name, _words(post, post.since))
    for key, post in was.items():
        if key not in now:
            yield Change("人员离岗", post.person.name, _words(post, post.until))


def _words(post: Posting, day: date | None) -> str:
    when = f"，{day:%Y-%m-%d}" if day else ""
    return f"{post.grid}{post.get_role_display()}{when}"
