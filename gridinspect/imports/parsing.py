"""The child process that opens an uploaded file. Run as a script, never imported.

A workbook is hostile until read: this process has limits on memory, processor time and
output, no Django, no database and no secrets. It writes one `index.json` and one
`<n>.jsonl` per sheet (a line per lot of rows: [[row number, cells], …]) and exits 0, or
prints one sentence for the user and exits 3. Whatever else happens to it, its parent
survives.

Source: import-policy P18 and P20.
"""

import csv
import io
import json
import re
import resource
import runpy
import sys
import zipfile
import zlib
from collections.abc import Iterator
from datetime import date, datetime, time, timedelta
from html.parser import HTMLParser
from pathlib import Path
from typing import Any, NamedTuple
from xml.parsers import expat

MEMORY = 1_200 * 2**20  # bytes of address space; 100,000 rows of 20 cells need 500 MB
PROCESSOR = 120  # seconds
UNPACKED = 200 * 2**20  # bytes that a workbook may unpack to (P20)
ENTRIES = 2_000
ROWS = 300_000
COLUMNS = 256
CELLS = 25_000_000  # of the rectangle that a sheet fills, blank ones included
PAGE = 20_000_000  # characters of a page with tables
ROW_TEXT = 200_000  # characters of one row
LOT, LOT_TEXT = 2_000, 4_000_000  # rows of one line of output, and its characters
PIECE = 100  # rows encoded at once

UNREADABLE = 3  # exit status with a sentence on standard output

_MARKS = (b"<f", b"hidden=", b't="e"')
_DECLARATION = re.compile(rb"<!(?:DOCTYPE|ENTITY)", re.IGNORECASE)


class Unreadable(Exception):
    """Nothing can be imported from this file; the text says why, to the user."""


DAMAGED = "文件已损坏，无法打开。请用Excel或WPS重新打开并另存为.xlsx后再上传。"
ENCRYPTED = "文件设有打开密码，无法读取。请取消密码后另存，再上传。"
NO_TABLE = "这不是电子表格文件。请上传.xlsx、.xls或.csv格式的表格。"
ENTITIES = "文件中含有外部实体声明，为安全起见不予读取。"
TOO_LARGE = "文件展开后过大（超过200MB），已拒绝读取。请拆分或清除多余内容后再上传。"


def main(source: str, target: str) -> None:
    """Write what stands in the file `source` below the directory `target`."""
    _limit()
    path, out = Path(source), Path(target)
    head = path.open("rb").read(8)
    if not head:
        raise Unreadable("文件是空的，没有任何内容。请核对后重新上传。")
    if head[:4] in (b"PK\x03\x04", b"PK\x05\x06"):
        sheets = _zipped(path, out)
    elif head == b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1":
        sheets = _workbook(path, out, *_unseen(path))
    else:
        sheets = _written(path, out)
    (out / "index.json").write_text(json.dumps(sheets), encoding="utf-8")


def _limit() -> None:
    for what, most in (
        (resource.RLIMIT_AS, MEMORY),
        (resource.RLIMIT_CPU, PROCESSOR),
        (resource.RLIMIT_CORE, 0),
        (resource.RLIMIT_FSIZE, 2**30),
    ):
        resource.setrlimit(what, (most, most))


# ---- workbooks -----------------------------------------------------------------------


def _zipped(path: Path, out: Path) -> list[dict[str, Any]]:
    try:
        with zipfile.ZipFile(path) as archive:
            marked = _inspect(archive)
            names = set(archive.namelist())
            mime = archive.read("mimetype")[:200] if "mimetype" in names else b""
            if "xl/workbook.xml" in names:
                parts, date1904 = _parts(archive)
                facts = {
                    sheet: _facts(archive, part)
                    for sheet, part in parts.items()
                    if part in names & marked
                }
                return _workbook(path, out, facts, date1904)
    except (zipfile.BadZipFile, zipfile.LargeZipFile, EOFError, OSError) as error:
        raise Unreadable(DAMAGED) from error
    except (RuntimeError, NotImplementedError) as error:  # an encrypted entry
        raise Unreadable(ENCRYPTED) from error
    except (expat.ExpatError, ValueError, KeyError, zlib.error) as error:
        raise Unreadable(DAMAGED) from error
    if "content.xml" in names and (b"spreadsheet" in mime or not mime):
        return _workbook(path, out, *_unseen(path))
    if "xl/workbook.bin" in names:
        return _workbook(path, out, {}, False)
    raise Unreadable(NO_TABLE)


