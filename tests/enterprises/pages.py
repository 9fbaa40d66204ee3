"""The pages of the unit's file that came after test_project.py."""

from django.core.files.uploadedfile import SimpleUploadedFile

from enterprises.models import Material
from gridinspect.documents.attachments import attach
from tests.pages import Pages


def make(has):
    """Add a document to the file of the district's unit."""
    scan = SimpleUploadedFile(f"{has.word}执照.pdf", f"%PDF-1.7 {has.word}".encode())
    has.material = Material.objects.create(
        enterprise=has.unit,
        district=has.district,
        number=1,
        kind="licence",
        title=f"{has.word}执照",
        author=f"{has.word}市场监管局",
        pages=2,
        attachment=attach(upload=scan, path=has.grid.path, by=has.bureau),
        recorded_by=has.bureau,
    )


PAGES = Pages(
    scoped={
        "enterprises:file-print": lambda has: [has.unit.pk],
        "enterprises:material-add": lambda has: [has.unit.pk],
        "enterprises:material-file": lambda has: [has.material.pk],
        "enterprises:material-replace": lambda has: [has.material.pk],
        "enterprises:material-void": lambda has: [has.material.pk],
        "enterprises:paper-move": lambda has: [has.unit.pk],
    },
    make=make,
)
