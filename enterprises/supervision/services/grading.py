"""The yearly grades: proposed from facts, reviewed, approved by another, corrected."""

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from datetime import date, timedelta
from typing import Any

from django.db import transaction
from django.utils import timezone

from enterprises.models import Enterprise
from enterprises.supervision import rules
from enterprises.supervision.facts import (
    Units,
    as_json,
    facts_of,
    known_keys,
)
from enterprises.supervision.models import GradeRound, Rating
from enterprises.supervision.services.keys import refresh_key_units
from enterprises.supervision.services.schemes import (
    Refused,
    Scheme,
    every_scheme,
    scheme_named,
)
from gridinspect.accounts.models import User
from gridinspect.audit.services import record
from gridinspect.jobs.models import Job
from gridinspect.jobs.services import enqueue
from gridinspect.workdays.rules import months_later
from grids.models import Grid

JOB = "grades.compute"
LOT = 2000  # ratings that are written at once
FIRST_YEAR = 2000


def facts_to_keep() -> list[str]:
    """Return every fact that any scheme asks for, so that each can be replayed."""
    return rules.facts_needed(row for one in every_scheme() for row in one.criteria)


def units_of_year(district: Grid, year: int) -> Units:
    """Return the units graded for a year: known by its end, and still there."""
    _, last = rules.year_of(year)
    return Enterprise.objects.filter(district=district, known_since__lte=last).known()


def proposals(
    scheme: Scheme, values: Mapping[int, Mapping[str, int]], known: Iterable[str]
) -> dict[int, rules.Proposal]:
    """Return the grade that each unit's facts lead to under a scheme. Pure."""
    known = frozenset(known)
    return {
        unit: rules.propose(
            facts,
            scheme=scheme.scheme,
            grades=scheme.grades,
            criteria=scheme.criteria,
            known=known,
        )
        for unit, facts in values.items()
    }


# --- the round of a year --------------------------------------------------------------


@transaction.atomic
def start_round(*, district: Grid, year: int, scheme: Scheme, by: User) -> GradeRound:
    """Begin to grade a district's units for a year; a job works the grades out.

    Raises Refused for a year that is not over, or one that has a round.
    """
    today = timezone.localdate()
    if not FIRST_YEAR <= year < today.year:
        raise Refused(
            {"year": f"只能评定已经结束的年度（{FIRST_YEAR} 至 {today.year - 1} 年）。"}
        )
    Grid.objects.select_for_update(of=["self"]).get(pk=district.pk)
    if GradeRound.objects.filter(district=district, year=year).exists():
        raise Refused(f"“{district}”{year} 年度已有评定批次，请打开原批次办理。")
    round_ = GradeRound.objects.create(
        district=district,
        year=year,
        policy=scheme.policy,
        scheme=scheme.scheme.key,
        scheme_name=scheme.scheme.name,
        started_by=by,
    )
    record("grades.started", by=by, target=round_, scheme=scheme.name)
    _enqueue(round_, by)
    return round_


@transaction.atomic
def recompute(*, round_: GradeRound, by: User) -> Job:
    """Work the proposals out again; grades that a person adjusted stay adjusted."""
    round_ = locked_round(round_)
    if round_.state != GradeRound.State.REVIEW:
        raise Refused(f"批次{round_.get_state_display()}，现在不能重新计算。")
    round_.state = GradeRound.State.COMPUTING
    round_.save(update_fields=["state"])
    record("grades.recomputed", by=by, target=round_)
    return _enqueue(round_, by)


def _enqueue(round_: GradeRound, by: User) -> Job:
    return enqueue(
        JOB,
        by=by,
        title=f"计算{round_}",
        path=round_.district.path,
        params={"round": round_.pk},
    )


def scheme_of(round_: GradeRound) -> Scheme:
    """Return the scheme of a round, in the version that it began with."""
    found = scheme_named(
        f"{round_.policy.slug}/{round_.scheme}@{round_.policy.version}"
    )
    if found is None:  # a loaded version is never changed or removed
        raise Refused(f"没有找到评价办法 {round_.scheme}，请重新载入政策。")
    return found