def _inspect(archive: zipfile.ZipFile) -> set[str]:
    """Return the parts that need a second look, having unpacked each within bounds.

    The directory may lie about sizes, so the bytes are counted as they come out.
    """
    entries = archive.infolist()
    if len(entries) > ENTRIES or sum(e.file_size for e in entries) > UNPACKED:
        raise Unreadable(TOO_LARGE)
    if any(entry.flag_bits & 1 for entry in entries):
        raise Unreadable(ENCRYPTED)
    marked, total = set(), 0
    for entry in [e for e in entries if e.filename.endswith((".xml", ".rels"))]:
        for window, size in _windows(archive, entry):
            total += size
            if total > UNPACKED:
                raise Unreadable(TOO_LARGE)
            if b"!" in window and b"<!" in window and _DECLARATION.search(window):
                raise Unreadable(ENTITIES)
            if _is_marked(window):
                marked.add(entry.filename)
    return marked


def _is_marked(window: bytes) -> bool:
    """Tell whether there may be formulas, errors or hidden rows; few write b"'"."""
    if any(mark in window for mark in _MARKS):
        return True
    return b"'" in window and b"t='e'" in window


def _windows(
    archive: zipfile.ZipFile, entry: zipfile.ZipInfo
) -> Iterator[tuple[bytes, int]]:
    """Yield (bytes with the end of the bytes before, how many are new) of an entry."""
    tail = b""
    with archive.open(entry) as part:
        while chunk := part.read(2**20):
            yield tail + chunk, len(chunk)
            tail = chunk[-16:]


def _parser() -> Any:
    """Return an expat parser that refuses document types, and with them entities."""

    def refuse(*_: object) -> None:
        raise Unreadable(ENTITIES)

    parser = expat.ParserCreate()
    parser.StartDoctypeDeclHandler = refuse
    parser.EntityDeclHandler = refuse
    return parser


def _elements(data: bytes) -> list[tuple[str, dict[str, str]]]:
    found: list[tuple[str, dict[str, str]]] = []
    parser = _parser()
    parser.StartElementHandler = lambda name, attributes: found.append(
        (name.rpartition(":")[2], attributes)
    )
    parser.Parse(data, True)
    return found


def _parts(archive: zipfile.ZipFile) -> tuple[dict[str, str], bool]:
    """Return sheet name → its part, and whether dates count from 1904."""
    targets = {
        attributes["Id"]: attributes["Target"]
        for name, attributes in _elements(archive.read("xl/_rels/workbook.xml.rels"))
        if name == "Relationship"
    }
    parts, date1904 = {}, False
    for name, attributes in _elements(archive.read("xl/workbook.xml")):
        if name == "workbookPr":
            date1904 = attributes.get("date1904") in ("1", "true")
        elif name == "sheet":
            link = next((v for k, v in attributes.items() if k.endswith(":id")), "")
            target = targets.get(link, "")
            parts[attributes["name"]] = (
                target.lstrip("/") if target.startswith("/") else f"xl/{target}"
            )
    return parts, date1904


_REFERENCE = re.compile(r"^([A-Z]{1,3})(\d{1,7})$")


def _column(letters: str) -> int:
    number = 0
    for letter in letters:
        number = number * 26 + ord(letter) - 64
    return number - 1


class _Known(NamedTuple):
    """What is to be known of a sheet besides what calamine tells."""

    faults: dict[tuple[int, int], str] = {}
    hidden_rows: list[int] = []
    merges: list[list[int]] = []


class _Facts:
    """What calamine does not tell of a sheet: its faulty cells and hidden rows.

    A faulty cell is an Excel error, or a formula that no program has computed yet.
    """

    def __init__(self) -> None:
        self.faults: dict[tuple[int, int], str] = {}
        self.hidden: list[int] = []
        self._row = 0
        self._place: tuple[int, int] | None = None
        self._kind, self._value = "", ""
        self._formula = self._inside = False

    def start(self, name: str, attributes: dict[str, str]) -> None:
        match name.rpartition(":")[2]:
            case "row":
                self._row = int(attributes.get("r", self._row + 1))
                if attributes.get("hidden") in ("1", "true"):
                    self.hidden.append(self._row)
            case "c":
                match = _REFERENCE.match(attributes.get("r", ""))
                self._place = (self._row, _column(match.group(1))) if match else None
                self._kind, self._value = attributes.get("t", "n"), ""
                self._formula = False
            case "f":
                self._formula = True
            case "v":
                self._inside = True

    def text(self, data: str) -> None:
        if self._inside:
            self._value += data

    def end(self, name: str) -> None:
        match name.rpartition(":")[2]:
            case "v":
                self._inside = False
            case "c" if self._place and self._kind == "e":
                self.faults[self._place] = self._value or "#VALUE!"
            case "c" if self._place and self._formula and not self._value:
                if self._kind != "str":
                    self.faults[self._place] = "formula"


