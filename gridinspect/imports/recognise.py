"""Where the table is: which sheet, which rows are its header, what each column means.

Pure over the first rows of each sheet; the body is judged row by row while it streams.
Source: import-policy P11-P13 and its list of ignored rows.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from itertools import islice
from typing import Any

from gridinspect.imports.cleaning import CellFault, is_empty, plain
from gridinspect.imports.fields import HeaderNames, SheetField, header_keys
from gridinspect.imports.reading import Sheet, UnreadableFile, Workbook

HEAD = 40  # rows in which a header is looked for
STACKED = 20_000  # rows; a longer sheet is not searched for tables below each other


def column_letter(index: int) -> str:
    """Return the letters of a column counted from 0 (0 = A, 26 = AA)."""
    letters = ""
    index += 1
    while index:
        index, rest = divmod(index - 1, 26)
        letters = chr(65 + rest) + letters
    return letters


def column_index(letters: str) -> int:
    """Return the place of a column from its letters, counted from 0 (A = 0)."""
    number = 0
    for letter in letters:
        number = number * 26 + ord(letter) - 64
    return number - 1


@dataclass
class Column:
    """One column of a recognised table."""

    index: int
    header: str
    field: str | None
    note: str = ""
    by_group: bool = False  # known by the group above it and its name together
    twin_of: str | None = None  # the field that another column is taken for

    @property
    def letter(self) -> str:
        return column_letter(self.index)


@dataclass
class Table:
    """What was recognised in one sheet."""

    sheet: Sheet
    used: bool = False
    why: str = ""
    header_rows: list[int] = field(default_factory=list)
    columns: list[Column] = field(default_factory=list)
    missing: list[str] = field(default_factory=list)  # headers of required fields
    guessed: bool = False  # the header is only a proposal to the person who corrects
    until: int = 0  # the last row, when another table follows in the sheet
    more: list["Table"] = field(default_factory=list)  # the tables that follow
    _required: list[tuple[int, set[str]]] | None = None

    @property
    def has_header(self) -> bool:
        """Whether the header was found, with every required column."""
        return bool(self.header_rows) and not self.missing and not self.guessed

    @property
    def mapped(self) -> dict[str, int]:
        """Field → column, counted from 0."""
        return {c.field: c.index for c in self.columns if c.field}

    def lots(self) -> Iterator[list[tuple[int, list[Any], set[int]]]]:
        """Yield the rows below the header in lots, as `Sheet.filled_lots` does."""
        for lot in self.sheet.filled_lots(self.header_rows[-1]):
            if self.until and lot[-1][0] > self.until:
                if kept := [row for row in lot if row[0] <= self.until]:
                    yield kept
                return
            yield lot

    def required(self, columns: dict[str, SheetField]) -> list[tuple[int, set[str]]]:
        """Return (column, words of a repeated header there) of required fields."""
        if self._required is None:
            named = {c.field: c for c in self.columns if c.field}
            self._required = [
                (named[n].index, {named[n].header, c.header, *c.synonyms})
                for n, c in columns.items()
                if c.required and n in named
            ]
        return self._required


@dataclass
class Layout:
    """What was recognised in a file."""

    tables: list[Table]
    notices: list[str] = field(default_factory=list)

    @property
    def used(self) -> list[Table]:
        used = [table for table in self.tables if table.used]
        return [one for table in used for one in (table, *table.more)]

    def as_json(self) -> dict[str, Any]:
        """Return the sheets and columns, as the page and `import_file` show them."""
        return {
            "sheets": [
                {
                    "name": table.sheet.name,
                    "used": table.used,
                    "header_rows": table.header_rows if table.used else [],
                    "why": table.why,
                    "rows": table.sheet.row_count,
                    "hidden": table.sheet.hidden,
                }
                for table in self.tables
            ],
            "columns": [
                {
                    "sheet": table.sheet.name,
                    "col": column.letter,
                    "header": column.header,
                    "field": column.field,
                    "note": column.note,
                }
                for table in self.used
                for column in table.columns
            ],
            "notices": self.notices,
        }


_NOT_THE_TABLE = re.compile(
    r"示例(?!区)|样例|样表|范例|填表说明|填写说明|填报说明|使用说明|^说明$"
    r"|代码表|代码对照|字典|^封面$|^目录$|^导入结果$"
)


class NothingFound(UnreadableFile):
    """No table of this kind; `tables` is what was seen, for a person to correct."""

    def __init__(self, message: str, tables: list[Table]):
        super().__init__(message)
        self.tables = tables


def recognise(
    book: Workbook,
    columns: dict[str, SheetField],
    title: str,
    corrections: Mapping[str, Any] | None = None,
) -> Layout:
    """Find the tables of a workbook that are of this kind.

    `corrections` is what a person said, by the name of the sheet: whether to `use` it,
    its `header_rows`, and the `fields` of its columns by letter.
    Raises NothingFound when there is none, naming the columns that are missing.
    """
    names = HeaderNames(columns)
    required = {name for name, column in columns.items() if column.required}
    told = corrections or {}
    tables = [
        _as_told(sheet, names, columns, required, told[sheet.name or ""])
        if (sheet.name or "") in told
        else _table(sheet, names, columns, required)
        for sheet in book.sheets
    ]
    layout = Layout(tables)
    for table in tables:
        name = table.sheet.name or "（CSV）"
        asked = (table.sheet.name or "") in told
        if table.has_header and table.sheet.hidden and not asked:
            table.used, table.why = False, "隐藏的工作表，未导入"
            layout.notices.append(
                f"工作表“{name}”是隐藏的，没有导入；如需导入请在“更正识别结果”中选择它。"
            )
        elif table.used and table.sheet.hidden_rows:
            count = len(
                [n for n in table.sheet.hidden_rows if n > table.header_rows[-1]]
            )
            if count:
                layout.notices.append(
                    f"工作表“{name}”有{count}行被隐藏，也按数据处理。"
                )
    if not layout.used:
        raise NothingFound(_why_nothing(tables, columns, required, title), tables)
    for table in layout.used:
        layout.notices += _of_several(table, required)
        unknown = [
            c.header
            for c in table.columns
            if not c.field and not c.twin_of and c.header
        ]
        unknown = [h for h in unknown if header_keys(h)[:1] not in _ORDINALS]
        if unknown:
            layout.notices.append(
                f"工作表“{table.sheet.name or '（CSV）'}”中未识别的列（不导入）："
                f"{'、'.join(unknown[:10])}。"
            )
    return layout


def _of_several(table: Table, required: set[str]) -> list[str]:
    """Say that a sheet holds tables below each other, or beside each other."""
    name = table.sheet.name or "（CSV）"
    said = [
        f"工作表“{name}”第{one.header_rows[0]}行起另有一张表，也一并导入。"
        for one in table.more
    ]
    beside = {c.twin_of for c in table.columns if c.twin_of}
    if required <= beside:
        said.append(
            f"工作表“{name}”左右有几栏相同的列，只导入了左边一栏；"
            "请把各栏上下排成一栏后重新上传，其余各栏才会导入。"
        )
    return said


_ORDINALS = {("序号",), ("编号",), ("no",), ("号",), ("错误信息",)}  # never imported


def _why_nothing(
    tables: list[Table], columns: dict[str, SheetField], required: set[str], title: str
) -> str:
    partly = [t for t in tables if t.missing and not t.sheet.hidden]
    if partly:
        best = min(partly, key=lambda t: len(t.missing))
        return (
            f"找到了表头，但缺少必需的列：{'、'.join(best.missing)}。"
            "请补上该列，或下载模板填写。"
        )
    hidden = [t.sheet.name for t in tables if t.has_header and t.sheet.hidden]
    if hidden:
        return (
            f"数据在隐藏的工作表“{hidden[0]}”中，请取消隐藏后重新上传，或选择导入它。"
        )
    if any(t.has_header for t in tables):
        return "表中只有表头，没有数据行。请填写后再上传。"
    if not any(t.sheet.row_count for t in tables):
        return "文件是空的，没有任何内容。请核对后重新上传。"
    wanted = "、".join(columns[name].header for name in columns if name in required)
    return (
        f"没有找到{title}的表头（应有“{wanted}”等列名）。请核对文件，或下载模板填写。"
    )


def _table(
    sheet: Sheet,
    names: HeaderNames,
    columns: dict[str, SheetField],
    required: set[str],
) -> Table:
    table = Table(sheet)
    head = list(islice(sheet.rows(), HEAD))
    best: tuple[int, int, int] = (0, 0, 0)  # fields, the higher the better, rows
    rows: list[int] = []
    found: list[Column] = []
    for place, (number, cells) in enumerate(head):
        below = head[place + 1] if place + 1 < len(head) else None
        for lines, reading in _readings(sheet, names, (number, cells), below):
            fields = len({c.field for c in reading if c.field})
            merit = (fields, -place, len(lines))
            if fields and (merit > best or not best[0]):
                best, rows, found = merit, lines, reading
            elif not found and len(reading) > 1:  # the likeliest, if none is known
                rows, found = lines, reading
    score = best[0]
    mapped = {c.field for c in found if c.field}
    missing = [columns[name].header for name in columns if name in required - mapped]
    table.header_rows, table.columns = rows, found
    if not score or (missing and score < 2):
        table.guessed, table.why = True, "没有表头"
        return table
    if missing:
        table.missing, table.why = missing, f"缺少列：{'、'.join(missing)}"
    elif sheet.name and _NOT_THE_TABLE.search(sheet.name):
        table.why = "示例或说明"
    else:
        table = _stack(table, names, columns, required)
        _use(table, columns)
    return table


def _stack(
    table: Table,
    names: HeaderNames,
    columns: dict[str, SheetField],
    required: set[str],
) -> Table:
    """Return the first of the tables that stand below each other, with the others.

    Each has a header of its own with every required column; a header that is merely
    repeated begins no table.
    """
    sheet = table.sheet
    if sheet.row_count > STACKED:
        return table
    rows = list(sheet.rows())
    others = _other_headers(table, rows, names, _words_of(columns, required))
    found = [
        table,
        *(o for o in others if required <= o.mapped.keys() and len(o.mapped) > 1),
    ]
    found.sort(key=lambda one: (one.header_rows[0], -len(one.mapped)))
    stack: list[Table] = []
    for one in found:
        _put_below(stack, one, rows)
    first, *first.more = stack
    for one in first.more:
        one.used = True
    return first


def _put_below(
    stack: list[Table], one: Table, rows: list[tuple[int, list[Any]]]
) -> None:
    """Add a table below others, unless its header is no other than theirs.

    Of two headers without a row between them the one that tells more counts.
    """
    if not stack:
        stack.append(one)
        return
    last = stack[-1]
    if one.header_rows[0] <= last.header_rows[-1] or one.mapped == last.mapped:
        return
    until = _before(rows, one.header_rows[0])
    if until > last.header_rows[-1]:
        last.until = until
        stack.append(one)
    elif len(one.mapped) > len(last.mapped):
        stack[-1] = one


def _words_of(columns: dict[str, SheetField], required: set[str]) -> set[str]:
    """Return what the required columns are called."""
    return {
        key
        for name in required
        for text in (columns[name].header, *columns[name].synonyms)
        for key in header_keys(text)
    }


def _other_headers(
    table: Table,
    rows: list[tuple[int, list[Any]]],
    names: HeaderNames,
    words: set[str],
) -> list[Table]:
    """Return each reading of a row as a header, but for the table's own."""
    found = []
    for place, row in enumerate(rows):
        if _may_begin(row[1], words):
            below = rows[place + 1] if place + 1 < len(rows) else None
            found += [
                Table(table.sheet, header_rows=lines, columns=reading)
                for lines, reading in _readings(table.sheet, names, row, below)
                if not set(lines) & set(table.header_rows)
            ]
    return found


