"""Builds the demonstration: trees, policies, people, units, accounts and cases."""

import random
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import date, timedelta

from django.db import transaction
from django.utils import timezone

from assistants.establishment import establishment_of
from assistants.models import Certificate, StaffFile, Training
from enterprises.models import Enterprise, Placement, StatusPeriod, Survey
from enterprises.rules import name_key
from enterprises.survey_forms import form_on
from gridinspect.accounts.models import Person, User
from gridinspect.accounts.roles import INSPECTORS, Role
from gridinspect.copying import refresh_statistics
from grids.models import City, DailyEntry, Grid, Policy, Posting, QuotaIndex
from grids.services.policies import adopt_policy
from grids.services.tree import build_district, initials
from reports import tallies
from reports.demo import boundaries
from reports.demo.accounts import ACCOUNTS, PASSWORD
from reports.demo.allocation import build_allocation
from reports.demo.attendance import build_attendance
from reports.demo.cases import build_cases
from reports.demo.files import build_files
from reports.demo.finding import build_finding
from reports.demo.inspections import build_inspections
from reports.demo.jurisdictions import CITIES, JURISDICTIONS, Jurisdiction, trees
from reports.demo.offices import build_offices
from reports.demo.people import People
from reports.demo.posters import build_posters
from reports.demo.programme import build_programme
from reports.demo.reviews import build_reviews
from reports.demo.supervision import build_supervision
from reports.demo.surveys import answers_for
from reports.demo.units import Units
from reports.demo.visits import build_visits
from reports.demo.wages import build_wages
from reports.demo.warnings import build_warnings
from reports.demo.workforce import build_workforce

SEED = 77
SCALES = {"small": 1, "full": 20}
MONTHS = 13  # month-ends for the trend
QUOTA_INDEX = 2  # 营口's plan names an index and gives no number: made up, marked so

Say = Callable[[str], None]


def build(*, scale: str, say: Say, today: date | None = None) -> None:
    """Build everything in an empty installation; each district in one transaction."""
    today = today or timezone.localdate()
    by = User.objects.system()
    roots, people, units = trees(), People(SEED), Units(SEED)
    for code, (name, province) in CITIES.items():
        City.objects.get_or_create(
            code=code, defaults={"name": name, "province": province}
        )
    for plan in JURISDICTIONS:
        with transaction.atomic():
            district = build_district(
                city=City.objects.get(code=plan.city),
                root=roots[plan.code],
                opened_on=plan.opened_on,
                by=by,
            )
            _adopt(plan, district, by=by)
            posted = _staff(plan, district, people, today)
            count = _units(
                replace(plan, units=plan.units * SCALES[scale]),
                district,
                units,
                today,
                by,
            )
            if district.code == boundaries.DISTRICT:
                dice = random.Random(f"{SEED}{plan.code}places")
                boundaries.build_boundaries(district, by=by, dice=dice)
        say(f"{district.name}：{posted} 人在岗，{count} 户用人单位。")
    refresh_statistics()  # or the planner takes the new tables for empty ones
    with transaction.atomic():
        _accounts(people, today)
        build_offices(people=people, today=today)
        build_wages(people=people, today=today)
    build_allocation(today=today)
    refresh_statistics()
    workers = build_workforce(today=today)
    say(f"职工名册登记完毕，共 {workers} 人。")
    build_finding(today=today)
    build_cases(today=today)
    with transaction.atomic():
        went = build_visits(today=today)
    say(f"走访记录登记完毕，共 {went} 次。")
    inspected, reviewed = build_inspections(today=today), build_reviews(today=today)
    say(f"行政检查 {inspected} 件，书面审查 {reviewed} 户。")
    for district in Grid.objects.roots():
        for day in tallies.kept_days(district.opened_on, today)[: MONTHS + 1]:
            tallies.recount(district, day)
        tallies.settle(district, today=today)
    say("统计完毕。")
    build_attendance(today=today)
    build_programme(today=today)
    say("项目进展登记完毕。")
    with transaction.atomic():
        district = Grid.objects.get(code=boundaries.DISTRICT)
        hung = build_posters(district, today=today, by=by)
        papers = build_files(district, today=today, by=by)
    say(f"上墙图表登记完毕，共 {hung} 张。")
    say(f"单位档案材料登记完毕，共 {papers} 份。")
    refresh_statistics()
    say(f"预警 {build_warnings(today=today):,} 条。")
    with transaction.atomic():
        build_supervision(today=today)
    say("等级、重点单位和违法公布登记完毕。")


