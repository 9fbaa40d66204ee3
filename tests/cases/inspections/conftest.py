from datetime import date, timedelta

import pytest
from django.utils import timezone

from cases.inspections.models import Inspection
from cases.inspections.rules import Answer
from cases.inspections.services import (
    approve_plan,
    issue_notice,
    plan_inspection,
    propose_plan,
    record_inspection,
)
from cases.inspections.services.planning import PlanFields
from tests.cases.conftest import inspectors, law, leader  # noqa: F401
from tests.factories import make_enterprise


def plan_fields(**change) -> PlanFields:
    today = timezone.localdate()
    return PlanFields(
        **{
            "name": "餐饮行业日常巡视检查",
            "kind": "daily",
            "scope": "辖区内餐饮单位",
            "topics": ("contracts", "wages"),
            "begins_on": date(today.year, 1, 1),
            "ends_on": date(today.year, 12, 31),
        }
        | change
    )


@pytest.fixture
def plan(erqi, inspectors, law):  # noqa: F811
    return propose_plan(grid=erqi, fields=plan_fields(), by=inspectors[0])


@pytest.fixture
def approved(plan, leader):  # noqa: F811
    approve_plan(plan=plan, on=timezone.localdate() - timedelta(days=2), by=leader)
    plan.refresh_from_db()
    return plan


@pytest.fixture
def unit(community):
    return make_enterprise("郑州好味餐饮有限公司", grid=community)


@pytest.fixture
def put(inspectors):  # noqa: F811
    """Put a unit into a plan with the two inspectors."""

    def put(plan, unit, **change) -> Inspection:
        persons = [user.person for user in inspectors]
        fields = {
            "planned_on": timezone.localdate(),
            "team": persons,
            "lead": persons[0],
            "by": inspectors[0],
        }
        return plan_inspection(plan=plan, enterprise=unit, **fields | change)

    return put


@pytest.fixture
def recorded(approved, put, unit, inspectors):  # noqa: F811
    """One inspection that found wages unpaid and waits for its result."""
    inspection = put(approved, unit)
    today = timezone.localdate()
    issue_notice(inspection=inspection, on=today, by=inspectors[0])
    record_inspection(
        inspection=inspection,
        on=today,
        answers={
            "contracts": Answer("yes"),
            "wages": Answer("finding", "十月份工资未足额支付"),
        },
        facts="抽查职工20人，3人十月份工资未足额支付。",
        place="单位办公室",
        representative="周经理",
        by=inspectors[0],
    )
    inspection.refresh_from_db()
    return inspection