def _may_begin(cells: list[Any], words: set[str]) -> bool:
    """Tell quickly whether a row may be a header: it names a required column."""
    return any(
        type(cell) is str and _text(cell).rstrip("*＊").lower() in words
        for cell in cells
    )


def _before(rows: list[tuple[int, list[Any]]], header: int) -> int:
    """Return the last row above a header and the title lines that stand over it."""
    above = [(number, cells) for number, cells in rows if number < header]
    while above and sum(cell != "" for cell in above[-1][1]) == 1:
        above.pop()
    return above[-1][0] if above else header - 1


def _use(table: Table, columns: dict[str, SheetField]) -> None:
    """Take a table with a good header for one to import, if it has a row of data."""
    table.used = any(
        judge(table, columns, *row) == "" for lot in table.lots() for row in lot
    )
    table.why = "" if table.used else "没有数据行"


def _as_told(
    sheet: Sheet,
    names: HeaderNames,
    columns: dict[str, SheetField],
    required: set[str],
    told: Mapping[str, Any],
) -> Table:
    """Read a sheet as a person said; what he left open is recognised as usual."""
    rows, fields = told.get("header_rows") or [], told.get("fields")
    if not rows:
        table = _table(sheet, names, columns, required)
    else:
        head = {n: cells for n, cells in islice(sheet.rows(), HEAD) if n in rows}
        table = Table(sheet, header_rows=list(rows))
        table.columns = _named(sheet, names, [(n, head.get(n, [])) for n in rows])
    if fields is not None:
        table.guessed = False
        _assign(table, {letter: name for letter, name in fields.items() if name})
    mapped = set(table.mapped)
    table.used, table.why = False, "您选择不导入"
    table.missing = [columns[n].header for n in columns if n in required - mapped]
    if not told.get("use", True):
        table.missing = []
    elif table.missing:
        table.why = f"缺少列：{'、'.join(table.missing)}"
    elif table.has_header:
        _use(table, columns)
    return table


