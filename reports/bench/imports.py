"""A register of units from .xlsx, against calamine, row checks and COPY alone."""

import csv
import random
import re
from collections.abc import Callable, Iterator
from datetime import date, timedelta
from functools import partial
from io import StringIO
from itertools import cycle
from pathlib import Path
from typing import Any

import xlsxwriter
from python_calamine import load_workbook

from enterprises.models import Enterprise
from enterprises.rules import CodeError, check_uscc, uscc_check_character
from gridinspect.imports.models import ImportBatch
from gridinspect.imports.services import apply_batch, check_batch, keep_file
from grids.models import Grid
from reports.bench.ground import Ground
from reports.bench.measuring import Measured
from reports.bench.stock import import_by_stock
from reports.demo.units import ROADS, TRADES, WORDS

HEADERS = (
    "序号", "单位名称", "统一社会信用代码", "原注册号", "单位类型", "行业",
    "经营地址", "注册地址", "所属街道", "所属社区", "从业人数", "成立日期",
    "法定代表人", "联系人", "联系电话", "营业状态", "登记机关", "经度", "纬度", "备注",
)  # fmt: skip
CODE = HEADERS.index("统一社会信用代码")
CHANGED = 100  # one row of so many differs in the second file
PHONE = re.compile(r"1\d{10}|0\d{2,3}-?\d{7,8}")
STATES = frozenset(Enterprise.Status.labels)
SEED = 7
FILES = 10  # of a million rows


class ImportFailed(Exception):
    """Not every row went in, so the time means nothing."""


def import_first(ground: Ground) -> Measured:
    """10,000 × 20 into an empty district: checked, previewed, written."""
    return _first(ground, "import_first", ground.sizes.import_rows, ground.sizes.runs)


def import_100k(ground: Ground) -> Measured:
    """100,000 × 20 into an empty district, once."""
    return _first(ground, "import_100k", ground.sizes.long_rows, 1)


def import_check(ground: Ground) -> Measured:
    """Checking and previewing 100,000 × 20 of an empty district, once."""
    file = _workbook(ground, ground.sizes.long_rows, 0)
    batch = _kept(ground, ground.fresh_district(), file)
    return _beside_bare(ground, "import_check", file, lambda: _check(batch))


def import_apply(ground: Ground) -> Measured:
    """Writing 100,000 × 20 that were checked before, once.

    The floor writes a bare table. What the same rows cost in a table with all the
    indexes of ours, which pages and searches need, is noted beside it.
    """
    file, district = (
        _workbook(ground, ground.sizes.long_rows, 0),
        ground.fresh_district(),
    )
    batch = _check(_kept(ground, district, file))
    taken = _beside_bare(ground, "import_apply", file, lambda: _apply(ground, batch))
    rows = _twin_table(ground, district)
    indexed = ground.clock.take(lambda: _twin_import(ground, file, rows))
    taken.notes = {
        "floor_with_our_indexes_cpu_seconds": round(indexed.cpu, 3),
        "ratio_with_our_indexes": round(taken.program[0].cpu / indexed.cpu, 2),
    }
    return taken


def import_stock(ground: Ground) -> Measured:
    """2,000 × 20 into an empty district, beside django-import-export as it comes."""
    file = _workbook(ground, ground.sizes.stock_rows, 0)
    ours = ground.clock.take(lambda: _import(ground, ground.fresh_district(), file))
    district = ground.fresh_district()
    stock = ground.clock.take(lambda: import_by_stock(file, district, by=ground.by))
    notes = {
        "stock_cpu_seconds": round(stock.cpu, 3),
        "times_less_than_stock": round(stock.cpu / ours.cpu, 1),
    }
    return Measured("import_stock", [ours], notes=notes)


def import_million(ground: Ground) -> Measured:
    """Ten files of 100,000 × 20 into one district; what each one took."""
    district, rows = ground.fresh_district(), ground.sizes.long_rows
    took = []
    for part in range(FILES):
        file = _workbook(ground, rows, 0, part)
        took.append(ground.clock.take(partial(_import, ground, district, file)))
        file.unlink()
    notes = {
        "cpu_by_file": [round(cost.cpu, 1) for cost in took],
        "last_to_first": round(took[-1].cpu / took[0].cpu, 2),
        "peak_mib_by_file": [round(cost.peak or 0) for cost in took],
    }
    return Measured("import_million", took, notes=notes)


