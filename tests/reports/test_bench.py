"""The benchmark runs, says what design.md 5 promises, and leaves nothing behind."""

import json

import pytest
from django.core.management import CommandError, call_command
from django.db import connection

from reports.bench import ground as grounds
from reports.bench.ground import NoGround, Sizes
from reports.bench.run import MEASURES, run

KEYS = {"name", "seconds", "cpu_seconds", "queries", "floor_seconds", "ratio"}
WITHOUT_FLOOR = {"deadline", "import_million", "import_stock"}
TINY = Sizes(
    units=200,
    districts=2,
    streets=2,
    communities=3,
    import_rows=120,
    long_rows=150,
    stock_rows=20,
    nodes=60,
    tree_nodes=80,
    writes=2,
    pdf_rows=30,
    runs=2,
    requests=2,
    searches=1,
)

pytestmark = pytest.mark.django_db(transaction=True)


def databases():
    """Return the databases named after the one that Django uses."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT datname FROM pg_database WHERE starts_with(datname, %s)",
            [connection.settings_dict["NAME"]],
        )
        return {name for (name,) in cursor.fetchall()}


def test_every_measure_is_taken_beside_its_floor_and_the_scratch_database_goes():
    before, live = databases(), connection.settings_dict["NAME"]

    said = []
    document = run(list(MEASURES), sizes=TINY, say=said.append)

    assert document["units"] == TINY.units
    assert [one["name"] for one in document["measures"]] == list(MEASURES)
    for one in document["measures"]:
        assert one.keys() >= KEYS
        assert one["seconds"] > 0
        has_floor = one["name"] not in WITHOUT_FLOOR
        assert (one["floor_seconds"] is not None) == has_floor
    assert [line.split()[0] for line in said if line[0] != " "] == list(MEASURES)
    assert connection.settings_dict["NAME"] == live
    assert databases() == before
    json.dumps(document)


def test_a_filled_database_is_kept_and_copied(monkeypatch):
    before, filled = databases(), []
    monkeypatch.setattr(
        grounds, "fill", lambda districts, **given: filled.append(len(districts))
    )
    for _ in range(2):
        run(["dashboard_city"], sizes=TINY, say=lambda line: None, keep=True)
    assert filled == [TINY.districts]
    (kept,) = databases() - before
    with connection.cursor() as cursor:
        cursor.execute(f'DROP DATABASE "{kept}"')


def test_the_command_prints_one_document(capsys):
    call_command("bench", only="deadline", units=100, json=True)

    document = json.loads(capsys.readouterr().out)
    assert [one["name"] for one in document["measures"]] == ["deadline"]
    assert document["measures"][0]["ratio"] is None


def test_it_refuses_when_it_cannot_have_a_database_of_its_own(monkeypatch):
    own = grounds.plain_parameters()

    monkeypatch.setattr(
        grounds, "plain_parameters", lambda: own | {"user": "nobody_at_all"}
    )

    with pytest.raises(NoGround, match="临时数据库"):
        run(["deadline"], sizes=TINY, say=lambda line: None)


@pytest.mark.parametrize("arguments", [["--units", "many"], ["--only", "nothing"]])
def test_bad_arguments_are_refused_in_one_line(arguments):
    with pytest.raises(CommandError) as refused:
        call_command("bench", *arguments)

    assert refused.value.returncode == 2
