from datetime import date

import pytest
from django.urls import reverse

from gridinspect.accounts.roles import Role
from grids.models import PolicyInForce
from grids.templatetags.clauses import clause_link
from tests.factories import LONG_AGO, make_adoption, make_city, make_policy, make_user

pytestmark = pytest.mark.django_db


@pytest.fixture
def plan():
    return make_policy("shenyang-plan")


@pytest.fixture
def city_client(client, city):
    client.force_login(make_user(city=city, role=Role.CITY_BUREAU))
    return client


def page(client, name, *args, **query):
    response = client.get(reverse(f"grids:{name}", args=args), query)
    assert response.status_code == 200
    return response.content.decode()


def test_the_list_shows_every_version_with_its_clause_count(bureau_client, plan):
    make_policy("national")
    text = page(bureau_client, "policies")
    assert plan.get_absolute_url() in text
    assert "国家法定期限和退休年龄" in text
    assert ">58<" in text
    assert "采用方案" not in text
    text = page(bureau_client, "policies", layer="national")
    assert plan.title not in text


def test_every_clause_stands_beside_what_the_rules_take_from_it(bureau_client, plan):
    text = page(bureau_client, "policy", plan.pk)
    assert "共 <b>58</b> 条" in text
    assert "每个街道、乡镇：兼职监察员 2 名" in text
    assert "启动阶段：协管监察员配备率不低于 75%" in text


def test_clauses_are_filtered_by_kind_and_by_words(bureau_client, plan):
    text = page(bureau_client, "policy", plan.pk, kind="rule")
    assert "共 <b>7</b> 条" in text
    text = page(bureau_client, "policy", plan.pk, q="八到位")
    assert 'id="SY-55"' in text
    assert 'id="SY-01"' not in text
    text = page(bureau_client, "policy", plan.pk, q="没有这样的词")
    assert "没有符合条件的条款" in text


@pytest.mark.parametrize(
    "slug",
    ["erqi-2013", "huiji-2010", "yangzhou-2007", "shenyang-plan", "yingkou-2021"],
)
def test_the_values_of_every_plan_can_be_read(bureau_client, slug):
    text = page(bureau_client, "policy", make_policy(slug).pk, tab="values")
    assert "人员配备" in text
    assert "目标" in text


def test_what_the_plan_leaves_open_is_marked(bureau_client):
    text = page(bureau_client, "policy", make_policy("yingkou-2021").pk, tab="values")
    assert "施行日期待核实" in text
    assert "按配置指数" in text
    assert "（推定）" in text


def test_limits_show_their_source_and_whether_they_are_verified(bureau_client):
    text = page(bureau_client, "policy", make_policy("henan").pk)
    assert "待核实" in text
    assert "30 日" in text
    text = page(bureau_client, "policy", make_policy("national").pk)
    assert "60 个工作日" in text
    assert "没有固定期限" in text
    assert "退休年龄" in text
    text = page(bureau_client, "policy", make_policy("jiangsu").pk)
    assert "适用国家期限" in text


def test_a_district_sees_its_own_adoption_only(bureau_client, erqi, huiji):
    make_adoption(erqi, "erqi-2013")
    make_adoption(huiji, "huiji-2010")
    text = page(bureau_client, "adoptions")
    assert "二七区组建劳动保障监察协管员队伍实施方案" in text
    assert "惠济区" not in text
    text = page(bureau_client, "policy", make_policy("huiji-2010").pk, tab="districts")
    assert "还没有区县采用这个版本" in text


def test_a_street_sees_the_plan_of_its_district(client, street, erqi):
    make_adoption(erqi, "erqi-2013")
    client.force_login(make_user(grid=street, role=Role.SQUAD_LEADER))
    assert "建成组织体系和制度体系" in page(client, "adoptions")
    assert "二七区组建" not in page(client, "adoptions", on="2019-12-31")


def test_the_city_puts_a_district_under_a_plan(city_client, erqi, plan):
    assert "采用方案" in page(city_client, "adoptions")
    data = {
        "district": erqi.pk,
        "policy": plan.pk,
        "since": "2026-01-01",
        "programme_start": "2026-02-01",
    }
    response = city_client.post(reverse("grids:adopt"), data)
    assert response.url == reverse("grids:adoptions")
    adoption = PolicyInForce.objects.get()
    assert (adoption.district, adoption.policy) == (erqi, plan)
    assert adoption.programme_start == date(2026, 2, 1)
    response = city_client.post(reverse("grids:adopt"), data)
    assert "请选择 2026-01-02 或以后的日期" in response.content.decode()
    assert PolicyInForce.objects.count() == 1


def test_a_district_cannot_choose_its_own_plan(bureau_client, erqi, plan):
    assert bureau_client.get(reverse("grids:adopt")).status_code == 403
    data = {"district": erqi.pk, "policy": plan.pk, "since": LONG_AGO}
    assert bureau_client.post(reverse("grids:adopt"), data).status_code == 403
    assert not PolicyInForce.objects.exists()


def test_a_city_has_no_say_in_another_one(client, erqi, plan):
    yangzhou = make_city("扬州市", code="321000", province="江苏省")
    client.force_login(make_user(role=Role.CITY_BUREAU, city=yangzhou))
    data = {"district": erqi.pk, "policy": plan.pk, "since": LONG_AGO}
    response = client.post(reverse("grids:adopt"), data)
    assert response.status_code == 200
    assert not PolicyInForce.objects.exists()


def test_who_may_not_look_at_policies_is_refused(client, erqi, plan):
    client.force_login(make_user(grid=erqi, role=Role.AGENCY_CLERK))
    for name, args in (("policies", []), ("policy", [plan.pk]), ("adoptions", [])):
        assert client.get(reverse(f"grids:{name}", args=args)).status_code == 403


def test_an_unknown_policy_does_not_exist(bureau_client):
    assert bureau_client.get(reverse("grids:policy", args=[0])).status_code == 404


def test_pages_cost_few_queries(bureau_client, erqi, django_assert_max_num_queries):
    adoption = make_adoption(erqi, "erqi-2013")
    for name, args in (
        ("policies", []),
        ("policy", [adoption.policy.pk]),
        ("adoptions", []),
    ):
        page(bureau_client, name, *args)  # reads the version once
        with django_assert_max_num_queries(12):
            page(bureau_client, name, *args)


def test_a_clause_is_one_click_away(plan):
    link = clause_link(plan, "SY-55")
    assert f'href="{plan.get_absolute_url()}?tab=clauses#SY-55"' in link
    assert "网格划分到位" in link
    assert clause_link(plan, "EQ-01") == "EQ-01"
    assert clause_link(None, "EQ-01") == "EQ-01"
