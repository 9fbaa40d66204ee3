"""方案试算: other plans change what they should, rows and all, and nothing is saved."""

import json
from datetime import timedelta
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from gridinspect.accounts.models import User
from gridinspect.accounts.roles import Role
from grids.models import Policy
from grids.services.drafts import begin_draft, change_draft, publish_draft
from grids.services.policies import adopt_policy, policy_on
from reports import coverage, tallies
from reports.conformance import conformance_of, scopes_of
from reports.judging import State
from reports.whatif import (
    as_json,
    draft_as_plan,
    plan_named,
    version_as_plan,
    what_if,
)
from tests.factories import (
    LONG_AGO,
    TODAY,
    make_adoption,
    make_enterprise,
    make_grid,
    make_policy,
    make_posting,
    make_survey,
    make_user,
)

pytestmark = pytest.mark.django_db


@pytest.fixture
def plan(erqi):
    make_policy("national")
    return make_adoption(erqi, "erqi-2013").policy


@pytest.fixture
def filled(erqi, plan, street, community):
    """Two streets, a community; units surveyed long ago, lately, and never."""
    make_grid("福华街道", parent=erqi)
    make_posting(grid=community)
    for days in (10, 100, 400):
        unit = make_enterprise(grid=community)
        make_survey(unit, surveyed_on=TODAY() - timedelta(days=days))
    make_enterprise(grid=street)
    return erqi


@pytest.fixture
def draft(filled, plan, huiji):
    """A draft of 二七's plan: three assistants a grid, surveys fresh for 30 days."""
    admin = make_user(grid=filled, role=Role.SYSTEM_ADMIN)
    draft = begin_draft(base=plan, slug=plan.slug, title="新方案", by=admin)
    rows = [dict(row) for row in draft.document["number"]]
    for row in rows:
        if row["key"] == "freshness_days":
            row["value"] = 30
    draft = change_draft(draft=draft, edition=1, section="number", rows=rows, by=admin)
    quotas = [{**row, "min": 3, "max": 3} for row in draft.document["quota"]]
    return change_draft(draft=draft, edition=2, section="quota", rows=quotas, by=admin)


def tried(place, other, on=None):
    on = on or TODAY()
    return what_if(place, on, other)


def under(policy_or_draft, place, on=None):
    on = on or TODAY()
    start = policy_on(place.district, on).programme_start
    make = version_as_plan if isinstance(policy_or_draft, Policy) else draft_as_plan
    return make(policy_or_draft, on=on, start=start)


def lines(found):
    return {line.key: line for group in found.groups for line in group.lines}


def test_the_same_plan_changes_nothing(filled, plan):
    found = tried(filled, under(plan, filled))
    assert [group.changed for group in found.groups] == [()] * len(found.groups)


def test_the_left_side_is_what_the_dashboard_shows(filled, plan):
    found = tried(filled, under(plan, filled))
    assert found.left.counts == coverage.figures_of(filled, TODAY()).own.counts


def test_a_draft_moves_posts_and_rates_by_its_own_values(filled, draft):
    found = lines(tried(filled, under(draft, filled)))
    required = found["required:assistant"]
    assert (required.left.value, required.right.value) == (8, 12)
    assert required.difference == "+4"
    missing = found["missing:assistant"]
    assert (missing.left.value, missing.right.value) == (7, 11)
    assert found["filled:assistant"].difference == "相同"
    acquired = found["rate:acquired"]
    assert acquired.left.words == "50%（2/4）"
    assert acquired.right.words == "25%（1/4）"
    assert acquired.difference == "-25.0 个百分点"
    assert acquired.left.clauses == ("EQ-33",)
    assert found["rate:filed"].difference == "相同"
    assert found["freshness_days"].right.words == "30 日"


def test_clauses_are_judged_by_both_plans(filled, draft):
    found = tried(filled, under(draft, filled))
    now = conformance_of(scopes_of(filled, TODAY())[0])
    assert [one.state for one in found.left.clauses] == [
        one.state for one in now.clauses
    ]
    states = lines(found)
    for state in (State.MET, State.PARTLY, State.NOT_MET):
        line = states[f"clauses:{state.value}"]
        for cell, side in ((line.left, found.left), (line.right, found.right)):
            count = sum(one.state == state for one in side.clauses)
            assert cell.value == count
    moved = {key for key in states if key.startswith("clause:")}
    assert moved == {
        f"clause:{one.clause.id}"
        for one, two in zip(found.left.clauses, found.right.clauses, strict=True)
        if one.state != two.state
    }


