"""The pages of early warning, for the walk of all URLs."""

from reports.warnings.models import EarlyWarning
from tests.factories import TODAY
from tests.pages import Pages


def make(has):
    has.warning = EarlyWarning.objects.create(
        enterprise=has.unit,
        district=has.district,
        rule="wage_arrears",
        name=f"{has.word}拖欠工资",
        clears="补发",
        colour="red",
        rank=3,
        worst=3,
        facts=[{"name": f"{has.word}月数", "value": 3, "bound": 3, "rows": []}],
        since=TODAY(),
        coloured_on=TODAY(),
    )


PAGES = Pages(
    keyless={
        "warnings:list": [],
        "warnings:export": [],
        "warnings:effect": [],
        "warnings:send": [],
    },
    variants=[("warnings:list", [], "state=")],
    searches=[("warnings:list", "unit={w}&state=")],
    by_place=["warnings:list", "warnings:export", "warnings:effect"],
    scoped={
        "warnings:detail": lambda has: [has.warning.pk],
        "warnings:answer": lambda has: [has.warning.pk],
    },
    traced_reading={"warnings:export"},
    make=make,
)
