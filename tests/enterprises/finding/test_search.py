import pytest
from django.db import connection
from django.http import QueryDict
from django.urls import reverse
from hypothesis import given
from hypothesis import strategies as st

from enterprises import filters
from enterprises.columns import units_asked
from enterprises.grams import grams, grams_of_word, salt
from enterprises.models import Enterprise, files
from enterprises.services.finding import refresh_grams
from enterprises.typed import Kind, understand
from gridinspect.accounts.roles import Role
from gridinspect.ui import tables
from reports.bench.filling import GRAMS
from tests.factories import make_enterprise, make_grid, make_user

CODE = "91410103MA0AAAA1X9"


@pytest.mark.parametrize(
    ("typed", "kind", "also"),
    [
        ("", Kind.NOTHING, ()),
        ("  ", Kind.NOTHING, ()),
        ("13900000001", Kind.PHONE, (Kind.CODE,)),
        ("+86 139 0000 0001", Kind.WORDS, ()),
        ("0371-67170000", Kind.PHONE, ()),
        ("67170000", Kind.PHONE, (Kind.CODE,)),
        ("MA0A", Kind.CODE, (Kind.LETTERS,)),
        ("0123", Kind.CODE, (Kind.LETTERS,)),
        ("012", Kind.WORDS, ()),
        ("91410103 MA0AAAA1X9", Kind.CODE, (Kind.LETTERS,)),
        ("91410103MA0AAAA1X91", Kind.WORDS, ()),
        ("zzcy", Kind.LETTERS, (Kind.CODE,)),
        ("cy", Kind.LETTERS, ()),
        ("人民路12号", Kind.ROAD, ()),
        ("淮河路 12", Kind.ROAD, ()),
        ("人民路12-3号", Kind.ROAD, ()),
        ("人民路", Kind.WORDS, ()),
        ("12号", Kind.WORDS, ()),
        ("宏达 人民路", Kind.WORDS, ()),
    ],
)
def test_what_was_typed_is_taken_for_what_it_is(typed, kind, also):
    taken = understand(typed)
    assert (taken.kind, taken.also) == (kind, also)
    assert bool(taken.told) == (kind != Kind.NOTHING)


@given(st.text(), st.text(), st.integers(1, 2**40))
def test_every_part_of_a_word_has_only_pairs_of_the_word(one, other, district):
    pairs = grams([one], [other], district)
    assert len(set(pairs)) == len(pairs)
    assert set(grams_of_word(one, district)) <= set(pairs)
    for start in range(len(one) - 1):
        part = one[start : start + 3]
        if part.upper() in one.upper():
            assert set(grams_of_word(part, district)) <= set(pairs)


def test_two_districts_share_no_pair():
    assert not set(grams_of_word("物流公司", 1)) & set(grams_of_word("物流公司", 2))
    assert -(2**31) <= salt(2**40 + 7) < 2**31


@pytest.mark.django_db
def test_the_database_fills_a_benchmark_with_the_same_pairs():
    words = "郑州Abc物流（集团）91410103"
    with connection.cursor() as cursor:
        cursor.execute(GRAMS)
        for district in (1, 17, 4_588, 99_999_999):
            cursor.execute(
                "SELECT bench_grams(%s, %s, %s)", [district, words[:9], words[9:]]
            )
            kept = cursor.fetchone()[0]
            assert set(kept) == set(grams([words[:9]], [words[9:]], district))


# --- the list -------------------------------------------------------------------------


@pytest.fixture
def unit(community):
    unit = make_enterprise(
        "郑州宏达物流有限公司",
        grid=community,
        uscc=CODE,
        former_name="郑州旧名货运站",
        legal_representative="测试甲",
        address="郑州市二七区人民路12号院",
        registration_number="410100000000001",
    )
    unit.set_contact_phone("0371-67170000")
    unit.save()
    make_enterprise("郑州别的餐饮店", grid=community, address="人民路120号")
    return unit


def found(client, **asked):
    response = client.get(reverse("enterprises:list", query=asked))
    table = response.context["table"]
    assert table.total == len(table.rows)
    return [row.object.name for row in table.rows], response.content.decode()


@pytest.mark.parametrize(
    "typed",
    [
        "物流",
        "宏达物流有限",
        "旧名",
        "旧名货运站",
        "测试甲",
        "人民路12号",
        "人民路 12",
        "二七区人民路12",
        "宏达 人民路",
        "MA0A",
        "aaaa1x",
        CODE,
        "1010000000",
        "hdwl",
        "zzhd",
        "0371-67170000",
        "037167170000",
        "宏",
    ],
)
def test_one_field_finds_a_unit_by_whatever_is_known(bureau_client, unit, typed):
    names, text = found(bureau_client, q=typed)
    assert names == ["郑州宏达物流有限公司"]
    assert "查询：" in text


