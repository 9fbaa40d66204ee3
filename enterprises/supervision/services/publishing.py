"""Publication of major violations, and the list of dishonest wage payers.

Rules find candidates; persons notify, hear, propose; another person approves. Each
step has its day, and the next one waits for it.
"""

from collections.abc import Mapping
from datetime import date
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone

from enterprises.changes import facts_changed
from enterprises.models import Enterprise
from enterprises.supervision import rules
from enterprises.supervision.facts import as_json, facts_of, known_keys
from enterprises.supervision.guards import check_text
from enterprises.supervision.models import Publication
from enterprises.supervision.services.keys import known_units
from enterprises.supervision.services.schemes import (
    Refused,
    candidates_in,
    category_of,
    due,
    layers_at,
    limit_at,
    violation_kinds,
)
from gridinspect.accounts.models import User
from gridinspect.audit.services import record
from grids.models import Grid
from grids.policy import PublicCandidate

State = Publication.State
DISHONEST = Publication.List.DISHONEST
TEXTS = ("facts", "handling")
SNAPSHOT = ("name", "uscc", "address", "head")
LOT = 1000


@transaction.atomic
def find_candidates(*, district: Grid, on: date, by: User) -> int:
    """Note which units the facts of the past year make candidates; return how many.

    Who is a candidate already, was published or was dropped on the same facts is not
    noted again. Nobody is told and nothing is published by this.
    """
    Grid.objects.select_for_update(of=["self"]).get(pk=district.pk)
    layers = layers_at(district, on)
    kinds = violation_kinds(layers)
    known = known_keys()
    made: list[Publication] = []
    taken = set(
        Publication.objects.filter(district=district)
        .exclude(state__in=[State.DROPPED, State.REMOVED])
        .values_list("enterprise", "list", "rule")
    )
    dropped = [
        (unit, list_, rule, evidence)
        for unit, list_, rule, evidence in Publication.objects.filter(
            district=district, state__in=[State.DROPPED, State.REMOVED]
        ).values_list("enterprise", "list", "rule", "evidence")
    ]
    for row in candidates_in(layers):
        needed = [fact for fact in (row.fact, row.and_fact) if fact]
        if not known.issuperset(needed):
            continue
        for unit, evidence in _candidates(row, needed, district, on).items():
            if (unit, row.list, row.key) in taken:
                continue
            if (unit, row.list, row.key, evidence) in dropped:
                continue
            made.append(_candidate(row, unit, evidence, kinds, district, on, by))
    _fill(made)
    Publication.objects.bulk_create(made, LOT, ignore_conflicts=True)
    if made:
        record(
            "publications.found",
            by=by,
            target=district,
            on=on,
            count=len(made),
            rows=[one.enterprise_id for one in made][:1000],
        )
    return len(made)


def _candidates(
    row: PublicCandidate, needed: list[str], district: Grid, on: date
) -> dict[int, dict[str, Any]]:
    since = rules.days_back(on, row.days)
    figures = facts_of(needed, known_units(district), since=since, until=on)
    return {
        unit: as_json(figures.of(unit))
        for unit in figures.units
        if rules.is_candidate(row, figures.values(unit))
    }


def _candidate(
    row: PublicCandidate,
    unit: int,
    evidence: dict[str, Any],
    kinds: tuple[str, ...],
    district: Grid,
    on: date,
    by: User,
) -> Publication:
    return Publication(
        enterprise_id=unit,
        district=district,
        list=row.list,
        category=category_of(row, kinds),
        rule=row.key,
        source=row.source or row.clause,
        evidence=evidence,
        found_on=on,
        recorded_by=by,
    )


def _fill(made: list[Publication]) -> None:
    """Take name, code, address and head from the units' files. One query."""
    units = Enterprise.objects.in_bulk([one.enterprise_id for one in made])
    for one in made:
        _snapshot(one, units[one.enterprise_id])


def _snapshot(one: Publication, unit: Enterprise) -> None:
    one.name = unit.name
    one.uscc = unit.uscc or unit.registration_number
    one.address = unit.address or unit.registered_address
    one.head = unit.legal_representative


