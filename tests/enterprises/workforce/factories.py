"""Workers, filings and papers for the tests of this room."""

from datetime import date

from enterprises.workforce.models import (
    Agreement,
    Contract,
    Filing,
    PayrollReturn,
    Worker,
)
from gridinspect.accounts.models import User

CITIZENS = ("410103198506150012", "410103199001010027", "210802197001010030")


def make_worker(
    enterprise, name="赵小川", *, number="", since=date(2024, 3, 1), **fields
):
    """Make a line of a unit's roster."""
    worker = Worker(
        enterprise=enterprise,
        district=enterprise.district,
        name=name,
        since=since,
        recorded_by=User.objects.system(),
        **fields,
    )
    worker.set_id_number(number)
    if worker.until and not worker.ending:
        worker.ending = Worker.Ending.DISSOLVED
    worker.save()
    return worker


def make_contract(worker, begins_on=None, ends_on=date(2099, 12, 31), **fields):
    """Make a written contract of a worker."""
    kind = Contract.Kind.FIXED if ends_on else Contract.Kind.OPEN
    return Contract.objects.create(
        worker=worker,
        kind=fields.pop("kind", kind),
        begins_on=begins_on or worker.since,
        ends_on=ends_on,
        **fields,
    )


def make_filing(enterprise, *, kind=Filing.Kind.FIRST, filed_on=None, **fields):
    """Make a filing that concerns nobody yet."""
    return Filing.objects.create(
        enterprise=enterprise,
        district=enterprise.district,
        kind=kind,
        filed_on=filed_on or date(2026, 3, 1),
        recorded_by=User.objects.system(),
        **fields,
    )


def make_agreement(enterprise, *, kind=Agreement.Kind.COLLECTIVE, **fields):
    """Make a paper of a unit that holds for a term."""
    defaults = {"begins_on": date(2026, 1, 1), "ends_on": date(2028, 12, 31)}
    return Agreement.objects.create(
        enterprise=enterprise,
        district=enterprise.district,
        kind=kind,
        recorded_by=User.objects.system(),
        **defaults | fields,
    )


def make_payroll(enterprise, **fields):
    """Make a line of the payroll registers."""
    defaults = {"kind": "fund", "year": 2026, "people": 10, "total": 500_000}
    return PayrollReturn.objects.create(
        enterprise=enterprise,
        district=enterprise.district,
        filed_on=date(2026, 2, 1),
        recorded_by=User.objects.system(),
        **defaults | fields,
    )