def _beside_bare(
    ground: Ground, name: str, file: Path, act: Callable[[], Any]
) -> Measured:
    _floor_table(ground)
    return ground.clock.compare(
        name, act, lambda: _bare_import(ground, file), runs=1, warm=False
    )


def import_again(ground: Ground) -> Measured:
    """The same again, one row of a hundred changed."""
    return _again(ground, "import_again", ground.sizes.import_rows, ground.sizes.runs)


def import_100k_again(ground: Ground) -> Measured:
    """100,000 × 20 again, one row of a hundred changed, once."""
    return _again(ground, "import_100k_again", ground.sizes.long_rows, 1)


def _again(ground: Ground, name: str, rows: int, runs: int) -> Measured:
    files = cycle([_workbook(ground, rows, 1), _workbook(ground, rows, 0)])
    bare = cycle([_workbook(ground, rows, 1), _workbook(ground, rows, 0)])
    district = ground.fresh_district()
    _import(ground, district, _workbook(ground, rows, 0))
    _floor_table(ground)
    _bare_import(ground, _workbook(ground, rows, 0))
    return ground.clock.compare(
        name,
        lambda: _import(ground, district, next(files)),
        lambda: _bare_import(ground, next(bare)),
        runs=runs,
        warm=False,
    )


def _first(ground: Ground, name: str, rows: int, runs: int) -> Measured:
    file = _workbook(ground, rows, 0)
    districts = iter([ground.fresh_district() for _ in range(runs)])
    _floor_table(ground)

    def bare() -> None:
        ground.plain("TRUNCATE bench_floor")
        _bare_import(ground, file)

    return ground.clock.compare(
        name,
        lambda: _import(ground, next(districts), file),
        bare,
        runs=runs,
        warm=False,
    )


def _import(ground: Ground, district: Grid, file: Path) -> None:
    """Do what the page and `import_file --apply all` do."""
    _apply(ground, _check(_kept(ground, district, file)))


def _kept(ground: Ground, district: Grid, file: Path) -> ImportBatch:
    with file.open("rb") as stream:
        return keep_file(
            kind="enterprises",
            file=stream,
            name=file.name,
            place=district,
            district_code=district.code,
            by=ground.by,
        )


def _check(batch: ImportBatch) -> ImportBatch:
    batch = check_batch(batch)
    if batch.counts.get("reject") or batch.counts.get("duplicate"):
        first = batch.rows.exclude(message="").first()
        raise ImportFailed(f"{batch.counts} {first and first.message}")
    return batch


def _apply(ground: Ground, batch: ImportBatch) -> None:
    apply_batch(batch=batch, mode=ImportBatch.Mode.ALL, by=ground.by)


# --- the floor ------------------------------------------------------------------------


def _floor_table(ground: Ground) -> None:
    columns = ", ".join(f"c{n} text" for n in range(len(HEADERS)))
    ground.plain("DROP TABLE IF EXISTS bench_floor")
    ground.plain(f"CREATE TABLE bench_floor ({columns}, PRIMARY KEY (c{CODE}))")


def _bare_import(ground: Ground, file: Path) -> None:
    """Read, check each row, COPY, compare with what is there, write: no more."""
    names = [f"c{n}" for n in range(len(HEADERS))]
    buffer = StringIO()
    csv.writer(buffer).writerows(_checked(file))
    buffer.seek(0)
    key = f"c{CODE}"
    differs = " OR ".join(f"f.{n} IS DISTINCT FROM s.{n}" for n in names if n != key)
    settings = ", ".join(f"{n} = excluded.{n}" for n in names if n != key)
    with ground.clock.plain, ground.clock.plain.cursor() as cursor:
        cursor.execute(
            "CREATE TEMP TABLE bench_staging (LIKE bench_floor) ON COMMIT DROP"
        )
        cursor.copy_expert("COPY bench_staging FROM STDIN WITH (FORMAT csv)", buffer)
        cursor.execute(
            f"SELECT s.{key}, f.{key} IS NULL, {differs} "  # noqa: S608 our own names
            f"FROM bench_staging s LEFT JOIN bench_floor f USING ({key})"
        )
        cursor.fetchall()
        cursor.execute(
            f"INSERT INTO bench_floor SELECT s.* FROM bench_staging s "  # noqa: S608
            f"LEFT JOIN bench_floor f USING ({key}) WHERE f.{key} IS NULL OR {differs} "
            f"ON CONFLICT ({key}) DO UPDATE SET {settings}"
        )


