"""What the tests of supervision share."""

from datetime import date, timedelta
from itertools import count

from cases.models import Case
from enterprises.supervision.models import Publication, Rating
from enterprises.supervision.services import grading, publishing
from enterprises.supervision.services.schemes import scheme_at
from gridinspect.accounts.models import User
from gridinspect.workdays.notices import published_years
from gridinspect.workdays.services import replace_year
from tests.factories import TODAY, make_policy

YEAR = TODAY().year - 1
serial = count(1)


def load_law():
    make_policy("national")
    for year, days in published_years():
        if year == TODAY().year:
            replace_year(year=year, days=days, source="通知")


def punish(unit, on=None, cause="涉嫌拖欠工资", outcome="penalty"):
    """Make a case of the unit that was closed with a penalty on a day."""
    on = on or date(YEAR, 6, 30)
    return Case.objects.create(
        number=f"案{next(serial)}",
        enterprise=unit,
        district=unit.district,
        grid=unit.grid,
        source="patrol",
        cause=cause,
        filed_on=on - timedelta(days=20),
        due_on=on + timedelta(days=60),
        investigation_ended_on=on,
        decision_due_on=on + timedelta(days=20),
        closed_on=on,
        closed_in_time=True,
        outcome=outcome,
        recorded_by=User.objects.system(),
    )


def make_round(district, by, year=YEAR, scheme=None):
    """Start a round and work it out, as its job does."""
    scheme = scheme or scheme_at(district, TODAY())
    round_ = grading.start_round(district=district, year=year, scheme=scheme, by=by)
    grading.write_proposals(round_=round_, worked=grading.work_out(round_), by=by)
    round_.refresh_from_db()
    return round_


def rating_of(unit):
    return Rating.objects.get(enterprise=unit, replaced_on=None)


def make_publication(unit, by, list="violation", **fields):
    one = publishing.begin_publication(
        enterprise=unit,
        list=list,
        category=fields.pop("category", "拖欠工资"),
        facts="拖欠 12 名劳动者工资",
        handling="责令限期支付，罚款 5000 元",
        by=by,
    )
    defaults = {"address": "淮河路 1 号", "head": "李小明"} | fields
    Publication.objects.filter(pk=one.pk).update(**defaults)
    one.refresh_from_db()
    return one
