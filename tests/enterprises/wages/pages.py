"""The pages of wages and projects, for the walk of all URLs."""

from django.utils import timezone

from enterprises.wages.models import SelfReport, Subcontractor
from tests.enterprises.wages.made import (
    make_arrears,
    make_balance,
    make_check,
    make_insurance,
    make_payment,
    make_project,
    make_unit_user,
    make_warning,
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
    inside = make_unit_user(has.unit)
    inside.person.name = f"{has.word}企业协管员"
    inside.person.save()
    has.unit_post = inside.person.unit_posts.get()
    has.wage_warning = make_warning(has.unit, by=inside, facts=f"{has.word}未发工资")
    has.self_report = SelfReport.objects.create(
        enterprise=has.unit,
        district=has.district,
        form_version=1,
        as_of=TODAY(),
        state="returned",
        reason=f"{has.word}请补填",
        sent_at=timezone.now(),
        filled_by=inside,
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
        "wages:own": [],
        "wages:own-survey": [],
        "wages:own-warning-add": [],
        "wages:self-reports": [],
        "wages:warnings": [],
    },
    post_only={"wages:own-escalate", "wages:self-report-confirm"},
    searches=[
        ("wages:arrears-list", "unit={w}&state=open"),
        ("wages:projects", "name={w}"),
        ("wages:self-reports", "unit={w}"),
        ("wages:warnings", "unit={w}"),
    ],
    by_place=[
        "wages:arrears-list",
        "wages:arrears-export",
        "wages:projects",
        "wages:projects-export",
        "wages:project-add",
        "wages:self-reports",
        "wages:warnings",
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
        "wages:assistant-add": lambda has: [has.unit.pk],
        "wages:assistant-end": lambda has: [has.unit_post.pk],
        "wages:own-escalate": lambda has: [has.wage_warning.pk],
        "wages:own-union": lambda has: [has.wage_warning.pk],
        "wages:self-report": lambda has: [has.self_report.pk],
        "wages:self-report-confirm": lambda has: [has.self_report.pk],
        "wages:self-report-return": lambda has: [has.self_report.pk],
        "wages:warning": lambda has: [has.wage_warning.pk],
        "wages:warning-answer": lambda has: [has.wage_warning.pk],
        "wages:subcontractor-add": lambda has: [has.project.pk],
        "wages:subcontractor-leave": lambda has: [has.subcontractor.pk],
    },
)
