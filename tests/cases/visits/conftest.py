import pytest

from gridinspect.accounts.roles import Role
from tests.factories import make_enterprise, make_user


@pytest.fixture
def unit(community):
    return make_enterprise("郑州晨光机械有限公司", grid=community, address="人民路1号")


@pytest.fixture
def assistant(community):
    """An assistant (协管员) of the community."""
    return make_user(grid=community, role=Role.ASSISTANT)


@pytest.fixture
def squad(street):
    """The head of the street's squad."""
    return make_user(grid=street, role=Role.SQUAD_LEADER)


@pytest.fixture
def assistant_client(client, assistant):
    client.force_login(assistant)
    return client
