import re
from datetime import date
from html import unescape

import pytest
from django.template.loader import render_to_string
from django.urls import reverse

from gridinspect.accounts.models import User
from gridinspect.ui import services, tables
from gridinspect.ui.models import Preference
from gridinspect.ui.tables import Column, Sought, build_table, words
from tests.factories import make_user

COLUMNS = (
    Column("username", "用户名", sort="username"),
    Column("name", "姓名", value="person.name", sort="person__name"),
    Column("login", "上次登录", value="last_login", sort="last_login"),
    Column("created", "建立", value="created_at", hidden=True),
)


@pytest.fixture
def asked(rf, db):
    """Return a function that makes the request of one user for an address."""
    user = make_user()

    def ask(**params):
        request = rf.get("/list/", params)
        request.user = user
        return request

    return ask


def table_of(request, rows=None, columns=COLUMNS, **options):
    rows = User.objects.exclude(pk=request.user.pk) if rows is None else rows
    return build_table(
        request, rows, columns, name="users", default_sort="username", **options
    )


def shown(table, column=0):
    return [str(row.cells[column].text) for row in table.rows]


def accounts(*names):
    return [User.objects.create_user(name) for name in names]


def test_a_table_sorts_by_what_is_asked(asked):
    accounts("b", "a", "c")
    assert shown(table_of(asked())) == ["a", "b", "c"]
    table = table_of(asked(sort="-username"))
    assert shown(table) == ["c", "b", "a"]
    assert table.headers[0].direction == "descending"
    assert table.headers[0].toggle == "username"


@pytest.mark.parametrize(
    "sort", ["password", "-password", "person__id_index", "--", "?"]
)
def test_nothing_sorts_but_the_columns_that_may(asked, sort):
    accounts("b", "a")
    assert shown(table_of(asked(sort=sort))) == ["a", "b"]


def test_unknown_values_come_last_in_both_directions(asked):
    first, second, _ = accounts("a", "b", "c")
    first.last_login, second.last_login = "2026-01-01T00:00Z", "2026-02-01T00:00Z"
    first.save()
    second.save()
    assert shown(table_of(asked(sort="login"))) == ["a", "b", "c"]
    assert shown(table_of(asked(sort="-login"))) == ["b", "a", "c"]


def test_plain_rows_sort_the_same_way(asked):
    rows = [{"n": 2}, {"n": None}, {"n": 10}]
    columns = [Column("n", "数", sort="n", numeric=True)]
    assert shown(table_of(asked(sort="n"), rows, columns)) == ["2", "10", "—"]
    assert shown(table_of(asked(sort="-n"), rows, columns)) == ["10", "2", "—"]


def test_pages_number_their_rows_through(asked):
    accounts(*(f"u{number:03}" for number in range(45)))
    table = table_of(asked(page="2"))
    assert (table.total, table.page_count, table.has_next) == (45, 3, True)
    assert [row.number for row in table.rows][:2] == [21, 22]
    assert shown(table)[0] == "u020"


@pytest.mark.parametrize("page", ["99", "3"])
def test_a_page_behind_the_last_one_is_the_last_one(asked, page):
    accounts(*(f"u{number:03}" for number in range(45)))
    table = table_of(asked(page=page))
    assert (table.page, table.has_next, len(table.rows)) == (3, False, 5)


@pytest.mark.parametrize("page", ["0", "-1", "x", "٣", "9" * 30, ""])
def test_a_page_that_is_none_is_the_first(asked, page):
    accounts("a")
    assert table_of(asked(page=page)).page == 1


@pytest.mark.parametrize(("size", "rows"), [("50", 45), ("100", 45), ("7", 20)])
def test_only_the_offered_page_sizes_are_taken(asked, size, rows):
    accounts(*(f"u{number:03}" for number in range(45)))
    assert len(table_of(asked(page_size=size)).rows) == rows


def test_a_table_costs_three_queries(asked, django_assert_num_queries):
    accounts("a", "b", "c")
    with django_assert_num_queries(3):  # preference, count, rows
        table_of(asked(), User.objects.select_related("person"))


def test_large_totals_are_estimates(asked, monkeypatch):
    monkeypatch.setattr(tables, "EXACT_UP_TO", 10)
    accounts(*(f"u{number:03}" for number in range(25)))
    table = table_of(asked())
    assert table.total_is_estimate
    assert table.page_count is None
    assert table.has_next
    behind = table_of(asked(page="9"))  # nobody knows that this is too far
    assert (behind.rows, behind.has_next) == ((), False)


def test_a_large_total_that_somebody_counted_is_said(asked, monkeypatch):
    monkeypatch.setattr(tables, "EXACT_UP_TO", 10)
    accounts(*(f"u{number:02}" for number in range(25)))
    table = table_of(asked(page="9"), total=25)
    assert (table.total, table.total_is_estimate, table.page) == (25, False, 2)


