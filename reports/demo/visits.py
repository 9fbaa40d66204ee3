"""Visits of the demonstration: half a year of 走访 with all that came of it."""

import random
from collections.abc import Iterator
from datetime import date, datetime, time, timedelta

from django.utils import timezone

from cases.visits.checklist import visit_form
from cases.visits.models import Clue, Feedback, Hazard, Publicity, Visit, Visitor
from enterprises.models import Enterprise, StatusProposal
from gridinspect.accounts.models import Person, User
from gridinspect.accounts.roles import Role
from grids.models import Grid, Posting

SEED = 510
# How many visits each district shows.
DISTRICTS = {"410103": 420, "410108": 160, "321002": 120, "SYDEMO": 60, "210802": 60}
OWN = "410103001001"  # the grid of eq_assistant
DAYS = 180
SIGNS = [
    ("wages", "9月份工资未按约定日期发放，涉及 6 人", "建议当月补发并公示发放日期"),
    ("contracts", "新招用 4 人超过一个月未订立书面劳动合同", "建议三日内补订合同"),
    ("insurance", "试用期人员未办理社会保险登记", "建议到社保窗口办理登记"),
    ("hours", "连续两个月没有考勤记录", "建议建立考勤并由职工签字"),
    ("rules", "考勤处罚办法没有公示", "建议经职工讨论后公示"),
    ("dispatch", "使用派遣人员，未见派遣协议", "建议向派遣单位索取协议"),
]
WORDS = [
    ("demand", "希望公布今年的最低工资标准", "最低工资标准已在社区公示栏张贴。"),
    ("suggestion", "建议在园区门口设举报投诉电话牌", "已安排制作，月底前挂出。"),
    ("opinion", "反映发薪日期经常变动", "已走访单位，书面约定发薪日期。"),
    ("demand", "希望讲一讲工伤认定怎么办", "下月在社区组织一次讲座。"),
]
TALKS = [
    ("社区广场", "劳动合同法、保障农民工工资支付条例宣传册"),
    ("项目部食堂", "农民工工资支付维权手册"),
    ("社区服务站", "社会保险法问答"),
    ("商场员工通道", "女职工劳动保护特别规定折页"),
]


def build_visits(*, today: date) -> int:
    """Make the visits of all districts; return how many."""
    return sum(
        _district(code, number, today)
        for code, number in DISTRICTS.items()
        if Grid.objects.filter(code=code).exists()
    )


def _district(code: str, number: int, today: date) -> int:
    dice = random.Random(f"{SEED}{code}")
    district = Grid.objects.get(code=code)
    people = _people(district)
    found = Enterprise.objects.filter(
        district=district, grid__in=people, known_since__lte=today - timedelta(days=30)
    ).known()
    units = list(found.select_related("grid").order_by("pk"))
    own = [unit for unit in units if unit.grid.code == OWN]
    dice.shuffle(units)
    by = User.objects.system()
    assistant = User.objects.filter(username="eq_assistant").first()
    made = []
    for unit in [*own, *units * 3][:number]:
        user = assistant if assistant and unit.grid.code == OWN else by
        made.append(_visit(unit, user, today, dice))
    Visit.objects.bulk_create(made, 1000)
    Visitor.objects.bulk_create(_visitors(made, people, assistant, dice), 2000)
    _what_came_of_it(made, today, dice)
    if code == "410103":
        _by_hand(units, own, people, today, assistant or by)
    return len(made)


def _people(district: Grid) -> dict[int, list[tuple[Person, str]]]:
    """Return who visits in each grid of a district."""
    posts = Posting.objects.current().filter(
        grid__district=district, role__in=[Role.ASSISTANT, Role.PART_TIME_INSPECTOR]
    )
    people: dict[int, list[tuple[Person, str]]] = {}
    for post in posts.select_related("person").order_by("pk"):
        if post.grid_id:
            people.setdefault(post.grid_id, []).append((post.person, post.role))
    return people


