"""Objects of wages and projects for tests; defaults make them valid."""

from datetime import date, timedelta

from enterprises.wages.models import (
    AccountBalance,
    Arrears,
    EnterpriseAssistant,
    InsuranceMonth,
    Project,
    ProjectCheck,
    Repayment,
    WagePayment,
    WageWarning,
)
from gridinspect.accounts.models import User
from tests.factories import LONG_AGO, TODAY, make_person, make_user, serial


def make_arrears(unit, **fields):
    month = (TODAY() - timedelta(days=70)).replace(day=1)
    return Arrears.objects.create(
        enterprise=unit,
        district=unit.district,
        recorded_by=User.objects.system(),
        **{
            "kind": "wages",
            "month_from": month,
            "month_to": month,
            "amount": 10_000,
            "persons": 2,
            "source": "visit",
            "found_on": TODAY() - timedelta(days=20),
        }
        | fields,
    )


def make_repayment(arrears, **fields):
    return Repayment.objects.create(
        arrears=arrears, recorded_by=User.objects.system(), **fields
    )


def make_payment(unit, **fields):
    begun = fields.setdefault("cycle_from", TODAY().replace(day=1))
    return WagePayment.objects.create(
        enterprise=unit,
        district=unit.district,
        recorded_by=User.objects.system(),
        **{
            "cycle_to": begun + timedelta(days=29),
            "payable": 50_000,
            "paid": 50_000,
            "persons": 10,
            "paid_on": begun + timedelta(days=35),
        }
        | fields,
    )


def make_insurance(unit, **fields):
    return InsuranceMonth.objects.create(
        enterprise=unit,
        district=unit.district,
        recorded_by=User.objects.system(),
        **{
            "month": date(2026, 6, 1),
            "insurance": "pension",
            "due": 10,
            "insured": 10,
        }
        | fields,
    )


def make_project(grid, **fields):
    contractor = fields.get("contractor")
    return Project.objects.create(
        grid=grid,
        district=grid.district,
        recorded_by=User.objects.system(),
        **{
            "name": f"测试工程{next(serial)}",
            "builder": "测试建设单位",
            "contractor_name": contractor.name if contractor else "测试建筑公司",
            "price": 1_000_000,
            "started_on": TODAY() - timedelta(days=200),
            "roster": 20,
            "wage_officer": "周某",
            "account_opened_on": TODAY() - timedelta(days=190),
            "deposit": "bank",
            "deposit_amount": 20_000,
            "cost_cycle": 1,
        }
        | fields,
    )


def make_check(project, item, **fields):
    return ProjectCheck.objects.create(
        project=project,
        item=item,
        recorded_by=User.objects.system(),
        **{
            "result": "met",
            "checked_on": TODAY() - timedelta(days=5),
            "checked_by": fields.pop("checked_by", None) or make_person("检查员"),
        }
        | fields,
    )


def make_balance(project, **fields):
    return AccountBalance.objects.create(
        project=project, recorded_by=User.objects.system(), **fields
    )


def make_unit_user(unit, **fields):
    """Make an account of somebody who watches inside a unit (企业协管员)."""
    user = make_user()
    EnterpriseAssistant.objects.create(
        person=user.person,
        enterprise=unit,
        appointed_by="区人力资源和社会保障局",
        recorded_by=User.objects.system(),
        **{"since": LONG_AGO} | fields,
    )
    return user


def make_warning(unit, *, by, **fields):
    month = (TODAY() - timedelta(days=40)).replace(day=1)
    return WageWarning.objects.create(
        enterprise=unit,
        district=unit.district,
        reported_by=by,
        **{
            "reported_on": TODAY(),
            "month_from": month,
            "month_to": month,
            "persons": 5,
            "amount": 20_000,
            "facts": "上月工资没有按时发放",
            "union_due_on": TODAY() + timedelta(days=7),
        }
        | fields,
    )