@transaction.atomic
def begin_publication(
    *,
    enterprise: Enterprise,
    list: str,
    category: str,
    facts: str,
    handling: str,
    by: User,
) -> Publication:
    """Begin with a unit that no rule has found. Raises Refused."""
    open_ = Publication.objects.filter(
        enterprise=enterprise, list=list, category=category
    ).exclude(state__in=[State.REMOVED, State.DROPPED, State.PUBLISHED])
    if open_.exists():
        raise Refused("该单位的同一情形已在办理中，请打开原记录。")
    one = Publication(
        enterprise=enterprise,
        district_id=enterprise.district_id,
        list=list,
        category=category,
        found_on=timezone.localdate(),
        recorded_by=by,
    )
    _snapshot(one, enterprise)
    _write_texts(one, {"facts": facts, "handling": handling})
    one.save()
    record("publication.begun", by=by, target=one, category=category)
    return one


@transaction.atomic
def change_publication(
    *, publication: Publication, edition: int, by: User, **fields: str
) -> Publication:
    """Write what is to be published, until it is proposed. Raises Refused."""
    one = _locked(publication)
    if one.state not in (State.CANDIDATE, State.NOTIFIED, State.OBJECTED):
        raise Refused(f"该记录{one.get_state_display()}，内容不能再修改。")
    if one.edition != edition:
        raise Refused("同事刚才修改过这条记录，请核对最新内容后重新提交。")
    before = {name: getattr(one, name) for name in fields}
    _write_texts(one, fields)
    one.edition += 1
    one.save(update_fields=[*fields, "edition"])
    changed = [name for name in fields if before[name] != fields[name]]
    record("publication.changed", by=by, target=one, fields=changed)
    return one


def _write_texts(one: Publication, fields: Mapping[str, str]) -> None:
    for name, text in fields.items():
        if name not in (*TEXTS, *SNAPSHOT):
            raise TypeError(f"No field of a publication: {name}")
        if name in TEXTS:
            _check_public(one.enterprise, name, text)
        setattr(one, name, text.strip())


def _check_public(unit: Enterprise, name: str, text: str) -> None:
    if rules.private_numbers_in(text):
        raise Refused(
            {name: "文字中有身份证号、手机号或银行卡号，请删去：公布不得涉及个人隐私。"}
        )
    try:
        check_text(unit, text)
    except ValidationError as error:
        raise Refused({name: error.messages[0]}) from error


@transaction.atomic
def notify_unit(*, publication: Publication, on: date, by: User) -> Publication:
    """Note that the unit was told; its days to object begin (T50)."""
    one = _in_state(publication, State.CANDIDATE)
    _require_day(on, one.found_on)
    one.notified_on = on
    one.object_by = due("T50", one.district, on).on
    if one.list == DISHONEST:
        one.decide_by = due("T52", one.district, _ordered_until(one) or on).on
    one.state = State.NOTIFIED
    one.save(update_fields=["notified_on", "object_by", "decide_by", "state"])
    record("publication.notified", by=by, target=one, on=on, due_on=one.object_by)
    return one


def _ordered_until(one: Publication) -> date | None:
    """Return the day by which an order wanted the wages paid."""
    rows = one.evidence.get("wages_unpaid_after_order", {}).get("rows", [])
    days = [date.fromisoformat(row["on"]) for row in rows if row.get("on")]
    return max(days, default=None)


@transaction.atomic
def object_to_publication(
    *, publication: Publication, on: date, text: str, by: User
) -> Publication:
    """Register the unit's objection; it has to be checked in some days (T51)."""
    one = _in_state(publication, State.NOTIFIED)
    if one.objected_on:
        raise Refused("该单位已提出过异议并已核实。")
    _require_day(on, one.notified_on)
    if not text.strip():
        raise Refused({"text": "请写明异议的内容。"})
    one.objected_on, one.objection = on, text.strip()
    one.check_by = due("T51", one.district, on).on
    one.state = State.OBJECTED
    one.save(update_fields=["objected_on", "objection", "check_by", "state"])
    record("publication.objected", by=by, target=one, on=on, due_on=one.check_by)
    return one


