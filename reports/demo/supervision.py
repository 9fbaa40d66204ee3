"""Grades, key units and publications of the demonstration, through the services."""

import random
from datetime import date, datetime, time, timedelta

from django.utils import timezone

from cases.models import Case
from cases.services.course import close_case, end_investigation
from cases.services.filing import file_case
from enterprises.models import Enterprise
from enterprises.supervision.models import (
    GradeRound,
    KeyEntry,
    MovedFacts,
    NotedFact,
    Publication,
    Rating,
)
from enterprises.supervision.services import (
    grading,
    keys,
    notices,
    noting,
    objecting,
    publishing,
)
from enterprises.supervision.services.schemes import scheme_at
from gridinspect.accounts.models import Person, User
from gridinspect.jobs.models import Job
from gridinspect.workdays.rules import months_later
from grids.models import Grid

SEED = 2904
CAUSES = ["涉嫌拖欠工资", "涉嫌未足额支付加班工资", "涉嫌未依法订立劳动合同"]
OFTEN, ONCE = 2, 7  # units punished three times and once in the year that is graded


def build_supervision(*, today: date) -> None:
    """Grade last year in 二七 and 广陵, judge key units everywhere, publish a few."""
    district = Grid.objects.select_related("city").get(code="410103")
    bureau, leader = _user("eq_bureau"), _user("eq_leader")
    units = list(
        Enterprise.objects.filter(
            district=district,
            status=Enterprise.Status.OPEN,
            known_since__lt=date(today.year, 1, 1),
        )
        .select_related("grid", "district__city")
        .order_by("pk")[200:240]
    )
    _past_cases(units, today)
    _noted(units, today, by=bureau)
    _graded(district, today, by=bureau, leader=leader)
    _under_review(today)
    for one in Grid.objects.roots().select_related("city"):
        keys.refresh_key_units(district=one, on=today, by=User.objects.system())
    _since_a_while(today)
    _by_hand(units, today, by=bureau, leader=leader)
    _published(units, today, by=bureau, leader=leader)
    MovedFacts.objects.all().delete()


def _user(username: str) -> User:
    return User.objects.select_related("person").get(username=username)


def _past_cases(units: list[Enterprise], today: date) -> None:
    """Close cases in the autumn of last year: three of some units, one of others."""
    dice = random.Random(SEED)
    by = _user("eq_inspector")
    team = list(Person.objects.filter(user__username__startswith="eq_inspector"))
    blamed = units[:OFTEN] * 3 + units[OFTEN : OFTEN + ONCE]
    for number, unit in enumerate(blamed):
        filed = date(today.year - 1, 9, 1) + timedelta(days=number * 5)
        case = file_case(
            enterprise=unit,
            source=Case.Source.PATROL,
            cause=dice.choice(CAUSES),
            team=team,
            lead=team[0],
            filed_on=filed,
            by=by,
        )
        end_investigation(case=case, on=filed + timedelta(days=20), by=by)
        close_case(
            case=case,
            outcome=dice.choice([Case.Outcome.HANDLING, Case.Outcome.PENALTY]),
            note="单位已按要求改正。",
            on=filed + timedelta(days=26),
            by=by,
        )


def _noted(units: list[Enterprise], today: date, *, by: User) -> None:
    noting.note_fact(
        enterprise=units[10],
        kind=NotedFact.Kind.OBSTRUCTED,
        on=date(today.year - 1, 11, 6),
        paper="现场检查记录（拒绝提供工资台账）",
        by=by,
    )
    noting.note_fact(
        enterprise=units[11],
        kind=NotedFact.Kind.PETITIONS,
        on=today - timedelta(days=40),
        paper="信访事项登记表",
        note="十余名职工集体反映工资问题，已接待。",
        by=by,
    )


def _round(district: Grid, today: date, by: User) -> GradeRound:
    scheme = scheme_at(district, today)
    if scheme is None:
        raise LookupError("The law is loaded before the demonstration is built.")
    year = today.year - 1
    round_ = grading.start_round(district=district, year=year, scheme=scheme, by=by)
    # Its job would come too late: the demonstration goes on to approve the round.
    Job.objects.filter(kind=grading.JOB, params__round=round_.pk).delete()
    worked = grading.work_out(round_)
    grading.write_proposals(round_=round_, worked=worked, by=by)
    morning = timezone.make_aware(datetime.combine(today, time(8)))
    GradeRound.objects.filter(pk=round_.pk).update(computed_at=morning)
    round_.refresh_from_db()
    return round_


