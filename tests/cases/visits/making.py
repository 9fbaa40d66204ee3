"""What the tests of visits share."""

from datetime import timedelta
from io import BytesIO

from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils import timezone
from PIL import Image

from cases.visits.models import Visit
from cases.visits.services.hazards import HazardFacts
from cases.visits.services.visits import VisitFacts, record_visit


def make_visit(*, by, unit=None, grid=None, on=None, **fields):
    """Record a visit by its service: met, an hour ago unless said otherwise."""
    at = timezone.now() - timedelta(hours=1)
    if on is not None:
        at = timezone.make_aware(
            timezone.datetime.combine(on, timezone.datetime.min.time())
        ) + timedelta(hours=9)
    facts = {
        "unit": unit,
        "grid": grid or unit.grid,
        "visited_at": at,
        "result": Visit.Result.MET,
    }
    visit, _ = record_visit(facts=VisitFacts(**facts | fields), by=by)
    return visit


def make_hazard(*, by, unit=None, grid=None, on=None, visit=None, **fields):
    """Find a hazard at a visit."""
    facts = {"topic": "wages", "level": "general", "words": "考勤记录不全"}
    made = visit or make_visit(
        by=by, unit=unit, grid=grid, on=on, hazard=HazardFacts(**facts | fields)
    )
    return made.hazards.get()


def photo(name="现场.jpg", size=(40, 30), *, kind="JPEG", exif=None):
    """Return a photograph as somebody would upload it."""
    drawn = BytesIO()
    options = {"exif": exif} if exif else {}
    Image.new("RGB", size, "grey").save(drawn, kind, **options)
    return SimpleUploadedFile(name, drawn.getvalue(), "image/jpeg")