@transaction.atomic
def check_objection(
    *, publication: Publication, on: date, upheld: bool, result: str, by: User
) -> Publication:
    """Note what the check of an objection found; an upheld one ends the matter."""
    one = _in_state(publication, State.OBJECTED)
    _require_day(on, one.objected_on)
    if not result.strip():
        raise Refused({"result": "请写明核实的结果。"})
    one.checked_on, one.check_result = on, result.strip()
    one.state = State.DROPPED if upheld else State.NOTIFIED
    if upheld:
        one.dropped_reason = f"异议成立：{one.check_result}"[:400]
    one.save(update_fields=["checked_on", "check_result", "state", "dropped_reason"])
    record("publication.checked", by=by, target=one, on=on, upheld=upheld)
    return one


@transaction.atomic
def propose_publication(*, publication: Publication, on: date, by: User) -> Publication:
    """Put the finished text before whoever approves. Raises Refused."""
    one = _in_state(publication, State.CANDIDATE, State.NOTIFIED)
    _require_day(on, one.notified_on or one.found_on)
    if why := not_to_propose(one, on):
        raise Refused(why)
    for name in TEXTS:
        _check_public(one.enterprise, name, getattr(one, name))
    one.state, one.proposed_by, one.proposed_on = State.PROPOSED, by, on
    one.save(update_fields=["state", "proposed_by", "proposed_on"])
    record("publication.proposed", by=by, target=one, on=on)
    return one


def not_to_propose(one: Publication, on: date) -> str:
    """Return why a publication cannot be put before whoever approves; empty if it can.

    *Source:* 45号令: a listing is told beforehand, and the days to object pass.
    """
    if one.list == DISHONEST and one.state != State.NOTIFIED:
        return "列入失信名单前须先书面告知当事人，请先登记告知。"
    missing = [
        label
        for name, label in (
            ("name", "单位全称"),
            ("address", "地址"),
            ("head", "法定代表人（负责人）"),
            ("facts", "主要违法事实"),
            ("handling", "处理情况"),
        )
        if not getattr(one, name)
    ]
    if missing:
        return f"公布内容还缺{'、'.join(missing)}，请先补全。"
    if one.object_by and on <= one.object_by and not one.checked_on:
        return f"异议期限至 {one.object_by}，期满后才能报批。"
    return ""


@transaction.atomic
def decide_publication(
    *, publication: Publication, approve: bool, reason: str, on: date, by: User
) -> Publication:
    """Approve what another has proposed, or send it back with a reason."""
    one = _in_state(publication, State.PROPOSED)
    if one.proposed_by_id == by.pk:
        raise Refused("报批人不能批准自己的申请，请由另一位负责人批准。")
    _require_day(on, one.proposed_on)
    if approve:
        one.state, one.approved_by, one.approved_on = State.APPROVED, by, on
    else:
        if not reason.strip():
            raise Refused({"reason": "退回时请写明理由。"})
        one.state = State.NOTIFIED if one.notified_on else State.CANDIDATE
        one.proposed_by = one.proposed_on = None
    one.save(
        update_fields=[
            "state",
            "approved_by",
            "approved_on",
            "proposed_by",
            "proposed_on",
        ]
    )
    verb = "publication.approved" if approve else "publication.sent_back"
    record(verb, by=by, target=one, on=on, reason=reason)
    return one


@transaction.atomic
def publish(*, publication: Publication, on: date, by: User) -> Publication:
    """Note the day of publication; a listing ends after some years (T53)."""
    one = _in_state(publication, State.APPROVED)
    _require_day(on, one.approved_on)
    one.state, one.published_on, one.published_by = State.PUBLISHED, on, by
    if one.list == DISHONEST:
        one.ends_on = due("T53", one.district, on).on
    one.save(update_fields=["state", "published_on", "published_by", "ends_on"])
    record("publication.published", by=by, target=one, on=on, until=one.ends_on)
    facts_changed(one.enterprise_id)
    return one


