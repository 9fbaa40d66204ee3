"""Filling the scratch database by INSERT … SELECT: a million units in minutes.

Plausible, not meaningful: names are put together from words as real ones are, so that
searches find few or many; credit codes are of the right form only.
"""

from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from typing import Any

from django.db import connection, models
from django.utils import timezone

from assistants.models import Training
from cases.models import Case
from enterprises.models import Enterprise, Placement, StatusPeriod, Survey
from gridinspect.accounts.models import Person, User
from gridinspect.secrets import blind_index, encrypt
from grids.models import DailyEntry, DirtyMark, Grid, Posting
from reports import tallies
from reports.demo.units import ROADS, TRADES, WORDS
from reports.models import Tally

PHONES = 1_000  # different numbers: sealing a million would take a minute
SURVEYED = 0.8  # of the units
CASES = 10  # units for one case
# The units made here; imports may have put others into the database before.
OURS = "FROM enterprises_enterprise e JOIN bench_grid b ON b.grid = e.grid_id"
MONTHS = 60  # month-ends with tallies

# What enterprises.grams works out, within the INSERT: PL/pgSQL is the fastest here.
GRAMS = """
CREATE OR REPLACE FUNCTION bench_grams(district bigint, names text, others text)
RETURNS int[]
LANGUAGE plpgsql IMMUTABLE AS $$
DECLARE
  salt bigint := (district * 2654435761) & 4294967295;
  before bigint := 0;
  pair bigint;
  letter text;
  found int[] := '{}';
BEGIN
  FOREACH letter IN ARRAY string_to_array(upper(names), NULL) LOOP
    IF ascii(letter) >= 11904 THEN
      pair := ascii(letter) # salt;
      found := found || (pair - CASE WHEN pair > 2147483647 THEN 4294967296
                                     ELSE 0 END)::int;
    END IF;
  END LOOP;
  FOREACH letter IN ARRAY string_to_array(upper(names || others), NULL) LOOP
    IF before > 0 THEN
      pair := (before << 16 | ascii(letter)) # salt;
      found := found || (pair - CASE WHEN pair > 2147483647 THEN 4294967296
                                     ELSE 0 END)::int;
    END IF;
    before := ascii(letter);
  END LOOP;
  RETURN found;
END $$
"""


def fill(districts: Sequence[Grid], *, units: int, by: User, today: date) -> None:
    """Give districts units with histories, staff, cases and tallies of five years."""
    _leaves(districts)
    _staff(today)
    indexes = _drop_indexes(Enterprise)
    _units(units, by, today)
    _surveys(by, today)
    _cases(by, today)
    _restore(indexes)
    _run("ANALYZE")
    _tallies(districts, today)
    _run("VACUUM ANALYZE")


def _run(statement: str, values: Any = None) -> None:
    with connection.cursor() as cursor:
        cursor.execute(statement, values)


def _insert(
    model: type[models.Model],
    given: Mapping[str, str],
    source: str,
    values: Mapping[str, Any] | None = None,
) -> None:
    """Insert rows: `given` is {attribute: SQL}; other fields get the model's default.

    `source` is the rest of the SELECT, from FROM on.
    """
    fields = {f.attname: f for f in model._meta.concrete_fields if not f.primary_key}
    blank, now, constants = model(), timezone.now(), dict(values or {})
    selected = dict(given)
    for name, field in fields.items():
        if name not in given:
            moment = getattr(field, "auto_now", False) or getattr(
                field, "auto_now_add", False
            )
            value = now if moment else getattr(blank, name)
            constants[f"d_{name}"] = field.get_db_prep_save(value, connection)
            selected[name] = f"%(d_{name})s"
    columns = ", ".join(f'"{fields[name].column}"' for name in selected)
    _run(
        f'INSERT INTO "{model._meta.db_table}" ({columns}) '
        f"SELECT {', '.join(selected.values())} {source}",
        constants,
    )


def _leaves(districts: Sequence[Grid]) -> None:
    """Number the leaves in no order, so that each takes its share of the units."""
    _run(
        "CREATE TABLE bench_grid AS "
        "SELECT row_number() OVER (ORDER BY md5(code)) - 1 AS number, "
        "id AS grid, district_id AS district FROM grids_grid g "
        "WHERE district_id = ANY(%s) AND rght = lft + 1",
        [[district.pk for district in districts]],
    )
    _run("CREATE UNIQUE INDEX ON bench_grid (number)")
    _run("ANALYZE bench_grid")


