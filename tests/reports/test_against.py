"""Coverage with a department's list as its denominator, beside our own 底数."""

import json
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.urls import reverse

from enterprises.models import RegistryEntry
from gridinspect.accounts.models import User
from gridinspect.accounts.roles import Role
from reports.against import NotByList, against
from tests.factories import (
    TODAY,
    make_adoption,
    make_enterprise,
    make_posting,
    make_survey,
    make_user,
)

pytestmark = pytest.mark.django_db
CODE, OTHER = "91410103MA0AAAA1X9", "91321002123456788G"


@pytest.fixture
def listed(erqi, community):
    """Three units on a list: one is ours and surveyed, one ours, one is not ours."""
    make_adoption(erqi)
    make_posting(grid=community)
    make_survey(make_enterprise("甲商行", grid=community, uscc=CODE))
    unit = make_enterprise("乙商行", grid=community, uscc=None)
    make_survey(make_enterprise("丙商行", grid=community, uscc=OTHER))
    for name, key, code in (
        ("甲商行", "x", CODE),
        ("乙商行", unit.name_key, None),
        ("丁商行", "nobody", None),
    ):
        RegistryEntry.objects.create(
            district=erqi,
            source="market",
            name=name,
            name_key=key,
            uscc=code,
            listed_on=TODAY(),
        )
    return erqi


def test_the_list_is_the_denominator_and_only_what_it_has_counts(listed):
    found = against(listed, "market", TODAY(), user=User.objects.system())
    assert (found.listed, found.known, found.matched) == (3, 3, 2)
    assert found.counted == {"assigned": 2, "acquired": 1, "filed": 1}
    assert found.rate("acquired") == pytest.approx(1 / 3)
    assert "不是我方底数 3 户" in found.basis
    tax = against(listed, "tax", TODAY(), user=User.objects.system())
    assert (tax.listed, tax.rate("acquired")) == (0, None)


def test_a_city_is_the_sum_of_its_districts(listed):
    system = User.objects.system()
    found = against(listed.city, "market", TODAY(), user=system, children=True)
    assert (found.listed, len(found.children)) == (3, 1)


def test_a_list_names_no_grids(listed, community):
    with pytest.raises(NotByList, match="没有写明网格"):
        against(community, "market", TODAY(), user=User.objects.system())


def said(*args):
    out = StringIO()
    call_command("coverage", *args, stdout=out)
    return out.getvalue()


def test_the_command_says_which_denominator(listed, community):
    document = json.loads(said("--grid", listed.code, "--against", "market", "--json"))
    assert document["denominator"] == "list:market"
    assert document["rows"][0]["rates"]["assigned"] == pytest.approx(2 / 3)
    assert "分母为市场监管名单" in said("--grid", listed.code, "--against", "market")
    own = json.loads(said("--grid", listed.code, "--json"))
    assert own["rows"][0]["known"] == 3
    assert "denominator" not in own
    with pytest.raises(CommandError, match="没有写明网格"):
        said("--grid", community.code, "--against", "market")


def test_the_dashboard_shows_it_when_asked(listed, client):
    client.force_login(make_user(grid=listed, role=Role.DISTRICT_BUREAU))
    url = reverse("reports:grid", args=[listed.pk])
    own = client.get(url).content.decode()
    assert "按部门名单计算</h2>" not in own
    text = client.get(url, {"against": "market"}).content.decode()
    assert "不是我方底数 3 户" in text
    assert "33.3%（1/3）" in text
    assert (
        "还没有这个部门的名单" in client.get(url, {"against": "tax"}).content.decode()
    )
