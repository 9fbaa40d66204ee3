"""Key supervision (重点监管): units enter and leave by facts, or by two persons."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.db import transaction
from django.utils import timezone

from enterprises.models import Enterprise
from enterprises.supervision import rules
from enterprises.supervision.facts import (
    Fact,
    Units,
    as_json,
    facts_of,
    known_keys,
)
from enterprises.supervision.judges import judge_again
from enterprises.supervision.models import KeyEntry, MovedFacts
from enterprises.supervision.services.schemes import Refused, grounds_in, layers_at
from gridinspect.accounts.models import User
from gridinspect.audit.services import record
from grids.models import Grid, Policy
from grids.policy import KeyGround, PolicyValues
from grids.services.policies import policy_on

LOT = 5000  # rows that are written at once


@dataclass(frozen=True, slots=True)
class Held:
    """A ground that holds for a unit, with the fact that fulfils it."""

    ground: KeyGround
    fact: Fact


@dataclass(frozen=True, slots=True)
class Refreshed:
    """What a refreshing of key units changed."""

    entered: int
    left: int
    stands: int


def key_units_under(
    district: Grid,
    on: date,
    *,
    plan: PolicyValues | None = None,
    units: Units | None = None,
) -> dict[int, list[Held]]:
    """Return which units facts make key units on a day, under a plan. Saves nothing.

    Without a plan that in force; without units all known ones of the district. A ground
    whose fact nobody supplies holds for nobody.
    """
    return held_grounds(
        grounds_in(layers_at(district, on, plan)),
        known_units(district) if units is None else units,
        on,
    )


def known_units(district: Grid) -> Units:
    """Return the units that are judged: the known ones of a district."""
    return Enterprise.objects.filter(district=district).known()


def held_grounds(
    grounds: Iterable[KeyGround], units: Units, on: date
) -> dict[int, list[Held]]:
    """Return the grounds that hold for units on a day; so many queries per fact."""
    found: dict[int, list[Held]] = defaultdict(list)
    known = known_keys()
    everybody: list[int] | None = None
    for ground in grounds:
        if ground.fact not in known:
            continue
        since, until = rules.window(ground, on)
        facts = facts_of([ground.fact], units, since=since, until=until)
        rows = facts.by_key[ground.fact]
        if ground.at_least:
            judged: Collection[int] = rows
        else:  # what is not there is 0, and fulfils the ground
            if everybody is None:
                everybody = list(units.order_by().values_list("pk", flat=True))
            judged = everybody
        for unit in judged:
            fact = rows.get(unit) or Fact(0)
            if rules.holds(ground, fact.value):
                found[unit].append(Held(ground, fact))
    return dict(found)


@transaction.atomic
def refresh_key_units(
    *, district: Grid, on: date, by: User, units: Collection[int] | None = None
) -> Refreshed:
    """Let units enter and leave key supervision as the facts of a day say.

    `units` limits it to some. What a person entered stays; what two persons removed
    does not come back on the same evidence.
    """
    district = Grid.objects.select_for_update(of=["self"]).get(pk=district.pk)
    asked = Enterprise.objects.filter(district=district)
    if units is not None:
        asked = asked.filter(pk__in=units)
    held = key_units_under(district, on, units=asked.known())
    follows = policy_on(district, on)
    policy = follows.policy if follows else None
    entries = KeyEntry.objects.filter(district=district).exclude(ground=KeyEntry.HAND)
    if units is not None:
        entries = entries.filter(enterprise__in=units)
    standing = {
        (one.enterprise_id, one.ground): one
        for one in entries.filter(until=None, state=KeyEntry.State.ACTIVE)
    }
    wanted = {(unit, one.ground.key): one for unit, all in held.items() for one in all}
    fresh = _fresh(wanted, standing, _taken_out(entries), district, policy, on)
    KeyEntry.objects.bulk_create(fresh, LOT)
    left = [one for key, one in standing.items() if key not in wanted]
    _leave(left, on)
    _renew([(standing[key], wanted[key]) for key in standing.keys() & wanted.keys()])
    if fresh or left:
        record(
            "key_units.refreshed",
            by=by,
            target=district,
            on=on,
            entered=len(fresh),
            left=len(left),
            rows=[one.enterprise_id for one in [*fresh, *left]][:1000],
        )
    return Refreshed(len(fresh), len(left), len(wanted))


def _fresh(
    wanted: Mapping[tuple[int, str], Held],
    standing: Collection[tuple[int, str]],
    taken_out: Mapping[tuple[int, str], list[Any]],
    district: Grid,
    policy: Policy | None,
    on: date,
) -> list[KeyEntry]:
    made = []
    for (unit, key), held in wanted.items():
        evidence = _evidence(held)
        if (unit, key) in standing or evidence in taken_out.get((unit, key), ()):
            continue
        ground = held.ground
        made.append(
            KeyEntry(
                enterprise_id=unit,
                district=district,
                ground=key,
                ground_name=ground.name,
                clause=ground.clause or ground.source,
                policy=policy if ground.clause else None,
                is_secret=ground.secret,
                since=on,
                evidence=evidence,
            )
        )
    return made


def _evidence(held: Held) -> dict[str, Any]:
    return as_json({held.ground.fact: held.fact})


def _taken_out(entries: Any) -> dict[tuple[int, str], list[Any]]:
    """Return on which evidence units were taken out by two persons."""
    found: dict[tuple[int, str], list[Any]] = defaultdict(list)
    rows = entries.filter(until__isnull=False, removal_decided_by__isnull=False)
    for unit, ground, evidence in rows.values_list("enterprise", "ground", "evidence"):
        found[unit, ground].append(evidence)
    return found


def _leave(entries: list[KeyEntry], on: date) -> None:
    """Close entries whose ground no longer holds; one of today never was."""
    for entry in entries:
        entry.until = on if on > entry.since else None
        entry.left_reason = "该情形已不存在，自动移出"
    gone = [entry.pk for entry in entries if entry.until is None]
    KeyEntry.objects.filter(pk__in=gone).delete()
    KeyEntry.objects.bulk_update(
        [entry for entry in entries if entry.until], ["until", "left_reason"], LOT
    )


def _renew(pairs: Iterable[tuple[KeyEntry, Held]]) -> None:
    """Keep the newest evidence of the entries that stand."""
    changed = []
    for entry, held in pairs:
        evidence = _evidence(held)
        if entry.evidence != evidence:
            entry.evidence = evidence
            changed.append(entry)
    KeyEntry.objects.bulk_update(changed, ["evidence"], LOT)


def note_moved(enterprise: int) -> None:
    """Note that facts about a unit have changed, to judge it again soon."""
    MovedFacts.objects.bulk_create(
        [MovedFacts(enterprise_id=enterprise)], ignore_conflicts=True
    )


def refresh_moved(*, by: User, limit: int = 2000) -> int:
    """Judge the units again whose facts have changed; return how many there were."""
    rows = MovedFacts.objects.order_by("pk").values_list(
        "pk", "enterprise", "enterprise__district"
    )[:limit]
    by_district: dict[int, list[tuple[int, int]]] = defaultdict(list)
    for pk, unit, district in rows:
        by_district[district].append((pk, unit))
    districts = Grid.objects.select_related("city").in_bulk(list(by_district))
    today = timezone.localdate()
    for key, pairs in by_district.items():
        with transaction.atomic():
            MovedFacts.objects.filter(pk__in=[pk for pk, _ in pairs]).delete()
            judge_again(
                district=districts[key],
                on=today,
                by=by,
                units=[unit for _, unit in pairs],
            )
    return sum(map(len, by_district.values()))


# --- by hand --------------------------------------------------------------------------


@transaction.atomic
def propose_entry(
    *, enterprise: Enterprise, reason: str, on: date, by: User
) -> KeyEntry:
    """Ask that a unit become a key unit for a reason of its own. Raises Refused."""
    if not reason.strip():
        raise Refused({"reason": "请写明列入重点监管的理由和依据。"})
    if on > timezone.localdate():
        raise Refused({"on": "列入日期不能晚于今天。"})
    Enterprise.objects.select_for_update(of=["self"]).get(pk=enterprise.pk)
    open_ = KeyEntry.objects.filter(
        enterprise=enterprise, ground=KeyEntry.HAND, until=None
    ).exclude(state=KeyEntry.State.REJECTED)
    if found := open_.first():
        raise Refused(
            f"该单位已有一条手工列入（{found.get_state_display()}），不用重复提出。"
        )
    entry = KeyEntry.objects.create(
        enterprise=enterprise,
        district_id=enterprise.district_id,
        ground=KeyEntry.HAND,
        ground_name="手工列入",
        state=KeyEntry.State.PROPOSED,
        since=on,
        reason=reason.strip(),
        proposed_by=by,
    )
    record("key_unit.proposed", by=by, target=entry, reason=reason, on=on)
    return entry


@transaction.atomic
def decide_entry(
    *, entry: KeyEntry, approve: bool, on: date, by: User, reason: str = ""
) -> KeyEntry:
    """Approve what another proposed, an entry or a removal, or turn it down with why.

    Raises Refused.
    """
    entry = _locked(entry)
    if on > timezone.localdate():
        raise Refused({"on": "批准日期不能晚于今天。"})
    if not approve and not reason.strip():
        raise Refused({"reason": "不批准的，请写明理由。"})
    if entry.state == KeyEntry.State.PROPOSED:
        _another(entry.proposed_by_id, by)
        entry.state = KeyEntry.State.ACTIVE if approve else KeyEntry.State.REJECTED
        entry.approved_by, entry.decided_on = by, on
        entry.since = max(entry.since, on)  # nobody is listed before the approval
        entry.save(update_fields=["state", "approved_by", "decided_on", "since"])
        verb = "key_unit.entered" if approve else "key_unit.rejected"
        record(verb, by=by, target=entry, reason=reason or entry.reason, on=on)
        return entry
    if not entry.removal_waits:
        raise Refused("这条记录没有待批准的申请，可能同事已经办理。")
    _another(entry.removal_by_id, by)
    if approve and on <= entry.since:
        raise Refused(f"该单位 {entry.since} 才列入，移出日期应在此之后。")
    if approve:
        entry.until, entry.left_reason = on, entry.removal_reason
        entry.removal_decided_by = by
        verb = "key_unit.removed"
    else:
        entry.removal_by, entry.removal_reason = None, ""
        verb = "key_unit.kept"
    entry.save(
        update_fields=[
            "until",
            "left_reason",
            "removal_by",
            "removal_reason",
            "removal_decided_by",
        ]
    )
    record(verb, by=by, target=entry, reason=reason or entry.left_reason, on=on)
    return entry


@transaction.atomic
def propose_removal(*, entry: KeyEntry, reason: str, by: User) -> KeyEntry:
    """Ask that a unit be taken out although its entry stands. Raises Refused."""
    if not reason.strip():
        raise Refused({"reason": "请写明移出的理由和依据。"})
    entry = _locked(entry)
    if entry.state != KeyEntry.State.ACTIVE or entry.until:
        raise Refused("这条记录现在不是“已列入”，不能申请移出。")
    if entry.removal_waits:
        raise Refused("已有一份移出申请等待批准。")
    entry.removal_by, entry.removal_reason = by, reason.strip()
    entry.save(update_fields=["removal_by", "removal_reason"])
    record("key_unit.removal_proposed", by=by, target=entry, reason=reason)
    return entry


def _locked(entry: KeyEntry) -> KeyEntry:
    rows = KeyEntry.objects.select_for_update(of=["self"])
    return rows.select_related("enterprise__grid").get(pk=entry.pk)


def _another(proposer: int | None, by: User) -> None:
    if proposer == by.pk:
        raise Refused("不能批准自己提出的申请，请由另一位有批准权限的人员办理。")
