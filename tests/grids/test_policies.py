"""Policies in the database: loading, adopting, reading back."""

import json
from datetime import date
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone

from gridinspect.accounts.models import User
from gridinspect.audit.services import history
from grids.models import DirtyMark, Policy, PolicyClause, PolicyInForce
from grids.policy import PolicyError
from grids.services.policies import (
    SHIPPED,
    PolicyChanged,
    adopt_policy,
    load_policy,
    policies_on,
    policy_in_force,
    policy_on,
    values_of,
)
from grids.services.tree import Refused
from tests.factories import make_policy

pytestmark = pytest.mark.django_db

ERQI_FILE = (SHIPPED / "erqi-2013.toml").read_bytes()
START = date(2026, 1, 1)


def load(document=ERQI_FILE):
    return load_policy(document=document, by=User.objects.system())


def adopt(district, policy, since=START, programme_start=START):
    return adopt_policy(
        district=district,
        policy=policy,
        since=since,
        programme_start=programme_start,
        by=User.objects.system(),
    )


def test_a_file_becomes_a_version_with_its_clauses_in_order():
    loaded = load()
    policy = loaded.policy
    assert (policy.slug, policy.version, policy.layer) == ("erqi-2013", 3, "plan")
    assert loaded.clauses == policy.clauses.count() == 41
    first = policy.clauses.first()
    assert (first.number, first.kind) == ("EQ-01", "words")
    assert history(policy).get().verb == "policy.loaded"


def test_the_same_file_again_is_nothing():
    first, second = load(), load()
    assert (first.is_new, second.is_new) == (True, False)
    assert first.policy == second.policy
    assert Policy.objects.count() == 1


def test_a_changed_file_needs_a_new_version():
    load()
    changed = ERQI_FILE.replace(b"min = 2", b"min = 1")
    with pytest.raises(PolicyChanged, match="新的版本号"):
        load(changed)
    assert PolicyClause.objects.count() == 41
    newer = load(changed.replace(b"version = 3", b"version = 4"))
    assert newer.is_new
    assert values_of(newer.policy).quota_for("street")[0].min == 1
    assert values_of(load().policy).quota_for("street")[0].min == 2


def test_a_file_that_cannot_be_meant_leaves_nothing():
    with pytest.raises(PolicyError):
        load(ERQI_FILE.replace(b'clause = "EQ-14"', b'clause = "EQ-99"'))
    assert not Policy.objects.exists()


def test_a_district_adopts_a_plan(erqi, street):
    policy = make_policy("erqi-2013")
    DirtyMark.objects.all().delete()
    adopt(erqi, policy)
    on = policy_on(erqi, date(2026, 3, 1))
    assert on.policy == policy
    assert on.values.level_of("district") == 1
    assert {one.target.key for one in on.targets} >= {"staffed:assistant"}
    assert policy_on(erqi, date(2025, 12, 31)) is None
    marked = DirtyMark.objects.values_list("grid", "since")
    assert set(marked) == {(erqi.pk, START), (street.pk, START)}
    assert history(erqi).first().verb == "policy.adopted"


def test_the_next_plan_ends_the_one_before(erqi):
    adopt(erqi, make_policy("erqi-2013"))
    adopt(erqi, make_policy("huiji-2010"), since=date(2026, 7, 1))
    assert policy_in_force(erqi, date(2026, 6, 30)).policy.slug == "erqi-2013"
    assert policy_in_force(erqi, date(2026, 7, 1)).policy.slug == "huiji-2010"


def test_the_past_of_a_district_is_not_rewritten(erqi):
    policy = make_policy("erqi-2013")
    adopt(erqi, policy)
    with pytest.raises(Refused, match="请选择 2026-01-02 或以后"):
        adopt(erqi, policy)
    assert PolicyInForce.objects.count() == 1


def test_only_a_district_adopts_and_only_a_plan(erqi, street):
    with pytest.raises(Refused, match="不是区县"):
        adopt(street, make_policy("erqi-2013"))
    with pytest.raises(Refused, match="法定期限层"):
        adopt(erqi, make_policy("national"))


def test_the_policies_of_many_districts_cost_one_query(
    erqi, huiji, django_assert_num_queries
):
    adopt(erqi, make_policy("erqi-2013"))
    adopt(huiji, make_policy("huiji-2010"))
    policies_on([erqi, huiji], START)  # reads each version once
    with django_assert_num_queries(1):
        found = policies_on([erqi, huiji], START)
    assert {one.values.id for one in found.values()} == {"erqi-2013", "huiji-2010"}


def test_load_policies_prints_each_with_its_clause_count():
    out = StringIO()
    call_command("load_policies", stdout=out)
    lines = out.getvalue().splitlines()
    assert len(lines) == 10
    assert "shenyang-plan 第 3 版：58 条条款，新载入" in lines
    assert PolicyClause.objects.count() == 225
    out = StringIO()
    call_command("load_policies", stdout=out)
    assert all(line.endswith("未变") for line in out.getvalue().splitlines())


def test_load_policies_loads_all_or_nothing(tmp_path):
    good, bad = tmp_path / "good.toml", tmp_path / "bad.toml"
    good.write_bytes(ERQI_FILE)
    bad.write_text('id = "x"', encoding="utf-8")
    with pytest.raises(CommandError, match="bad") as caught:
        call_command("load_policies", str(good), str(bad), stdout=StringIO())
    assert caught.value.returncode == 2
    assert not Policy.objects.exists()


def test_load_policies_names_a_file_that_is_not_there(tmp_path):
    with pytest.raises(CommandError, match="读不了文件"):
        call_command("load_policies", str(tmp_path / "none.toml"))


def test_what_is_stored_is_plain_json():
    policy = Policy.objects.get(pk=load().policy.pk)
    assert json.loads(json.dumps(policy.document)) == policy.document
    assert policy.loaded_at <= timezone.now()