def _moment(day: date, dice: random.Random) -> datetime:
    at = time(dice.randrange(9, 17), dice.choice([5, 10, 20, 35, 40, 50]))
    return timezone.make_aware(datetime.combine(day, at))


def _visit(unit: Enterprise, by: User, today: date, dice: random.Random) -> Visit:
    known = (today - unit.known_since).days
    at = _moment(today - timedelta(days=dice.randrange(1, min(DAYS, known))), dice)
    luck, result = dice.random(), Visit.Result.MET
    for edge, other in [
        (0.13, Visit.Result.NOBODY),
        (0.15, Visit.Result.REFUSED),
        (0.16, Visit.Result.MOVED),
        (0.17, Visit.Result.NOT_FOUND),
    ]:
        if luck < edge:
            result = other
            break
    is_late = dice.random() < 0.08
    late = timedelta(days=dice.randrange(1, 4)) if is_late else timedelta(minutes=3)
    met = result == Visit.Result.MET
    return Visit(
        district_id=unit.district_id,
        grid=unit.grid,
        enterprise=unit,
        visited_at=at,
        recorded_at=min(at + late, timezone.now()),
        purpose=dice.choice(["collect", "collect", "publicity", "follow_up"]),
        result=result,
        checklist=_checklist(dice) if met else {},
        note="" if met else "邻铺称近期未见营业。",
        confirmed_by=unit.contact_name if met and dice.random() < 0.7 else "",
        form_version=visit_form().version,
        is_offline=dice.random() < 0.12,
        recorded_by=by,
    )


def _checklist(dice: random.Random) -> dict[str, dict[str, str]]:
    answers = {}
    for topic in visit_form().topics:
        luck = dice.random()
        if luck < 0.75:
            answers[topic.key] = {"answer": "yes" if luck < 0.7 else "no", "note": ""}
    return answers


def _visitors(
    made: list[Visit],
    people: dict[int, list[tuple[Person, str]]],
    assistant: User | None,
    dice: random.Random,
) -> Iterator[Visitor]:
    for visit in made:
        if assistant and visit.recorded_by_id == assistant.pk and assistant.person:
            person, role = assistant.person, str(Role.ASSISTANT)
        else:
            person, role = dice.choice(people[visit.grid_id])
        yield Visitor(visit=visit, person=person, role=role)


def _what_came_of_it(made: list[Visit], today: date, dice: random.Random) -> None:
    hazards, told, said, proposals = [], [], [], []
    for visit in made:
        place = {"district_id": visit.district_id, "grid": visit.grid}
        on = timezone.localdate(visit.visited_at)
        common = {"visit": visit, "enterprise": visit.enterprise, **place}
        if visit.result in ("not_found", "moved"):
            proposals.append(_proposal(visit, on))
        if visit.result != "met":
            continue
        if dice.random() < 0.14:
            hazards.append(_hazard(common, visit, on, today, dice))
        if visit.purpose == "publicity":
            where, material = dice.choice(TALKS)
            told.append(
                Publicity(
                    held_on=on,
                    place=f"{visit.grid.name}{where}",
                    audience=dice.randrange(6, 90),
                    material=material,
                    recorded_by=visit.recorded_by,
                    **common,
                )
            )
        if dice.random() < 0.06:
            said.append(_feedback(common, visit, on, today, dice))
    Hazard.objects.bulk_create(hazards, 1000)
    Publicity.objects.bulk_create(told, 1000)
    Feedback.objects.bulk_create(said, 1000)
    StatusProposal.objects.bulk_create(proposals, 1000, ignore_conflicts=True)


def _proposal(visit: Visit, on: date) -> StatusProposal:
    moved = visit.result == Visit.Result.MOVED
    return StatusProposal(
        enterprise=visit.enterprise,
        district_id=visit.district_id,
        status="moved_away" if moved else "not_found",
        since=on,
        reason=f"走访结果：{visit.get_result_display()}。{visit.note}",
        origin=f"走访 {on}",
        proposed_by=visit.recorded_by,
    )