@dataclass(frozen=True)
class Worked:
    """What was worked out for a round, before anything is written."""

    scheme: Scheme
    facts: dict[int, dict[str, Any]]
    proposals: dict[int, rules.Proposal]
    known: list[str]


def work_out(round_: GradeRound) -> Worked:
    """Work out the proposals of a round, with the facts to keep. Writes nothing."""
    scheme = scheme_of(round_)
    first, last = rules.year_of(round_.year)
    units = units_of_year(round_.district, round_.year)
    figures = facts_of(facts_to_keep(), units, since=first, until=last)
    keys = list(units.order_by("pk").values_list("pk", flat=True))
    known = sorted(known_keys())
    values = {unit: figures.values(unit) for unit in keys}
    return Worked(
        scheme,
        {unit: as_json(figures.of(unit)) for unit in keys},
        proposals(scheme, values, known),
        known,
    )


@transaction.atomic
def write_proposals(*, round_: GradeRound, worked: Worked, by: User) -> dict[str, int]:
    """Put what was worked out into the round; adjusted grades keep grade and reason."""
    round_ = locked_round(round_)
    if round_.state == GradeRound.State.APPROVED:
        raise Refused("批次已经批准，不能再写入建议等级。")
    ratings = Rating.objects.filter(round=round_)
    adjusted = {one.enterprise_id: one for one in ratings.exclude(reason="")}
    ratings.filter(reason="").delete()
    made: list[Rating] = []
    changed: list[Rating] = []
    for unit, proposal in worked.proposals.items():
        old = adjusted.pop(unit, None)
        rating = old or Rating(
            round=round_,
            enterprise_id=unit,
            district_id=round_.district_id,
            year=round_.year,
            prepared_by_id=round_.started_by_id,
        )
        rating.proposed = proposal.grade
        rating.points = proposal.points
        rating.decided = [asdict(reason) for reason in proposal.decided]
        rating.facts = worked.facts[unit]
        if old is None:
            give(rating, proposal.grade, worked.scheme)
        (changed if old else made).append(rating)
    ratings.filter(pk__in=[one.pk for one in adjusted.values()]).delete()  # unit gone
    Rating.objects.bulk_create(made, LOT)
    fields = ["proposed", "points", "decided", "facts"]
    Rating.objects.bulk_update(changed, fields, LOT)
    round_.state = GradeRound.State.REVIEW
    round_.known_facts = worked.known
    round_.computed_at = timezone.now()
    round_.save(update_fields=["state", "known_facts", "computed_at"])
    counts: dict[str, int] = {}
    for one in [*made, *changed]:
        counts[one.grade] = counts.get(one.grade, 0) + 1
    record("grades.computed", by=by, target=round_, counts=counts)
    return counts


def give(rating: Rating, grade: str, scheme: Scheme) -> None:
    """Give a rating a grade of a scheme, with what follows from it. Raises Refused."""
    found = scheme.grade(grade)
    if found is None:
        raise Refused({"grade": f"“{scheme.scheme.name}”没有 {grade} 这一等级。"})
    rating.grade = grade
    rating.is_key, rating.visits_max = found.is_key, found.visits_max


@transaction.atomic
def adjust(
    *, rating: Rating, grade: str, reason: str, edition: int, by: User
) -> Rating:
    """Give a unit another grade than the facts propose, with a reason.

    Giving it the proposed one again takes the adjustment back. Raises Refused.
    """
    rating = locked_rating(rating)
    round_ = rating.round
    if round_.state != GradeRound.State.REVIEW:
        raise Refused(f"批次{round_.get_state_display()}，等级只能通过异议更正。")
    if rating.edition != edition:
        raise Refused(
            f"同事刚才已把该单位改为 {rating.grade} 级"
            f"（{rating.reason or '按事实'}），请核对后重新提交。"
        )
    if grade != rating.proposed and not reason.strip():
        raise Refused({"reason": "与建议等级不同时，请写明调整的理由和依据。"})
    before = rating.grade
    give(rating, grade, scheme_of(round_))
    rating.reason = reason.strip() if grade != rating.proposed else ""
    rating.prepared_by = by
    rating.edition += 1
    rating.save(
        update_fields=[
            "grade",
            "is_key",
            "visits_max",
            "reason",
            "prepared_by",
            "edition",
        ]
    )
    record(
        "grade.adjusted",
        by=by,
        target=rating.enterprise,
        before=before,
        after=grade,
        reason=rating.reason,
    )
    return rating