def test_clauses_of_another_plan_are_listed_with_their_figures(filled):
    found = lines(tried(filled, under(make_policy("huiji-2010"), filled)))
    gone = found["clause:EQ-33"]
    assert gone.right.words == "没有这一条"
    assert gone.difference == "不再要求"
    new = [line for key, line in found.items() if key.startswith("clause:HJ")]
    assert all(line.left.words == "没有这一条" for line in new)
    assert any(line.difference == "新要求 → 未达到" for line in new)
    assert not any("由系统提供" in line.difference for line in new)


def test_the_page_lists_the_clauses(bureau_client, filled):
    asked = {"with": f"policy-{make_policy('huiji-2010').pk}"}
    text = ask(bureau_client, filled, **asked).content.decode()
    assert "未达到的条款" in text
    assert "新要求 → 未达到" in text
    assert reverse("reports:conformance") in text


def test_a_neighbours_plan_counts_other_nodes(filled):
    found = lines(tried(filled, under(make_policy("yangzhou-2007"), filled)))
    assert found["grids"].left.value == 4
    assert found["grids"].right.value == 3
    assert found["level:1"].left.words == "1 个（区县、功能区）"
    assert "街道" in found["level:1"].right.words
    assert found["level:3"].right.words == "不设"
    assert found["required:assistant"].right.clauses


def test_targets_say_what_is_met_on_both_sides(filled):
    other = version_as_plan(
        make_policy("shenyang-plan"), on=TODAY(), start=LONG_AGO - timedelta(days=900)
    )
    found = lines(tried(filled, other))
    assert found["target:acquired"].left.words.startswith("100%")
    assert found["target:acquired"].right.words.startswith("90%")
    assert found["target:acquired"].difference == "目标不同"  # met on neither side
    new = found["target:staffed:inspector"]
    assert new.left.words == "没有规定目标"
    assert "未达标" in new.right.words
    assert new.right.clauses
    assert new.difference == "没有目标 → 未达标"


def test_limits_of_law_and_plan_are_compared(filled):
    make_policy("henan")
    found = lines(tried(filled, under(make_policy("huiji-2010"), filled)))
    changed = [line for line in found.values() if line.name.startswith("T")]
    assert changed
    assert {line.difference for line in changed} <= {"相同", "不同"}


def test_a_place_below_a_district_is_tried_alone(filled, street, draft):
    found = lines(tried(street, under(draft, filled)))
    assert found["required:assistant"].left.value == 4
    assert found["grids"].left.value == 2


def test_the_past_is_tried_as_it_was(filled, draft):
    on = TODAY() - timedelta(days=30)
    found = lines(tried(filled, under(draft, filled, on), on))
    assert found["rate:acquired"].left.words.startswith("25%")


def test_without_a_plan_in_force_there_is_a_left_side_all_the_same(huiji):
    make_policy("national")
    policy = make_policy("huiji-2010")
    found = tried(huiji, version_as_plan(policy, on=TODAY(), start=None))
    assert found.left.plan.follows is None
    assert lines(found)["grids"].left.value == 0
    assert lines(found)["required:full_time_inspector"].left.words == "没有规定"


def test_a_draft_is_tried_as_what_it_becomes(filled, draft):
    tried_before = as_json(tried(filled, under(draft, filled)))["groups"]
    admin = make_user(grid=filled, role=Role.SYSTEM_ADMIN)
    policy = publish_draft(draft=draft, edition=draft.edition, by=admin)
    assert as_json(tried(filled, under(policy, filled)))["groups"] == tried_before
    adopt_policy(
        district=filled,
        policy=policy,
        since=TODAY(),
        programme_start=LONG_AGO,
        by=User.objects.system(),
    )
    now = tried(filled, under(policy, filled))
    assert now.left.counts == now.right.counts


# --- nothing is saved -----------------------------------------------------------------