def _facts(archive: zipfile.ZipFile, part: str) -> _Known:
    """Return what is to be known of a sheet, in one streamed pass."""
    facts, parser = _Facts(), _parser()
    parser.StartElementHandler, parser.EndElementHandler = facts.start, facts.end
    parser.CharacterDataHandler = facts.text
    with archive.open(part) as stream:
        parser.ParseFile(stream)
    return _Known(facts.faults, facts.hidden)


def _unseen(path: Path) -> tuple[dict[str, _Known], bool]:
    """Return the same of an .ods or .xls, and whether dates count from 1904."""
    beside = runpy.run_path(str(Path(__file__).with_name("unseen.py")))
    found, date1904 = beside["facts_of"](path, _parser())
    for name, facts in found.items():  # before calamine fills the rectangle
        _require_room(name, facts.width, facts.height)
    known = {
        name: _Known(facts.faults, facts.hidden_rows, facts.merges)
        for name, facts in found.items()
    }
    return known, date1904


def _require_room(name: str, width: int, height: int) -> None:
    if width > COLUMNS:
        raise Unreadable(f"表“{name}”的列数超过{COLUMNS}，请删除多余的列。")
    if width * height > CELLS:
        raise Unreadable(f"表“{name}”的行数过多，请删除多余的空行。")


def _workbook(
    path: Path,
    out: Path,
    facts: dict[str, _Known],
    date1904: bool,
) -> list[dict[str, Any]]:
    import python_calamine as calamine

    try:
        book = calamine.CalamineWorkbook.from_path(str(path))
        sheets = []
        for position, about in enumerate(book.sheets_metadata):
            if about.typ != calamine.SheetTypeEnum.WorkSheet:
                continue
            known = facts.get(about.name, _Known())
            sheet = book.get_sheet_by_index(position)
            start = sheet.start
            merges = [[*a, *b] for a, b in sheet.merged_cell_ranges or []]
            if start:
                _require_room(about.name, sheet.total_width, sheet.total_height)
            rows = _offset(sheet.iter_rows(), start[1], known.faults) if start else ()
            sheets.append(
                _write(out, position, rows)
                | {
                    "name": about.name,
                    "hidden": about.visible != calamine.SheetVisibleEnum.Visible,
                    "hidden_rows": known.hidden_rows,
                    "merges": (merges or known.merges)[:200_000],
                    "date1904": date1904,
                }
            )
        return sheets
    except calamine.PasswordError as error:
        raise Unreadable(ENCRYPTED) from error
    except (calamine.CalamineError, OSError) as error:
        raise Unreadable(_why_not(path)) from error


def _why_not(path: Path) -> str:
    """Tell apart an encrypted package and another Office file from a damaged one."""
    data = path.read_bytes()
    if "EncryptedPackage".encode("utf-16-le") in data:
        return ENCRYPTED
    if data[:4] == b"\xd0\xcf\x11\xe0" and not (
        "Workbook".encode("utf-16-le") in data or "Book".encode("utf-16-le") in data
    ):
        return NO_TABLE
    return DAMAGED


def _offset(rows: Any, first_column: int, faults: dict[tuple[int, int], str]) -> Any:
    margin = [""] * first_column
    faulty: dict[int, dict[int, str]] = {}
    for (row, place), fault in faults.items():
        faulty.setdefault(row, {})[place] = fault
    for number, row in enumerate(rows, start=1):
        cells = margin + row if margin else row
        for place, fault in faulty.get(number, {}).items():
            cells += [""] * (place + 1 - len(cells))
            cells[place] = {"$e": fault}
        yield number, cells


def _plain(value: Any) -> Any:
    if isinstance(value, datetime):
        return {"$t": value.isoformat()}
    if isinstance(value, date):
        return {"$d": value.isoformat()}
    if isinstance(value, (time, timedelta)):
        return str(value)
    raise TypeError(type(value))


def _write(out: Path, position: int, rows: Any) -> dict[str, Any]:
    """Write the rows that hold anything, in lots; return how many there are."""
    count = last = 0
    with (out / f"{position}.jsonl").open("w", encoding="utf-8") as file:
        for lot in _lots(rows):
            file.write(lot.text)
            count, last = count + lot.rows, lot.last
            if count > ROWS:
                raise Unreadable(f"表中数据超过{ROWS:,}行，请拆分为几个文件上传。")
    return {"file": f"{position}.jsonl", "rows": count, "last_row": last}


