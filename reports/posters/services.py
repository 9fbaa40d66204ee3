"""Acts on posters: a version is kept, hung, taken down. One act, one event."""

from datetime import date
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone

from gridinspect.accounts.models import User
from gridinspect.accounts.roles import Permission
from gridinspect.audit.services import record
from gridinspect.documents.attachments import attach
from gridinspect.documents.models import ArchivedDocument
from gridinspect.jobs.services import Refused as JobRefused
from grids.models import Grid
from reports.builders import poster as paper
from reports.builders.paper import Report
from reports.models import Hanging, Poster


class Refused(ValidationError):
    """That cannot hang so; the message says why, in Chinese."""

    def __str__(self) -> str:
        return self.messages[0]


def keep_version(report: Report, document: ArchivedDocument, grid: Grid) -> None:
    """Keep what a printed poster says, inside the transaction that archives it.

    A print of the same parts in another size is the same version. Raises the Refused
    of jobs when somebody else's print took the number meanwhile.
    """
    if not isinstance(report, paper.Poster):
        raise TypeError(f"{report.kind} is no poster.")
    Grid.objects.select_for_update(no_key=True).get(pk=grid.pk)
    version, made = Poster.objects.get_or_create(
        grid=grid,
        kind=report.kind,
        version=report.version,
        defaults={"as_of": report.on, "parts": report.parts, "document": document},
    )
    if not made and version.parts != report.parts:
        raise JobRefused("同时有人制作了这张图的另一版，请重新生成。")


@transaction.atomic
def hang(*, poster: Poster, since: date, spot: str, photo: Any, by: User) -> Hanging:
    """Note that a version hangs on the wall; what hung before is taken down that day.

    Raises Refused, and ValidationError for a photograph that is none.
    """
    grid = Grid.objects.select_for_update(no_key=True).get(pk=poster.grid_id)
    if grid.closed_on:
        raise Refused(f"“{grid}”已于 {grid.closed_on} 停用，不能再登记上墙。")
    if since > timezone.localdate():
        raise Refused({"since": "上墙日期不能晚于今天，请在张贴之后登记。"})
    if since < poster.as_of:
        raise Refused(
            {"since": f"这一版是 {poster.as_of} 制作的，上墙日期不能更早，请核对版次。"}
        )
    before = Hanging.objects.current().filter(grid=grid, kind=poster.kind).first()
    if before and since < before.since:
        raise Refused(
            {"since": f"现有的一张是 {before.since} 上墙的，日期不能更早，请核对。"}
        )
    if before:
        before.until = since
        before.save(update_fields=["until"])
    evidence = attach(
        upload=photo,
        path=grid.path,
        by=by,
        permission=Permission.GRID_VIEW,
        images_only=True,
    )
    hanging = Hanging.objects.create(
        poster=poster,
        grid=grid,
        kind=poster.kind,
        since=since,
        spot=spot,
        photo=evidence,
        hung_by=by,
    )
    record(
        "poster.hung",
        by=by,
        target=grid,
        kind=poster.kind,
        version=poster.version,
        since=since,
    )
    return hanging


@transaction.atomic
def take_down(*, hanging: Hanging, until: date, by: User) -> None:
    """Note that a poster was taken down, and nothing hangs in its place."""
    hanging = Hanging.objects.select_for_update().get(pk=hanging.pk)
    if hanging.until:
        raise Refused(f"这张图已于 {hanging.until} 撤下。")
    if until < hanging.since:
        raise Refused({"until": f"撤下日期不能早于上墙日期 {hanging.since}。"})
    if until > timezone.localdate():
        raise Refused({"until": "撤下日期不能晚于今天，请在撤下之后登记。"})
    hanging.until = until
    hanging.save(update_fields=["until"])
    record(
        "poster.taken_down",
        by=by,
        target=hanging.grid,
        kind=hanging.kind,
        version=hanging.poster.version,
        until=until,
    )
