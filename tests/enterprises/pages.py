"""The pages of the unit's file that came after test_project.py."""

from tests.pages import Pages

PAGES = Pages(
    scoped={
        "enterprises:file-print": lambda has: [has.unit.pk],
    },
)
