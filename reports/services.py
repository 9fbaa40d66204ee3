"""Making a report: figures in, an archived paper out, by the rights of who asked."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from typing import cast

from django.db import transaction
from django.urls import reverse
from django.utils import timezone

from assistants.establishment import establishment_of
from gridinspect.accounts.models import User
from gridinspect.accounts.roles import Permission
from gridinspect.documents import pdf
from gridinspect.documents.models import ArchivedDocument
from gridinspect.documents.services import archive, new_code
from gridinspect.jobs.models import Job
from gridinspect.jobs.services import Claim, Refused, enqueue
from grids.access import may
from grids.models import City, Grid
from grids.services.policies import policies_on
from reports import coverage, tallies
from reports.booklets import register_of
from reports.builders.acquisition import TITLE as ACQUISITION
from reports.builders.acquisition import acquisition_report
from reports.builders.booklet import TITLE as BOOKLET
from reports.builders.booklet import booklet, booklet_pdf
from reports.builders.conformance import TITLE as CONFORMANCE
from reports.builders.conformance import conformance_report
from reports.builders.paper import PDF, XLSX, Report, as_pdf, as_xlsx
from reports.builders.poster import poster_pdf
from reports.builders.programme import TITLE as PROGRAMME
from reports.builders.programme import programme_report
from reports.builders.staffing import TITLE as STAFFING
from reports.builders.staffing import staffing_report
from reports.conformance import conformance_of, scopes_of
from reports.models import Wall
from reports.posters.making import poster_of
from reports.posters.services import keep_version
from reports.programme.boards import boards_of
from reports.rows import known_units

TREND_DAYS = 366
MOST_UNITS = 5_000  # of one booklet: some 200 pages

Place = Grid | City


@dataclass(frozen=True)
class Kind:
    """A kind of report: its name, what gathers its figures, how it is laid out.

    `readers` hold this at its place: more than REPORT_VIEW where it names units.
    `keep` notes what was printed, in the transaction that archives it. What is `live`
    is made of today's rows only.
    """

    key: str
    name: str
    gather: Callable[[Place, date], Report]
    lay_out: Callable[..., bytes] = as_pdf
    of_cities: bool = True
    readers: Permission = Permission.REPORT_VIEW
    forms: tuple[str, ...] = ("pdf", "xlsx")
    is_live: bool = False
    keep: Callable[[Report, ArchivedDocument, Grid], None] | None = None


def _staffing(place: Place, on: date) -> Report:
    whole = establishment_of(place, on)
    return staffing_report(
        whole,
        place=place.name,
        policies=policy_titles(place, on),
        groups=[
            (
                grid.name,
                [row for row in whole.rows if row.grid.path.startswith(grid.path)],
            )
            for grid in coverage.below(place, on)
        ],
    )


def _acquisition(place: Place, on: date) -> Report:
    days = tallies.kept_days(date.fromordinal(on.toordinal() - TREND_DAYS), on)
    return acquisition_report(
        coverage.figures_of(place, on),
        policies=policy_titles(place, on),
        trend=coverage.series_of(place, days),
    )


def _conformance(place: Place, on: date) -> Report:
    return conformance_report(
        [conformance_of(scope) for scope in scopes_of(place, on)],
        place=place.name,
        on=on,
        policies=policy_titles(place, on),
    )


def _programme(place: Place, on: date) -> Report:
    return programme_report(
        boards_of(place, on), place=place.name, policies=policy_titles(place, on)
    )


def _booklet(place: Place, on: date) -> Report:
    if isinstance(place, City):
        raise Refused("一格一册按网格编制，请选择区县或下级网格。")
    if (many := known_units(place, on).count()) > MOST_UNITS:
        raise Refused(
            f"{place.name}有 {many:,} 户，一册最多 {MOST_UNITS:,} 户，"
            "请按下级网格分别编印。"
        )
    return booklet(register_of(place, on, policy_titles(place, on)))


def _poster(kind: str) -> Callable[[Place, date], Report]:
    def gather(place: Place, on: date) -> Report:
        if isinstance(place, City):
            raise Refused("上墙图表按网格制作，请选择区县或下级网格。")
        if on != timezone.localdate():
            raise Refused("上墙图表只按今天的数据制作，请把日期改为今天。")
        return poster_of(kind, place, on, policy_titles(place, on))

    return gather


KINDS = {
    kind.key: kind
    for kind in (
        Kind("staffing", STAFFING, _staffing),
        Kind("acquisition", ACQUISITION, _acquisition),
        Kind("conformance", CONFORMANCE, _conformance),
        Kind(
            "booklet",
            BOOKLET,
            _booklet,
            lay_out=booklet_pdf,
            of_cities=False,
            readers=Permission.ENTERPRISE_VIEW,
        ),
        Kind("programme", PROGRAMME, _programme),
        *(
            Kind(
                wall.value,
                f"上墙：{wall.label}",
                _poster(wall),
                lay_out=poster_pdf,
                of_cities=False,
                forms=("pdf", "a1", "xlsx"),
                is_live=True,
                keep=keep_version,
            )
            for wall in Wall
        ),
    )
}
FORMATS = {"pdf": PDF, "a1": PDF, "xlsx": XLSX}
FORMS = {"pdf": "PDF", "a1": "PDF（A1 幅面）", "xlsx": "XLSX"}


def policy_titles(place: Place, on: date) -> list[str]:
    """Return the policy versions that the figures of a place follow."""
    found = policies_on(coverage.districts_of(place), on).values()
    return sorted(
        {f"《{one.policy.title}》第 {one.policy.version} 版" for one in found}
    )


def print_report(report: Report, form: str, *, code: str) -> bytes:
    """Return a report as `pdf` or `xlsx`."""
    if form == "xlsx":
        return as_xlsx(report)
    sheet = {} if form == "pdf" else {"form": form}
    return KINDS[report.kind].lay_out(report, code=code, **sheet)


@transaction.atomic
def ask_report(*, kind: str, place: Place, on: date, form: str, by: User) -> Job:
    """Put a report to be made into the queue; the archive will hold it."""
    return enqueue(
        "report.make",
        by=by,
        title=f"{place.name}{KINDS[kind].name}（{on:%Y-%m-%d}，{form.upper()}）",
        path=place.path,
        params={
            "kind": kind,
            "place": ["city" if isinstance(place, City) else "grid", place.pk],
            "on": on.isoformat(),
            "form": form,
        },
    )


def make_report(claim: Claim) -> None:
    """Do the job of `ask_report`, with the rights that its owner has by now."""
    asked = claim.params
    which, pk = asked["place"]
    model = City if which == "city" else Grid
    place = model.objects.visible_to(claim.owner).filter(pk=pk).first()
    if place is None or not may(claim.owner, Permission.REPORT_MAKE, at=place):
        raise Refused("提交后您的岗位已变动，无权再生成这份报告。")
    on, form = date.fromisoformat(asked["on"]), asked["form"]
    claim.progress(0, 3, "正在统计")
    coverage.settle(place)
    report = KINDS[asked["kind"]].gather(place, on)
    claim.progress(1, 3, "正在排版")
    code = new_code()
    content = print_report(report, form, code=code)
    claim.progress(2, 3, "正在存档")
    with claim.finishing() as result:
        document = archive_report(
            report,
            content,
            place=place,
            form=form,
            code=code,
            by=claim.owner,
            job_id=claim.job.pk,
        )
        keep = KINDS[report.kind].keep
        if keep and FORMATS[form] == PDF:
            keep(report, document, cast("Grid", place))
        result["url"] = document.get_absolute_url()
        result["text"] = f"{document.title}已生成。"
        result["archive"] = reverse("documents:list")


def archive_report(
    report: Report,
    content: bytes,
    *,
    place: Place,
    form: str,
    code: str,
    by: User,
    job_id: int | None = None,
) -> ArchivedDocument:
    """Put a finished report away with its parameters, policies and hash."""
    return archive(
        content,
        kind=report.kind,
        title=report.full_title,
        path=place.path,
        as_of=report.on,
        by=by,
        content_type=FORMATS[form],
        code=code,
        params={"place": place.code, "on": report.on.isoformat(), "form": form},
        policies=list(report.policies),
        pages=pdf.page_count(content) if FORMATS[form] == PDF else None,
        permission=KINDS[report.kind].readers,
        job_id=job_id,
    )
