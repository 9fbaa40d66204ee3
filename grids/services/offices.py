"""Offices on grids: opened, changed, closed; their leaders and what they own.

Each function is one act: one transaction, one event.
"""

from collections import defaultdict
from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Exists, OuterRef, Q, QuerySet

from gridinspect.accounts.models import Person, User
from gridinspect.audit.services import record
from grids.models import (
    City,
    Grid,
    LeadingGroup,
    Office,
    OfficeAsset,
    OfficeLeader,
)
from grids.querysets import GridQuerySet
from grids.rules import wanted_office
from grids.services.guard import (
    held_place,
    require_last,
    require_past,
    require_standing,
)
from grids.services.hanging import (
    Facts,
    Mover,
    Reassignment,
    hangs_on_grids,
    moves_with_grids,
)
from grids.services.policies import policies_on

# What a person may set on an office: the names of its fields.
FIELDS = (
    *("name", "address", "phone", "hours", "square_metres", "premises"),
    *("networked_on", "opened_on"),
)


# --- what the plan wants --------------------------------------------------------------


def without_office(grids: GridQuerySet, on: date) -> GridQuerySet:
    """Keep the open grids that lack the office which their district's plan wants."""
    districts = grids.order_by().values_list("district", flat=True).distinct()
    wanting: dict[tuple[str, str], list[int]] = defaultdict(list)
    for district, policy in policies_on(districts, on).items():
        for kind in Grid.Kind.values:
            if wanted := wanted_office(policy.values, kind):
                wanting[kind, wanted.kind].append(district)
    lacking = Q(pk__in=[])
    for (kind, office), keys in wanting.items():
        has = Office.objects.open().filter(grid=OuterRef("pk"), kind=office)
        lacking |= Q(~Exists(has), district__in=keys, kind=kind)
    return grids.filter(lacking).filter(closed_on=None)


# --- offices --------------------------------------------------------------------------


@transaction.atomic
def open_office(*, place: Grid | City, kind: str, by: User, **facts: Any) -> Office:
    """Put an office on a grid or on a city itself; `facts` are the FIELDS.

    Raises ValidationError with what is wrong, in one Chinese sentence.
    """
    office = Office(**held_place(place), kind=kind, **facts)
    _require_dates(office)
    office.full_clean()
    office.save()
    record(
        "office.opened",
        by=by,
        target=office,
        kind=kind,
        grid=office.place.name,
        since=office.opened_on,
    )
    return office


@transaction.atomic
def change_office(*, office: Office, by: User, **facts: Any) -> Office:
    """Set FIELDS of an office anew; only what differs is recorded."""
    office = _locked(office)
    before = {name: getattr(office, name) for name in facts}
    for name, value in facts.items():
        setattr(office, name, value)
    _require_dates(office)
    _require_after_opening(office)
    office.full_clean()
    changed = {name for name, value in facts.items() if before[name] != value}
    if not changed:
        return office
    office.save(update_fields=sorted(changed))
    record(
        "office.changed",
        by=by,
        target=office,
        before=_called(before, changed),
        after=_called(facts, changed),
    )
    return office


def _called(facts: Mapping[str, Any], names: set[str]) -> dict[str, Any]:
    """Return facts by what their columns are called."""
    columns: Any = Office._meta
    return {
        columns.get_field(name).verbose_name: facts[name]
        for name in FIELDS
        if name in names
    }


@transaction.atomic
def close_office(*, office: Office, closed_on: date, by: User) -> Office:
    """Close an office from a day on; who leads it leaves, what it has goes."""
    office = _locked(office)
    require_past(closed_on, "撤销日期", "closed_on")
    had = [*office.leaders.all(), *office.assets.all()]
    require_last(closed_on, office.opened_on, had)
    office.closed_on = closed_on
    office.save(update_fields=["closed_on"])
    office.leaders.filter(until=None).update(until=closed_on)
    office.assets.filter(until=None).update(until=closed_on)
    record("office.closed", by=by, target=office, closed_on=closed_on)
    return office


def _locked(office: Office) -> Office:
    offices = Office.objects.select_for_update(of=("self",)).select_related(
        "grid", "city"
    )
    office = offices.get(pk=office.pk)
    if office.closed_on:
        raise ValidationError(f"“{office}”已于 {office.closed_on} 撤销，不能再改动。")
    return office


def _require_dates(office: Office) -> None:
    require_past(office.opened_on, "成立日期", "opened_on")
    if office.grid:
        require_standing(office.grid, office.opened_on, "成立日期", "opened_on")
    if office.networked_on is None:
        return
    require_past(office.networked_on, "联网日期", "networked_on")
    if office.networked_on < office.opened_on:
        raise ValidationError(
            {"networked_on": f"联网日期不能早于成立日期 {office.opened_on}，请核对。"}
        )


def _require_after_opening(office: Office) -> None:
    """Refuse an opening that is later than what the office has had since."""
    had: list[OfficeLeader | OfficeAsset | None] = [
        office.leaders.order_by("since").first(),
        office.assets.order_by("since").first(),
    ]
    for first in had:
        if first and first.since < office.opened_on:
            raise ValidationError(
                {"opened_on": f"成立日期不能晚于“{first}”的起始日期 {first.since}。"}
            )


# --- leaders --------------------------------------------------------------------------


