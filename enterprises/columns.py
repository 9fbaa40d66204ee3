"""The columns of the list of units, on the page and in the exported workbook."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import date, timedelta
from typing import IO, Any, cast

from django.utils.safestring import SafeString

from enterprises.filters import EnterpriseFilter
from enterprises.freshness import districts_of
from enterprises.industries import industry_name, section_name
from enterprises.models import Enterprise, EnterpriseQuerySet
from gridinspect.accounts.models import User
from gridinspect.accounts.roles import Permission
from gridinspect.documents.sheets import Kind, SheetColumn, write_table
from gridinspect.scope import Place
from gridinspect.secrets import mask_phone
from gridinspect.ui.tables import Column, allowed_sort, ordered
from gridinspect.ui.templatetags.ui import badge_html
from grids.models import Grid

_TONES = {"已采集": "ok", "过期": "warning", "未采集": "notice"}
_WIDE = {"name": 36, "address": 36, "uscc": 22, "grid": 22, "industry": 22}
_KINDS: dict[str, Kind] = {
    "headcount": "integer",
    "last_surveyed": "date",
    "known_since": "date",
}
DISTRICT = "/410100/17/".count("/")
EXPORT_DIRECTLY = 5_000  # rows; more than that is work for a job


def survey_word(last: date | None, *, today: date, days: int) -> str:
    """Return 已采集, 过期 or 未采集 for the day of a unit's last complete survey."""
    if last is None:
        return "未采集"
    return "已采集" if today - last <= timedelta(days=days) else "过期"


def columns(today: date, days: Mapping[int, int]) -> list[Column]:
    """Return every column that the list offers; `days` is the freshness by district."""

    def survey(unit: Enterprise) -> str:
        return survey_word(
            unit.last_surveyed, today=today, days=days.get(unit.district_id, 0)
        )

    def badge(unit: Enterprise) -> SafeString:
        word = survey(unit)
        return badge_html(word, _TONES[word])

    def industry(unit: Enterprise) -> str:
        return industry_name(unit.industry)

    return [
        Column("name", "单位名称", sort="name", link=True),
        Column("uscc", "统一社会信用代码", sort="uscc"),
        Column(
            "unit_kind",
            "单位类型",
            "get_unit_kind_display",
            sort="unit_kind",
            hidden=True,
        ),
        Column("industry", "行业", industry, sort="industry", hidden=True),
        Column("section", "行业门类", lambda u: section_name(u.industry), hidden=True),
        Column("street", "上级网格", "grid.parent.name", hidden=True),
        Column("grid", "所属网格", "grid.name", sort="grid__code"),
        Column("address", "经营地址", sort="address"),
        Column("headcount", "从业人数", sort="headcount", numeric=True, hidden=True),
        Column("status", "状态", "get_status_display", sort="status"),
        Column("survey", "采集情况", badge),
        Column("last_surveyed", "最近采集", sort="last_surveyed", hidden=True),
        Column("district", "区县", "district.name", hidden=True),
        Column("legal_representative", "法定代表人", hidden=True),
        Column("contact_name", "经办人", hidden=True),
        Column("phone", "联系电话", lambda u: mask_phone(u.contact_phone), hidden=True),
        Column("registration_number", "原注册号", hidden=True),
        Column("source", "数据来源", "get_source_display", hidden=True),
        Column("known_since", "纳入底数日期", sort="known_since", hidden=True),
        Column("paper_file_place", "纸质档案位置", hidden=True),
    ]


def units_asked(
    user: User, asked: Mapping[str, Any], at: Place | None
) -> tuple[EnterpriseQuerySet, EnterpriseFilter]:
    """Return the units that a search asks for within the user's scope."""
    units = Enterprise.objects.visible_to(user)
    districts = districts_of(user, Permission.ENTERPRISE_VIEW)
    if isinstance(at, Grid):
        districts &= {at.district_id}
    if len(districts) == 1:  # says no more, but opens the indexes by district
        units = units.filter(district__in=districts)
    if at is not None:
        units = units.within(at)
    paths = user.scope_paths(Permission.ENTERPRISE_VIEW) if at is None else [at.path]
    search = EnterpriseFilter(
        asked,
        queryset=units.for_list(),
        user=user,
        districts=districts,
        in_part=all(path.count("/") > DISTRICT for path in paths),
    )
    return search.found, search


def in_order(
    units: EnterpriseQuerySet, sort: str, offered: Sequence[Column]
) -> EnterpriseQuerySet:
    """Return the units in the order that the list has for ?sort=."""
    rows = ordered(units, allowed_sort(sort, offered) or "-id", offered)
    return cast("EnterpriseQuerySet", rows)


def write_list(
    stream: IO[bytes],
    units: EnterpriseQuerySet,
    shown: Sequence[Column],
    *,
    place: str,
    today: date,
) -> int:
    """Write the units as a workbook with these columns; return the number of rows."""
    heads = [SheetColumn("序号", 6, "integer")]
    heads += [
        SheetColumn(c.label, _WIDE.get(c.key, 14), _KINDS.get(c.key, "text"))
        for c in shown
    ]
    return write_table(
        stream,
        heads,
        _rows(units, shown),
        title="用人单位名册",
        organisation=place,
        period=f"截至 {today}",
        unit="户",
        name="用人单位",
    )


def _rows(units: EnterpriseQuerySet, shown: Sequence[Column]) -> Iterator[list[Any]]:
    for number, unit in enumerate(units.iterator(chunk_size=2000), start=1):
        yield [number, *(_plain(column.of(unit)) for column in shown)]


def _plain(value: Any) -> Any:
    """Return a badge as its word; everything else as it is."""
    if isinstance(value, SafeString):
        return value.split(">", 1)[1].split("<", 1)[0]
    return value
