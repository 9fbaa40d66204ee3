"""Complaints, reports and cases of the demonstration, through the real services."""

import random
from datetime import date, timedelta

from cases.models import Case, Matter
from cases.services.course import close_case, end_investigation
from cases.services.filing import file_case
from cases.services.intake import accept_matter, register_matter
from enterprises.models import Enterprise
from gridinspect.accounts.models import Person, User

WORRIES = [
    ("拖欠工资两个月未发", "要求支付拖欠的工资"),
    ("未签订书面劳动合同", "要求补签劳动合同"),
    ("未依法缴纳社会保险费", "要求补缴社会保险费"),
    ("安排加班未支付加班工资", "要求支付加班工资"),
    ("收取入职押金不予退还", "要求退还押金"),
]
SETTLED = 34  # closed cases spread over the year
RUNNING = 9  # open cases, from nearly due to fresh


def build_cases(*, today: date) -> None:
    """Make closed and running cases in 二七, and complaints that wait for intake."""
    dice = random.Random(770)
    units = list(
        Enterprise.objects.filter(
            district__code="410103",
            status=Enterprise.Status.OPEN,
            grid__kind__in=["community", "village"],
        ).select_related("grid", "district__city")[:90]
    )
    team = list(Person.objects.filter(user__username__startswith="eq_inspector"))
    intake, by = _user("eq_intake"), _user("eq_inspector")
    year_days = max(40, (today - date(today.year, 1, 1)).days)
    for number in range(SETTLED):
        filed = today - timedelta(days=dice.randrange(35, year_days + 30))
        case = _case(units[number], team, filed, dice, by=by)
        _settle(case, dice, today, by=by)
    for number in range(RUNNING):
        filed = today - timedelta(days=3 + number * 3)
        _case(units[SETTLED + number], team, filed, dice, by=by)
    for number in range(8):
        _matter(units[60 + number], today - timedelta(days=number), dice, by=intake)
    accepted = _matter(units[75], today - timedelta(days=2), dice, by=intake)
    accept_matter(matter=accepted, on=today - timedelta(days=1), by=intake)


def _user(username: str) -> User:
    return User.objects.select_related("person").get(username=username)


def _case(
    unit: Enterprise,
    team: list[Person],
    filed: date,
    dice: random.Random,
    *,
    by: User,
) -> Case:
    cause, _ = dice.choice(WORRIES)
    return file_case(
        enterprise=unit,
        source=dice.choice([Case.Source.PATROL, Case.Source.CAMPAIGN]),
        cause=f"涉嫌{cause}",
        team=team,
        lead=team[0],
        filed_on=filed,
        by=by,
    )


def _settle(case: Case, dice: random.Random, today: date, *, by: User) -> None:
    """End and close a case, mostly in time."""
    days = dice.randrange(12, 26) if dice.random() < 0.9 else 34
    ended = min(today, case.filed_on + timedelta(days=days))
    end_investigation(case=case, on=ended, by=by)
    close_case(
        case=case,
        outcome=dice.choice([Case.Outcome.HANDLING, Case.Outcome.REVOKED]),
        note="单位已按要求改正。",
        on=min(today, ended + timedelta(days=dice.randrange(1, 9))),
        by=by,
    )


def _matter(unit: Enterprise, day: date, dice: random.Random, *, by: User) -> Matter:
    facts, demands = dice.choice(WORRIES)
    is_report = dice.random() < 0.3
    return register_matter(
        kind=Matter.Kind.REPORT if is_report else Matter.Kind.COMPLAINT,
        grid=unit.grid,
        enterprise=unit,
        respondent_name=unit.name,
        respondent_address=unit.address,
        received_on=day,
        channel=dice.choice([Matter.Channel.VISIT, Matter.Channel.HOTLINE_12345]),
        facts=f"该单位{facts}。",
        demands=demands,
        identity={
            "is_anonymous": is_report,
            "name": "" if is_report else "林小北",
            "id_number": "",
            "phone": "" if is_report else "19900019999",
            "address": "",
        },
        by=by,
    )