def _named(
    sheet: Sheet, names: HeaderNames, rows: list[tuple[int, list[Any]]]
) -> list[Column]:
    """Return the columns under header rows that a person has chosen."""
    number, cells = rows[0]
    texts = [_text(cell) for cell in cells]
    if len(rows) > 1:
        stacked = _stacked(sheet, names, number, texts, rows[1])
        if stacked:
            return _first_only(stacked)
        texts = [_text(cell) for cell in rows[1][1]]
        cells = rows[1][1]
    named = [
        Column(index, _shown(cells[index]), names.field_of(text))
        for index, text in enumerate(texts)
        if text
    ]
    return _first_only(named)


def _assign(table: Table, fields: dict[str, str]) -> None:
    """Give each column the field that a person chose for it, and no other."""
    by_letter = {column.letter: column for column in table.columns}
    for column in table.columns:
        chosen = fields.get(column.letter)
        if column.field != chosen:
            column.note = "人工指定" if chosen else ""
        column.field = chosen
    for letter in fields.keys() - by_letter.keys():
        index = column_index(letter)
        table.columns.append(Column(index, "", fields[letter], "人工指定"))
    table.columns.sort(key=lambda column: column.index)


def _readings(
    sheet: Sheet,
    names: HeaderNames,
    row: tuple[int, list[Any]],
    below: tuple[int, list[Any]] | None,
) -> list[tuple[list[int], list[Column]]]:
    """Return the ways to read a header here: this row alone, or with the row below."""
    number, cells = row
    texts = [_text(cell) for cell in cells]
    readings = []
    if _looks_like_header(cells):
        single = [
            Column(i, _shown(cells[i]), names.field_of(text))
            for i, text in enumerate(texts)
            if text
        ]
        readings.append(([number], _first_only(single)))
    stacked = below and below[0] == number + 1 and _looks_like_header(below[1])
    if below and stacked and _looks_like_groups(texts):
        columns = _stacked(sheet, names, number, texts, below)
        if columns:
            readings.append(([number, below[0]], _first_only(columns)))
    return readings