def test_what_is_known_to_be_much_is_not_counted(asked, django_assert_num_queries):
    accounts(*"abcde")
    among = User.objects.exclude(person__isnull=False)
    with django_assert_num_queries(2):  # the preference and the keys
        table = table_of(asked(page=9), among, sought=Sought(12_345, among))
    assert (table.total, table.total_is_estimate, table.page) == (12_000, True, 9)


@pytest.mark.parametrize(
    ("page", "names", "has_next"), [(1, 20, True), (2, 3, False), (7, 3, False)]
)
def test_few_are_found_once_for_count_and_page(
    asked, page, names, has_next, django_assert_num_queries
):
    accounts(*(f"a{number:02}" for number in range(23)), "b")
    among = User.objects.exclude(person__isnull=False)
    found = among.filter(username__startswith="a")
    with django_assert_num_queries(3):  # the preference, the keys, the page
        table = table_of(asked(page=page), found, sought=Sought(0, among))
    assert (table.total, table.total_is_estimate) == (23, False)
    assert (len(table.rows), table.has_next) == (names, has_next)


@pytest.mark.parametrize("page", [1, 2])
def test_more_than_was_thought_is_an_estimate(asked, monkeypatch, page):
    monkeypatch.setattr(tables, "EXACT_UP_TO", 21)
    accounts(*(f"a{number:02}" for number in range(41)))
    among = User.objects.exclude(person__isnull=False)
    table = table_of(asked(page=page), among, sought=Sought(0, among))
    assert table.total_is_estimate
    assert shown(table)[0] == f"a{(page - 1) * 20:02}"
    assert table.has_next


def test_the_estimate_has_two_digits():
    class Million(tables.QuerySet):
        def order_by(self):
            return self

        def __getitem__(self, _):
            return self

        def count(self):
            return tables.EXACT_UP_TO + 1

        def explain(self, **_):
            return '[{"Plan": {"Plan Rows": 1234567}}]'

    assert tables.count(Million(User)) == (1_200_000, True)


def test_hidden_columns_appear_when_chosen(asked):
    request = asked()
    assert "created" not in table_of(request).shown_keys
    services.choose_columns(
        name="users", columns=["created", "username"], page_size=50, by=request.user
    )
    table = table_of(request)
    assert [header.column.key for header in table.headers] == ["username", "created"]
    assert table.page_size == 50


def test_choosing_no_known_column_shows_the_usual_ones(asked):
    request = asked()
    services.choose_columns(
        name="users", columns=["gone"], page_size=None, by=request.user
    )
    assert len(table_of(request).headers) == 3


def test_the_choice_of_columns_is_kept_by_its_page(client, db):
    user = make_user()
    client.force_login(user)
    answer = client.post(
        reverse("ui:columns"),
        {
            "name": "users",
            "columns": ["username"],
            "page_size": "50",
            "next": "/jobs/?page=2",
        },
    )
    assert answer.headers["Location"] == "/jobs/?page=2"
    kept = Preference.objects.get(user=user)
    assert kept.value == {"columns": ["username"], "page_size": 50}
    client.post(reverse("ui:columns"), {"name": "users", "reset": "1"})
    assert not Preference.objects.exists()


def test_the_way_back_never_leads_to_another_site(client, db):
    client.force_login(make_user())
    data = {"name": "users", "columns": ["a"], "next": "//evil.example/x"}
    assert client.post(reverse("ui:columns"), data).headers["Location"] == "/"


def test_a_table_without_a_name_is_refused(client, db):
    client.force_login(make_user())
    assert client.post(reverse("ui:columns"), {"columns": ["a"]}).status_code == 400


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (None, "—"),
        ("", "—"),
        (0, "0"),
        (True, "是"),
        (False, "否"),
        (date(2010, 7, 26), "2010-07-26"),
        ("郑州", "郑州"),
    ],
)
def test_values_are_put_into_words(value, text):
    assert words(value) == text


def test_numbers_are_grouped_only_where_they_are_numbers():
    assert words(1234567, numeric=True) == "1,234,567"
    assert words(410103) == "410103"


def test_cells_follow_paths_and_end_where_nothing_is(asked):
    [loose] = accounts("loose")
    table = table_of(asked(), User.objects.filter(pk=loose.pk))
    assert shown(table, 1) == ["—"]


def test_two_tables_of_one_page_sort_and_turn_apart(asked):
    accounts(*(f"u{number:02}" for number in range(25)))
    request = asked(sort="username", b_sort="-username", b_page="2")
    first, second = table_of(request), table_of(request, prefix="b_")
    assert (shown(first)[0], shown(second)[-1]) == ("u00", "u00")

    page = render_to_string("ui/_table.html", {"table": second}, request)
    links = {unescape(link) for link in re.findall(r'<a href="([^"]+)"', page)}
    assert "?sort=username&b_sort=-username&b_page=1" in links
    assert "?sort=username&b_sort=username" in links
