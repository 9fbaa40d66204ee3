"""Rosters, filings and papers of some made-up units of each district."""

import random
from datetime import date, timedelta
from decimal import Decimal

from enterprises.models import Enterprise
from enterprises.workforce.limits import Event, FilingLaw
from enterprises.workforce.models import (
    Agreement,
    Contract,
    Filing,
    PayrollReturn,
    Worker,
)
from enterprises.workforce.rules import INSURANCES, is_late
from gridinspect.accounts.models import User
from gridinspect.workdays.rules import months_later
from grids.models import Grid
from reports.demo.people import People

SEED = 79
UNITS = {"410103": 26}  # 二七区 has more, so that its lists have pages
USUAL = 6
POSTS = ["装配工", "服务员", "保安", "销售", "收银员", "焊工", "司机", "文员", "厨师"]
ONE_DAY = timedelta(days=1)


def build_workforce(*, today: date) -> int:
    """Give some units of every district a roster; return the number of workers."""
    dice, people = random.Random(SEED), People(SEED)
    law, by = FilingLaw(), User.objects.system()
    total = 0
    for district in Grid.objects.roots().select_related("city").order_by("code"):
        units = Enterprise.objects.filter(
            district=district, status="open", headcount__range=(6, 60)
        ).order_by("pk")[: UNITS.get(district.code, USUAL)]
        for unit in units:
            total += _roster(unit, district, dice, people, law, today, by)
            _papers(unit, dice, today, by)
    return total


def _roster(
    unit: Enterprise,
    district: Grid,
    dice: random.Random,
    people: People,
    law: FilingLaw,
    today: date,
    by: User,
) -> int:
    first = _filing(unit, today - timedelta(days=dice.randrange(300, 500)), by)
    second = _filing(unit, today - timedelta(days=dice.randrange(20, 70)), by)
    second.kind = Filing.Kind.CHANGE
    first.save()
    second.save()
    made = [
        _worker(unit, dice, people, today, by, (first, second))
        for _ in range(min(unit.headcount or 6, 30) + 2)
    ]
    _let_go(made, dice, today)
    Worker.objects.bulk_create(made, 500)
    Contract.objects.bulk_create(
        contract
        for worker in made
        if (contract := _contract(worker, dice, today)) is not None
    )
    for filing in (first, second):
        _count(filing, made, law, district)
    return len(made)


def _count(filing: Filing, made: list[Worker], law: FilingLaw, district: Grid) -> None:
    """Set what a filing says of its persons; one without any is not kept."""
    filed = [worker for worker in made if worker.hire_filing_id == filing.pk]
    if not filed:
        filing.delete()
        return
    dues = [law.due(Event.HIRED, worker.since, district).on for worker in filed]
    filing.person_count, filing.due_on = len(filed), min(dues)
    filing.late_count = sum(is_late(filing.filed_on, due) for due in dues)
    filing.save()


def _filing(unit: Enterprise, day: date, by: User) -> Filing:
    return Filing(
        enterprise=unit,
        district_id=unit.district_id,
        kind=Filing.Kind.FIRST,
        number=f"备{day:%Y%m}{unit.pk:05}",
        filed_on=day,
        recorded_by=by,
    )


def _worker(
    unit: Enterprise,
    dice: random.Random,
    people: People,
    today: date,
    by: User,
    filings: tuple[Filing, Filing],
) -> Worker:
    person, facts = people.make()
    since = today - timedelta(days=dice.randrange(5, 900))
    rural = dice.random() < 0.55
    worker = Worker(
        enterprise=unit,
        district_id=unit.district_id,
        name=person.name,
        gender=facts["gender"],
        birth_date=facts["birth_date"],
        phone=f"1990002{dice.randrange(10**4):04}",
        household_address="河南省郑州市二七区示范路1号" if rural else "",
        employment_form="part_time" if dice.random() < 0.06 else "full_time",
        since=since,
        household_kind="rural" if rural else "urban",
        category="migrant" if rural else "urban",
        post=dice.choice(POSTS),
        wage=Decimal(dice.randrange(2300, 8200, 100)),
        insurances=",".join(INSURANCES) if dice.random() < 0.8 else "none",
        is_special_trade=False,
        recorded_by=by,
    )
    worker.set_id_number(person.id_number)
    first, second = filings
    if since <= first.filed_on:
        worker.hire_filing_id = first.pk
    elif since <= second.filed_on and dice.random() < 0.93:
        worker.hire_filing_id = second.pk
    return worker


def _let_go(made: list[Worker], dice: random.Random, today: date) -> None:
    """Let a few leave; most of these endings were not filed yet."""
    for worker in made[: max(2, len(made) // 8)]:
        until = today - timedelta(days=dice.randrange(1, 60))
        if worker.since < until:
            worker.until = until
            worker.ending = dice.choice(["dissolved", "dissolved", "expired"])


def _contract(worker: Worker, dice: random.Random, today: date) -> Contract | None:
    if worker.employment_form != "full_time" or dice.random() < 0.09:
        return None
    if dice.random() < 0.08:
        return Contract(
            worker=worker,
            kind="open",
            begins_on=worker.since,
            filing_id=worker.hire_filing_id,
        )
    years = dice.choice([1, 2, 3, 3])
    ends = months_later(worker.since, 12 * years) - ONE_DAY
    if ends < today and dice.random() < 0.8:
        ends = months_later(worker.since, 12 * 4) - ONE_DAY
    return Contract(
        worker=worker,
        kind="fixed",
        begins_on=worker.since,
        ends_on=ends,
        signed_on=worker.since,
        filing_id=worker.hire_filing_id,
    )


def _papers(unit: Enterprise, dice: random.Random, today: date, by: User) -> None:
    common = {"enterprise": unit, "district_id": unit.district_id, "recorded_by": by}
    if dice.random() < 0.5:
        begins = today - timedelta(days=dice.randrange(200, 1080))
        Agreement.objects.create(
            kind=Agreement.Kind.COLLECTIVE,
            number=f"集备{begins.year}-{unit.pk:04}",
            covered=unit.headcount,
            signed_on=begins,
            filed_on=begins + timedelta(days=dice.choice([5, 8, 20])),
            due_on=begins + timedelta(days=10),
            begins_on=begins,
            ends_on=months_later(begins, 36) - ONE_DAY,
            **common,
        )
    if dice.random() < 0.35:
        begins = today - timedelta(days=dice.randrange(40, 360))
        Agreement.objects.create(
            kind=dice.choice([Agreement.Kind.CYCLE, Agreement.Kind.FLEXIBLE]),
            number=f"特时〔{begins.year}〕{unit.pk}号",
            posts="销售、外勤、司机",
            covered=max(1, (unit.headcount or 6) // 4),
            filed_on=begins,
            begins_on=begins,
            ends_on=months_later(begins, 12) - ONE_DAY,
            **common,
        )
    people = unit.headcount or 6
    PayrollReturn.objects.create(
        kind=PayrollReturn.Kind.FUND,
        year=today.year,
        people=people,
        total=people * 12 * dice.randrange(3200, 6400, 100),
        number=f"资核〔{today.year}〕{unit.pk}号",
        filed_on=date(today.year, 1, 20),
        **common,
    )