def _stacked(
    sheet: Sheet,
    names: HeaderNames,
    number: int,
    texts: list[str],
    below: tuple[int, list[Any]],
) -> list[Column]:
    """Read a header of two rows: the group above (merged over columns), the name.

    Groups that nobody merged reach to the next one. Nothing is returned when the upper
    row has no part in the header: then it is a line above a header of one row.
    """
    lower = [_text(cell) for cell in below[1]]
    upper = texts + [""] * (len(lower) - len(texts))
    lower += [""] * (len(upper) - len(lower))
    across = sheet.across.get(number, [])
    found, has_part = [], bool(across)
    for index, (group, name) in enumerate(
        zip(_groups(upper, lower, across), lower, strict=True)
    ):
        full = names.field_of(group + name)
        known = full or names.field_of(name)
        if group or name:
            by_group = bool(group and name and full)
            found.append(Column(index, f"{group}{name}", known, by_group=by_group))
            has_part = has_part or bool(group and full)
    return found if has_part else []


def _groups(
    upper: list[str], lower: list[str], across: list[tuple[int, int]]
) -> list[str]:
    """Return the group of each column of a header of two rows."""
    groups = list(upper)
    for left, right in across:
        for index in range(left, min(right + 1, len(groups))):
            groups[index] = upper[left]
    for index in range(1, 0 if across else len(groups)):
        if lower[index] and lower[index - 1] and not groups[index]:
            groups[index] = groups[index - 1]
    return groups