def every_row():
    """Return what PostgreSQL says of each table: its rows with their versions."""
    with connection.cursor() as cursor:
        tables = connection.introspection.table_names(cursor)
        seen = {}
        for table in tables:
            asked = "SELECT count(*), sum(xmin::text::bigint) FROM "
            cursor.execute(asked + connection.ops.quote_name(table))
            seen[table] = cursor.fetchone()
    return seen


def test_no_row_changes(filled, draft, bureau_client):
    tallies.recount(filled, TODAY())
    policy = make_policy("shenyang-plan")
    ask(bureau_client, filled)  # the session notes its beginning
    make_policy("yangzhou-2007")
    before = every_row()
    for key in (f"policy-{policy.pk}", f"policy-{draft.base_id}"):
        assert ask(bureau_client, filled, **{"with": key}).status_code == 200
        assert ask(bureau_client, filled, "grids", **{"with": key}).status_code == 200
    command(filled, policy="yangzhou-2007")
    command(filled, draft=str(draft.pk))
    assert every_row() == before


def test_it_works_where_nothing_can_be_written(filled, draft):
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute("SET TRANSACTION READ ONLY")
        assert tried(filled, under(draft, filled)).groups


def test_it_only_reads(filled, draft):
    with CaptureQueriesContext(connection) as queries:
        tried(filled, under(draft, filled))
    verbs = {query["sql"].lstrip().split()[0] for query in queries}
    assert verbs == {"SELECT"}


# --- the pages ------------------------------------------------------------------------


def ask(client, place, page="", **asked):
    name = f"reports:what-if-{page}" if page else "reports:what-if"
    return client.get(reverse(name), {"at": place.code} | asked)


def test_the_page_waits_for_a_plan(bureau_client, filled):
    text = ask(bureau_client, filled).content.decode()
    assert "请选择要试算的方案或草稿" in text


def test_the_page_shows_both_sides_with_clauses_and_what_is_not_there(
    bureau_client, filled
):
    policy = make_policy("yangzhou-2007")
    text = ask(
        bureau_client, filled, **{"with": f"policy-{policy.pk}"}
    ).content.decode()
    assert f"{policy.get_absolute_url()}?tab=clauses#YZ-" in text
    assert "?tab=clauses#EQ-14" in text
    assert "重点监管单位" in text
    assert "对比两个方案的全部内容" in text


def test_every_link_of_the_page_works(bureau_client, filled, draft):
    for key in (f"policy-{make_policy('shenyang-plan').pk}",):
        response = ask(bureau_client, filled, **{"with": key})
        for _, shown in response.context["groups"]:
            for side in (side for one in shown for side in one["sides"]):
                if side["url"]:
                    assert bureau_client.get(side["url"]).status_code == 200


def test_the_rows_behind_a_figure_are_as_many_as_it_says(filled, draft, client):
    client.force_login(make_user(grid=filled, role=Role.DISTRICT_BUREAU))
    url = reverse("reports:grid-rows", args=[filled.pk, "acquired", "numerator"])
    policy = make_policy("huiji-2010")
    for key, many in (("", 2), (f"policy-{policy.pk}", 2)):
        response = client.get(url, {"under": key} if key else {})
        assert response.context["table"].total == many
    client.force_login(make_user(city=filled.city, role=Role.CITY_BUREAU))
    response = client.get(url, {"under": f"draft-{draft.pk}"})
    assert response.context["table"].total == 1
    assert "试算" in response.content.decode()


def test_the_grids_behind_the_posts_show_both_sides(bureau_client, filled):
    policy = make_policy("yangzhou-2007")
    asked = {"with": f"policy-{policy.pk}"}
    response = ask(bureau_client, filled, "grids", **asked)
    assert response.context["table"].total == 4
    response = ask(bureau_client, filled, "grids", level="3", **asked)
    assert response.context["table"].total == 1
    same = {"with": f"policy-{policy_on(filled, TODAY()).policy.pk}"}
    response = ask(bureau_client, filled, "grids", differing="on", **same)
    assert response.context["table"].total == 0


