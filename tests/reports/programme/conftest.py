from datetime import date

import pytest

from gridinspect.accounts.roles import Role
from tests.factories import (
    make_adoption,
    make_district,
    make_grid,
    make_policy,
    make_user,
)

START = date(2010, 7, 26)
OPENED = date(2010, 8, 30)  # after its milestones, which are there to set it up


@pytest.fixture(autouse=True)
def files(settings, tmp_path):
    """Keep what is uploaded and archived out of the way."""
    settings.MEDIA_ROOT = tmp_path


@pytest.fixture
def under_huiji(city):
    """惠济 with two streets and a community each, under its own plan."""
    huiji = make_district("惠济区", city=city, code="410108", opened_on=OPENED)
    make_adoption(huiji, "huiji-2010", since=START, programme_start=START)
    for name in ("新城街道", "刘寨街道"):
        street = make_grid(name, parent=huiji, opened_on=OPENED)
        make_grid(f"{name}社区", parent=street, opened_on=OPENED)
    return huiji


@pytest.fixture
def streets(under_huiji):
    return list(under_huiji.children.select_related("parent", "city").order_by("code"))


@pytest.fixture
def huiji_bureau(under_huiji):
    return make_user(grid=under_huiji, role=Role.DISTRICT_BUREAU)


@pytest.fixture
def squad(streets):
    """The head of the squad of the first street."""
    return make_user(grid=streets[0], role=Role.SQUAD_LEADER)


@pytest.fixture
def law():
    make_policy("national")
    return make_policy("jiangsu")
