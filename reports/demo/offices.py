"""Offices, leading groups, duties, plans and tasks of the demonstration."""

import random
from collections.abc import Iterator
from datetime import date, datetime, time, timedelta

from django.utils import timezone

from gridinspect.accounts.models import Person, User
from gridinspect.accounts.roles import POSTED_STAFF, Role
from grids.models import (
    City,
    DutyStatement,
    Grid,
    GroupMember,
    LeadingGroup,
    Office,
    OfficeAsset,
    OfficeLeader,
    Posting,
    Task,
    WorkPlan,
)
from grids.rules import wanted_office
from grids.services.policies import policy_on
from reports.demo.people import People

SEED = 177
NAMES = {
    Office.Kind.COMMAND_CENTRE: "两网化管理指挥中心",
    Office.Kind.BRIGADE: "劳动保障监察大队",
    Office.Kind.SQUAD: "劳动保障监察中队",
    Office.Kind.STATION: "劳动保障服务站",
    Office.Kind.COMPLAINT_POINT: "劳动保障投诉举报点",
}
TITLES = {
    Office.Kind.COMMAND_CENTRE: "主任",
    Office.Kind.BRIGADE: "大队长",
    Office.Kind.SQUAD: "中队长",
    Office.Kind.STATION: "站长",
    Office.Kind.COMPLAINT_POINT: "负责人",
}
OF_CITIES = {
    Office.Kind.COMMAND_CENTRE: ("两网化管理指挥中心", "主任"),
    Office.Kind.BRIGADE: ("劳动保障监察支队", "支队长"),
}
UPPER = (Grid.Kind.DISTRICT, Grid.Kind.ZONE)
MIDDLE = (Grid.Kind.STREET, Grid.Kind.TOWN, Grid.Kind.PARK)
SET_UP = 0.92  # share of the offices wanted by the plans that are there
WITH_TASKS = 0.7  # share of the persons on post who have a task
TASKS = [
    ("核对本网格用人单位底数", "逐户核对营业状态，停业、注销的写明日期。"),
    ("更新用工信息采集表", "采集满半年的单位重新上门采集。"),
    ("农民工工资支付情况摸排", "在建工地和餐饮、家政单位逐户走访，发现苗头及时上报。"),
    ("发放劳动保障法律法规宣传册", "每户一册，写明发放户数。"),
    ("整理一户一档纸质材料", "按卷内目录排序，缺页的补齐。"),
]
MEMBERS = [
    (GroupMember.Part.HEAD, "区政府副区长"),
    (GroupMember.Part.DEPUTY, "区人力资源和社会保障局局长"),
    (GroupMember.Part.MEMBER, "区财政局副局长"),
    (GroupMember.Part.MEMBER, "区民政局副局长"),
    (GroupMember.Part.MEMBER, "区总工会副主席"),
    (GroupMember.Part.OFFICE_HEAD, "区劳动保障监察大队大队长"),
]
DUTIES = {  # of 二七, whose plan speaks of assistants only
    Role.FULL_TIME_INSPECTOR: (
        "负责责任网格内用人单位的日常巡查、专项检查和书面审查。",
        "受理投诉举报，依法调查处理违反劳动保障法律法规的案件。",
        "指导兼职监察员和协管员开展工作。",
        "重大、疑难案件及时报告。",
    ),
    Role.PART_TIME_INSPECTOR: (
        "负责所在街道用人单位的日常监管。",
        "协助专职监察员调查处理案件，调处一般劳动纠纷。",
        "安排和检查协管员的工作。",
    ),
}


def build_offices(*, people: People, today: date) -> None:
    """Give every district its offices, leading group, duties, a plan and tasks."""
    _of_cities(people)
    for district in Grid.objects.roots().order_by("code"):
        dice = random.Random(f"{SEED}{district.code}")
        _offices(district, people, dice, today)
        _group(district, people, today)
        _work(district, dice, today)
    _duties(today)
    _for_the_assistant(today)


# --- offices --------------------------------------------------------------------------