def _hazard(common, visit: Visit, on: date, today: date, dice) -> Hazard:
    topic, words, advice = dice.choice(SIGNS)
    hazard = Hazard(
        topic=topic,
        level="general",
        words=words,
        advice=advice,
        advice_result="单位负责人当场答应改正",
        found_on=on,
        found_by=visit.recorded_by,
        follow_up_on=on + timedelta(days=15),
        **common,
    )
    cleared = on + timedelta(days=dice.randrange(5, 40))
    if dice.random() < 0.8 and cleared <= today:
        hazard.cleared_on, hazard.cleared_by = cleared, visit.recorded_by
        hazard.outcome = "at_base" if dice.random() < 0.85 else "handed_over"
        hazard.clearing, hazard.follow_up_on = "复查时已经改正", None
    return hazard


def _feedback(common, visit: Visit, on: date, today: date, dice) -> Feedback:
    kind, text, reply = dice.choice(WORDS)
    feedback = Feedback(
        kind=kind,
        text=text,
        received_on=on,
        route=dice.choice(["squad", "bureau", "intake"]),
        routed_on=on,
        recorded_by=visit.recorded_by,
        **common,
    )
    if dice.random() < 0.7 and on + timedelta(days=9) <= today:
        feedback.reply, feedback.replied_on = reply, on + timedelta(days=9)
        feedback.replied_by = visit.recorded_by
    return feedback


def _by_hand(units, own, people, today: date, by: User) -> None:
    """Make what a first look should find: a report upward, a new unit, a queue."""
    unit = (own or units)[0]
    place = {"district_id": unit.district_id, "grid": unit.grid, "recorded_by": by}
    at = time(16, 40)
    now = timezone.make_aware(datetime.combine(today - timedelta(days=1), at))
    visits = Visit.objects.bulk_create(
        [
            Visit(
                enterprise=unit,
                visited_at=now - timedelta(hours=3),
                recorded_at=now - timedelta(hours=3),
                result="met",
                note="多名工人在门口讨要工资，现场已安抚。",
                form_version=visit_form().version,
                **place,
            ),
            Visit(
                place_name="无名快餐店",
                address="淮河路与郑密路交叉口向东第三间",
                visited_at=now - timedelta(days=1, hours=5),
                recorded_at=now - timedelta(days=1),
                result="met",
                note="有 3 名从业人员，尚未办照。",
                is_offline=True,
                form_version=visit_form().version,
                **place,
            ),
            Visit(
                enterprise=unit,
                visited_at=now - timedelta(days=4, hours=6),
                recorded_at=now - timedelta(days=2),
                result="met",
                is_offline=True,
                form_version=visit_form().version,
                leftovers=[
                    {
                        "label": "高温津贴",
                        "value": "已发放",
                        "why": "表式已更改，没有这一项。",
                    }
                ],
                **place,
            ),
        ]
    )
    person = by.person or people[unit.grid_id][0][0]
    Visitor.objects.bulk_create(
        Visitor(visit=visit, person=person, role=Role.ASSISTANT) for visit in visits
    )
    Hazard.objects.create(
        visit=visits[0],
        enterprise=unit,
        district_id=unit.district_id,
        grid=unit.grid,
        topic="wages",
        level="major",
        words="拖欠 18 名工人两个月工资，工人聚集讨薪",
        advice="请单位负责人到场与工人代表协商",
        advice_result="负责人电话未接通",
        found_on=timezone.localdate(visits[0].visited_at),
        found_by=by,
        escalated_at=now - timedelta(hours=3),
        escalated_by=by,
    )
    Clue.objects.create(
        visit=visits[1],
        district_id=unit.district_id,
        grid=unit.grid,
    )