@transaction.atomic
def appoint_leader(
    *,
    office: Office,
    person: Person | None,
    title: str,
    appointed_by: str,
    appointed_on: date,
    since: date,
    by: User,
    document_number: str = "",
    name: str = "",
    phone: str = "",
) -> OfficeLeader:
    """Let a person lead an office from a day on; whoever led it leaves on that day.

    Without a person one is made of `name` and `phone`: a head of a street's section
    leads the squad ex officio and holds no post here (沈阳).
    """
    office = _locked(office)
    require_past(since, "任职日期", "since")
    if since < office.opened_on:
        raise ValidationError(
            {"since": f"任职日期不能早于机构成立日期 {office.opened_on}，请核对。"}
        )
    if appointed_on > since:
        raise ValidationError(
            {"appointed_on": f"任命日期不能晚于任职日期 {since}，请核对。"}
        )
    former = office.leaders.order_by("since").last()
    if former and since <= former.since:
        raise ValidationError(
            {"since": f"任职日期必须晚于前任的任职日期 {former.since}。"}
        )
    if former and (former.until is None or former.until > since):
        former.until = since
        former.save(update_fields=["until"])
    leader = OfficeLeader(
        office=office,
        person=person or make_person(name, phone),
        title=title,
        appointed_by=appointed_by,
        appointed_on=appointed_on,
        document_number=document_number,
        since=since,
    )
    leader.full_clean()
    leader.save()
    record(
        "office.leader_appointed",
        by=by,
        target=office,
        before=str(former) if former else None,
        after=str(leader),
        source=f"{appointed_by} {document_number}".strip(),
        since=since,
    )
    return leader


def make_person(name: str, phone: str) -> Person:
    """Make a person who is known by name and telephone number only."""
    person = Person(name=name)
    person.set_phone(phone)
    person.full_clean(exclude=["id_number", "id_index"])
    person.save()
    return person


@transaction.atomic
def end_leader(*, leader: OfficeLeader, until: date, by: User) -> OfficeLeader:
    """Let an office be without a leader; `until` is the first day without."""
    office = _locked(leader.office)
    leader = office.leaders.get(pk=leader.pk)
    if leader.until:
        raise ValidationError(f"{leader.person}已于 {leader.until} 离任。")
    require_past(until, "离任日期", "until")
    if until <= leader.since:
        raise ValidationError({"until": f"离任日期必须晚于任职日期 {leader.since}。"})
    leader.until = until
    leader.save(update_fields=["until"])
    record("office.leader_left", by=by, target=office, before=str(leader), until=until)
    return leader


# --- equipment and vehicles -----------------------------------------------------------


@transaction.atomic
def add_asset(
    *,
    office: Office,
    kind: str,
    name: str,
    since: date,
    by: User,
    identifier: str = "",
    quantity: int = 1,
) -> OfficeAsset:
    """Give an office a piece of equipment or a vehicle from a day on."""
    office = _locked(office)
    require_past(since, "配备日期", "since")
    if since < office.opened_on:
        raise ValidationError(
            {"since": f"配备日期不能早于机构成立日期 {office.opened_on}，请核对。"}
        )
    asset = OfficeAsset(
        office=office,
        kind=kind,
        name=name,
        identifier=identifier,
        quantity=quantity,
        since=since,
    )
    asset.full_clean()
    asset.save()
    record("office.asset_added", by=by, target=office, after=name, count=quantity)
    return asset


@transaction.atomic
def end_asset(*, asset: OfficeAsset, until: date, by: User) -> OfficeAsset:
    """Take a piece of equipment or a vehicle out of use from a day on."""
    office = _locked(asset.office)
    asset = office.assets.get(pk=asset.pk)
    if asset.until:
        raise ValidationError(f"“{asset}”已于 {asset.until} 停用。")
    require_past(until, "停用日期", "until")
    if until <= asset.since:
        raise ValidationError({"until": f"停用日期必须晚于配备日期 {asset.since}。"})
    asset.until = until
    asset.save(update_fields=["until"])
    record("office.asset_ended", by=by, target=office, before=asset.name, until=until)
    return asset


# --- along with grids -----------------------------------------------------------------


@hangs_on_grids
def _offices_on(grid: Grid) -> tuple[str, int]:
    return "个机构", Office.objects.open().within(grid).count()


@hangs_on_grids
def _groups_on(grid: Grid) -> tuple[str, int]:
    return "个领导小组", LeadingGroup.objects.open().within(grid).count()


@moves_with_grids
class Offices(Mover):
    """Offices stay where they are and belong to the new grid, history included.

    Two of one name keep both: the one that came later is called after its old grid.
    """

    key = "offices"
    facts = (Facts("个机构", Office, ("grid", "name")),)

    def move(self, change: Reassignment) -> None:
        _hand_over(Office.objects.open(), change)


@moves_with_grids
class Groups(Mover):
    """The leading group goes along like an office."""

    key = "groups"
    facts = (Facts("个领导小组", LeadingGroup, ("grid", "name")),)

    def move(self, change: Reassignment) -> None:
        _hand_over(LeadingGroup.objects.open(), change)


def _hand_over(rows: QuerySet, change: Reassignment) -> None:
    for row in rows.filter(grid=change.old).order_by("pk"):
        row.grid = change.target(row.pk)
        if rows.filter(grid=row.grid, name=row.name).exists():
            row.name = f"{row.name}（{change.old.name}）"[:80]
        row.save(update_fields=["grid", "name"])


def square(area: Decimal | None) -> str:
    """Return an area in words: 42.5 平方米."""
    return f"{area.normalize():f} 平方米" if area is not None else ""
