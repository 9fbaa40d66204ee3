"""条款落实 on the demonstration: states, links, page, command and paper.

The five jurisdictions are built once, on a fixed day, in a transaction that ends with
this module.
"""

import json
import os
from collections import Counter
from datetime import date
from io import BytesIO, StringIO
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from django.db import transaction
from django.test import Client
from django.urls import reverse
from python_calamine import CalamineWorkbook

from gridinspect.accounts.models import User
from gridinspect.accounts.roles import Role
from grids.models import City, Grid
from grids.services.policies import load_policy, shipped_files
from reports.builders.paper import as_pdf, as_xlsx
from reports.conformance import as_json, conformance_of, scopes_for, scopes_of
from reports.demo import build as demo
from reports.judging import STATES, State
from reports.services import KINDS
from tests.factories import make_user

pytestmark = pytest.mark.django_db

GOLDEN = Path(__file__).parents[1] / "data" / "conformance.json"
ON = date(2026, 11, 20)
# The whole under each plan, and one district of it.
WHOLES = {
    "erqi-2013": ("410103", "410103"),
    "huiji-2010": ("410108", "410108"),
    "yangzhou-2007": ("321000", "321002"),
    "shenyang-plan": ("SYDEMO", "SYDEMO"),
    "yingkou-2021": ("210800", "210802"),
}
PLANS = pytest.mark.parametrize("slug", list(WHOLES))


@pytest.fixture(scope="module", autouse=True)
def built(django_db_setup, django_db_blocker):
    with (
        django_db_blocker.unblock(),
        transaction.atomic(),
        pytest.MonkeyPatch.context() as patch,
    ):
        patch.setattr(demo, "MONTHS", 0)
        for path in shipped_files():
            load_policy(document=path.read_bytes(), by=User.objects.system())
        demo.build(scale="small", say=lambda line: None, today=ON)
        yield
        transaction.set_rollback(True)


def place_of(code):
    city = City.objects.filter(code=code).first()
    return city or Grid.objects.select_related("city", "district").get(code=code)


def found_for(slug, *, whole=True, on=ON):
    place = place_of(WHOLES[slug][0 if whole else 1])
    (scope,) = [one for one in scopes_of(place, on) if one.policy.slug == slug]
    return conformance_of(scope)


def in_short(found):
    """Return the states with figures and targets, what the golden file keeps."""
    return {
        one["id"]: [
            one["state"],
            *(
                [
                    None if part["figure"] is None else round(part["figure"], 3),
                    part["target"],
                ]
                for part in one["parts"]
            ),
        ]
        for one in as_json(found)["clauses"]
    }


@PLANS
def test_every_clause_is_as_the_golden_file_says(slug):
    """Compare with the golden file; WRITE_GOLDEN=1 writes what is found into it."""
    golden = json.loads(GOLDEN.read_text(encoding="utf-8"))
    found = in_short(found_for(slug))
    if os.environ.get("WRITE_GOLDEN") == "1":
        golden[slug] = found
        write_golden(golden)
    assert found == golden[slug]


def write_golden(golden):
    """Write one clause a line, so that a change shows which clause it is about."""
    plans = []
    for slug in WHOLES:
        lines = [
            f"  {json.dumps(id_)}: {json.dumps(row)}"
            for id_, row in golden[slug].items()
        ]
        plans.append(f" {json.dumps(slug)}: {{\n" + ",\n".join(lines) + "\n }")
    GOLDEN.write_text("{\n" + ",\n".join(plans) + "\n}\n", encoding="utf-8")


def test_all_225_clauses_have_a_state():
    states = Counter(one.state for slug in WHOLES for one in found_for(slug).clauses)
    assert sum(states.values()) == 225
    assert all(one.reason for slug in WHOLES for one in unproven(slug))


def unproven(slug):
    silent = (State.NOT_MEASURABLE, State.PLANNED)
    return [one for one in found_for(slug).clauses if one.state in silent]