def test_the_neighbours_are_not_found(neighbour_client, filled, draft, huiji):
    make_adoption(huiji, "huiji-2010")
    assert ask(neighbour_client, filled).status_code == 404
    for page in ("", "grids"):
        asked = {"with": f"draft-{draft.pk}"}
        assert ask(neighbour_client, huiji, page, **asked).status_code == 404
    rows = reverse("reports:grid-rows", args=[huiji.pk, "acquired", "numerator"])
    under_draft = neighbour_client.get(rows, {"under": f"draft-{draft.pk}"})
    assert under_draft.status_code == 404


@pytest.mark.parametrize(
    "key", ["policy-999999", "draft-0", "policy-x", "x", "policy-²"]
)
def test_no_such_plan_is_not_found(bureau_client, filled, key):
    assert ask(bureau_client, filled, **{"with": key}).status_code == 404


def test_a_layer_of_law_is_no_plan(filled):
    law = Policy.objects.get(slug="national")
    user = make_user(grid=filled)
    assert plan_named(f"policy-{law.pk}", user=user, on=TODAY(), start=None) is None


def test_who_sees_no_figures_may_not_try(client, filled):
    client.force_login(make_user(grid=filled, role=Role.AGENCY_CLERK))
    assert ask(client, filled).status_code == 403


def test_the_page_costs_few_queries(
    bureau_client, filled, django_assert_max_num_queries
):
    asked = {"with": f"policy-{make_policy('shenyang-plan').pk}"}
    ask(bureau_client, filled, **asked)
    with django_assert_max_num_queries(90):
        ask(bureau_client, filled, **asked)
    for number in range(5):
        make_enterprise(grid=make_grid(f"第{number}街道", parent=filled))
    with django_assert_max_num_queries(90):
        ask(bureau_client, filled, **asked)


# --- whom a plan would have watched ---------------------------------------------------


def watched_lines(found, group):
    lines = next(one.lines for one in found.groups if one.key == group)
    return {line.key: (line.left.value, line.right.value) for line in lines}


def test_another_plan_has_other_key_units(filled):
    make_enterprise("新开的店", grid=filled, founded_on=TODAY())
    yangzhou = version_as_plan(make_policy("yangzhou-2007"), on=TODAY(), start=None)
    lines = watched_lines(tried(filled, yangzhou), "key")
    assert lines["key:new_unit"] == (0, 1)
    assert lines["key:unsupervised"] == (0, 2)  # the new one, and that of the street
    assert lines["key:units"] == (0, 2)
    assert "key:complaints" not in lines  # tells of complaints: in the total alone


def test_grades_and_warnings_are_worked_out_under_both_plans(filled):
    yangzhou = version_as_plan(make_policy("yangzhou-2007"), on=TODAY(), start=None)
    found = tried(filled, yangzhou)
    grades = watched_lines(found, "grades")
    assert sum(left for left, _ in grades.values()) == 4
    assert sum(right for _, right in grades.values()) == 4
    # One survey is over a year old, one unit was never surveyed.
    assert watched_lines(found, "warnings")["warned:orange"] == (2, 2)


# --- the command ----------------------------------------------------------------------


def command(place, **options):
    out = StringIO()
    call_command("what_if", district=place.code, stdout=out, **options)
    return out.getvalue()


def test_the_command_says_what_the_page_says(filled, draft):
    document = json.loads(command(filled, draft=str(draft.pk), json=True))
    found = as_json(tried(filled, under(draft, filled)))
    assert document == json.loads(json.dumps(found))
    assert document["right"]["is_draft"]
    text = command(filled, policy=f"erqi-2013@{draft.base.version}")
    assert "0 项有变化" in text


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"policy": "no-such"}, "没有载入编号为 no-such"),
        ({"policy": "erqi-2013@7"}, "没有载入方案 erqi-2013 第 7 版"),
        ({"policy": "erqi-2013@x"}, "应为数字"),
        ({"draft": "999999"}, "没有序号为 999999"),
        ({"draft": "x"}, "没有序号为 x"),
        ({"policy": "erqi-2013", "on": "2026-13-01"}, "无法识别"),
    ],
)
def test_the_command_refuses_in_one_line(filled, options, words):
    with pytest.raises(CommandError, match=words) as refused:
        command(filled, **options)
    assert refused.value.returncode == 2
    assert "\n" not in str(refused.value)
