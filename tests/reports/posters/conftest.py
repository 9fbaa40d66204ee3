from io import BytesIO

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from PIL import Image
from shapely.geometry import box

from gridinspect.accounts.roles import Role
from gridinspect.documents.services import new_code
from grids.services.boundaries import set_boundaries
from reports import services
from reports.models import Poster
from reports.posters.services import hang, keep_version
from tests.factories import LONG_AGO, TODAY, make_adoption, make_grid, make_staff

WHOLE = box(113.6, 34.7, 113.7, 34.8)
WEST, EAST = box(113.6, 34.7, 113.65, 34.8), box(113.65, 34.7, 113.7, 34.8)


@pytest.fixture(autouse=True)
def _own_folder(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path


@pytest.fixture
def walled(erqi, street, community, bureau):
    """A street with two communities, boundaries for three of the four, two people."""
    make_adoption(erqi)
    other = make_grid("淮北社区", parent=street)
    make_staff("林一舟", grid=street, role=Role.FULL_TIME_INSPECTOR)
    make_staff("王小满", grid=community, work_phone="0371-60000001")
    areas = {erqi: WHOLE, street: WHOLE, community: WEST, other: EAST}
    set_boundaries(at=erqi, areas=areas, datum="wgs84", since=LONG_AGO, by=bureau)
    return street


def photograph():
    drawn = BytesIO()
    Image.new("RGB", (30, 40), "#8899aa").save(drawn, "JPEG")
    return SimpleUploadedFile("照片.jpg", drawn.getvalue())


def printed(kind, grid, *, by, form="pdf"):
    """Print, archive and keep a poster as the job does; return it and its bytes."""
    report = services.KINDS[kind].gather(grid, TODAY())
    code = new_code()
    content = services.print_report(report, form, code=code)
    document = services.archive_report(
        report, content, place=grid, form=form, code=code, by=by
    )
    keep_version(report, document, grid)
    poster = Poster.objects.get(grid=grid, kind=kind, version=report.version)
    return poster, content


def hung(kind, grid, *, by, since=None):
    """Print a poster and hang it."""
    poster, _ = printed(kind, grid, by=by)
    return hang(
        poster=poster, since=since or TODAY(), spot="东墙", photo=photograph(), by=by
    )
