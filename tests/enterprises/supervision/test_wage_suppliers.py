"""What wages tell supervision of units: as on the last day of the period."""

from datetime import date

import pytest

from enterprises.models import Enterprise
from enterprises.supervision.facts import facts_of
from tests.enterprises.wages.made import make_arrears, make_repayment
from tests.factories import make_enterprise

pytestmark = pytest.mark.django_db

KEYS = ("wage_arrears_months", "wage_arrears_yuan", "insurance_arrears_months")


def test_open_arrears_are_facts_until_they_are_settled(
    community, django_assert_max_num_queries
):
    unit = make_enterprise(grid=community)
    make_enterprise(grid=community)
    wages = make_arrears(
        unit,
        month_from=date(2026, 3, 1),
        month_to=date(2026, 4, 1),
        found_on=date(2026, 5, 10),
        amount=9000,
    )
    make_repayment(wages, paid_on=date(2026, 6, 1), amount=1000)
    make_arrears(
        unit,
        kind="pension",
        month_from=date(2026, 1, 1),
        month_to=date(2026, 3, 1),
        found_on=date(2026, 5, 10),
        settled_on=date(2026, 7, 1),
    )

    def told(until):
        with django_assert_max_num_queries(8):
            found = facts_of(
                KEYS, Enterprise.objects.all(), since=date(2026, 1, 1), until=until
            )
        return found.values(unit.pk)

    assert told(date(2026, 5, 9)) == {}
    assert told(date(2026, 5, 10)) == {
        "wage_arrears_months": 2,
        "wage_arrears_yuan": 9000,
        "insurance_arrears_months": 3,
    }
    assert told(date(2026, 7, 1)) == {
        "wage_arrears_months": 2,
        "wage_arrears_yuan": 8000,
    }


def test_the_rows_behind_do_not_tell_of_a_complaint(community):
    unit = make_enterprise(grid=community)
    row = make_arrears(unit, source="complaint", found_on=date(2026, 10, 20))
    found = facts_of(
        KEYS,
        Enterprise.objects.all(),
        since=date(2026, 1, 1),
        until=date(2026, 12, 31),
    )
    refs = found.of(unit.pk)["wage_arrears_months"].rows
    assert [ref.url for ref in refs] == [row.get_absolute_url()]
    assert "投诉" not in str(refs)