def _looks_like_groups(texts: list[str]) -> bool:
    """Tell a row of group names from a title and from a line with unit and date."""
    filled = [text for text in texts if text]
    return len(filled) > 1 and all(
        len(text) <= 16 and ":" not in text and not _WHEN.search(text)
        for text in filled
    )


_WHEN = re.compile(r"\d{4}|\d[年月]")


def _shown(cell: Any) -> str:
    return " ".join(str(cell).split())


def _text(cell: Any) -> str:
    return "" if isinstance(cell, CellFault) else re.sub(r"\s+", "", plain(cell))


def _looks_like_header(cells: list[Any]) -> bool:
    filled = [cell for cell in cells if cell != ""]
    return bool(filled) and all(
        type(cell) is str and len(cell) <= 60 for cell in filled
    )


def _first_only(columns: list[Column]) -> list[Column]:
    """Let only one of several columns with one meaning count; say so.

    The first, but before it one whose group makes the meaning plain (联系人 · 电话).
    """
    seen: dict[str, Column] = {}
    for column in sorted(columns, key=lambda column: not column.by_group):
        if column.field in seen:
            column.note = f"与{seen[column.field].letter}列重复，未采用"
            column.field, column.twin_of = None, column.field
        elif column.field:
            seen[column.field] = column
    return columns


# ---- rows that are no data -----------------------------------------------------------

_TOTAL = re.compile(
    r"^(?:本页|本表|全部|以上)?(?:合计|总计|小计|共计|累计|总数)[:：]?[\d,.]*[人家户个名]?$"
)
_SIGNATURE = re.compile(
    r"(?:填表|制表|填报|审核|审批|复核|经办|负责|统计|采集|录入|单位负责|主管)"
    r"(?:人|单位|日期|时间|领导|签字|签章)?(?:[（(][^）)]*[）)])?\s*[:：]|盖章|签字[:：]|^日期\s*[:：]"
)
_NOTE = re.compile(
    r"^(?:备注|注意|注|说明|填表说明|填写说明|填报说明|提示)\s*\d?[:：、.]|^\d{1,2}[.、．)）]\D"
    r"|^[（(]\d{1,2}[）)]\D|^[一二三四五六七八九十][、.]|^※|^（?以下(?:空白|无正文)"
)
_EXAMPLE = re.compile(
    r"^[（(【\[]?(?:(?:示例|样例|范例|举例)(?!区)|例[:：])|[（(](?:示例|样例|范例)"
    r"|删除(?:本行|此行|该行)|请删除|仅供参考"
)
_HELP = re.compile(
    r"^(?:必填|选填|可不填|可选|非必填|下拉选择|请选择|文本格式|整数|日期格式|同上一致)"
    r"|必填|与.{1,12}一致$|^\d{1,2}位(?:数字|字符)?$|^(?:格式|如|例如)\s*[:：]"
    r"|yyyy[-/.年]?mm|^填(?:写|报)"
)


def judge(
    table: Table,
    columns: dict[str, SheetField],
    number: int,
    cells: list[Any],
    inherited: set[int],
) -> str:
    """Return "" for a data row, else why the row is none: blank, total, note …"""
    if _is_plain(table, columns, number, cells, inherited):
        return ""
    own = [
        i
        for i in table.mapped.values()
        if i < len(cells) and i not in inherited and not _blank(cells[i])
    ]
    if not own:
        return _margin(cells, inherited)
    filled = [
        (i, plain(cell))
        for i, cell in enumerate(cells)
        if cell != "" and i not in inherited and not _blank(cell)
    ]
    texts = [text for _, text in filled]
    if any(_TOTAL.match(text.replace(" ", "")) for text in texts[:2]):
        return "total"
    if _is_repeated_header(table, cells):
        return "repeated header"
    keys = [
        plain(cells[index]) if index < len(cells) else ""
        for index, _ in table.required(columns)
    ]
    guidance = _guidance(number - table.header_rows[-1], texts, keys)
    if guidance:
        return guidance
    return _line(table.sheet, number, filled) or _signature(texts, keys)


