import pytest

from gridinspect.accounts.models import User
from gridinspect.accounts.roles import Role
from gridinspect.workdays.notices import published_years
from gridinspect.workdays.services import replace_year
from tests.factories import make_certificate, make_policy, make_user


@pytest.fixture
def law(db):
    """The limits of the nation and of 河南, and the calendar of 2026."""
    make_policy("national")
    make_policy("henan")
    for year, days in published_years():
        if year == 2026:
            replace_year(year=year, days=days, source="国办发明电〔2025〕7号")


@pytest.fixture
def inspectors(erqi):
    """Two certified inspectors of the district, as accounts."""
    users = [make_user(grid=erqi, role=Role.FULL_TIME_INSPECTOR) for _ in range(2)]
    for user in users:
        make_certificate(user.person)
    return users


@pytest.fixture
def intake(erqi):
    return make_user(grid=erqi, role=Role.INTAKE)


@pytest.fixture
def leader(erqi):
    return make_user(grid=erqi, role=Role.LEADER)


@pytest.fixture
def system(db):
    return User.objects.system()