def _graded(district: Grid, today: date, *, by: User, leader: User) -> None:
    """Approve the round in spring, tell the C units, publish, answer an objection."""
    round_ = _round(district, today, by)
    good = Rating.objects.filter(round=round_, grade="A").order_by("pk")[5]
    grading.adjust(
        rating=good,
        grade="B",
        reason="书面审查材料不全，经督促仍未补齐",
        edition=good.edition,
        by=by,
    )
    grading.approve_round(round_=round_, on=today, by=leader)
    spring = max(date(today.year, 3, 20), today - timedelta(days=300))
    until = months_later(spring, 12) - timedelta(days=1)
    worked = timezone.make_aware(datetime.combine(spring - timedelta(days=9), time(8)))
    GradeRound.objects.filter(pk=round_.pk).update(
        approved_on=spring, started_at=worked, computed_at=worked
    )
    ratings = Rating.objects.filter(round=round_)
    ratings.update(
        approved_on=spring, valid_from=spring, valid_until=until, recorded_at=worked
    )
    for rating in ratings.filter(grade="C").order_by("pk"):
        notices.issue_notice(rating=rating, on=spring, by=by)
        told = spring + timedelta(days=4)
        objecting.note_served(rating=rating, on=told, by=by)
    round_.refresh_from_db()
    over = spring + timedelta(days=40)
    if over <= today:
        grading.publish_round(round_=round_, on=over, by=by)
    objected = ratings.filter(grade="B").order_by("-pk").first()
    if objected:
        objecting.object_to(
            rating=objected,
            raised_on=today - timedelta(days=3),
            text="所涉案件系上一承包人所为，请求重新评价。",
            by=by,
        )


def _under_review(today: date) -> None:
    """Leave the round of 广陵 for somebody to review."""
    district = Grid.objects.select_related("city").get(code="321002")
    _round(district, today, _user("gl_bureau"))


def _since_a_while(today: date) -> None:
    """Let half of the key units have entered earlier, as nightly judging would have."""
    entries = list(KeyEntry.objects.order_by("pk").values_list("pk", flat=True))
    for back, part in ((21, entries[::3]), (64, entries[1::3])):
        KeyEntry.objects.filter(pk__in=part).update(since=today - timedelta(days=back))


def _by_hand(units: list[Enterprise], today: date, *, by: User, leader: User) -> None:
    entry = keys.propose_entry(
        enterprise=units[14],
        reason="市局专项行动重点对象名单列入",
        on=today - timedelta(days=12),
        by=by,
    )
    keys.decide_entry(
        entry=entry, approve=True, on=today - timedelta(days=11), by=leader
    )
    keys.propose_entry(
        enterprise=units[15],
        reason="街道反映近期停工，有欠薪苗头",
        on=today - timedelta(days=1),
        by=by,
    )


def _published(units: list[Enterprise], today: date, *, by: User, leader: User) -> None:
    """Leave one publication in every stage, from candidate to published."""
    wages = "克扣、无故拖欠劳动报酬，数额较大或构成犯罪被移送"
    listed = "克扣、无故拖欠农民工工资报酬，数额达到认定犯罪的数额标准"
    begun = [
        _begun(unit, today, kind, category, by)
        for unit, kind, category in (
            (units[0], "violation", wages),
            (units[1], "dishonest", listed),
            (units[2], "violation", wages),
            (units[3], "dishonest", listed),
            (units[4], "violation", wages),
        )
    ]
    for one in begun[:4]:
        told = today - timedelta(days=50)
        publishing.notify_unit(publication=one, on=told, by=by)
    for one in begun[:3]:
        day = today - timedelta(days=32)
        publishing.propose_publication(publication=one, on=day, by=by)
    for one in begun[:2]:
        day = today - timedelta(days=30)
        publishing.decide_publication(
            publication=one, approve=True, reason="", on=day, by=leader
        )
        publishing.publish(publication=one, on=day + timedelta(days=2), by=by)
    publishing.object_to_publication(
        publication=begun[3],
        on=today - timedelta(days=2),
        text="已于上周付清全部工资，附支付凭证。",
        by=by,
    )


def _begun(
    unit: Enterprise, today: date, kind: str, category: str, by: User
) -> Publication:
    one = publishing.begin_publication(
        enterprise=unit,
        list=kind,
        category=category,
        facts="拖欠 18 名劳动者 2 个月工资共 21 万元，经责令限期支付逾期未支付。",
        handling="已作出行政处理决定，责令支付并处罚款。",
        by=by,
    )
    Publication.objects.filter(pk=one.pk).update(found_on=today - timedelta(days=60))
    one.refresh_from_db()
    return one