@PLANS
def test_the_counts_of_the_plan_are_reproduced(slug):
    for one in found_for(slug).clauses:
        for part in one.parts:
            if not part.is_rate:
                assert part.counted == part.target_count, (one.clause.id, part.name)


def test_a_district_of_a_city_plan_is_not_held_against_the_whole_city():
    clauses = {
        one.clause.id: one for one in found_for("yangzhou-2007", whole=False).clauses
    }
    assert clauses["YZ-08"].state == State.NOT_MEASURABLE
    assert "6 个区县和功能区的合计" in clauses["YZ-08"].reason
    assert clauses["YZ-02"].state == State.MET


@PLANS
@pytest.mark.parametrize("whole", [True, False])
def test_every_link_works_for_a_user_of_the_place(slug, whole):
    place = place_of(WHOLES[slug][0 if whole else 1])
    where = {"city": place} if isinstance(place, City) else {"grid": place}
    role = Role.CITY_BUREAU if isinstance(place, City) else Role.DISTRICT_BUREAU
    client = Client()
    client.force_login(make_user(role=role, **where))
    document = as_json(found_for(slug, whole=whole))
    links, lost = {}, []
    for clause in document["clauses"]:
        if clause["state"] == "performed":
            assert clause["url"], clause["id"]
        for one in (clause, *clause["parts"]):
            if one["url"]:
                links[one["url"]] = clause["id"]
    for url, id_ in links.items():
        response = client.get(url, follow=True)
        if response.status_code != 200:
            lost.append((id_, url, response.status_code))
    assert links
    assert lost == []


def test_the_figure_of_a_clause_is_the_length_of_its_rows():
    place = place_of("410103")
    client = Client()
    client.force_login(make_user(grid=place, role=Role.DISTRICT_BUREAU))
    document = as_json(found_for("erqi-2013"))
    (part,) = next(one for one in document["clauses"] if one["id"] == "EQ-33")["parts"]
    text = client.get(part["url"]).content.decode()
    assert f"共 <b>{part['out_of'] - part['counted']}</b> 条" in text


# --- the page -------------------------------------------------------------------------


@pytest.fixture
def client_at(client):
    def sign_in(code, role=Role.DISTRICT_BUREAU):
        place = place_of(code)
        where = {"city": place} if isinstance(place, City) else {"grid": place}
        user = make_user(role=role, **where)
        client.force_login(user)
        return client

    return sign_in


def page(client, **asked):
    asked = {"on": ON.isoformat()} | asked
    return client.get(reverse("reports:conformance"), asked)


def test_the_page_shows_states_figures_and_gaps(client_at):
    text = page(client_at("SYDEMO")).content.decode()
    assert "共 <b>58</b> 条" in text
    assert "由系统提供" in text
    assert "待建：纸质档案核对" in text
    assert "专职监察员：方案没有规定应配人数" in text
    assert "个百分点" in text


@pytest.mark.parametrize("state", list(State))
def test_the_page_is_filtered_by_state(client_at, state):
    response = page(client_at("SYDEMO"), state=state.value)
    rows = response.context["rows"]
    assert {row["judged"].state for row in rows} <= {state}
    shown = {one["label"]: one["count"] for one in response.context["states"]}
    assert shown[STATES[state]] == len(rows)


def test_a_city_sees_the_sum_and_each_district(client_at):
    client = client_at("321000", Role.CITY_BUREAU)
    scopes = page(client).context["filters"].fields["at"].choices
    assert [key for key, _ in scopes] == [
        "321000:yangzhou-2007",
        *("321002", "321003", "321011", "321071", "YZ-SGSX", "YZ-XCXQ"),
    ]
    assert "6 个区县和功能区合计" in page(client).content.decode()
    one = page(client, at="321003").content.decode()
    assert "请按全市查看" in one


def test_a_street_is_judged_by_the_plan_of_its_district(client_at):
    client = client_at("410103001000", Role.SQUAD_LEADER)
    clauses = {row["judged"].clause.id: row for row in page(client).context["rows"]}
    assert clauses["EQ-13"]["judged"].state == State.NOT_MEASURABLE
    assert clauses["EQ-33"]["judged"].parts[0].out_of < 420