def _staff(today: date) -> None:
    """Post an assistant on nine leaves of ten, trained, with entries of late."""
    values = {"since": today - timedelta(days=900), "today": today}
    staffed = "FROM bench_grid WHERE number %% 10 < 9"
    _insert(Person, {"name": "'测试员' || grid"}, staffed)
    people = "FROM bench_grid b JOIN accounts_person p ON p.name = '测试员' || b.grid"
    _insert(
        Posting,
        {
            "person_id": "p.id",
            "grid_id": "b.grid",
            "role": "'assistant'",
            "since": "%(since)s",
        },
        people,
        values,
    )
    _insert(
        Training,
        {
            "person_id": "p.id",
            "kind": "'pre_post'",
            "passed": "true",
            "finished_on": "%(since)s",
        },
        people,
        values,
    )
    _insert(
        DailyEntry,
        {"person_id": "p.id", "day": "%(today)s::date - (b.number %% 40)::int"},
        people,
        values,
    )


def _units(number: int, by: User, today: date) -> None:
    column = Enterprise._meta.get_field("contact_phone").column_name
    phones = [f"1990001{n:04}" for n in range(PHONES)]
    endings = [f"{trade}{ending}" for trade, _, ending, _, _ in TRADES]
    values = {
        "number": number,
        "today": today,
        "by": by.pk,
        "words": WORDS,
        "roads": ROADS,
        "endings": endings,
        "industries": [industry for _, industry, *_ in TRADES],
        "sealed": [encrypt(phone, column=column) for phone in phones],
        "indexes": [blind_index(phone, purpose="enterprise.phone") for phone in phones],
        "long_ago": today - timedelta(days=1500),
    }
    rare = "chr(19968 + (h1 %% 20000)::int) || chr(19968 + (h2 %% 20000)::int)"
    name = (
        "'郑州' || (%(words)s)[1 + h1 %% 30] || CASE WHEN n %% 50 = 0 "
        f"THEN {rare} ELSE (%(words)s)[1 + h2 %% 30] END || (%(endings)s)[1 + h3 %% 15]"
    )
    former = "CASE WHEN n %% 10 = 0 THEN '郑州' || (%(words)s)[1 + h3 %% 30] || '商行' "
    former += "ELSE '' END"
    road, house = "(%(roads)s)[1 + h2 %% 10]", "h1 %% 300"
    letters = "left(translate(md5(n::text), '0123456789', 'ghijklmnop'), 8)"
    place = f"'郑州市' || {road} || {house} || '号'"
    person = "'测' || chr(19968 + (n %% 5000)::int) || chr(20000 + (h3 %% 900)::int)"
    code = "'91410100' || lpad(n::text, 10, '0')"
    _run(GRAMS)
    _insert(
        Enterprise,
        {
            "district_id": "b.district",
            "grid_id": "b.grid",
            "name": name,
            "name_key": name,
            "pinyin": letters,
            "former_name": former,
            "grams": f"bench_grams(b.district, {name} || {former} || {person}, "
            f"{place} || {road} || {house} || {letters} || {code})",
            "uscc": code,
            "industry": "(%(industries)s)[1 + h3 %% 15]",
            "address": place,
            "road": road,
            "house_number": f"{house}",
            "registered_address": "'郑州市' || (%(roads)s)[1 + h3 %% 10] || h2 %% 300",
            "founded_on": "%(today)s::date - (2000 + h1 %% 3000)",
            "headcount": "1 + h2 %% 90",
            "legal_representative": person,
            "contact_name": "'测试' || n %% 5000",
            "contact_phone": "(%(sealed)s)[1 + h3 %% 1000]",
            "contact_phone_index": "(%(indexes)s)[1 + h3 %% 1000]",
            "status": "CASE WHEN n %% 20 = 0 THEN 'cancelled' ELSE 'open' END",
            "known_since": "%(today)s::date - 2 - h1 %% 1400",
            "recorded_by_id": "%(by)s",
        },
        "FROM (SELECT n, hashint8(n * 7) & 2147483647 AS h1, "
        "hashint8(n * 11) & 2147483647 AS h2, hashint8(n * 13) & 2147483647 AS h3 "
        "FROM generate_series(1, %(number)s) n) made "
        "JOIN bench_grid b ON b.number = n %% (SELECT count(*) FROM bench_grid) "
        "ORDER BY b.district, h1",  # as registers arrive: district by district
        values,
    )
    _insert(
        Placement,
        {
            "enterprise_id": "e.id",
            "district_id": "e.district_id",
            "grid_id": "e.grid_id",
            "since": "e.known_since",
        },
        OURS,
    )
    _insert(
        StatusPeriod,
        {
            "enterprise_id": "e.id",
            "status": "'open'",
            "since": "e.known_since",
            "until": "CASE WHEN e.status = 'cancelled' "
            "THEN e.known_since + (%(today)s::date - e.known_since) / 2 END",
        },
        OURS,
        values,
    )
    _insert(
        StatusPeriod,
        {
            "enterprise_id": "e.id",
            "status": "'cancelled'",
            "since": "e.known_since + (%(today)s::date - e.known_since) / 2",
        },
        f"{OURS} WHERE e.status = 'cancelled'",
        values,
    )