class _Lot(NamedTuple):
    text: str
    rows: int
    last: int  # number of its last row


def _lots(rows: Any) -> Iterator[_Lot]:
    """Yield the rows that are not blank as lines of JSON, each of bounded length."""
    pieces: list[str] = []
    held: list[list[Any]] = []
    size = count = last = 0
    for number, cells in rows:
        while cells and cells[-1] == "":
            cells.pop()
        if cells:
            held.append([number, cells])
            count, last = count + 1, number
        if len(held) == PIECE:
            pieces.append(_encoded(held))
            size += len(pieces[-1])
            held = []
            if count >= LOT or size > LOT_TEXT:
                yield _Lot(f"[{','.join(pieces)}]\n", count, last)
                pieces, size, count = [], 0, 0
    if held:
        pieces.append(_encoded(held))
    if pieces:
        yield _Lot(f"[{','.join(pieces)}]\n", count, last)


_encode = json.JSONEncoder(
    ensure_ascii=False, default=_plain, separators=(",", ":"), check_circular=False
).encode


def _encoded(rows: list[list[Any]]) -> str:
    """Return rows as the inside of a JSON list. Raises Unreadable for one too long."""
    text = _encode(rows)
    if len(text) > ROW_TEXT:
        for row in rows:
            if len(_encode(row)) > ROW_TEXT:
                raise Unreadable(f"第{row[0]}行的内容过长，请核对单元格后再上传。")
    return text[1:-1]


# ---- delimited text ------------------------------------------------------------------


def _written(path: Path, out: Path) -> list[dict[str, Any]]:
    """Write the sheets of a file of text: a page with tables, or delimited lines."""
    text = _decode(path.read_bytes())
    start = text.lstrip()[:400].lower()
    if start.startswith(("{\\rtf", "%pdf")):
        raise Unreadable(NO_TABLE)
    if start.startswith("mime-version"):
        raise Unreadable(
            "这是“单个文件网页”格式，请用Excel或WPS打开并另存为.xlsx后再上传。"
        )
    if not text.strip():
        raise Unreadable("文件是空的，没有任何内容。请核对后重新上传。")
    if start.startswith("<?xml") and (sheets := _xml(text, out)):
        return sheets
    if start.startswith(("<html", "<!doctype", "<?xml", "<table", "<meta", "<head")):
        return _page(text, out)
    rows = enumerate(_records(text), start=1)
    return [_write(out, 0, rows) | _sheet(None, [])]


def _xml(text: str, out: Path) -> list[dict[str, Any]]:
    """Write the sheets of a workbook that is one XML file; nothing for another."""
    beside = runpy.run_path(str(Path(__file__).with_name("xml2003.py")))
    if not beside["is_workbook"](text):
        return []
    try:
        sheets = beside["sheets_of"](text, _parser(), COLUMNS)
    except (expat.ExpatError, ValueError) as error:
        raise Unreadable(DAMAGED) from error
    for sheet in sheets:
        width = max((len(cells) for _, cells in sheet.rows), default=0)
        _require_room(sheet.name, width, len(sheet.rows))
    return [
        _write(out, place, iter(sheet.rows))
        | _sheet(sheet.name, sheet.merges)
        | {"hidden": sheet.hidden, "hidden_rows": sheet.hidden_rows}
        for place, sheet in enumerate(sheets)
    ]


def _sheet(name: str | None, merges: list[list[int]]) -> dict[str, Any]:
    return {
        "name": name,
        "hidden": False,
        "hidden_rows": [],
        "merges": merges,
        "date1904": False,
    }


def _decode(data: bytes) -> str:
    """Return the text: by its mark, else UTF-8, else GB 18030 as Excel saves it."""
    if data[:2] in (b"\xff\xfe", b"\xfe\xff"):
        encodings = ["utf-16"]
    elif b"\0" in data[:4096]:
        even, odd = data[0:4096:2].count(0), data[1:4096:2].count(0)
        encodings = ["utf-16-le" if odd > even else "utf-16-be"]
    else:
        encodings = ["utf-8-sig", "gb18030"]
    for encoding in encodings:
        try:
            text = data.decode(encoding)
        except UnicodeDecodeError:
            continue
        strange = sum(c < " " and c not in "\t\r\n\f" for c in text[:5000])
        if not strange and "\0" not in text:
            return text
    raise Unreadable(NO_TABLE)