def _adopt(plan: Jurisdiction, district: Grid, *, by: User) -> None:
    adopt_policy(
        district=district,
        policy=Policy.objects.filter(slug=plan.policy).latest("version"),
        since=plan.programme_start,
        programme_start=plan.programme_start,
        by=by,
    )
    if plan.policy == "yingkou-2021":
        communities = Grid.objects.within(district).filter(kind=Grid.Kind.COMMUNITY)
        QuotaIndex.objects.bulk_create(
            QuotaIndex(
                grid=grid, value=QUOTA_INDEX, is_made_up=True, since=plan.opened_on
            )
            for grid in communities
        )


# --- people ---------------------------------------------------------------------------


def _staff(plan: Jurisdiction, district: Grid, people: People, today: date) -> int:
    """Fill the share of the required posts that the plan says; return how many."""
    dice = random.Random(f"{SEED}{plan.code}")
    posts = [
        (row.grid, role)
        for row in establishment_of(district, today).rows
        for kind, post in row.posts.items()
        for role in _roles(kind, post.required or 0, dice)
        if dice.random() < plan.staffing
    ]
    persons, files = zip(*(people.make() for _ in posts), strict=True)
    Person.objects.bulk_create(persons)
    hired = [
        max(plan.opened_on, today - timedelta(days=dice.randrange(40, 1100)))
        for _ in posts
    ]
    StaffFile.objects.bulk_create(
        StaffFile(person=person, hire_date=day, **facts)
        for person, facts, day in zip(persons, files, hired, strict=True)
    )
    Posting.objects.bulk_create(
        Posting(person=person, role=role, grid=grid, since=day)
        for person, (grid, role), day in zip(persons, posts, hired, strict=True)
    )
    assistants = [
        (person, day)
        for person, (_, role), day in zip(persons, posts, hired, strict=True)
        if role == Role.ASSISTANT
    ]
    Training.objects.bulk_create(_trainings(assistants, plan, dice))
    inspectors = [
        (person, role)
        for person, (_, role) in zip(persons, posts, strict=True)
        if role in INSPECTORS
    ]
    Certificate.objects.bulk_create(_certificates(inspectors, plan, dice, today))
    DailyEntry.objects.bulk_create(
        DailyEntry(person=person, day=today - timedelta(days=days))
        for person in persons
        for days in range(dice.randrange(45), 400, 26)
    )
    return len(posts)


def _roles(kind: str, number: int, dice: random.Random) -> Iterator[str]:
    """Yield who fills the posts of a kind: either-of posts take one or the other."""
    choices = {
        "inspector": [Role.FULL_TIME_INSPECTOR, Role.PART_TIME_INSPECTOR],
        "either": [Role.PART_TIME_INSPECTOR, Role.ASSISTANT, Role.ASSISTANT],
    }
    for _ in range(number):
        yield dice.choice(choices.get(kind) or [Role(kind)])


def _trainings(
    assistants: list[tuple[Person, date]], plan: Jurisdiction, dice: random.Random
) -> Iterator[Training]:
    for number, (person, hired) in enumerate(assistants, 1):
        if dice.random() < 0.92:
            yield Training(
                person=person,
                kind=Training.Kind.PRE_POST,
                finished_on=hired - timedelta(days=dice.randrange(2, 20)),
                passed=dice.random() < 0.97,
                certificate_number=f"PX{plan.code}{number:04}",
            )


def _certificates(
    inspectors: list[tuple[Person, str]],
    plan: Jurisdiction,
    dice: random.Random,
    today: date,
) -> Iterator[Certificate]:
    """Yield certificates of three years, some of them about to end."""
    for number, (person, role) in enumerate(inspectors, 1):
        begun = today - timedelta(days=dice.randrange(100, 1080))
        yield Certificate(
            person=person,
            kind=_certificate_kind(role),
            number=f"{plan.code}-{number:04}",
            valid_from=begun,
            valid_until=begun + timedelta(days=1095),
        )


def _certificate_kind(role: str) -> str:
    is_full_time = role == Role.FULL_TIME_INSPECTOR
    return Certificate.Kind.FULL_TIME if is_full_time else Certificate.Kind.PART_TIME


def _accounts(people: People, today: date) -> None:
    """Make the accounts to sign in with; inspectors get a certificate that holds."""
    for number, account in enumerate(ACCOUNTS, 1):
        person, facts = people.make()
        person.name = account.name
        person.save()
        city = City.objects.filter(code=account.place).first()
        grid = None if city else Grid.objects.get(code=account.place)
        since = today - timedelta(days=500)
        Posting.objects.create(
            person=person, role=account.role, city=city, grid=grid, since=since
        )
        if grid and account.role in (*INSPECTORS, Role.ASSISTANT):
            StaffFile.objects.create(person=person, hire_date=since, **facts)
        if account.role in INSPECTORS:
            Certificate.objects.create(
                person=person,
                kind=_certificate_kind(account.role),
                number=f"YS-{number:04}",
                valid_from=since,
                valid_until=since + timedelta(days=1095),
            )
        User.objects.create_user(
            account.username, PASSWORD, person=person, is_demo=True
        )


