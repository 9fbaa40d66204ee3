"""What the preview of a batch shows: its counts, its rows, who a row may be."""

from typing import Any

from django.db.models import QuerySet
from django.forms import Select
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from gridinspect.imports.models import ImportBatch, ImportRow
from gridinspect.imports.registry import resource_for
from gridinspect.imports.resource import row_key
from gridinspect.ui.tables import Column
from gridinspect.ui.templatetags.ui import badge_html

ALIKE, DIFFERS = "alike", "differs"  # of ?outcome=, besides outcomes and actions
OUTCOME_BADGES = {"valid": "ok", "valid_warn": "warning", "reject": "danger"}


def rows_of(batch: ImportBatch, chosen: str) -> QuerySet[ImportRow]:
    """Return the rows that a filter of the preview asks for."""
    rows = batch.rows.all()
    if chosen in ImportRow.Outcome.values:
        return rows.filter(outcome=chosen)
    if chosen in ImportRow.Action.values:
        return rows.filter(action=chosen)
    if chosen == ALIKE:
        return rows.exclude(candidates=[])
    if chosen == DIFFERS:
        return rows.exclude(earlier=None)
    return rows


def table_name(chosen: str) -> str:
    """Return under which name a person's choice of columns is kept."""
    return f"import-rows-{chosen}" if chosen in (ALIKE, DIFFERS) else "import-rows"


def columns(batch: ImportBatch, chosen: str, *, may_decide: bool) -> list[Column]:
    """Return the columns of the preview under a filter."""
    shown = _row_columns(batch)
    if chosen == ALIKE:
        shown.insert(3, _candidate_column(batch, may_decide=may_decide))
    if chosen == DIFFERS:
        shown.insert(3, Column("earlier", "上次预览", _earlier, wraps=True))
    return shown


def tiles(batch: ImportBatch, chosen: str) -> list[tuple[str, int, str, bool]]:
    """Return (label, count, value of ?outcome=, whether chosen) for the counts."""
    labels = [
        ("data_rows", "全部", ""),
        ("new", "新增", "new"),
        ("changed", "变更", "changed"),
        ("same", "无变化", "same"),
        ("valid_warn", "有提示", "valid_warn"),
        ("reject", "不合格", "reject"),
        ("duplicate", "重复", "duplicate"),
        (ALIKE, "近似单位", ALIKE),
        (DIFFERS, "与上次预览不同", DIFFERS),
    ]
    return [
        (label, batch.counts.get(key, 0), value, value == chosen)
        for key, label, value in labels
        if batch.counts.get(key) or key not in (ALIKE, DIFFERS)
    ]


def hidden_sheets(batch: ImportBatch) -> list[dict[str, Any]]:
    """Return the hidden sheets with a table that nobody has been asked about."""
    return [
        sheet
        for sheet in batch.outline
        if sheet["why"].startswith("隐藏") and sheet["name"] not in batch.corrections
    ]


def notices(batch: ImportBatch) -> list[str]:
    """Return what the person should know of the file, but for what is asked anyway."""
    asked = tuple(f"工作表“{sheet['name']}”是隐藏的" for sheet in hidden_sheets(batch))
    told = batch.recognised.get("notices", [])
    return [one for one in told if not (asked and one.startswith(asked))]


def _row_columns(batch: ImportBatch) -> list[Column]:
    resource = resource_for(batch.kind)
    headers = {name: column.header for name, column in resource.columns().items()}
    headers |= {"grid": "所属网格"} | resource.derived

    def told(row: ImportRow) -> str:
        if not row.changes:
            return ""
        lines = format_html_join(
            "",
            "<li>{}：{} → {}</li>",
            (
                (headers.get(name, name), _shown(old), _shown(new))
                for name, (old, new) in row.changes.items()
            ),
        )
        return format_html('<ul class="gi-plain">{}</ul>', lines)

    def cells(row: ImportRow) -> str:
        return "，".join(
            f"{headers[name]} {_shown(value)}"
            for name, value in row.values.items()
            if name in headers and name not in ("name", "street", "community")
        )

    used = [sheet for sheet in batch.recognised.get("sheets", []) if sheet["used"]]
    return [
        Column("sheet", "工作表", hidden=len(used) < 2),
        Column("row", "行号", numeric=True, sort="row"),
        Column("name", "名称", value=lambda row: row.values.get("name")),
        Column(
            "outcome",
            "结果",
            value=lambda row: badge_html(
                row.get_outcome_display(), OUTCOME_BADGES.get(row.outcome, "plain")
            ),
            sort="outcome",
        ),
        Column("action", "处理", value="get_action_display", sort="action"),
        Column("message", "问题与改法", value="message", wraps=True),
        Column("changes", "变更（原值 → 新值）", value=told, wraps=True),
        Column("values", "读到的内容", value=cells),
    ]


def _candidate_column(batch: ImportBatch, *, may_decide: bool) -> Column:
    """Show who a row may be, with the parts of each score, and ask what to do."""

    def shown(row: ImportRow) -> SafeString:
        lines = format_html_join(
            "",
            "<li>{}（{}）：相近 {}%（{}）</li>",
            (
                (
                    one["name"],
                    "，".join(filter(None, one["about"])),
                    one["score"],
                    "；".join(f"{w} {s}%，权重 {p}%" for w, s, p in one["parts"]),
                )
                for one in row.candidates
            ),
        )
        return format_html('<ul class="gi-plain">{}</ul>{}', lines, choice(row))

    def choice(row: ImportRow) -> str:
        decided = batch.decisions.get(row_key(row.sheet, row.row), "")
        options = [("", "未定"), ("new", "不是同一单位，按新增")]
        options += [(f"same:{c['key']}", f"就是“{c['name']}”") for c in row.candidates]
        options.append(("skip", "本行不导入"))
        if not may_decide:
            return dict(options).get(decided, "")
        about = {
            "class": "form-select",
            "form": "decide",
            "aria-label": f"第{row.row}行如何处理",
        }
        return Select(about, options).render(f"row-{row.pk}", decided)

    return Column("candidates", "可能是（相近程度及其组成）", shown, wraps=True)


def _earlier(row: ImportRow) -> str:
    """Return what the preview before said of a row."""
    said = row.earlier or {}
    if not said:
        return ""
    outcome = ImportRow.Outcome(said["outcome"]).label
    action = ImportRow.Action(said["action"]).label
    changed = "；".join(
        f"{_shown(old)} → {_shown(new)}" for old, new in said["changes"].values()
    )
    return f"{outcome}，{action}{f'（{changed}）' if changed else ''}"


def choices_of(row: ImportRow) -> set[str]:
    """Return what may be decided about a row."""
    return {"new", "skip", *(f"same:{one['key']}" for one in row.candidates)}


def _shown(value: Any) -> Any:
    if isinstance(value, list):  # such as the first and the last month of a span
        return " 至 ".join(dict.fromkeys(map(str, value)))
    return "空" if value in (None, "") else value