def test_the_neighbours_are_not_found(client_at):
    client = client_at("410103")
    for asked in (
        {"at": "410108"},
        {"grid": "410108"},
        {"at": "410100:huiji-2010"},
        {"city": "410100"},
        {"at": "nowhere"},
    ):
        assert page(client, **asked).status_code == 404
    assert "惠济" not in page(client).content.decode()


def test_before_the_plan_there_is_nothing_to_judge(client_at):
    response = page(client_at("410103"), on="2001-01-01")
    assert response.status_code == 200
    assert "还没有采用实施方案" in response.content.decode()


def test_a_link_that_one_may_not_open_is_not_drawn(client_at):
    client = client_at("410103001001", Role.ASSISTANT)
    rows = {row["judged"].clause.id: row for row in page(client).context["rows"]}
    assert rows["EQ-36"]["page"] == ""
    assert rows["EQ-07"]["page"]
    assert rows["EQ-31"]["parts"][0]["url"] == ""


def test_who_sees_no_figures_sees_no_clauses(client_at):
    assert page(client_at("410103", Role.AGENCY_CLERK)).status_code == 403


@pytest.mark.parametrize("code", ["410103", "321000"])
def test_the_page_costs_few_queries(client_at, code, django_assert_max_num_queries):
    role = Role.CITY_BUREAU if code == "321000" else Role.DISTRICT_BUREAU
    client = client_at(code, role)
    page(client)
    with django_assert_max_num_queries(45):
        page(client)


def test_a_user_sees_the_scopes_of_all_own_places(client_at):
    user = make_user(city=place_of("410100"), role=Role.CITY_BUREAU)
    assert [scope.key for scope in scopes_for(user, ON)] == ["410103", "410108"]


# --- the command ----------------------------------------------------------------------


def command(*args, **options):
    out = StringIO()
    call_command("conformance", *args, stdout=out, on=ON.isoformat(), **options)
    return out.getvalue()


@PLANS
def test_the_command_says_what_the_page_says(slug):
    document = json.loads(command(policy=slug, json=True))
    assert document == json.loads(json.dumps(as_json(found_for(slug))))
    keys = {"id", "state", "figure", "target", "url"}
    assert all(keys <= one.keys() for one in document["clauses"])


def test_the_command_takes_a_district():
    document = json.loads(command(policy="yangzhou-2007", district="321002", json=True))
    assert document["district"] == "321002"
    assert document["city"] is None
    whole = json.loads(command(policy="yangzhou-2007", json=True))
    assert (whole["district"], whole["city"]) == (None, "321000")
    assert len(whole["districts"]) == 6
    assert "扬州市" in command(policy="yangzhou-2007")


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"policy": "no-such"}, "没有载入编号为 no-such"),
        ({"policy": "erqi-2013", "district": "410108"}, "没有采用方案 erqi-2013"),
        ({"policy": "erqi-2013", "district": "9"}, "没有编码或区划代码为 9"),
    ],
)
def test_the_command_refuses_in_one_line(options, words):
    with pytest.raises(CommandError, match=words) as refused:
        command(**options)
    assert refused.value.returncode == 2
    assert "\n" not in str(refused.value)


# --- the paper ------------------------------------------------------------------------


@pytest.mark.parametrize("code", ["SYDEMO", "410100"])
def test_the_table_of_acceptance_is_printed(code):
    report = KINDS["conformance"].gather(place_of(code), ON)
    assert as_pdf(report, code="TEST-0000-0000").startswith(b"%PDF")
    book = CalamineWorkbook.from_filelike(BytesIO(as_xlsx(report)))
    sheets = [name for name in book.sheet_names if name != "汇总"]
    assert len(sheets) == (1 if code == "SYDEMO" else 2)
    cells = [
        str(cell)
        for row in book.get_sheet_by_name(sheets[0]).to_python()
        for cell in row
    ]
    assert f"{'SY' if code == 'SYDEMO' else 'EQ'}-14" in cells
    assert "待建" in cells
