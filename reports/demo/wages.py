"""Made-up wages, insurance, building projects, and people who watch inside units."""

import random
from collections.abc import Sequence
from datetime import date, timedelta
from decimal import Decimal

from django.db import transaction
from django.utils import timezone

from enterprises.models import Enterprise
from enterprises.wages.models import (
    AccountBalance,
    Arrears,
    EnterpriseAssistant,
    InsuranceMonth,
    Project,
    ProjectCheck,
    Repayment,
    SelfReport,
    Subcontractor,
    WageClass,
    WagePayment,
    WageWarning,
)
from enterprises.wages.models.ledger import Insurance
from gridinspect.accounts.models import Person, User
from gridinspect.accounts.roles import INSPECTORS
from gridinspect.workdays.rules import months_later
from grids.models import Grid, Posting
from reports.demo.accounts import INSIDE, PASSWORD
from reports.demo.people import People

SEED = 79
CLASSES = {"410103": 1, "410108": 1}
PROJECTS = 6  # of a district, at units of the building trade as far as there are
WITH_LEDGER = 12  # units of a district whose pay cycles are known
NAMES = ("安置房", "道路改造", "学校扩建", "物流园", "人才公寓", "管网更新")


@transaction.atomic
def build_wages(*, people: People, today: date) -> None:
    """Give districts of 郑州 arrears, ledgers, projects; one unit a person inside."""
    by = User.objects.system()
    for code, number in CLASSES.items():
        district = Grid.objects.get(code=code)
        dice = random.Random(f"{SEED}{code}")
        WageClass.objects.create(
            district=district,
            number=number,
            since=date(2024, 1, 1),
            document="河南省最低工资标准（演示，待核实）",
            recorded_by=by,
        )
        units = list(
            Enterprise.objects.filter(district=district, status="open")
            .select_related("grid")
            .order_by("pk")
        )
        dice.shuffle(units)
        _arrears(units[:14], district, dice, today, by)
        _ledgers(units[8 : 8 + WITH_LEDGER], district, dice, today, by)
        builders = sorted(units, key=lambda unit: not unit.industry.startswith("E"))
        _projects(builders[:PROJECTS], district, dice, today, by)
        if code == "410103":
            _inside(units[8], district, people, today, by)


def _month(today: date, back: int) -> date:
    return months_later(today.replace(day=1), -back)


def _arrears(
    units: Sequence[Enterprise],
    district: Grid,
    dice: random.Random,
    today: date,
    by: User,
) -> None:
    kinds = ["wages"] * 9 + ["pension", "pension", "injury", "medical", "pension"]
    sources = ["survey", "visit", "complaint", "self_report", "list"]
    rows = []
    for unit, kind in zip(units, kinds, strict=True):
        last = dice.randrange(1, 6)
        length = dice.choice([1, 1, 2, 3, 4])
        persons = dice.randrange(2, 30)
        month_to = _month(today, last)
        rows.append(
            Arrears(
                enterprise=unit,
                district=district,
                kind=kind,
                month_from=months_later(month_to, 1 - length),
                month_to=month_to,
                amount=persons * length * dice.randrange(2, 6) * 1000,
                persons=persons,
                source="list" if kind != "wages" else dice.choice(sources),
                found_on=months_later(month_to, 1) + timedelta(days=dice.randrange(9)),
                note="（演示数据）",
                recorded_by=by,
            )
        )
    Arrears.objects.bulk_create(rows)
    for row in rows[::3]:  # a third is partly repaid, one of these wholly
        paid_on = min(today, row.found_on + timedelta(days=10))
        whole = row is rows[3]
        Repayment.objects.create(
            arrears=row,
            paid_on=paid_on,
            amount=row.amount if whole else Decimal(row.amount) / 4,
            recorded_by=by,
        )
        if whole:
            row.settled_on, row.settlement = paid_on, "全部补发（补缴）"
            row.save(update_fields=["settled_on", "settlement"])