def _records(text: str) -> list[list[str]]:
    csv.field_size_limit(ROW_TEXT)
    sample = text[:20_000]
    delimiter = max(",\t;|,", key=lambda mark: sample.count(mark))
    if not sample.count(delimiter):
        delimiter = ","
    try:
        rows = list(csv.reader(io.StringIO(text), delimiter=delimiter, strict=True))
    except csv.Error as error:
        if "unexpected end" in str(error) or "field larger" in str(error):
            raise Unreadable(
                "CSV文件中有未闭合的引号，无法分清各行。请改正引号或另存为.xlsx后上传。"
            ) from error
        rows = list(csv.reader(io.StringIO(text), delimiter=delimiter))
    if any(len(row) > COLUMNS for row in rows):
        raise Unreadable(f"列数超过{COLUMNS}，请删除多余的列。")
    return rows


# ---- pages with tables, which other programs call .xls -------------------------------


class _Tables(HTMLParser):
    """Collects the cells of the outermost tables of a page; nothing in it is run."""

    def __init__(self) -> None:
        super().__init__()
        self.tables: list[tuple[list[list[str]], list[list[int]]]] = []
        self._depth = 0
        self._text: list[str] | None = None
        self._span = (1, 1)
        self._taken: dict[int, set[int]] = {}  # row → columns that a cell above holds

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag == "table":
            self._depth += 1
            if self._depth == 1:
                self.tables.append(([], []))
                self._taken = {}
        elif self._depth == 1 and tag == "tr":
            self._end_cell()
            self.tables[-1][0].append([])
        elif self._depth == 1 and tag in ("td", "th"):
            self._end_cell()
            given = dict(attrs)
            self._span = (_span(given, "rowspan"), _span(given, "colspan"))
            self._text = []
        elif tag == "br" and self._text is not None:
            self._text.append("\n")

    def handle_endtag(self, tag: str) -> None:
        if self._depth == 1 and tag in ("td", "th", "tr", "table"):
            self._end_cell()
        if tag == "table" and self._depth:
            self._depth -= 1

    def handle_data(self, data: str) -> None:
        if self._text is not None:
            self._text.append(data)

    def _end_cell(self) -> None:
        if self._text is None:
            return
        rows, merges = self.tables[-1]
        if not rows:
            rows.append([])
        row, at = rows[-1], len(rows) - 1
        taken = self._taken.get(at, set())
        while len(row) in taken:
            row.append("")
        left, (down, across) = len(row), self._span
        row.append(" ".join("".join(self._text).split()))
        row.extend([""] * (across - 1))
        self._text = None
        if len(row) > COLUMNS:
            raise Unreadable(f"列数超过{COLUMNS}，请删除多余的列。")
        if down > 1 or across > 1:
            merges.append([at, left, at + down - 1, left + across - 1])
        for below in range(at + 1, at + down):
            self._taken.setdefault(below, set()).update(range(left, left + across))


def _span(given: dict[str, str | None], name: str) -> int:
    written = (given.get(name) or "1").strip()
    number = int(written) if written.isascii() and written.isdigit() else 1
    return min(max(number, 1), 10_000 if name == "rowspan" else COLUMNS + 1)


def _page(text: str, out: Path) -> list[dict[str, Any]]:
    if len(text) > PAGE:
        raise Unreadable(
            "这是网页格式的文件且过大，请用Excel打开并另存为.xlsx后再上传。"
        )
    page = _Tables()
    page.feed(text)
    page.close()
    if not page.tables:
        raise Unreadable(
            "这是网页或其他格式的文件（仅扩展名像表格）。请用Excel打开并另存为.xlsx后上传。"
        )
    single = len(page.tables) == 1
    return [
        _write(out, place, enumerate(rows, start=1))
        | _sheet(None if single else f"表{place + 1}", merges)
        for place, (rows, merges) in enumerate(page.tables[:100])
    ]


if __name__ == "__main__":
    try:
        main(sys.argv[1], sys.argv[2])
    except Unreadable as reason:
        sys.stdout.write(str(reason))
        sys.exit(UNREADABLE)
    except MemoryError:
        sys.stdout.write(TOO_LARGE)
        sys.exit(UNREADABLE)
    except BaseException as error:  # a panic in native code is no Exception
        if isinstance(error, SystemExit):
            raise
        sys.stdout.write(DAMAGED)
        sys.stderr.write(repr(error)[:500])
        sys.exit(UNREADABLE)