def _of_cities(people: People) -> None:
    """Give two cities what stands on themselves: 支队, 指挥中心, a leading group."""
    kinds = Office.Kind
    for code, day, wanted in (
        ("321000", date(2007, 12, 1), (kinds.BRIGADE,)),
        ("410100", date(2010, 7, 26), (kinds.COMMAND_CENTRE, kinds.BRIGADE)),
    ):
        city = City.objects.get(code=code)
        bureau = f"{city.name}人力资源和社会保障局"
        offices = Office.objects.bulk_create(
            Office(
                city=city,
                kind=kind,
                name=f"{city.name}{OF_CITIES[kind][0]}",
                address=f"{bureau}办公楼",
                phone=f"0000-1991{code[:3]}{number}",
                hours="工作日 9:00—12:00，13:30—17:30",
                square_metres=320 - 200 * number,
                premises="市人社局办公楼内",
                networked_on=day,
                opened_on=day,
            )
            for number, kind in enumerate(wanted)
        )
        for office in offices:
            person, _ = people.make()
            person.save()
            OfficeLeader.objects.create(
                office=office,
                person=person,
                title=OF_CITIES[Office.Kind(office.kind)][1],
                appointed_by=bureau,
                appointed_on=day,
                since=day,
            )
        OfficeAsset.objects.bulk_create(
            OfficeAsset(office=office, kind=kind, name=name, since=day, **more)
            for office in offices
            for kind, name, more in _things(office)
        )
        LeadingGroup.objects.create(
            city=city,
            name=f"{city.name}劳动保障监察两网化管理工作领导小组",
            document_number=f"演示府办〔{day.year}〕1号",
            office_at=bureau,
            opened_on=day,
        )


def _offices(district: Grid, people: People, dice: random.Random, today: date) -> None:
    grids = list(Grid.objects.within(district).order_by("code"))
    wanted = dict(_wanted(district, grids, dice, today))
    offices = [
        _office(grid, kind, number, dice, today)
        for number, (grid, kind) in enumerate(wanted.items(), 1)
    ]
    offices += [
        _office(grid, Office.Kind.COMPLAINT_POINT, 500 + number, dice, today)
        for number, grid in enumerate(grids)
        if grid.kind in MIDDLE
    ]
    Office.objects.bulk_create(offices)
    OfficeLeader.objects.bulk_create(_leaders(district, offices, people, dice, today))
    OfficeAsset.objects.bulk_create(
        OfficeAsset(office=office, kind=kind, name=name, since=office.opened_on, **more)
        for office in offices
        if office.kind != Office.Kind.COMPLAINT_POINT
        for kind, name, more in _things(office)
    )


def _wanted(
    district: Grid, grids: list[Grid], dice: random.Random, today: date
) -> Iterator[tuple[Grid, str]]:
    """Yield which office stands on which grid: most of those that the plan wants."""
    policy = policy_on(district, today)
    usual: dict[str, str] = {
        **dict.fromkeys(UPPER, Office.Kind.BRIGADE),
        **dict.fromkeys(MIDDLE, Office.Kind.SQUAD),
    }
    for grid in grids:
        wanted = wanted_office(policy.values, grid.kind) if policy else None
        kind = wanted.kind if wanted else usual.get(grid.kind)
        if kind and (grid.kind in UPPER or dice.random() < SET_UP):
            yield grid, kind


def _office(
    grid: Grid, kind: str, number: int, dice: random.Random, today: date
) -> Office:
    latest = (today - grid.opened_on).days - 2
    opened_on = grid.opened_on + timedelta(days=dice.randrange(max(1, min(latest, 90))))
    is_networked = dice.random() < 0.85
    areas = {Office.Kind.COMMAND_CENTRE: 28, Office.Kind.BRIGADE: 160}
    return Office(
        grid=grid,
        kind=kind,
        name=f"{grid.name}{NAMES[Office.Kind(kind)]}",
        address=f"{grid.name}便民服务中心{dice.randrange(1, 4)}楼",
        phone=f"0000-1990{number:04}",
        hours="工作日 9:00—12:00，13:30—17:30",
        square_metres=areas.get(Office.Kind(kind), dice.randrange(20, 70)),
        premises="由街道、社区提供" if grid.kind not in UPPER else "区人社局办公楼内",
        networked_on=opened_on if is_networked else None,
        opened_on=opened_on,
    )


def _leaders(
    district: Grid,
    offices: list[Office],
    people: People,
    dice: random.Random,
    today: date,
) -> Iterator[OfficeLeader]:
    """Yield who leads each office: who is on post there, or a person of the street."""
    posted: dict[int, Person] = {}
    posts = Posting.objects.on(today).filter(
        grid__district=district, role__in=POSTED_STAFF
    )
    for post in posts.select_related("person").order_by("pk"):
        posted.setdefault(post.grid_id, post.person)
    for number, office in enumerate(offices, 1):
        if dice.random() < 0.06:
            continue
        person = posted.get(office.grid_id or 0)
        if person is None:
            person, _ = people.make()
            person.save()
        yield OfficeLeader(
            office=office,
            person=person,
            title=TITLES[Office.Kind(office.kind)],
            appointed_by=f"{district.name}人力资源和社会保障局",
            appointed_on=office.opened_on,
            document_number=f"演示人社〔{office.opened_on.year}〕{number}号",
            since=office.opened_on,
        )