class Ground:
    """Why a unit leaves a list."""

    EXPIRED = "expired"
    EARLY = "early"
    WRONG = "wrong"
    CHOICES = (
        (EXPIRED, "期满移出"),
        (EARLY, "改正满期并作出信用承诺，提前移出"),
        (WRONG, "原处理决定被撤销、变更或公布有误"),
    )


@transaction.atomic
def remove_publication(
    *,
    publication: Publication,
    ground: str,
    note: str,
    on: date,
    by: User,
    corrected_on: date | None = None,
    committed_on: date | None = None,
) -> Publication:
    """Take what was published off the list, with its day and ground.

    *Source:* 45号令: three years, or corrected + six months + commitment (T53, T54).
    """
    one = _in_state(publication, State.PUBLISHED)
    _require_day(on, one.published_on)
    if one.approved_by_id is None:  # the database holds this; a type needs it said
        raise Refused("未经批准的记录不能移出。")
    if ground != Ground.WRONG and one.list != DISHONEST:
        raise Refused("期满和提前移出只适用于失信名单；公布有误的，请选最后一项。")
    if ground == Ground.EXPIRED and (one.ends_on is None or on < one.ends_on):
        raise Refused(f"名单期限至 {one.ends_on or '—'}，还没有期满。")
    if ground == Ground.EARLY:
        months = limit_at("T54", one.district, on).value
        fault = rules.early_removal_fault(
            corrected_on=corrected_on,
            committed_on=committed_on,
            on=on,
            months=months,
        )
        if fault:
            raise Refused(fault)
    if ground == Ground.WRONG and not note.strip():
        raise Refused({"note": "请写明撤销、变更的文书或错误所在。"})
    words = dict(Ground.CHOICES)[ground]
    one.removal_ground = f"{words}：{note.strip()}" if note.strip() else words
    one.corrected_on, one.committed_on = corrected_on, committed_on
    one.removed_on, one.state = on, State.REMOVED
    one.save(
        update_fields=[
            "removal_ground",
            "corrected_on",
            "committed_on",
            "removed_on",
            "state",
        ]
    )
    record("publication.removed", by=by, target=one, on=on, reason=one.removal_ground)
    facts_changed(one.enterprise_id)
    return one


@transaction.atomic
def drop_publication(*, publication: Publication, reason: str, by: User) -> Publication:
    """End the matter without publication, such as when the wages were paid in time."""
    one = _locked(publication)
    if not one.is_open:
        raise Refused(f"该记录{one.get_state_display()}，不能再作不予公布处理。")
    if not reason.strip():
        raise Refused({"reason": "请写明不予公布的理由。"})
    one.state, one.dropped_reason = State.DROPPED, reason.strip()
    one.save(update_fields=["state", "dropped_reason"])
    record("publication.dropped", by=by, target=one, reason=reason)
    return one


@transaction.atomic
def note_export(*, by: User, path: str, rows: int, quarter: str, file: str) -> None:
    """Note that what was published in a quarter left as a file."""
    record(
        "publications.exported",
        by=by,
        target=by,
        path=path,
        count=rows,
        period=quarter,
        file=file,
    )


def _require_day(on: date, earliest: date | None) -> None:
    if on > timezone.localdate():
        raise Refused({"on": "日期不能晚于今天。"})
    if earliest and on < earliest:
        raise Refused({"on": f"日期不能早于上一步的日期 {earliest}。"})


def _in_state(publication: Publication, *states: str) -> Publication:
    one = _locked(publication)
    if one.state not in states:
        raise Refused(
            f"该记录现在{one.get_state_display()}，不能办理这一步，可能同事已经办理。"
        )
    return one


def _locked(publication: Publication) -> Publication:
    rows = Publication.objects.select_for_update(of=["self"])
    return rows.select_related("enterprise__grid", "district__city").get(
        pk=publication.pk
    )
