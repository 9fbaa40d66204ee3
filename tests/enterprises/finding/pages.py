"""The pages that find, change, hand over and merge units."""

from gridinspect.accounts.models import User
from tests.factories import TODAY
from tests.pages import Pages


def make(has):
    """Add a proposal of status to a district."""
    from enterprises.services.status import propose_status

    has.status_proposal = propose_status(
        unit=has.unit,
        status="not_found",
        on=TODAY(),
        reason=f"{has.word}门口无人",
        by=User.objects.system(),
    )


PAGES = Pages(
    keyless={
        "enterprises:proposals": [],
        "enterprises:proposals-decide": [],
    },
    variants=[
        ("enterprises:proposals", [], "state=all"),
        ("enterprises:proposals-decide", [], "all=1"),
    ],
    searches=[("enterprises:proposals", "name={w}")],
    by_place=["enterprises:proposals", "enterprises:proposals-decide"],
    scoped={
        "enterprises:status": lambda has: [has.unit.pk],
        "enterprises:status-undo": lambda has: [has.unit.pk],
    },
    post_only={"enterprises:status-undo"},
    make=make,
)
