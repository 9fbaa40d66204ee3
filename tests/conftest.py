import pytest
from hypothesis import HealthCheck, settings

from gridinspect.accounts.roles import Role
from tests.browser_gate import (  # noqa: F401  (hooks: when browser tests run)
    pytest_collection_modifyitems,
    pytest_report_header,
    pytest_sessionfinish,
    pytest_terminal_summary,
)
from tests.factories import make_city, make_district, make_grid, make_user

# A busy machine is slow, which says nothing about what is tested.
settings.register_profile(
    "patient", deadline=None, suppress_health_check=[HealthCheck.too_slow]
)
settings.load_profile("patient")


@pytest.fixture
def city(db):
    return make_city("郑州市", code="410100")


@pytest.fixture
def erqi(city):
    """A district of the city."""
    return make_district("二七区", city=city, code="410103")


@pytest.fixture
def huiji(city):
    """The neighbouring district."""
    return make_district("惠济区", city=city, code="410108")


@pytest.fixture
def street(erqi):
    return make_grid("淮河路街道", parent=erqi)


@pytest.fixture
def community(street):
    return make_grid("绿云社区", parent=street)


@pytest.fixture
def bureau(erqi):
    """A user of the district bureau."""
    return make_user(grid=erqi, role=Role.DISTRICT_BUREAU)


@pytest.fixture
def bureau_client(client, bureau):
    client.force_login(bureau)
    return client


@pytest.fixture
def neighbour(huiji):
    """A user of the neighbouring district's bureau."""
    return make_user(grid=huiji, role=Role.DISTRICT_BUREAU)


@pytest.fixture
def neighbour_client(client, neighbour):
    client.force_login(neighbour)
    return client