def _ledgers(
    units: Sequence[Enterprise],
    district: Grid,
    dice: random.Random,
    today: date,
    by: User,
) -> None:
    cycles, months = [], []
    for unit in units:
        persons = unit.headcount or dice.randrange(3, 40)
        for back in range(1, 7):
            month = _month(today, back)
            payable = persons * dice.randrange(3200, 5600)
            late = dice.random() < 0.15
            due = months_later(month, 1).replace(day=15)
            unpaid = back == 1 and late
            cycles.append(
                WagePayment(
                    enterprise=unit,
                    district=district,
                    cycle_from=month,
                    cycle_to=months_later(month, 1) - timedelta(days=1),
                    due_on=due,
                    paid_on=None
                    if unpaid
                    else min(today, due + timedelta(days=12 if late else 0)),
                    payable=payable,
                    paid=0 if unpaid else payable,
                    persons=persons,
                    below_minimum=dice.choice([0, 0, 0, 0, 1]) if persons else 0,
                    recorded_by=by,
                )
            )
        month = _month(today, 1)
        for insurance in Insurance.values:
            insured = persons - (dice.randrange(persons) // 4 if persons else 0)
            months.append(
                InsuranceMonth(
                    enterprise=unit,
                    district=district,
                    month=month,
                    insurance=insurance,
                    due=persons,
                    insured=insured,
                    base=persons * 3600,
                    recorded_by=by,
                )
            )
    WagePayment.objects.bulk_create(cycles)
    InsuranceMonth.objects.bulk_create(months)


def _projects(
    contractors: Sequence[Enterprise],
    district: Grid,
    dice: random.Random,
    today: date,
    by: User,
) -> None:
    inspector = Person.objects.filter(
        pk__in=Posting.objects.current()
        .filter(grid__path__startswith=district.path, role__in=INSPECTORS)
        .values("person")
    ).order_by("pk")[0]
    for number, unit in enumerate(contractors):
        begun = today - timedelta(days=dice.randrange(120, 500))
        finished = number == 4
        project = Project.objects.create(
            district=district,
            grid=unit.grid,
            name=f"{unit.grid.name.removesuffix('社区')}{NAMES[number]}工程",
            address=unit.address,
            builder=f"{district.name}城建投资有限公司（演示）",
            contractor=unit,
            contractor_name=unit.name,
            price=dice.randrange(8, 90) * 1_000_000,
            started_on=begun,
            planned_end=begun + timedelta(days=700),
            finished_on=today - timedelta(days=50) if finished else None,
            publicised_on=today - timedelta(days=45) if finished else None,
            manager=unit.legal_representative,
            wage_officer="" if number == 1 else unit.contact_name,
            wage_officer_phone=f"1990002{dice.randrange(10**4):04}",
            roster=dice.randrange(30, 240),
            cost_cycle=2 if number == 2 else 1,
            bank="中原示范银行",
            account_number=f"62220000{dice.randrange(10**8):08}",
            account_opened_on=None if number == 3 else begun + timedelta(days=10),
            deposit="" if number == 5 else "bank",
            deposit_amount=None if number == 5 else 2_000_000,
            deposit_until=None if number == 5 else today + timedelta(days=200),
            recorded_by=by,
        )
        Subcontractor.objects.create(
            project=project, name=f"第{number + 1}劳务有限公司（演示）", since=begun
        )
        if project.account_opened_on:
            AccountBalance.objects.bulk_create(
                AccountBalance(
                    project=project,
                    on=_month(today, back) + timedelta(days=9),
                    balance=0
                    if number == 0 and back < 2
                    else dice.randrange(20, 300) * 10_000,
                    recorded_by=by,
                )
                for back in range(4)
                if project.account_opened_on
                <= _month(today, back) + timedelta(days=9)
                <= today
            )
        if number == 1:
            continue  # nobody has been there yet
        ProjectCheck.objects.bulk_create(
            ProjectCheck(
                project=project,
                item=item,
                result="failed" if (number, item) == (0, "notice") else "met",
                finding="没有设置维权信息告示牌"
                if (number, item) == (0, "notice")
                else "",
                checked_on=today - timedelta(days=20),
                checked_by=inspector,
                recorded_by=by,
            )
            for item in ProjectCheck.Item.values
        )


def _inside(
    unit: Enterprise, district: Grid, people: People, today: date, by: User
) -> None:
    """Appoint the person of the account eq_enterprise, with what came from inside."""
    person, _ = people.make()
    person.name = INSIDE.name
    person.save()
    user = User.objects.create_user(
        INSIDE.username, PASSWORD, person=person, is_demo=True
    )
    EnterpriseAssistant.objects.create(
        person=person,
        enterprise=unit,
        since=today - timedelta(days=200),
        union_post="工会委员",
        appointed_by=f"{district.name}人力资源和社会保障局",
        recorded_by=by,
    )
    common = {"enterprise": unit, "district": district, "reported_by": user}
    WageWarning.objects.create(
        **common,
        reported_on=today - timedelta(days=3),
        month_from=_month(today, 1),
        month_to=_month(today, 1),
        persons=6,
        amount=25_000,
        facts="上月工资到期未发，负责人称回款后发放",
        union_due_on=today + timedelta(days=4),
    )
    WageWarning.objects.create(
        **common,
        reported_on=today - timedelta(days=30),
        month_from=_month(today, 3),
        month_to=_month(today, 2),
        persons=4,
        amount=18_000,
        facts="两个月加班费未结算",
        union_due_on=today - timedelta(days=23),
        union_acted_on=today - timedelta(days=25),
        union_action="与负责人协商两次，未能约定发放日期",
        state="bureau",
        escalated_on=today - timedelta(days=22),
        bureau_due_on=today - timedelta(days=8),
    )
    last = unit.surveys.filter(state="final").order_by("-surveyed_on").first()
    if last:
        SelfReport.objects.create(
            enterprise=unit,
            district=district,
            form_version=last.form_version,
            as_of=today - timedelta(days=2),
            answers=last.answers,
            state="sent",
            filled_by=user,
            sent_at=timezone.now(),
        )
