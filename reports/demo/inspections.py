"""Inspections of the demonstration, through the real services: 二七 in every state."""

import random
from datetime import date, timedelta

from cases.inspections import services
from cases.inspections.models import Inspection, InspectionPlan
from cases.inspections.rules import TOPICS, Answer
from cases.inspections.services.planning import PlanFields
from enterprises.models import Enterprise
from gridinspect.accounts.models import Person, User
from grids.models import Grid

DISTRICT = "410103"
CLEAN = {key: Answer("yes") for key in TOPICS if key not in ("children", "agencies")}
FOUND = CLEAN | {"wages": Answer("finding", "2名职工加班工资未足额支付。")}


def build_inspections(*, today: date) -> int:
    """Make plans, a draw and inspections; return how many inspections."""
    dice = random.Random(771)
    district = Grid.objects.select_related("city").get(code=DISTRICT)
    units = list(
        Enterprise.objects.filter(
            district=district, status="open", grid__kind__in=["community", "village"]
        )
        .select_related("grid", "district__city")
        .order_by("-pk")[:30]
    )
    by, leader = _user("eq_inspector"), _user("eq_leader")
    team = list(Person.objects.filter(user__username__startswith="eq_inspector"))
    daily = _plan(
        district, "餐饮住宿业日常巡视检查", "daily", today=today, by=by, leader=leader
    )
    for number, ago in enumerate((52, 45, 38, 30, 24, 4)):
        _course(daily, units[number], today, ago, number, team, by=by)
    for number in (6, 7, 8):  # planned for these days
        day = today + timedelta(days=dice.randrange(0, 3))
        _put(daily, units[number], day, team, by=by)
    campaign = _plan(
        district,
        "农民工工资支付专项检查",
        "campaign",
        today=today,
        by=by,
        leader=leader,
    )
    _put(
        campaign,
        units[0],
        today + timedelta(days=6),
        team,
        by=by,
        override_reason="上次检查后仍有欠薪线索，需复查工资支付情况。",
    )
    _put(campaign, units[9], today + timedelta(days=5), team, by=by)
    drawn = _plan(
        district,
        "劳动用工双随机抽查",
        "random",
        today=today,
        by=by,
        leader=leader,
    )
    made = services.draw_units(
        plan=drawn,
        units=Enterprise.objects.within(district).filter(unit_kind="company").known(),
        wanted=6,
        seed=f"{today:%Y%m%d}",
        excluded="类型限于企业",
        by=by,
    )
    services.take_drawn(draw=made, planned_on=today + timedelta(days=9), by=by)
    services.propose_plan(
        grid=district,
        fields=_fields("欠薪投诉专查", "targeted", today, ground="complaint"),
        by=by,
    )
    return Inspection.objects.filter(district=district).count()


def _user(username: str) -> User:
    return User.objects.select_related("person").get(username=username)


def _fields(name: str, kind: str, today: date, ground: str = "") -> PlanFields:
    return PlanFields(
        name=f"{today.year}年{name}",
        kind=kind,
        scope="辖区内有关用人单位",
        topics=("contracts", "hours", "wages", "insurance"),
        begins_on=today - timedelta(days=60),
        ends_on=today + timedelta(days=30),
        ground=ground,
    )


def _plan(
    district: Grid, name: str, kind: str, *, today: date, by: User, leader: User
) -> InspectionPlan:
    plan = services.propose_plan(
        grid=district, fields=_fields(name, kind, today), by=by
    )
    services.approve_plan(plan=plan, on=today - timedelta(days=58), by=leader)
    plan.refresh_from_db()
    return plan


def _put(
    plan: InspectionPlan,
    unit: Enterprise,
    day: date,
    team: list[Person],
    *,
    by: User,
    override_reason: str = "",
) -> Inspection:
    return services.plan_inspection(
        plan=plan,
        enterprise=unit,
        planned_on=day,
        team=team,
        lead=team[0],
        override_reason=override_reason,
        by=by,
    )


def _course(
    plan: InspectionPlan,
    unit: Enterprise,
    today: date,
    ago: int,
    number: int,
    team: list[Person],
    *,
    by: User,
) -> None:
    """Carry one inspection through; the last two wait for their result."""
    day = today - timedelta(days=ago)
    inspection = _put(plan, unit, day, team, by=by)
    services.issue_notice(inspection=inspection, on=day - timedelta(days=3), by=by)
    found = number in (1, 4, 5)
    services.record_inspection(
        inspection=inspection,
        on=day,
        answers=FOUND if found else CLEAN,
        facts="抽查职工名册、劳动合同和近三个月工资支付表。"
        + ("2名职工加班工资未足额支付。" if found else "未发现违法行为。"),
        place=unit.address,
        representative=unit.contact_name,
        representative_post="经办人",
        by=by,
    )
    if number > 3:
        return
    services.conclude(
        inspection=inspection,
        outcome="correction" if found else "clean",
        words="2名职工加班工资未足额支付。" if found else "本次检查未发现违法行为。",
        cause="涉嫌未足额支付加班工资" if found else "",
        demands="足额支付2名职工加班工资。" if found else "",
        correct_by=day + timedelta(days=15) if found else None,
        on=day + timedelta(days=4),
        by=by,
    )
