"""Every act on the programme: report, assess, remedy, promise. One act, one event."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone

from gridinspect.accounts.models import User
from gridinspect.accounts.roles import Permission
from gridinspect.audit.services import record
from gridinspect.documents import pdf
from gridinspect.documents.attachments import attach
from gridinspect.documents.models import Attachment
from gridinspect.documents.numbering import next_number
from gridinspect.documents.services import archive, new_code
from grids.access import may
from grids.agencies import agency_name, agency_word
from grids.models import City, Grid
from reports.models import Assessment, Finding, TargetLetter
from reports.programme.boards import Board, PhaseRow, board_of
from reports.programme.papers import TITLE, letter_story
from reports.programme.scoring import Score

WORD = "责"  # the 字 of target letters


class Refused(ValidationError):
    """That cannot be so; the message says why, in Chinese."""

    def __str__(self) -> str:
        return self.messages[0]


@dataclass(frozen=True)
class Asked:
    """One thing that a plan asks of grids: a milestone, or an item of a checklist."""

    slug: str
    topic: str
    item: str
    name: str
    points: int = 1
    proportional: bool = False


def above(grid: Grid) -> Grid | City:
    """Return the node above a grid: its parent, or the city of a district."""
    return grid.parent or grid.city


def may_assess(user: User, grid: Grid) -> bool:
    """Tell whether a user looks at a grid from the node above it."""
    return may(user, Permission.PROGRAMME_ASSESS, at=above(grid))


@transaction.atomic
def report_findings(
    *,
    grids: Sequence[Grid],
    asked: Asked,
    result: str,
    points: Decimal | None,
    on: date,
    signer: str,
    remark: str,
    upload: Any,
    place: Grid,
    by: User,
) -> list[Finding]:
    """Note what was found of one thing in one grid or in several alike.

    The evidence is kept once, at the grid itself or at `place`, above them all. Raises
    Refused for points that make no sense, ValidationError for a file that is none.
    """
    _refuse_future(on)
    _refuse_points(asked, result, points)
    evidence = None
    if upload:
        path = grids[0].path if len(grids) == 1 else place.path
        evidence = attach(upload=upload, path=path, by=by)
    made = Finding.objects.bulk_create(
        Finding(
            grid=grid,
            slug=asked.slug,
            topic=asked.topic,
            item=asked.item,
            result=result,
            points=points if result == Finding.Result.PARTLY else None,
            on=on,
            basis=Finding.Basis.CHECKED if may_assess(by, grid) else Finding.Basis.OWN,
            signer=signer,
            remark=remark,
            evidence=evidence,
            recorded_by=by,
        )
        for grid in grids
    )
    record(
        "programme.reported",
        by=by,
        target=place,
        item=asked.name,
        outcome=Finding.Result(result).label,
        on=on,
        count=len(made),
        rows=[grid.name for grid in grids],
    )
    return made


def _refuse_points(asked: Asked, result: str, points: Decimal | None) -> None:
    if result != Finding.Result.PARTLY or not asked.proportional:
        if points is not None:
            raise Refused({"points": "只有部分完成的项目填写得分，请删去得分。"})
        return
    if points is None or not 0 < points < asked.points:
        raise Refused(
            {
                "points": f"部分完成的项目请填写得分，大于 0、小于满分 "
                f"{asked.points} 分。"
            }
        )


def _refuse_future(on: date, field: str = "on") -> None:
    today = timezone.localdate()
    if on > today:
        raise Refused({field: f"日期不能晚于今天，请选择 {today} 或以前的日期。"})


@transaction.atomic
def assess(
    *,
    grid: Grid,
    kind: str,
    on: date,
    assessor: str,
    result: str,
    findings: str,
    remedy: str,
    remedy_due: date | None,
    score: Score | None,
    upload: Any,
    by: User,
) -> Assessment:
    """Note that the node above inspected, urged, accepted or appraised a grid.

    A `score` is kept as it stood. Raises Refused when a remedy lacks its day or a day
    its remedy, or when a day makes no sense.
    """
    _refuse_future(on)
    _refuse_remedy(kind, result, on, remedy, remedy_due)
    made = Assessment.objects.create(
        grid=grid,
        kind=kind,
        on=on,
        office=above(grid).name,
        assessor=assessor,
        result=result,
        score=_kept(score),
        findings=findings,
        remedy=remedy,
        remedy_due=remedy_due,
        evidence=_evidence(upload, grid, by),
        recorded_by=by,
    )
    record(
        "programme.assessed",
        by=by,
        target=made,
        kind=made.get_kind_display(),
        outcome=made.get_result_display(),
        on=on,
        due_on=remedy_due,
    )
    return made


def _refuse_remedy(
    kind: str, result: str, on: date, remedy: str, remedy_due: date | None
) -> None:
    is_asked = (
        kind == Assessment.Kind.SUPERVISION or result == Assessment.Result.TO_REMEDY
    )
    if is_asked and not remedy:
        raise Refused({"remedy": "督促和限期整改须写明整改要求。"})
    if remedy and remedy_due is None:
        raise Refused({"remedy_due": "写了整改要求，请同时写明整改期限。"})
    if remedy_due is None:
        return
    if not remedy:
        raise Refused({"remedy": "写了整改期限，请同时写明整改要求。"})
    if remedy_due <= on:
        raise Refused({"remedy_due": f"整改期限应晚于检查日期 {on}。"})


def _kept(score: Score | None) -> Mapping[str, Any] | None:
    if score is None:
        return None
    return {
        "name": score.checklist.name,
        "points": float(score.points),
        "out_of": score.out_of,
        "needed": score.needed,
        "missing": score.missing,
        "lines": [
            [one.item.name, None if one.points is None else float(one.points)]
            for one in score.items
        ],
    }


def _evidence(upload: Any, grid: Grid, by: User) -> Attachment | None:
    return attach(upload=upload, path=grid.path, by=by) if upload else None


@transaction.atomic
def note_remedy(
    *, assessment: Assessment, on: date, note: str, upload: Any, by: User
) -> Assessment:
    """Note that what an assessment asked for was done.

    Raises Refused when nothing is awaited, or for a day before it was asked.
    """
    assessment = Assessment.objects.select_for_update(of=["self"]).get(pk=assessment.pk)
    if not assessment.is_open:
        raise Refused("没有待整改的事项，不用再登记。")
    _refuse_future(on)
    if on < assessment.on:
        raise Refused({"on": f"整改日期不能早于检查日期 {assessment.on}。"})
    assessment.remedied_on, assessment.remedied_by = on, by
    assessment.remedy_note = note
    assessment.remedy_evidence = _evidence(upload, assessment.grid, by)
    assessment.save(
        update_fields=["remedied_on", "remedied_by", "remedy_note", "remedy_evidence"]
    )
    record(
        "programme.remedied",
        by=by,
        target=assessment,
        on=on,
        in_time=assessment.remedy_due is None or on <= assessment.remedy_due,
    )
    return assessment


@transaction.atomic
def issue_letter(
    *, grid: Grid, on: date, year: int, phase: int, by: User
) -> TargetLetter:
    """Number a 目标责任书 of a grid, lay it out with today's figures and archive it.

    Raises Refused without a plan or such a phase.
    """
    board = board_of(grid, on)
    row = _phase(board, phase)
    if board is None or row is None:
        raise Refused("该网格在这一天没有采用的方案或没有这一阶段，请换一个日期。")
    giver = above(grid)
    number = next_number(agency=_agency(grid), word=WORD, on=on, by=by, path=grid.path)
    title, code = f"{grid.name}{year}年度{TITLE}", new_code()
    content = pdf.build(
        letter_story(
            board, row, giver=_giver_name(grid), year=year, number=str(number), on=on
        ),
        title=title,
        foot=str(number),
        code=code,
    )
    policy = board.scope.policy
    document = archive(
        content,
        kind="target_letter",
        title=f"{title} {number}",
        path=grid.path,
        as_of=on,
        by=by,
        code=code,
        params={"about": str(number), "place": grid.code, "on": on.isoformat()},
        policies=[f"《{policy.title}》第 {policy.version} 版"],
        pages=pdf.page_count(content),
    )
    letter = TargetLetter.objects.create(
        grid=grid,
        number=str(number),
        above=giver.name,
        year=year,
        phase=row.phase.name,
        issued_on=on,
        issued_by=by,
        document=document,
    )
    record(
        "target_letter.issued",
        by=by,
        target=letter,
        grid=grid.name,
        number=str(number),
        on=on,
    )
    return letter


def _phase(board: Board | None, number: int) -> PhaseRow | None:
    rows = board.phases if board else ()
    return next((one for one in rows if one.phase.number == number), None)


def _agency(grid: Grid) -> str:
    """Return the 机关代字 of the office that hands down the targets."""
    giver = above(grid)
    if isinstance(giver, City):
        return giver.name.removesuffix("市")
    return agency_word(giver.district or giver)


def _giver_name(grid: Grid) -> str:
    """Return the office that hands down the targets, as it stands on a paper."""
    giver = above(grid)
    if isinstance(giver, City):
        return f"{giver.name}人力资源和社会保障局"
    return agency_name(giver) if giver.is_root else giver.name
