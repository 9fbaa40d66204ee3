"""The columns of rosters and registers, on pages and in workbooks."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import date, timedelta
from typing import IO, Any

from django.utils.safestring import SafeString

from enterprises.workforce.models import Agreement, Filing, PayrollReturn, Worker
from enterprises.workforce.rules import insurances_in_words, is_late
from gridinspect.documents.sheets import Kind, SheetColumn, write_table
from gridinspect.secrets import mask_id, mask_phone
from gridinspect.ui.tables import Column
from gridinspect.ui.templatetags.ui import badge_html

_WIDE = {"unit": 32, "name": 12, "id_number": 22, "post": 18, "what": 30, "posts": 24}
_KINDS: dict[str, Kind] = {
    "since": "date",
    "until": "date",
    "ends_on": "date",
    "begins_on": "date",
    "filed_on": "date",
    "due_on": "date",
    "wage": "money",
    "total": "money",
    "average": "money",
    "people": "integer",
    "covered": "integer",
    "person_count": "integer",
    "late_count": "integer",
    "year": "integer",
}


def contract_badge(worker: Worker, today: date, days: int) -> SafeString | str:
    """Say how it stands with a worker's contract; needs `last_contract`."""
    contract = last_contract(worker)
    if contract is None:
        if worker.employment_form != Worker.Form.FULL_TIME:
            return ""
        return badge_html("未签", "danger")
    if contract.ends_on is None:
        return contract.get_kind_display()
    if contract.ends_on < today and worker.until is None:
        return badge_html(f"已到期 {contract.ends_on}", "danger")
    if contract.ends_on <= today + timedelta(days=days) and worker.until is None:
        return badge_html(f"将到期 {contract.ends_on}", "warning")
    return f"至 {contract.ends_on}"


def last_contract(worker: Worker) -> Any:
    """Return the newest contract of a worker whose contracts were fetched."""
    return max(worker.contracts.all(), key=lambda one: one.begins_on, default=None)


def worker_columns(today: date, days: int) -> list[Column]:
    """Return every column of a roster; numbers are masked."""
    return [
        Column("name", "姓名", sort="name", link=True),
        Column("gender", "性别", "get_gender_display", sort="gender"),
        Column("id_number", "公民身份号码", lambda w: mask_id(w.id_number)),
        Column("form", "用工形式", "get_employment_form_display"),
        Column("since", "用工起始", sort="since"),
        Column("contract", "劳动合同", lambda w: contract_badge(w, today, days)),
        Column("post", "工种（岗位）", sort="post"),
        Column("category", "职工类别", "get_category_display", sort="category"),
        Column("insurances", "参保险种", lambda w: insurances_in_words(w.insurances)),
        Column("filed", "备案", filed_badge),
        Column("until", "离职日期", sort="until", hidden=True),
        Column("ending", "离职原因", "get_ending_display", hidden=True),
        Column("birth_date", "出生日期", sort="birth_date", hidden=True),
        Column("phone", "联系方式", lambda w: mask_phone(w.phone), hidden=True),
        Column("household", "户口性质", "get_household_kind_display", hidden=True),
        Column("wage", "月工资", sort="wage", numeric=True, hidden=True),
        Column("special", "特殊工种", "is_special_trade", hidden=True),
        Column("remark", "备注", hidden=True),
    ]


def filed_badge(worker: Worker) -> SafeString:
    """Say whether the newest event of an employment was filed."""
    filed = worker.end_filing_id if worker.until else worker.hire_filing_id
    return badge_html("已备案", "ok") if filed else badge_html("未备案", "notice")


def filing_columns(*, with_unit: bool) -> list[Column]:
    """Return the columns of the register of filings."""
    return [
        *([_unit_column(), _grid_column()] if with_unit else []),
        Column("kind", "备案种类", "get_kind_display", sort="kind", link=True),
        Column("filed_on", "备案日期", sort="filed_on"),
        Column("due_on", "应备案期限", sort="due_on"),
        Column("late", "期限", _late_badge),
        Column("person_count", "人数", sort="person_count", numeric=True),
        Column("number", "备案编号"),
        Column("what", "变更事项", hidden=not with_unit),
        Column("remark", "备注", hidden=True),
    ]


def _late_badge(filing: Filing) -> SafeString:
    if not filing.late_count:
        return badge_html("按期", "ok")
    persons = filing.kind in (Filing.Kind.FIRST, Filing.Kind.CHANGE)
    return badge_html(f"超期 {filing.late_count} 项" if persons else "超期", "danger")


