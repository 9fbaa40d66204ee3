"""The pages of rosters, filings and papers."""

from datetime import date

from tests.enterprises.workforce.factories import (
    make_agreement,
    make_contract,
    make_filing,
    make_payroll,
    make_worker,
)
from tests.pages import Pages


def make(has):
    """Give a district's unit a worker, a contract, a filing and papers."""
    has.worker = make_worker(has.unit, f"{has.word}职工", post=f"{has.word}岗位")
    has.left = make_worker(
        has.unit, f"{has.word}离职", since=date(2026, 1, 5), until=date(2026, 11, 2)
    )
    has.contract = make_contract(has.worker)
    has.filing = make_filing(has.unit, number=f"{has.word}备")
    has.agreement = make_agreement(has.unit, number=f"{has.word}集")
    has.payroll = make_payroll(has.unit, remark=f"{has.word}报")


PAGES = Pages(
    keyless={"workforce:list": [], "workforce:export": []},
    variants=[
        ("workforce:list", [], "part=filings"),
        ("workforce:list", [], "part=agreements"),
        ("workforce:list", [], "part=payrolls"),
    ],
    searches=[
        ("workforce:list", "unit={w}&when=all"),
        ("workforce:list", "part=filings&unit={w}"),
        ("workforce:list", "part=agreements&unit={w}"),
        ("workforce:list", "part=payrolls&unit={w}"),
    ],
    by_place=["workforce:list", "workforce:export"],
    scoped={
        "workforce:worker-add": lambda has: [has.unit.pk],
        "workforce:workers-export": lambda has: [has.unit.pk],
        "workforce:worker": lambda has: [has.worker.pk],
        "workforce:worker-change": lambda has: [has.worker.pk],
        "workforce:worker-leave": lambda has: [has.worker.pk],
        "workforce:worker-return": lambda has: [has.left.pk],
        "workforce:worker-remove": lambda has: [has.worker.pk],
        "workforce:worker-reveal": lambda has: [has.worker.pk],
        "workforce:contract-add": lambda has: [has.worker.pk],
        "workforce:contract-remove": lambda has: [has.contract.pk],
        "workforce:filing-add": lambda has: [has.unit.pk],
        "workforce:filing-unit": lambda has: [has.unit.pk],
        "workforce:filing": lambda has: [has.filing.pk],
        "workforce:filing-void": lambda has: [has.filing.pk],
        "workforce:agreement-add": lambda has: [has.unit.pk],
        "workforce:agreement": lambda has: [has.agreement.pk],
        "workforce:agreement-change": lambda has: [has.agreement.pk],
        "workforce:agreement-end": lambda has: [has.agreement.pk],
        "workforce:payroll-add": lambda has: [has.unit.pk],
        "workforce:payroll-change": lambda has: [has.payroll.pk],
    },
    post_only={"workforce:worker-return", "workforce:contract-remove"},
    traced_reading={"workforce:export", "workforce:workers-export"},
    make=make,
)
