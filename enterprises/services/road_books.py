"""Putting 一路一册 into the archive, at once or by a job."""

from datetime import date

from django.db import transaction
from django.utils import timezone

from enterprises.models import Enterprise
from enterprises.road_paper import TITLE, road_pdf, road_xlsx
from enterprises.roads import Road, add_stretches, people_of, roads_of
from gridinspect.accounts.models import User
from gridinspect.accounts.roles import Permission
from gridinspect.documents.models import ArchivedDocument
from gridinspect.documents.pdf import page_count
from gridinspect.documents.services import PDF, XLSX, archive, new_code
from gridinspect.jobs.models import Job
from gridinspect.jobs.services import enqueue
from grids.models import Grid

FORMATS = {"pdf": PDF, "xlsx": XLSX}
MOST = 2_000  # units of a place whose book is made while one waits
KIND = "enterprises.roadbook"


@transaction.atomic
def print_book(
    *, place: Grid, road: str | None, form: str, by: User, job_id: int | None = None
) -> ArchivedDocument | None:
    """Archive one road, or all roads of a place; None where there is nothing."""
    made = made_book(place=place, road=road, form=form, by=by)
    if made is None:
        return None
    content, code = made
    today = timezone.localdate()
    return archive(
        content,
        kind=KIND,
        title=f"{TITLE}：{place.name}{road or '全部道路'}",
        path=place.path,
        as_of=today,
        by=by,
        content_type=FORMATS[form],
        code=code,
        params={"网格": place.code, "道路": road or "全部"},
        pages=page_count(content) if form == "pdf" else None,
        permission=Permission.ENTERPRISE_VIEW,
        job_id=job_id,
    )


def made_book(
    *, place: Grid, road: str | None, form: str, by: User
) -> tuple[bytes, str] | None:
    """Return the file of a book, as its maker may see the units now, and its code."""
    today = timezone.localdate()
    units = Enterprise.objects.visible_to(by).within(place)
    roads = roads_of(units, place=place, on=today, only=road)
    if not roads:
        return None
    add_stretches(roads, place, today)
    code = new_code()
    return _content(roads, place, form, today, code), code


def _content(roads: list[Road], place: Grid, form: str, on: date, code: str) -> bytes:
    if form == "xlsx":
        return road_xlsx(roads, place=place.name, on=on)
    people = people_of(place, on)
    return road_pdf(roads, place=place.name, people=people, on=on, code=code)


@transaction.atomic
def ask_book(*, place: Grid, road: str | None, form: str, by: User) -> Job:
    """Ask for a long book to be made by a job."""
    return enqueue(
        KIND,
        by=by,
        title=f"{TITLE}：{place.name}{road or '全部道路'}",
        path=place.path,
        params={"grid": place.pk, "road": road, "form": form},
    )