def _line(sheet: Sheet, number: int, filled: list[tuple[int, str]]) -> str:
    """Name a row with one text, beside its number at most: a note or a heading."""
    lone = [index for index, text in filled if not _ORDINAL.match(text)]
    if len(lone) != 1:
        return ""
    first = filled[0][1]
    if _NOTE.search(first) and len(filled) == 1:
        return "footer"
    return "heading" if _spans(sheet, number, lone[0]) or _OUTLINE.match(first) else ""


_ORDINAL = re.compile(r"^[（(]?(?:\d{1,4}|[一二三四五六七八九十]{1,3})[）)、.．]?$")
_OUTLINE = re.compile(
    r"^(?:[（(][一二三四五六七八九十]{1,3}[）)]|[一二三四五六七八九十]{1,3}[、.．])$"
)


def _guidance(below: int, texts: list[str], keys: list[str]) -> str:
    """Name a row that shows how to fill in the table, `below` rows under its header."""
    for text in texts:
        if _EXAMPLE.search(text) and (below <= 5 or "删" in text):
            return "example"
    return "field help" if below <= 3 and keys and _HELP.search(keys[0]) else ""


def _signature(texts: list[str], keys: list[str]) -> str:
    """Name a line of signatures, which has nothing that identifies a record."""
    if not any(_SIGNATURE.search(text) for text in texts):
        return ""
    signed = all(not key or _SIGNATURE.search(key) for key in keys)
    return "footer" if signed else ""


_TOTAL_BEGINS = frozenset("本全以合总小共累")
_ODD_BEGINS = _TOTAL_BEGINS | frozenset(
    "示例样范举（(【[※注备说填提以一二三四五六七八九十0123456789"
)


def _is_plain(
    table: Table,
    columns: dict[str, SheetField],
    number: int,
    cells: list[Any],
    inherited: set[int],
) -> bool:
    """Tell quickly that a row is data: what identifies it is there and looks usual."""
    if inherited or number <= table.header_rows[-1] + 5:
        return False
    required = table.required(columns)
    width = len(cells)
    for index, headers in required:
        cell = cells[index] if index < width else ""
        if type(cell) is not str or len(cell) < 2 or cell in headers:
            return False
    first = cells[required[0][0]]
    if first[0] in _ODD_BEGINS or ":" in first or "：" in first or "删" in first:
        return False
    lead = cells[0]
    return type(lead) is not str or not lead or lead.strip()[:1] not in _TOTAL_BEGINS


def _blank(cell: Any) -> bool:
    return not isinstance(cell, CellFault) and is_empty(cell)


def _margin(cells: list[Any], inherited: set[int]) -> str:
    """Name a row with nothing under a known column: blank, numbered, or a note."""
    texts = [
        plain(c) for i, c in enumerate(cells) if i not in inherited and not _blank(c)
    ]
    if any(_TOTAL.match(text.replace(" ", "")) for text in texts):
        return "total"
    return "footer" if any(len(text) > 6 for text in texts) else "blank"


def _is_repeated_header(table: Table, cells: list[Any]) -> bool:
    headers = {c.index: header_keys(c.header) for c in table.columns if c.field}
    same = compared = 0
    for index, keys in headers.items():
        text = _text(cells[index]) if index < len(cells) else ""
        if text:
            compared += 1
            own = header_keys(text)
            same += bool(own) and (own[-1] == keys[-1] or keys[-1].endswith(own[-1]))
    return same > 0 and same * 2 > compared


def _spans(sheet: Sheet, number: int, index: int) -> bool:
    """Tell whether a lone cell is merged over columns: a heading inside the table."""
    return any(
        left == index and right - left >= 2
        for left, right in sheet.across.get(number, [])
    )
