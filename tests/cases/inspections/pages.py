from datetime import timedelta

from django.utils import timezone

from cases.inspections.models import Draw, Drawable
from cases.inspections.services import plan_inspection, propose_plan
from cases.inspections.services.planning import PlanFields
from gridinspect.accounts.roles import Role
from tests.factories import make_certificate, make_policy, make_user
from tests.pages import Pages


def make(has) -> None:
    """A plan with a draw and one unit, proposed by an inspector of the district."""
    make_policy("national")
    users = [
        make_user(grid=has.district, role=Role.FULL_TIME_INSPECTOR) for _ in range(2)
    ]
    for number, user in enumerate(users):
        user.person.name = f"{has.word}检查员{number}"
        user.person.save()
        make_certificate(user.person)
    today = timezone.localdate()
    has.inspection_plan = propose_plan(
        grid=has.district,
        fields=PlanFields(
            name=f"{has.word}双随机抽查",
            kind="random",
            scope=f"{has.word}单位",
            topics=("wages",),
            begins_on=today - timedelta(days=5),
            ends_on=today + timedelta(days=5),
        ),
        by=users[0],
    )
    persons = [user.person for user in users]
    has.inspection = plan_inspection(
        plan=has.inspection_plan,
        enterprise=has.unit,
        planned_on=today,
        team=persons,
        lead=persons[0],
        by=users[0],
    )
    has.draw = Draw.objects.create(
        plan=has.inspection_plan,
        number=1,
        seed=f"{has.word}1",
        method="SHA-256-1",
        units_wanted=1,
        persons_wanted=2,
        units_hash="0" * 64,
        persons_hash="0" * 64,
        drawn_by=users[0],
    )
    Drawable.objects.create(
        draw=has.draw, enterprise=has.unit, key="U1", name=has.unit.name, rank=1
    )
    Drawable.objects.bulk_create(
        Drawable(draw=has.draw, person=one, key=f"P{one.pk}", name=one.name, rank=n)
        for n, one in enumerate(persons, start=1)
    )


PAGES = Pages(
    keyless={
        "inspections:list": [],
        "inspections:add": [],
        "inspections:export": [],
        "inspections:frequency": [],
        "inspections:plans": [],
        "inspections:plan-add": [],
    },
    variants=[
        ("inspections:list", [], "state=week&page_size=20&sort=-planned_on"),
        ("inspections:frequency", [], "at_cap=on&year=2025"),
    ],
    searches=[
        ("inspections:list", "q={w}"),
        ("inspections:plans", "q={w}"),
        ("inspections:frequency", "q={w}"),
    ],
    by_place=["inspections:list", "inspections:plans", "inspections:frequency"],
    scoped={
        "inspections:detail": lambda has: [has.inspection.pk],
        "inspections:decide": lambda has: [has.inspection.pk],
        "inspections:team": lambda has: [has.inspection.pk],
        "inspections:notify": lambda has: [has.inspection.pk],
        "inspections:record": lambda has: [has.inspection.pk],
        "inspections:record-pdf": lambda has: [has.inspection.pk],
        "inspections:conclude": lambda has: [has.inspection.pk],
        "inspections:cancel": lambda has: [has.inspection.pk],
        "inspections:plan": lambda has: [has.inspection_plan.pk],
        "inspections:plan-change": lambda has: [has.inspection_plan.pk],
        "inspections:plan-decide": lambda has: [has.inspection_plan.pk],
        "inspections:plan-cancel": lambda has: [has.inspection_plan.pk],
        "inspections:draw": lambda has: [has.inspection_plan.pk],
        "inspections:add-to-plan": lambda has: [has.inspection_plan.pk],
        "inspections:take": lambda has: [has.draw.pk],
        "inspections:draw-log": lambda has: [has.draw.pk],
        "inspections:add-unit": lambda has: [has.unit.pk],
        "inspections:unit-frequency": lambda has: [has.unit.pk],
    },
    traced_reading={"inspections:export"},
    make=make,
)