def _surveys(by: User, today: date) -> None:
    """Survey most units within the year, one in five of them twice."""
    for every, days in ((1, 0), (5, 200)):
        _insert(
            Survey,
            {
                "enterprise_id": "e.id",
                "district_id": "e.district_id",
                "surveyed_on": "%(today)s::date - %(days)s - (e.id * 37 %% 250)::int",
                "state": "'final'",
                "is_complete": "true",
                "recorded_by_id": "%(by)s",
            },
            f"{OURS} WHERE e.id %% 100 < %(share)s AND e.id %% %(every)s = 0",
            {
                "today": today,
                "days": days,
                "every": every,
                "by": by.pk,
                "share": round(SURVEYED * 100),
            },
        )


def _cases(by: User, today: date) -> None:
    """File a case on one unit of ten; most are closed."""
    is_closed = "(e.id / %(every)s) %% 10 < 8"
    age = f"CASE WHEN {is_closed} THEN e.id * 17 %% 900 + 40 ELSE e.id * 17 %% 63 END"
    filed = f"%(today)s::date - ({age})::int"
    _insert(
        Case,
        {
            "number": "'试人社监立字第' || e.id || '号'",
            "enterprise_id": "e.id",
            "district_id": "e.district_id",
            "grid_id": "e.grid_id",
            "source": "'patrol'",
            "cause": "'拖欠工资'",
            "filed_on": filed,
            "due_on": f"{filed} + 60",
            "investigation_ended_on": f"CASE WHEN {is_closed} THEN {filed} + 30 END",
            "decision_due_on": f"CASE WHEN {is_closed} THEN {filed} + 50 END",
            "closed_on": f"CASE WHEN {is_closed} THEN {filed} + 40 END",
            "closed_in_time": f"CASE WHEN {is_closed} THEN true END",
            "outcome": f"CASE WHEN {is_closed} THEN 'handling' ELSE '' END",
            "recorded_by_id": "%(by)s",
        },
        f"{OURS} WHERE e.id %% %(every)s = 0",
        {"today": today, "by": by.pk, "every": CASES},
    )


def _tallies(districts: Sequence[Grid], today: date) -> None:
    """Count today, and let every month's end of five years have had the same figures.

    What the figures are makes no difference to how long it takes to read them.
    """
    for district in districts:
        tallies.recount(district, today)
    days = tallies.kept_days(today - timedelta(days=MONTHS * 31), today)[1 : MONTHS + 1]
    fields = [f.column for f in Tally._meta.concrete_fields if not f.primary_key]
    chosen = ", ".join("made.day" if name == "on" else f't."{name}"' for name in fields)
    columns = ", ".join(f'"{name}"' for name in fields)
    _run(
        f"INSERT INTO reports_tally ({columns}) SELECT {chosen} "  # noqa: S608
        'FROM reports_tally t, unnest(%s::date[]) made(day) WHERE t."on" = %s',
        [days, today],
    )
    DirtyMark.objects.all().delete()


def _drop_indexes(model: type[models.Model]) -> list[str]:
    """Drop the GIN indexes of an empty table; return what makes them again."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT indexname, indexdef FROM pg_indexes "
            "WHERE tablename = %s AND indexdef LIKE '%%USING gin%%'",
            [model._meta.db_table],
        )
        found = cursor.fetchall()
    for name, _ in found:
        _run(f'DROP INDEX "{name}"')
    return [definition for _, definition in found]


def _restore(indexes: Sequence[str]) -> None:
    _run("SET maintenance_work_mem = '256MB'")
    for definition in indexes:
        _run(definition)
