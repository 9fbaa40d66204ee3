"""COPY keeps every value as it is, whatever signs are in it."""

from datetime import date

import pytest
from django.db import connection

from gridinspect.copying import copy_rows


@pytest.fixture
def table(db):
    with connection.cursor() as cursor:
        cursor.execute(
            "CREATE TEMP TABLE copied (id int, said text, day date, facts jsonb)"
            " ON COMMIT DROP"
        )
    return "copied"


@pytest.mark.parametrize(
    "said",
    ["二七区", "", None, r"\N", r"\.", "a\tb", "a\nb", "a\r\nb", "C:\\n\\t", "\",'|"],
)
def test_a_text_comes_back_as_it_was(table, said):
    facts = '{"a": "x\\\\y\\n\\"z\\""}'
    rows = [(1, said, date(2026, 3, 7), facts), (2, "下一行", None, "[]")]
    assert copy_rows(table, ["id", "said", "day", "facts"], rows) == 2
    with connection.cursor() as cursor:
        cursor.execute("SELECT id, said, day, facts->>'a' FROM copied ORDER BY id")
        assert cursor.fetchall() == [
            (1, said, date(2026, 3, 7), 'x\\y\n"z"'),
            (2, "下一行", None, None),
        ]


def test_no_rows_are_no_statement(table):
    assert copy_rows(table, ["id"], []) == 0