def _term_badge(paper: Agreement, today: date, days: int) -> SafeString:
    if paper.ended_on:
        return badge_html(f"{paper.ended_on} 提前终止", "plain")
    if paper.ends_on and paper.ends_on < today:
        return badge_html("已到期", "danger")
    if paper.ends_on and paper.ends_on <= today + timedelta(days=days):
        return badge_html(f"{(paper.ends_on - today).days} 天后到期", "warning")
    if paper.begins_on > today:
        return badge_html("未生效", "plain")
    return badge_html("有效", "ok")


def _handed_in(paper: Agreement, today: date) -> Any:
    if paper.due_on is None:
        return paper.filed_on
    if is_late(paper.filed_on or today, paper.due_on):
        word = f"{paper.filed_on} 超期" if paper.filed_on else f"{paper.due_on} 未报送"
        return badge_html(word, "danger")
    return paper.filed_on or badge_html(f"应于 {paper.due_on} 前报送", "notice")


def agreement_columns(today: date, days: int, *, with_unit: bool) -> list[Column]:
    """Return the columns of the register of papers with a term."""

    return [
        *([_unit_column(), _grid_column()] if with_unit else []),
        Column("kind", "种类", "get_kind_display", sort="kind", link=True),
        Column("number", "文号（编号）"),
        Column("term", "状态", lambda p: _term_badge(p, today, days)),
        Column("ends_on", "有效期至", sort="ends_on"),
        Column(
            "handed_in", "报送（批准）", lambda p: _handed_in(p, today), sort="filed_on"
        ),
        Column("covered", "覆盖人数", sort="covered", numeric=True),
        Column("begins_on", "有效期自", sort="begins_on", hidden=with_unit),
        Column("posts", "适用岗位", hidden=with_unit),
        Column("counterparty", "对方", hidden=True),
        Column("remark", "备注", hidden=True),
    ]


def payroll_columns(*, with_unit: bool) -> list[Column]:
    """Return the columns of the payroll registers."""
    return [
        *([_unit_column(), _grid_column()] if with_unit else []),
        Column("kind", "种类", "get_kind_display", sort="kind"),
        Column("period", "期间", "period", sort=("year", "quarter")),
        Column("people", "平均人数", sort="people", numeric=True),
        Column("total", "工资总额（元）", sort="total", numeric=True),
        Column("average", "人均（元）", _average, numeric=True),
        Column("number", "核定文号"),
        Column("filed_on", "核定（报送）日期", sort="filed_on"),
        Column("remark", "备注", hidden=True),
    ]


def _average(row: PayrollReturn) -> Any:
    return None if row.average is None else round(row.average, 2)


def _unit_column() -> Column:
    return Column(
        "unit",
        "单位名称",
        "enterprise.name",
        sort="enterprise__name",
        link=lambda row: f"{row.enterprise.get_absolute_url()}?tab=filings",
    )


def _grid_column() -> Column:
    return Column(
        "grid", "所属网格", "enterprise.grid.name", sort="enterprise__grid__code"
    )


def write(
    stream: IO[bytes],
    rows: Iterable[Any],
    shown: Sequence[Column],
    *,
    title: str,
    place: str,
    today: date,
    unit: str,
) -> int:
    """Write rows as a workbook with these columns; return their number."""
    heads = [SheetColumn("序号", 6, "integer")]
    heads += [
        SheetColumn(c.label, _WIDE.get(c.key, 14), _KINDS.get(c.key, "text"))
        for c in shown
    ]
    return write_table(
        stream,
        heads,
        _lines(rows, shown),
        title=title,
        organisation=place,
        period=f"截至 {today}",
        unit=unit,
        name=title[:20],
    )


def _lines(rows: Iterable[Any], shown: Sequence[Column]) -> Iterator[list[Any]]:
    for number, row in enumerate(rows, start=1):
        yield [number, *(_plain(c.of(row), _KINDS.get(c.key)) for c in shown)]


def _plain(value: Any, kind: Kind | None) -> Any:
    """Return a badge as its word; a date column gets dates or nothing but words."""
    if isinstance(value, SafeString):
        return value.split(">", 1)[1].split("<", 1)[0]
    if isinstance(value, bool):
        return "是" if value else "否"
    return value
