"""Made-up walls: posters printed and hung in one street, two of them out of date."""

from datetime import date
from io import BytesIO

from django.core.files.uploadedfile import SimpleUploadedFile
from PIL import Image, ImageDraw

from assistants.models import StaffFile
from gridinspect.accounts.models import User
from gridinspect.documents.services import new_code
from grids.models import Grid
from reports.models import Poster, Wall
from reports.posters.making import poster_of
from reports.posters.services import hang, keep_version
from reports.services import archive_report, policy_titles, print_report

LEFT = {"0-0-assistant": "（演示）周明（协管员）"}  # since these were printed
COMMUNITIES = 2  # of the street, whose walls are full


def build_posters(district: Grid, *, today: date, by: User) -> int:
    """Give the district's staff work telephones; print and hang some posters."""
    _telephones(district)
    street = district.children.order_by("code")[0]
    grids = [district, street, *street.children.order_by("code")[:COMMUNITIES]]
    count = 0
    for grid in grids:
        for kind in Wall:
            if grid == district and kind == Wall.DUTIES:
                continue  # still missing on its wall
            poster = _printed(kind, grid, today, by)
            hang(poster=poster, since=today, spot="大厅东墙", photo=_photo(), by=by)
            count += 1
    stale = Poster.objects.filter(grid__in=[street, grids[-1]], kind=Wall.STAFF)
    for poster in stale:
        poster.parts["people"] |= LEFT
        poster.save(update_fields=["parts"])
    return count


def _telephones(district: Grid) -> None:
    within = StaffFile.objects.filter(
        person__postings__grid__path__startswith=district.path
    )
    files = list(within.distinct().order_by("pk"))
    for number, file in enumerate(files, 1):
        file.work_phone = f"0371-6000{number:04}"
    StaffFile.objects.bulk_update(files, ["work_phone"], 500)


def _printed(kind: Wall, grid: Grid, today: date, by: User) -> Poster:
    report = poster_of(kind, grid, today, policy_titles(grid, today))
    code = new_code()
    content = print_report(report, "pdf", code=code)
    document = archive_report(report, content, place=grid, form="pdf", code=code, by=by)
    keep_version(report, document, grid)
    return Poster.objects.get(grid=grid, kind=kind, version=report.version)


def _photo() -> SimpleUploadedFile:
    """Draw a wall with a white sheet on it."""
    wall = Image.new("RGB", (640, 480), "#c9c2b4")
    sheet = ImageDraw.Draw(wall)
    sheet.rectangle((150, 90, 490, 330), fill="#ffffff", outline="#888888", width=3)
    sheet.rectangle((190, 140, 450, 290), fill="#dde6f2", outline="#0f4fa0", width=2)
    drawn = BytesIO()
    wall.save(drawn, "JPEG", quality=80)
    return SimpleUploadedFile("上墙照片.jpg", drawn.getvalue())
