"""The pages of wages and projects, for the walk of all URLs."""

from enterprises.wages.models import Subcontractor
from tests.enterprises.wages.made import (
    make_arrears,
    make_balance,
    make_check,
    make_insurance,
    make_payment,
    make_project,
)
from tests.factories import TODAY
from tests.pages import Pages


def make(has):
    """Add one of everything of this room to a district."""
    has.arrears = make_arrears(has.unit, note=f"{has.word}欠薪")
    has.payment = make_payment(has.unit, note=f"{has.word}备注")
    make_insurance(has.unit)
    has.project = make_project(
        has.grid,
        name=f"{has.word}安置房工程",
        builder=f"{has.word}建设公司",
        contractor=has.unit,
        account_number="6222000011112222",
        wage_officer_phone="19900004321",
    )
    make_balance(has.project, on=TODAY(), balance=0)
    make_check(has.project, "notice", checked_by=has.inspectors[0].person)
    has.subcontractor = Subcontractor.objects.create(
        project=has.project, name=f"{has.word}劳务公司", since=TODAY()
    )


PAGES = Pages(
    make=make,
    keyless={
        "wages:arrears-list": [],
        "wages:arrears-export": [],
        "wages:minimum": [],
        "wages:minimum-set": [],
        "wages:projects": [],
        "wages:projects-export": [],
        "wages:project-add": [],
    },
    searches=[
        ("wages:arrears-list", "unit={w}&state=open"),
        ("wages:projects", "name={w}"),
    ],
    by_place=[
        "wages:arrears-list",
        "wages:arrears-export",
        "wages:projects",
        "wages:projects-export",
        "wages:project-add",
    ],
    traced_reading={"wages:arrears-export", "wages:projects-export"},
    scoped={
        "wages:arrears": lambda has: [has.arrears.pk],
        "wages:arrears-add": lambda has: [has.unit.pk],
        "wages:arrears-change": lambda has: [has.arrears.pk],
        "wages:arrears-repay": lambda has: [has.arrears.pk],
        "wages:arrears-settle": lambda has: [has.arrears.pk],
        "wages:arrears-withdraw": lambda has: [has.arrears.pk],
        "wages:insurance": lambda has: [has.unit.pk],
        "wages:payment-add": lambda has: [has.unit.pk],
        "wages:payment-change": lambda has: [has.payment.pk],
        "wages:project": lambda has: [has.project.pk],
        "wages:project-balance": lambda has: [has.project.pk],
        "wages:project-change": lambda has: [has.project.pk],
        "wages:project-check": lambda has: [has.project.pk],
        "wages:project-close": lambda has: [has.project.pk],
        "wages:project-finish": lambda has: [has.project.pk],
        "wages:project-reveal": lambda has: [has.project.pk],
        "wages:project-sheet": lambda has: [has.project.pk],
        "wages:subcontractor-add": lambda has: [has.project.pk],
        "wages:subcontractor-leave": lambda has: [has.subcontractor.pk],
    },
)