# --- units ----------------------------------------------------------------------------


def _units(
    plan: Jurisdiction, district: Grid, units: Units, today: date, by: User
) -> int:
    """Make units with histories on the leaves, and a few on streets and districts."""
    dice = random.Random(f"{SEED}{plan.code}units")
    town = district.city.name.removesuffix("市")
    grids = list(Grid.objects.within(district).select_related("parent"))
    parents = {grid.parent_id for grid in grids}
    leaves = [grid for grid in grids if grid.pk not in parents]
    middle = [grid for grid in grids if grid.pk in parents]
    made, names = [], set()
    for _ in range(plan.units):
        grid = dice.choice(middle if dice.random() < 0.06 else leaves)
        place = f"{district.name}{grid.parent.name if grid.parent_id else ''}"
        fields = units.make(area=plan.code, town=town, place=place)
        while fields["name"] in names:
            fields["name"] = f"{fields['name']}{dice.choice('一二三四五六七八九')}分店"
        names.add(fields["name"])
        oldest = max(plan.opened_on, today - timedelta(days=1000))
        known = oldest + timedelta(days=dice.randrange((today - oldest).days - 2))
        made.append(_unit(fields, grid, district, known, dice, today, by))
    Enterprise.objects.bulk_create(made, 2000)
    Placement.objects.bulk_create(
        (
            Placement(
                enterprise=unit,
                district=district,
                grid=unit.grid,
                since=unit.known_since,
            )
            for unit in made
        ),
        2000,
    )
    StatusPeriod.objects.bulk_create(_status_periods(made, dice, today), 2000)
    Survey.objects.bulk_create(_surveys(plan, made, dice, today, by), 2000)
    return len(made)


def _unit(fields, grid, district, known, dice, today, by) -> Enterprise:
    person, _ = People(dice.randrange(10**9)).make()
    unit = Enterprise(
        grid=grid,
        district=district,
        name_key=name_key(fields["name"]),
        pinyin=initials(fields["name"])[:200],
        known_since=known,
        founded_on=known - timedelta(days=dice.randrange(30, 4000)),
        registered_address=fields["address"],
        legal_representative=person.name,
        contact_name=person.name,
        source=dice.choice(["visit", "market", "tax", "insurance"]),
        status="cancelled" if dice.random() < 0.05 else "open",
        recorded_by=by,
        **fields,
    )
    unit.set_contact_phone(f"1990001{dice.randrange(10**4):04}")
    return unit


def _status_periods(
    made: list[Enterprise], dice: random.Random, today: date
) -> Iterator[StatusPeriod]:
    """Yield open from the first day, and closed later where the unit has closed."""
    for unit in made:
        days = (today - unit.known_since).days
        if unit.status == "open" or days < 3:
            unit.status = "open"
            yield StatusPeriod(enterprise=unit, status="open", since=unit.known_since)
            continue
        ended = unit.known_since + timedelta(days=dice.randrange(2, days))
        yield StatusPeriod(
            enterprise=unit, status="open", since=unit.known_since, until=ended
        )
        yield StatusPeriod(
            enterprise=unit,
            status=unit.status,
            since=ended,
            reason="企业已办理注销登记",
        )


def _surveys(
    plan: Jurisdiction,
    made: list[Enterprise],
    dice: random.Random,
    today: date,
    by: User,
) -> Iterator[Survey]:
    """Yield surveys: a fresh one for most units, a stale or an older one for some."""
    for unit in made:
        age = (today - unit.known_since).days
        luck = dice.random()
        ages = []
        if luck < plan.collected:
            ages.append(dice.randrange(min(age, 178) + 1))
        elif luck < plan.collected + 0.14:
            ages.append(min(age, dice.randrange(190, 420)))
        if ages and age > ages[0] + 150 and dice.random() < 0.6:
            ages.append(dice.randrange(ages[0] + 100, age))
        for days in ages:
            yield Survey(
                enterprise=unit,
                district_id=unit.district_id,
                surveyed_on=(day := today - timedelta(days=days)),
                form_version=form_on(day).version,
                answers=answers_for(unit, dice),
                state=Survey.State.FINAL,
                is_complete=True,
                recorded_by=by,
            )
