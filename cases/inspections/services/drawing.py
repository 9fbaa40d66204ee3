"""双随机: units and inspectors drawn by seed; the lists are kept, and each draw."""

from collections import defaultdict
from collections.abc import Collection
from datetime import date

from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone

from cases.inspections.models import Draw, Drawable, InspectionPlan, Kind
from cases.inspections.rules import OverCap
from cases.inspections.services.planning import plan_inspection
from cases.limits import limits_at
from cases.rules import NotAllowed
from cases.team import inspectors_in
from enterprises.models import Enterprise
from gridinspect import draws
from gridinspect.accounts.models import Person, User
from gridinspect.audit.services import record

MOST = 20_000  # entries of a list that is kept


@transaction.atomic
def draw_units(
    *,
    plan: InspectionPlan,
    units: QuerySet[Enterprise],
    wanted: int,
    seed: str,
    by: User,
    excluded: str = "",
    reason: str = "",
) -> Draw:
    """Draw units of a plan and, for each of them, its inspectors; keep both lists.

    The seed should be told beforehand. Drawing again needs a reason; both draws stay.
    """
    plan = InspectionPlan.objects.select_for_update(of=["self"]).get(pk=plan.pk)
    pool = list(units.order_by("pk").values_list("pk", "name")[: MOST + 1])
    persons = list(inspectors_in(plan.district, on=timezone.localdate()))
    times = plan.draws.count()
    pair = limits_at(plan.district).number("team_inspectors")
    _check(plan, len(pool), len(persons), wanted, seed, pair.value, times, reason)
    unit_keys = {unit_key(pk): pk for pk, _ in pool}
    person_keys = {person_key(person.pk): person for person in persons}
    drawn = draws.draw(unit_keys, wanted, seed)
    teams = draws.pairs(drawn, list(person_keys), pair.value, seed)
    chosen = sorted({key for team in teams.values() for key in team})
    made = Draw.objects.create(
        plan=plan,
        number=times + 1,
        seed=seed,
        method=draws.METHOD,
        units_wanted=wanted,
        persons_wanted=pair.value,
        units_hash=draws.pool_hash(unit_keys),
        persons_hash=draws.pool_hash(person_keys),
        excluded=excluded[:200],
        reason=reason.strip()[:200],
        drawn_by=by,
    )
    rank = {key: place for place, key in enumerate(drawn, start=1)}
    Drawable.objects.bulk_create(
        [
            *(
                Drawable(
                    draw=made,
                    enterprise_id=pk,
                    key=unit_key(pk),
                    name=name,
                    rank=rank.get(unit_key(pk)),
                )
                for pk, name in pool
            ),
            *(
                Drawable(
                    draw=made,
                    person=person,
                    key=key,
                    name=person.name,
                    rank=chosen.index(key) + 1 if key in chosen else None,
                )
                for key, person in person_keys.items()
            ),
        ],
        2000,
    )
    record(
        "inspection_plan.drawn",
        by=by,
        target=plan,
        path=plan.grid.path,
        number=made.number,
        seed=seed,
        pool=len(pool),
        drawn=len(drawn),
        reason=reason,
    )
    return made


def _check(
    plan: InspectionPlan,
    pool: int,
    persons: int,
    wanted: int,
    seed: str,
    pair: int,
    times: int,
    reason: str,
) -> None:
    if plan.kind != Kind.RANDOM:
        raise NotAllowed("只有双随机抽查的计划才抽取单位和人员。")
    if plan.state not in (InspectionPlan.State.PROPOSED, InspectionPlan.State.APPROVED):
        raise NotAllowed(f"检查计划{plan.get_state_display()}，不能抽取。")
    if not seed.strip():
        raise NotAllowed("请填写事先公布的种子，例如某日公布的开奖号码。")
    if pool > MOST:
        raise NotAllowed(f"名单超过 {MOST:,} 户，请缩小检查范围后再抽取。")
    if not 0 < wanted <= pool:
        raise NotAllowed(f"名单内有 {pool} 户，抽取户数应在 1 与 {pool} 之间。")
    if persons < pair:
        raise NotAllowed(
            f"本区县持有效监察证的在岗监察员只有 {persons} 名，"
            f"不足 {pair} 名，不能抽取。"
        )
    if times and not reason.strip():
        raise NotAllowed("已经抽取过。重新抽取须写明理由，两次结果都会保留并打印。")


@transaction.atomic
def take_drawn(*, draw: Draw, planned_on: date, by: User) -> tuple[int, list[str]]:
    """Put what was drawn into the plan; return how many, and who is at the cap.

    The latest draw alone counts. Units at their cap are left out and named: going over
    it is nobody's lot.
    """
    plan = draw.plan
    if plan.draws.order_by("-number").values_list("pk", flat=True)[0] != draw.pk:
        raise NotAllowed("只有最近一次抽取的结果可以列入计划。")
    teams = drawn_teams(draw)
    there = set(plan.inspections.standing().values_list("enterprise_id", flat=True))
    taken, at_cap = 0, []
    for unit, team in teams.items():
        if unit.pk in there:
            continue
        try:
            plan_inspection(
                plan=plan,
                enterprise=unit,
                planned_on=planned_on,
                team=team,
                lead=team[0],
                by=by,
            )
        except OverCap:
            at_cap.append(unit.name)
        else:
            taken += 1
    return taken, at_cap


def drawn_teams(draw: Draw) -> dict[Enterprise, list[Person]]:
    """Return the drawn units in the order of the draw, each with its inspectors."""
    persons, ranked = {}, []
    for row in draw.pool.select_related("enterprise__grid", "person"):
        if row.person:
            persons[row.key] = row.person
        elif row.enterprise and row.rank:
            ranked.append((row.rank, row.key, row.enterprise))
    ranked.sort(key=lambda one: one[0])
    keys = [key for _, key, _ in ranked]
    teams = draws.pairs(keys, list(persons), draw.persons_wanted, draw.seed)
    return {unit: [persons[one] for one in teams[key]] for _, key, unit in ranked}


def repeated(draw: Draw) -> bool:
    """Tell whether drawing again from the kept list gives the kept result."""
    rows: dict[bool, list[Drawable]] = defaultdict(list)
    for row in draw.pool.all():
        rows[row.enterprise_id is not None].append(row)
    keys = [row.key for row in rows[True]]
    kept = [row for row in rows[True] if row.rank]
    result = [row.key for row in sorted(kept, key=lambda row: row.rank or 0)]
    return (
        draws.pool_hash(keys) == draw.units_hash
        and draws.pool_hash(row.key for row in rows[False]) == draw.persons_hash
        and draws.draw(keys, draw.units_wanted, draw.seed) == result
    )


def unit_key(pk: int) -> str:
    return f"U{pk}"


def person_key(pk: int) -> str:
    return f"P{pk}"


def key_list(keys: Collection[str]) -> str:
    """Return a list as it is hashed, for whoever wants to repeat it."""
    return "\n".join(sorted(keys))