@pytest.mark.parametrize(
    "typed",
    ["物", "旧", "物流", "鑫 物流", "人民路12号", "91410103", "MA0A", "hdwl", "查无"],
)
def test_index_and_words_find_the_same_units(bureau, unit, community, typed):
    make_enterprise("郑州物流旧货店", grid=community, uscc="914101030AAAA1X0AB")
    make_enterprise("鑫源店", grid=community, address="物流园人民路12号院")
    asked = QueryDict(mutable=True)
    asked["q"] = typed
    by_index, search = units_asked(bureau, asked, None)
    assert {u.pk for u in by_index} == {u.pk for u in search.qs}
    assert search.qs.about() == search.qs.count()


def test_a_single_character_is_sought_in_names_alone(bureau_client, unit, community):
    make_enterprise("某店", grid=community, address="宏光路1号")
    names, text = found(bureau_client, q="宏")
    assert names == ["郑州宏达物流有限公司"]
    assert "单字不查地址" in text


def test_very_many_are_counted_by_runs_of_neighbours(bureau, community, monkeypatch):
    monkeypatch.setattr(files, "RUNS", 4)
    monkeypatch.setattr(files, "RUN", 5)
    for number in range(100):
        make_enterprise(f"{'物流' if number < 50 else '餐饮'}{number}", grid=community)
    units = Enterprise.objects.visible_to(bureau)
    assert units.about() == pytest.approx(100, abs=25)
    assert units.filter(name__contains="物流").about() == pytest.approx(50, abs=25)
    assert units.filter(name="查无此名").about() == 0


def test_where_units_are_few_every_search_is_counted(bureau, unit):
    _, search = units_asked(bureau, QueryDict("q=物流"), None)
    assert search.about == 0


def test_no_units_are_about_none(bureau):
    assert Enterprise.objects.visible_to(bureau).about() == 0


def test_a_search_for_what_many_have_fills_its_page(bureau_client, unit, monkeypatch):
    monkeypatch.setattr(filters, "EXACT_UP_TO", 1)
    monkeypatch.setattr(filters, "expected", lambda rows: 9)
    monkeypatch.setattr(tables, "EXACT_UP_TO", 1)
    response = bureau_client.get(reverse("enterprises:list", query={"q": "郑州"}))
    table = response.context["table"]
    assert (table.total, table.total_is_estimate, len(table.rows)) == (2, True, 2)
    assert "约 <b>2</b> 条" in response.content.decode()


@pytest.mark.parametrize(
    "asked",
    [
        {"name": "宏达物"},
        {"name": "hdwl"},
        {"uscc": "MA0A"},
        {"legal": "试甲"},
        {"address": "人民路12号"},
        {"phone": "037167170000"},
    ],
)
def test_each_field_finds_the_unit_too(bureau_client, unit, asked):
    assert found(bureau_client, **asked)[0] == ["郑州宏达物流有限公司"]


@pytest.mark.parametrize(
    "typed", ["人民路2号", "流物", "MB0A", "13900000009", "宏达 x"]
)
def test_what_nobody_has_finds_nothing(bureau_client, unit, typed):
    assert found(bureau_client, q=typed)[0] == []


def test_a_search_stays_within_the_scope(client, unit, huiji, street):
    make_enterprise("惠济宏达物流有限公司", grid=huiji)
    other = make_grid("另一社区", parent=street)
    for grid, role, number in (
        (huiji, Role.DISTRICT_BUREAU, 1),
        (other, Role.ASSISTANT, 0),
        (unit.grid, Role.ASSISTANT, 1),
        (street, Role.SQUAD_LEADER, 1),
    ):
        client.force_login(make_user(grid=grid, role=role))
        assert len(found(client, q="物流")[0]) == number
    client.force_login(make_user(city=huiji.city, role=Role.CITY_BUREAU))
    assert len(found(client, q="物流")[0]) == 2


def test_a_changed_unit_is_found_by_its_new_words_only(bureau_client, unit):
    Enterprise.objects.filter(pk=unit.pk).update(name="郑州新名超市")
    assert found(bureau_client, q="新名")[0] == []
    refresh_grams([unit.pk])
    assert found(bureau_client, q="新名")[0] == ["郑州新名超市"]
    fresh = Enterprise.objects.get(pk=unit.pk)
    fresh.name = "郑州更新的超市"
    fresh.save()
    assert found(bureau_client, q="更新的")[0] == ["郑州更新的超市"]


def test_pages_of_a_search_follow_each_other(bureau_client, community):
    for number in range(45):
        make_enterprise(f"郑州连锁{number}店", grid=community)
    seen = []
    for page in (1, 2, 3):
        response = bureau_client.get(
            reverse("enterprises:list", query={"q": "连锁", "page": page})
        )
        table = response.context["table"]
        assert table.total == 45
        seen += [row.object.name for row in table.rows]
    assert len(set(seen)) == 45


def test_a_search_asks_few_queries(bureau_client, unit, django_assert_max_num_queries):
    with django_assert_max_num_queries(14):
        found(bureau_client, q="物流")
