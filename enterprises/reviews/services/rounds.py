"""A round from its beginning to its end, and the acts on many units at once."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date

from django.db import transaction
from django.db.models import F, QuerySet
from django.db.models.functions import Greatest
from django.utils import timezone

from enterprises.models import Enterprise
from enterprises.reviews import papers, rules
from enterprises.reviews.models import BulkAct, Review, ReviewRound, ReviewSample
from gridinspect import draws
from gridinspect.accounts.models import User
from gridinspect.accounts.roles import Permission
from gridinspect.audit.services import record
from gridinspect.documents import pdf
from gridinspect.documents.numbering import next_number
from gridinspect.documents.services import archive, new_code
from gridinspect.scope import Place
from grids.agencies import agency_name, agency_word
from grids.models import Grid
from grids.policy import Number, PolicyValues
from grids.services.law import Law
from grids.services.policies import policy_on

State = ReviewRound.State
WORD = "书审"


@dataclass(frozen=True)
class RoundFields:
    """What a person says of a round."""

    name: str
    year: int
    opens_on: date
    closes_on: date
    unit_kinds: tuple[str, ...] = ()
    min_headcount: int = 0


def layers_of(district: Grid, on: date) -> tuple[PolicyValues, ...]:
    """Return the law and the plan that hold in a district, from the nation down."""
    plan = policy_on(district, on)
    law = Law().layers(district.city.province, on=on)
    return (*law, *([plan.values] if plan else []))


def in_scope(
    grid: Grid, unit_kinds: Collection[str], min_headcount: int
) -> QuerySet[Enterprise]:
    """Return the known units that a round of this scope would review."""
    units = Enterprise.objects.within(grid).known()
    if unit_kinds:
        units = units.filter(unit_kind__in=unit_kinds)
    if min_headcount:
        units = units.filter(headcount__gte=min_headcount)
    return units


@transaction.atomic
def begin_round(*, grid: Grid, fields: RoundFields, by: User) -> ReviewRound:
    """Begin a round: its units are frozen as rows. Raises Refused without any."""
    district = grid.district or grid
    as_of = rules.check_period(fields.year, fields.opens_on, fields.closes_on)
    if ReviewRound.objects.filter(district=district, name=fields.name).exists():
        raise rules.Refused(f"本区县已有名为“{fields.name}”的书面审查，请换一个名称。")
    materials, source = rules.materials_of(layers_of(district, fields.opens_on))
    if not materials:
        raise rules.Refused("政策中没有书面审查材料清单，请先载入国家层政策。")
    made = ReviewRound.objects.create(
        district=district,
        grid=grid,
        name=fields.name,
        year=fields.year,
        as_of=as_of,
        opens_on=fields.opens_on,
        closes_on=fields.closes_on,
        unit_kinds=list(fields.unit_kinds),
        min_headcount=fields.min_headcount,
        materials=list(materials),
        materials_source=source[:200],
        begun_by=by,
    )
    units = in_scope(grid, fields.unit_kinds, fields.min_headcount)
    Review.objects.bulk_create(
        (
            Review(round=made, district=district, grid_id=place, enterprise_id=unit)
            for unit, place in units.order_by("pk").values_list("pk", "grid_id")
        ),
        2000,
    )
    made.units = made.reviews.count()
    if not made.units:
        raise rules.Refused("审查范围内没有符合条件的单位，请放宽范围。")
    made.save(update_fields=["units"])
    record("review_round.begun", by=by, target=made, units=made.units)
    return made


@transaction.atomic
def announce(*, round: ReviewRound, on: date, by: User) -> None:
    """Announce a round in public (公告): numbered, archived, to be hung out."""
    round = _locked(round)
    if round.state != State.PREPARED:
        raise rules.Refused(f"{round}{round.get_state_display()}，不能再次公告。")
    if on > round.closes_on:
        raise rules.Refused("公告日期不能晚于报送截止日期。")
    district = round.district
    number = str(
        next_number(
            agency=agency_word(district), word=WORD, on=on, by=by, path=district.path
        )
    )
    title, code = f"书面审查公告 {number}", new_code()
    content = pdf.build(
        papers.announcement(round, agency=agency_name(district), number=number, on=on),
        title=title,
        code=code,
        letter=True,
    )
    round.notice = archive(
        content,
        kind="review.notice",
        title=title,
        path=district.path,
        as_of=on,
        by=by,
        code=code,
        params={"about": round.name},
        pages=pdf.page_count(content),
        permission=Permission.REVIEW_VIEW,
    )
    round.state, round.announced_on = State.ANNOUNCED, on
    round.notice_number = number
    round.save()
    record("review_round.announced", by=by, target=round, on=on, number=number)


@transaction.atomic
def end_round(*, round: ReviewRound, on: date, by: User) -> int:
    """End a round: what passed is put into the archive. Returns how many.

    Raises Refused while something waits for its check or is still open to hand in.
    """
    round = _locked(round)
    if round.state != State.ANNOUNCED:
        raise rules.Refused(f"{round}{round.get_state_display()}，不能结束。")
    if on <= round.closes_on:
        raise rules.Refused(f"报送期未满（截止 {round.closes_on}），不能结束。")
    counts = round.reviews.all().by_state()
    waiting = sum(counts.get(state, 0) for state in rules.OPEN)
    if waiting:
        raise rules.Refused(f"还有 {waiting} 户待审查、补正或复查，办完后才能结束。")
    passed = list(
        round.reviews.filter(state=Review.State.PASSED).order_by("grid__path", "pk")
    )
    for number, review in enumerate(passed, start=1):
        review.state, review.archived_on = Review.State.ARCHIVED, on
        review.archive_number = f"{round.year}-{number:05}"
    Review.objects.bulk_update(passed, ["state", "archived_on", "archive_number"], 1000)
    round.state, round.ended_on = State.ENDED, on
    round.save(update_fields=["state", "ended_on"])
    record("review_round.ended", by=by, target=round, on=on, units=len(passed))
    return len(passed)


# --- the sample -----------------------------------------------------------------------


def sample_share(round: ReviewRound) -> Number | None:
    """Return the share to be looked at on site, from the nearest policy."""
    for layer in reversed(layers_of(round.district, round.opens_on)):
        if found := layer.number("review_sample_percent"):
            return found
    return None


@transaction.atomic
def draw_sample(
    *, round: ReviewRound, seed: str, by: User, reason: str = ""
) -> ReviewSample:
    """Draw the units to be looked at on site from those that have handed in.

    What was seen on site already stays drawn. Raises Refused.
    """
    round = _locked(round)
    share, times = sample_share(round), round.samples.count()
    if round.state != State.ANNOUNCED:
        raise rules.Refused(f"{round}{round.get_state_display()}，不能抽取。")
    if share is None:
        raise rules.Refused("政策中没有书面审查的实地抽查比例，请先载入国家层政策。")
    if not seed.strip():
        raise rules.Refused("请填写事先公布的种子，例如某日公布的开奖号码。")
    if times and not reason.strip():
        raise rules.Refused("已经抽取过。重新抽取须写明理由，两次结果都会保留。")
    rows = {
        f"U{unit}": pk
        for pk, unit in round.reviews.filed().values_list("pk", "enterprise_id")
    }
    if not rows:
        raise rules.Refused("还没有单位报送，报送后再抽取。")
    drawn = draws.draw(rows, draws.share(len(rows), share.value), seed.strip())
    sample = ReviewSample.objects.create(
        round=round,
        number=times + 1,
        seed=seed.strip(),
        method=draws.METHOD,
        percent=share.value,
        source=(share.source or f"条款 {share.clause}")[:200],
        pool=sorted(rows),
        pool_hash=draws.pool_hash(rows),
        drawn=drawn,
        reason=reason.strip()[:200],
        drawn_by=by,
    )
    round.reviews.filter(site_on=None).update(sample=None, sample_rank=None)
    chosen = [
        Review(pk=rows[key], sample=sample, sample_rank=rank)
        for rank, key in enumerate(drawn, start=1)
    ]
    Review.objects.bulk_update(chosen, ["sample", "sample_rank"], 1000)
    record(
        "review_round.sampled",
        by=by,
        target=round,
        seed=seed,
        number=sample.number,
        pool=len(rows),
        drawn=len(drawn),
        reason=reason,
    )
    return sample


# --- many at once ---------------------------------------------------------------------


@transaction.atomic
def remind_all(*, round: ReviewRound, at: Place, by: User) -> BulkAct:
    """Remind every unit of a place that has not handed in; can be undone."""
    round = _locked(round)
    if round.state != State.ANNOUNCED:
        raise rules.Refused(f"{round}{round.get_state_display()}，不能催报。")
    rows = round.reviews.unfiled().within(at)
    act = _act(round, BulkAct.Kind.REMIND, at, by)
    act.units = rows.update(reminded=F("reminded") + 1, reminded_in=act)
    return _done(act, "没有未报送的单位，不需要催报。", by)


@transaction.atomic
def pass_all(*, round: ReviewRound, at: Place, by: User) -> BulkAct:
    """Conclude 合格 whatever is whole and, if drawn, seen on site; can be undone."""
    round = _locked(round)
    if round.state != State.ANNOUNCED:
        raise rules.Refused(f"{round}{round.get_state_display()}，不能审查。")
    rows = round.reviews.passable().within(at)
    act = _act(round, BulkAct.Kind.PASS, at, by)
    act.units = rows.update(
        state=Review.State.PASSED,
        checked_on=timezone.localdate(),
        checked_by=by,
        passed_in=act,
    )
    return _done(act, "没有材料齐全、可以直接合格的单位，请逐户审查。", by)


@transaction.atomic
def undo(*, act: BulkAct, by: User) -> int:
    """Take a bulk act back; return of how many units. What went on stays as it is."""
    act = (
        BulkAct.objects.select_related("round")
        .select_for_update(of=["self"])
        .get(pk=act.pk)
    )
    if act.undone_at:
        raise rules.Refused("这次操作已经撤销。")
    rows = Review.objects.filter(round=act.round)
    if act.kind == BulkAct.Kind.REMIND:
        count = rows.filter(reminded_in=act).update(
            reminded=Greatest(F("reminded") - 1, 0), reminded_in=None
        )
    else:
        count = rows.filter(passed_in=act, state=Review.State.PASSED).update(
            state=Review.State.SUBMITTED,
            checked_on=None,
            checked_by=None,
            passed_in=None,
        )
    if not count:
        raise rules.Refused("这些单位后来都已继续办理，不能再撤销。")
    act.undone_at, act.undone_by = timezone.now(), by
    act.save(update_fields=["undone_at", "undone_by"])
    record(
        "review_round.undone",
        by=by,
        target=act.round,
        path=act.path,
        act=act.get_kind_display(),
        units=count,
    )
    return count


def _act(round: ReviewRound, kind: str, at: Place, by: User) -> BulkAct:
    return BulkAct.objects.create(round=round, kind=kind, path=at.path, done_by=by)


def _done(act: BulkAct, nothing: str, by: User) -> BulkAct:
    if not act.units:
        raise rules.Refused(nothing)
    act.save(update_fields=["units"])
    verb = "reminded" if act.kind == BulkAct.Kind.REMIND else "passed"
    rows = Review.objects.filter(round=act.round)
    field = "reminded_in" if act.kind == BulkAct.Kind.REMIND else "passed_in"
    record(
        f"review_round.{verb}",
        by=by,
        target=act.round,
        path=act.path,
        units=act.units,
        rows=rows.filter(**{field: act}).values_list("enterprise_id", flat=True),
    )
    return act


def _locked(round: ReviewRound) -> ReviewRound:
    return (
        ReviewRound.objects.select_related("district__city")
        .select_for_update(of=["self"])
        .get(pk=round.pk)
    )
