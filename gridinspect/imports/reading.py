"""An uploaded file as sheets and rows, read by a child process (parsing.py)."""

import json
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date, datetime
from functools import cached_property
from pathlib import Path
from typing import Any

from django.conf import settings

from gridinspect.imports.cleaning import CellFault

PARSER = Path(__file__).with_name("parsing.py")
SPOOL = Path(settings.VAR_DIR) / "spool"
TICK = 0.5  # seconds between two looks at the child
SECONDS = 180  # of wall time; the child's processor time is limited by itself
FILE_BYTES = 50 * 2**20
DITTO = frozenset(("同上", "〃", "″", '"', "“", "”", "''"))
_DITTO_WRITTEN = ("同上", "〃", "″", r"\"", "“", "”", "''")  # as JSON has them
NONE: set[int] = set()  # what most rows inherit; never changed


class UnreadableFile(ValueError):
    """Nothing can be imported from this file; the message tells the user why."""


class _Spread:
    """Carries the values of ranges merged over rows down to each of their rows."""

    def __init__(self, ranges: list[tuple[int, int, int]]):
        self._ranges = ranges
        self._next = 0
        self._held: dict[int, tuple[int, Any]] = {}  # column → (last row, value)

    def fill(self, number: int, cells: list[Any]) -> set[int]:
        """Put the inherited values into a row; return the columns that have one."""
        while self._next < len(self._ranges) and self._ranges[self._next][0] <= number:
            first, last, column = self._ranges[self._next]
            if first == number:
                value = cells[column] if column < len(cells) else ""
                self._held[column] = (last, value)
            self._next += 1
        inherited = set()
        for column, (last, value) in self._held.items():
            if number <= last:
                cells.extend([""] * (column + 1 - len(cells)))
                if cells[column] == "":
                    inherited.add(column)
                cells[column] = value
        return inherited


@dataclass
class Sheet:
    """One sheet of a workbook; a CSV file is one sheet without a name."""

    name: str | None
    path: Path
    row_count: int
    hidden: bool = False
    hidden_rows: frozenset[int] = frozenset()
    merges: list[tuple[int, int, int, int]] = field(default_factory=list)
    date1904: bool = False

    def rows(self) -> Iterator[tuple[int, list[Any]]]:
        """Yield (Excel's row number, cells from column A) of every row not blank."""
        for lot, _ in self._lots():
            yield from ((number, cells) for number, cells in lot)

    def _lots(self) -> Iterator[tuple[list[Any], bool]]:
        """Yield lots of rows, each with whether a cell in it may say 同上."""
        decode = json.JSONDecoder(object_hook=_value).decode
        with self.path.open(encoding="utf-8") as lines:
            for line in lines:
                yield decode(line), any(mark in line for mark in _DITTO_WRITTEN)

    @cached_property
    def across(self) -> dict[int, list[tuple[int, int]]]:
        """Row → (first, last column, from 0) of the ranges merged over columns."""
        found: dict[int, list[tuple[int, int]]] = {}
        for top, left, bottom, right in self.merges:
            if right > left:
                for row in range(top + 1, min(bottom + 1, top + 51) + 1):
                    found.setdefault(row, []).append((left, right))
        return found

    @cached_property
    def down(self) -> list[tuple[int, int, int]]:
        """(First row, last row, column from 0) of the ranges merged over rows."""
        return sorted(
            (top + 1, bottom + 1, left)
            for top, left, bottom, _ in self.merges
            if bottom > top
        )

    def filled_rows(self, after: int) -> Iterator[tuple[int, list[Any], set[int]]]:
        """Yield the rows below row `after` with the values that they inherit.

        Each is (Excel's row number, cells from column A, columns with inherited value).
        """
        for lot in self.filled_lots(after):
            yield from lot

    def filled_lots(
        self, after: int
    ) -> Iterator[list[tuple[int, list[Any], set[int]]]]:
        """Yield the same rows in lots of a few thousand.

        The value of a merged range holds for all its rows; 同上 means the value
        above. A row that is blank but for a merged range stays blank.

        Source: import-policy P11.
        """
        spread = _Spread([r for r in self.down if r[1] > after])
        above: list[Any] = []
        for lot, may_repeat in self._lots():
            filled = []
            if self.down or may_repeat:
                for number, cells in lot:
                    inherited = spread.fill(number, cells)
                    if number > after:
                        _repeat(above, cells)
                        above = cells
                        filled.append((number, cells, inherited))
            else:
                filled = [(number, cells, NONE) for number, cells in lot]
                if lot[0][0] <= after:
                    filled = [row for row in filled if row[0] > after]
                above = lot[-1][1]
            if filled:
                yield filled