def _things(office: Office) -> Iterator[tuple[str, str, dict]]:
    yield OfficeAsset.Kind.EQUIPMENT, "台式计算机", {"quantity": 2}
    yield OfficeAsset.Kind.EQUIPMENT, "激光打印机", {"quantity": 1}
    if office.kind in (Office.Kind.COMMAND_CENTRE, Office.Kind.BRIGADE):
        yield OfficeAsset.Kind.EQUIPMENT, "执法记录仪", {"quantity": 4}
        yield OfficeAsset.Kind.VEHICLE, "执法车", {"identifier": "演A00001"}


# --- leading groups -------------------------------------------------------------------


def _group(district: Grid, people: People, today: date) -> None:
    group = LeadingGroup.objects.create(
        grid=district,
        name=f"{district.name}劳动保障监察两网化管理工作领导小组",
        document_number=f"演示政办〔{district.opened_on.year}〕8号",
        office_at=f"{district.name}人力资源和社会保障局",
        opened_on=district.opened_on,
    )
    GroupMember.objects.bulk_create(
        GroupMember(
            group=group,
            name=people.make()[0].name,
            post=post,
            part=part,
            since=district.opened_on,
        )
        for part, post in MEMBERS
    )


# --- duties, plans and tasks ----------------------------------------------------------


def _duties(today: date) -> None:
    district = Grid.objects.get(code="410103")
    DutyStatement.objects.bulk_create(
        DutyStatement(
            district=district,
            role=role,
            text="\n".join(lines),
            since=date(today.year, 1, 1),
            written_by=_director(district),
        )
        for role, lines in DUTIES.items()
    )


def _director(district: Grid) -> User:
    """Return the account that directs a district, else the program's own."""
    role = Role.DISTRICT_BUREAU
    posts = Posting.objects.filter(grid=district, role=role, person__user__isnull=False)
    post = posts.select_related("person__user").order_by("pk").first()
    return post.person.user if post else User.objects.system()


def _work(district: Grid, dice: random.Random, today: date) -> None:
    by = _director(district)
    plan = WorkPlan.objects.create(
        grid=district,
        title=f"{today.year}年度网格化监管工作计划",
        begins_on=date(today.year, 1, 1),
        ends_on=date(today.year + 1, 3, 31),
        content="一、核清底数，更新采集。\n二、摸排欠薪苗头。\n三、完善一户一档。",
        made_by=by,
    )
    posts = Posting.objects.on(today).filter(
        grid__district=district, role__in=POSTED_STAFF
    )
    tasks = [
        _task(post, plan, dice, today, by)
        for post in posts.select_related("person__user", "grid").order_by("pk")
        if dice.random() < WITH_TASKS
    ]
    Task.objects.bulk_create(tasks)
    earlier = timezone.now() - timedelta(days=20)  # bulk_create has set it to now
    Task.objects.filter(plan=plan).update(assigned_at=earlier)


def _task(
    post: Posting, plan: WorkPlan, dice: random.Random, today: date, by: User
) -> Task:
    title, detail = dice.choice(TASKS)
    due_on = today + timedelta(days=dice.randrange(-12, 45))
    task = Task(
        plan=plan,
        grid=post.grid,
        title=title,
        detail=detail,
        assignee=post.person,
        assigned_by=by,
        due_on=due_on,
    )
    luck = dice.random()
    if luck < 0.45:
        done_on = min(today, due_on) - timedelta(days=dice.randrange(5))
        task.state, task.result = Task.State.DONE, "已逐户完成，情况正常。"
        task.finished_at = timezone.make_aware(datetime.combine(done_on, time(15, 20)))
        task.finished_by = getattr(post.person, "user", None) or by
    elif luck < 0.5:
        task.state, task.reason = Task.State.RETURNED, "缺少停业单位的核实日期。"
        task.result = "已核对。"
    return task


def _for_the_assistant(today: date) -> None:
    """Give the account of an assistant a task of each sort, to be looked at."""
    user = User.objects.get(username="eq_assistant")
    post = Posting.objects.on(today).select_related("grid").get(person=user.person_id)
    street = Grid.objects.get(pk=post.grid.parent_id)
    by = User.objects.get(username="eq_squad")
    for (title, detail), days, more in (
        (TASKS[0], 0, {}),
        (TASKS[2], -2, {}),
        (TASKS[3], 9, {}),
        (
            TASKS[1],
            2,
            {"state": Task.State.RETURNED, "reason": "请补拍门头照片。"},
        ),
    ):
        Task.objects.create(
            grid=post.grid,
            title=title,
            detail=detail,
            assignee=user.person,
            assigned_by=by,
            due_on=today + timedelta(days=days),
            **more,
        )
    Task.objects.create(
        grid=street,
        title="报送本街道网格示意图",
        assigned_by=User.objects.get(username="eq_bureau"),
        due_on=today + timedelta(days=6),
    )
