"""From what a grid's poster says today to the report that is printed."""

from collections.abc import Collection
from datetime import date
from io import BytesIO
from typing import Any

from PIL import Image, ImageOps

from gridinspect.accounts.roles import Role
from gridinspect.documents.models import Attachment
from grids.colouring import colours_of
from grids.models import Grid
from grids.services.boundaries import areas_on
from reports.builders import poster as paper
from reports.builders.mapdrawing import Ground
from reports.builders.paper import Col, Sheet
from reports.builders.poster import DutyText, GridLine, Person
from reports.models import Poster
from reports.posters.contents import (
    DutyContent,
    MapContent,
    Posted,
    StaffContent,
    contents_of,
)

TALLEST = 800  # pixels: a photograph on A1 at 250 dots per inch


def poster_of(kind: str, grid: Grid, on: date, policies: list[str]) -> paper.Poster:
    """Return a poster of a grid as it stands today, with the number of its version."""
    content = contents_of(kind, [grid], on)[grid.pk]
    parts = content.parts()
    common: dict[str, Any] = {
        "kind": kind,
        "title": paper.TITLES[kind],
        "place": grid.name,
        "on": on,
        "unit": "",
        "policies": policies,
        "summary": (),
        "code": grid.code,
        "above": content.title.above,
        "version": version_of(kind, grid, parts),
        "parts": parts,
    }
    match content:
        case MapContent():
            return _map(content, on, common)
        case StaffContent():
            return _staff(content, common)
    return _duties(content, common)


def version_of(kind: str, grid: Grid, parts: dict[str, Any]) -> int:
    """Return the number of the last version if it says the same, else the next."""
    last = Poster.objects.filter(grid=grid, kind=kind).order_by("-version").first()
    if last is None:
        return 1
    return last.version if last.parts == parts else last.version + 1


def _map(content: MapContent, on: date, common: dict[str, Any]) -> paper.Poster:
    areas = areas_on([content.grid, *content.children], on)
    parts = {one.pk: areas[one.pk] for one in content.children if one.pk in areas}
    colours = colours_of(parts)
    lines = [
        GridLine(
            number, one.code, one.name, one.get_kind_display(), colours.get(one.pk, "")
        )
        for number, one in enumerate(content.children, 1)
    ]
    grounds = [
        Ground(parts[one.pk], f"{one.name}\n{one.code}", number, colours[one.pk])
        for number, one in enumerate(content.children, 1)
        if one.pk in parts
    ]
    if content.grid.pk in areas:
        own = content.grid
        name = "" if grounds else f"{own.name}\n{own.code}"
        grounds.append(Ground(areas[own.pk], name, is_frame=bool(grounds)))
    if not lines:
        own = content.grid
        colour = paper.ALONE if grounds else ""
        lines = [GridLine(1, own.code, own.name, own.get_kind_display(), colour)]
    rows = [[one.number, one.code, one.name, one.kind] for one in lines]
    columns = [
        Col("序号", 15, "integer"),
        Col("网格编码", 50),
        Col("网格名称", 70),
        Col("类型", 30),
    ]
    return paper.Poster(
        **common,
        tables=[Sheet("网格", "网格名册", columns, rows)],
        grounds=grounds,
        grids=lines,
    )


def _staff(content: StaffContent, common: dict[str, Any]) -> paper.Poster:
    photos = _photos({one.photo for one in content.own if one.photo})
    own = [_person(one, photos) for one in content.own]
    below = [_person(one, {}) for one in content.below]
    columns = [
        Col("网格编码", 50),
        Col("网格", 60),
        Col("姓名", 40),
        Col("岗位", 40),
        Col("办公电话", 50),
    ]
    rows = [[one.code, one.grid, one.name, one.role, one.phone] for one in own + below]
    return paper.Poster(
        **common,
        tables=[Sheet("人员", "人员分工", columns, rows)],
        people=own,
        below=below,
    )


def _person(one: Posted, photos: dict[int, bytes]) -> Person:
    return Person(
        name=one.name,
        role=Role(one.role).label,
        grid=one.grid.name,
        code=one.grid.code,
        phone=one.phone,
        photo=photos.get(one.photo or 0),
    )


def _photos(keys: Collection[int]) -> dict[int, bytes]:
    """Return the photographs, no larger than paper needs; a lost file is left blank."""
    found = {}
    for attachment in Attachment.objects.filter(pk__in=keys):
        try:
            with attachment.file.open("rb") as file:
                found[attachment.pk] = _printable(file.read())
        except OSError:
            continue
    return found


def _printable(content: bytes) -> bytes:
    with Image.open(BytesIO(content)) as image:
        upright = ImageOps.exif_transpose(image).convert("RGBA")
        upright.thumbnail((TALLEST, TALLEST))
        ground = Image.new("RGB", upright.size, "white")
        ground.paste(upright, mask=upright.getchannel("A"))
    drawn = BytesIO()
    ground.save(drawn, "JPEG", quality=88)
    return drawn.getvalue()


def _duties(content: DutyContent, common: dict[str, Any]) -> paper.Poster:
    duties = [DutyText(one.title, one.lines, one.source) for one in content.duties]
    rows = [[one.role, line, one.source] for one in duties for line in one.lines]
    columns = [Col("岗位", 35), Col("职责", 165), Col("依据", 50)]
    return paper.Poster(
        **common, tables=[Sheet("职责", "工作职责", columns, rows)], duties=duties
    )
