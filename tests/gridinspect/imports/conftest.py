import csv
from datetime import date
from io import BytesIO, StringIO
from pathlib import Path

import pytest
from openpyxl import Workbook

from gridinspect.accounts.models import User
from gridinspect.imports import services
from gridinspect.imports.registry import resource_for
from grids.models import Grid

DATA = Path(__file__).parents[2] / "data"
DIVISIONS = DATA / "divisions_erqi.csv"
WORKBOOKS = DATA / "workbooks"


@pytest.fixture(autouse=True)
def media(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path / "files"


@pytest.fixture
def system(db):
    return User.objects.system()


@pytest.fixture
def run(system):
    """Check a workbook, given as bytes or rows, and write it when `apply` says so."""

    def check(kind, content, *, name="名册.xlsx", apply="", by=system, as_of=None):
        if isinstance(content, list):
            content = xlsx(content)
        resource = resource_for(kind)
        place = resource.scopes(by)[0]
        rows = []
        batch = services.keep_file(
            kind=kind,
            file=BytesIO(content),
            name=name,
            place=place,
            district_code=place.code,
            by=by,
            as_of=as_of or date(2026, 3, 2),
        )
        services.check_batch(batch, watch=rows.extend)
        if apply:
            batch = services.apply_batch(batch=batch, mode=apply, by=by)
        batch.seen = rows
        return batch

    return check


@pytest.fixture
def tree(run):
    """二七区 as the division list of 2023 has it: 16 streets, 176 communities."""
    run("grids", DIVISIONS.read_bytes(), name="divisions.csv", apply="all")
    return Grid.objects.get(code="410103")


def xlsx(rows, *, title="Sheet1", **sheets):
    """Return a workbook of one sheet, or of more by name, as bytes."""
    book = Workbook()
    sheet = book.active
    sheet.title = title
    for row in rows:
        sheet.append(row)
    for name, more in sheets.items():
        other = book.create_sheet(name)
        for row in more:
            other.append(row)
    buffer = BytesIO()
    book.save(buffer)
    return buffer.getvalue()


def as_csv(rows, encoding="utf-8"):
    text = StringIO()
    csv.writer(text).writerows(rows)
    return text.getvalue().encode(encoding)