def _repeat(above: list[Any], cells: list[Any]) -> None:
    """Put the value above where a cell says 同上."""
    for column, value in enumerate(cells):
        if type(value) is str and len(value) < 5 and value.strip() in DITTO:
            cells[column] = above[column] if column < len(above) else ""


@dataclass
class Workbook:
    """What a file held, spooled on disk; good until its context ends."""

    sheets: list[Sheet]
    folder: Path  # deleted when its context ends


def _value(tagged: dict[str, str]) -> Any:
    if "$d" in tagged:
        return date.fromisoformat(tagged["$d"])
    if "$t" in tagged:
        return datetime.fromisoformat(tagged["$t"])
    return CellFault(tagged["$e"])


@contextmanager
def open_workbook(
    path: str | Path, *, waiting: Callable[[int], None] | None = None
) -> Iterator[Workbook]:
    """Read a file by its content, whatever its name says.

    `waiting` is called with the seconds gone by while the file is read.
    Raises UnreadableFile with one sentence in Chinese: encrypted, damaged, empty, not
    a table, too large. The temporary copies are gone when the context ends.

    Source: import-policy P20.
    """
    path = Path(path)
    if path.stat().st_size > FILE_BYTES:
        raise UnreadableFile("文件超过50MB，请拆分后上传。")
    SPOOL.mkdir(mode=0o700, parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=SPOOL) as folder:
        spool = Path(folder)
        run_apart(PARSER, path.resolve(), spool, waiting=waiting)
        index = json.loads((spool / "index.json").read_text(encoding="utf-8"))
        yield Workbook([_sheet(entry, spool) for entry in index], spool)


def run_apart(
    script: Path, *arguments: Path, waiting: Callable[[int], None] | None = None
) -> None:
    """Run one of our scripts on an uploaded file, in a process with limits.

    It knows no settings, no database and no secrets. Raises UnreadableFile with what
    it said, or when it was stopped, whatever stopped it.
    """
    child = subprocess.Popen(  # noqa: S603 our own script, no shell
        [sys.executable, "-I", str(script), *map(str, arguments)],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        env={"PYTHONIOENCODING": "utf-8", "PYTHONUTF8": "1"},
    )
    try:
        said = _wait(child, waiting)
    finally:
        child.kill()
        child.communicate()
    if child.returncode:
        raise UnreadableFile(
            said or "文件过大或结构异常，已停止读取。请另存为.xlsx或拆分后再上传。"
        )


def _wait(child: subprocess.Popen[bytes], waiting: Callable[[int], None] | None) -> str:
    started = time.monotonic()
    while True:
        try:
            said, _ = child.communicate(timeout=TICK)
            return said.decode("utf-8", "replace").strip()
        except subprocess.TimeoutExpired:
            seconds = time.monotonic() - started
        if seconds > SECONDS:
            raise UnreadableFile(
                "读取文件用时过长，已停止。请拆分或另存后再上传。"
            ) from None
        if waiting:
            waiting(int(seconds))


def sweep(*, older_than: float) -> int:
    """Delete what killed workers left behind; return how many folders went.

    `older_than` is in seconds since the epoch.
    """
    count = 0
    for folder in SPOOL.glob("*"):
        if folder.stat().st_mtime < older_than:
            shutil.rmtree(folder, ignore_errors=True)
            count += 1
    return count


def _sheet(entry: dict[str, Any], spool: Path) -> Sheet:
    return Sheet(
        name=entry["name"],
        path=spool / entry["file"],
        row_count=entry["rows"],
        hidden=entry["hidden"],
        hidden_rows=frozenset(entry["hidden_rows"]),
        merges=[tuple(m) for m in entry["merges"]],
        date1904=entry["date1904"],
    )