def _twin_table(ground: Ground, district: Grid) -> StringIO:
    """Make an empty table like ours; return the rows of a district, to be copied."""
    table, rows = Enterprise._meta.db_table, StringIO()
    ground.plain("DROP TABLE IF EXISTS bench_twin")
    ground.plain(f"CREATE TABLE bench_twin (LIKE {table} INCLUDING ALL)")
    with ground.clock.plain, ground.clock.plain.cursor() as cursor:
        cursor.copy_expert(
            f"COPY (SELECT * FROM {table} WHERE district_id = {district.pk:d}) "  # noqa: S608
            "TO STDOUT",
            rows,
        )
    return rows


def _twin_import(ground: Ground, file: Path, rows: StringIO) -> None:
    """Do the same as the bare import, into a table with the indexes of ours."""
    for _ in _checked(file):
        pass
    rows.seek(0)
    with ground.clock.plain, ground.clock.plain.cursor() as cursor:
        cursor.execute("CREATE TEMP TABLE bench_rows (LIKE bench_twin) ON COMMIT DROP")
        cursor.copy_expert("COPY bench_rows FROM STDIN", rows)
        cursor.execute(
            "SELECT s.uscc, t.id IS NULL, t IS DISTINCT FROM s FROM bench_rows s "
            "LEFT JOIN bench_twin t USING (district_id, uscc)"
        )
        cursor.fetchall()
        cursor.execute(
            "INSERT INTO bench_twin SELECT * FROM bench_rows "
            "ON CONFLICT (district_id, uscc) WHERE uscc IS NOT NULL "
            "DO UPDATE SET name = excluded.name"
        )


def _checked(file: Path) -> Iterator[list[Any]]:
    rows: list[list[Any]] = load_workbook(str(file)).get_sheet_by_index(0).to_python()
    for row in rows[1:]:
        try:
            check_uscc(row[CODE])
        except CodeError:
            continue
        is_sound = (
            row[1].strip()
            and float(row[10]).is_integer()
            and isinstance(row[11], date)
            and PHONE.fullmatch(row[14])
            and row[15] in STATES
            and 73 < row[17] < 136
        )
        if is_sound:
            yield row


# --- the workbook ---------------------------------------------------------------------


def _workbook(ground: Ground, rows: int, edition: int, part: int = 0) -> Path:
    """Return a register of so many units; another edition differs in one of 100.

    Another part has other units.
    """
    file = ground.folder / f"units-{rows}-{edition}-{part}.xlsx"
    if not file.exists():
        with xlsxwriter.Workbook(str(file), {"constant_memory": True}) as book:
            sheet = book.add_worksheet("用人单位")
            dates = book.add_format({"num_format": "yyyy-mm-dd"})
            sheet.write_row(0, 0, HEADERS)
            for at, row in enumerate(_rows(ground, rows, edition, part), 1):
                for column, value in enumerate(row):
                    if isinstance(value, date):
                        sheet.write_datetime(at, column, value, dates)
                    else:
                        sheet.write(at, column, value)
    return file


def _rows(ground: Ground, number: int, edition: int, part: int) -> Iterator[list[Any]]:
    dice, sizes = random.Random(SEED), ground.sizes  # noqa: S311 made-up rows
    first = date(2005, 1, 1)
    for n in range(part * number + 1, (part + 1) * number + 1):
        trade, industry, ending, _, usual = dice.choice(TRADES)
        name = f"郑州{dice.choice(WORDS)}{dice.choice(WORDS)}{trade}{ending}{n}号"
        body = f"91410100QY{n:07}"
        street = dice.randrange(1, sizes.streets + 1)
        place = dice.randrange(1, sizes.communities + 1)
        address = f"郑州市{dice.choice(ROADS)}{dice.randrange(1, 300)}号"
        changed = edition if n % CHANGED == 0 else 0
        yield [
            n - part * number,
            name,
            body + uscc_check_character(body),
            f"410100{n:07}",
            "企业",
            industry,
            address,
            address,
            f"{street}号街道",
            f"{street}街{place}号社区",
            usual + changed,
            first + timedelta(days=dice.randrange(6000)),
            f"测试{n % 900}",
            f"测试{n % 700}",
            f"1990001{n % 10_000:04}",
            "营业",
            "郑州市市场监督管理局",
            round(113.5 + dice.random() / 4, 6),
            round(34.6 + dice.random() / 4, 6),
            "名册导入试验",
        ]