@transaction.atomic
def approve_round(*, round_: GradeRound, on: date, by: User) -> int:
    """Approve the grades of a round: another than who started it or adjusted any.

    They hold from that day; return how many. Raises Refused.
    """
    round_ = locked_round(round_)
    if round_.state != GradeRound.State.REVIEW:
        raise Refused(f"批次{round_.get_state_display()}，不能批准。")
    if round_.computed_at and on < timezone.localdate(round_.computed_at):
        raise Refused({"on": "批准日期不能早于计算日期。"})
    if on > timezone.localdate():
        raise Refused({"on": "批准日期不能晚于今天。"})
    ratings = Rating.objects.filter(round=round_)
    if round_.started_by_id == by.pk or ratings.filter(prepared_by=by).exists():
        raise Refused("发起批次或调整过等级的人不能批准，请由另一位负责人批准。")
    scheme = scheme_of(round_)
    months = scheme.scheme.valid_months
    count = ratings.update(
        approved_by=by,
        approved_on=on,
        valid_from=on,
        valid_until=months_later(on, months) - timedelta(days=1),
    )
    round_.state = GradeRound.State.APPROVED
    round_.approved_by, round_.approved_on = by, on
    round_.save(update_fields=["state", "approved_by", "approved_on"])
    record("grades.approved", by=by, target=round_, on=on, count=count)
    refresh_key_units(district=round_.district, on=timezone.localdate(), by=by)
    return count


@transaction.atomic
def publish_round(*, round_: GradeRound, on: date, by: User) -> int:
    """Make public the grades that the scheme lets be published; return how many.

    Not before every such unit was told and its days to object are over.
    """
    round_ = locked_round(round_)
    if round_.state != GradeRound.State.APPROVED:
        raise Refused("批次尚未批准，不能公布。")
    if round_.published_on:
        raise Refused(f"该批次已于 {round_.published_on} 公布。")
    if not round_.approved_on or not round_.approved_on <= on <= timezone.localdate():
        raise Refused({"on": "公布日期应在批准日期与今天之间。"})
    keys = [one.key for one in scheme_of(round_).grades if one.published]
    ratings = Rating.objects.filter(round=round_, grade__in=keys).standing()
    untold = ratings.filter(notified_on=None).count()
    if untold:
        raise Refused(f"还有 {untold} 户未告知等级，请先出具告知书并登记送达。")
    waiting = ratings.filter(object_by__gte=on).count()
    objected = ratings.filter(objections__decided_on=None, objections__isnull=False)
    if waiting or objected.exists():
        raise Refused(
            f"还有 {waiting} 户在异议期内、{objected.count()} 户的异议没有答复，"
            "期满并答复后再公布。"
        )
    count = ratings.update(published_on=on)
    round_.published_on, round_.published_by = on, by
    round_.save(update_fields=["published_on", "published_by"])
    record("grades.published", by=by, target=round_, on=on, count=count)
    return count


def locked_round(round_: GradeRound) -> GradeRound:
    """Return the round as it is now, held until the act is done."""
    rows = GradeRound.objects.select_for_update(of=["self"])
    return rows.select_related("district__city", "policy").get(pk=round_.pk)


def locked_rating(rating: Rating) -> Rating:
    """Return the rating as it is now, held until the act is done."""
    rows = Rating.objects.select_for_update(of=["self"]).select_related(
        "round__policy", "round__district", "enterprise__grid"
    )
    return rows.select_related("enterprise__district__city").get(pk=rating.pk)
