"""What workbooks about units share: which unit of the files each row is about."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import Any, ClassVar

from django.db import models
from django.db.models import Q

from enterprises.changes import facts_changed
from enterprises.models import Enterprise
from enterprises.resources import credit_code
from gridinspect.accounts.roles import Permission
from gridinspect.copying import take_keys
from gridinspect.imports import cleaning
from gridinspect.imports.fields import SheetField
from gridinspect.imports.resource import NEW, Row, Written, merge
from gridinspect.imports.staging import insert_rows
from gridinspect.imports.traces import differing, put_back, referring, remove
from grids.resources import OUTSIDE, DistrictResource


class UnitSheet(DistrictResource):
    """A kind whose rows say something of units that have a file already.

    `find_units` in `check` sets `row.target`; a row without a unit is refused there.
    """

    permission = Permission.ENTERPRISE_IMPORT
    key_field = "uscc"
    place_fields = ()
    has_effective_day = False
    can_be_undone = True
    has_records = True
    identifying: ClassVar[tuple[str, ...]] = ("name", "uscc")

    name = SheetField(
        "单位名称",
        cleaning.unit_name,
        synonyms=(
            "用人单位名称", "企业名称", "用人单位", "单位全称", "单位", "参保单位",
            "缴费单位", "欠薪单位", "公司名称",
        ),
        required=True,
        help="与单位档案一致",
        sample="示例：郑州某某商贸有限公司",
    )  # fmt: skip
    uscc = SheetField(
        "统一社会信用代码",
        credit_code,
        synonyms=("信用代码", "社会信用代码", "统一代码"),
        clause="GB 32100-2015",
        help="有同名单位时必填；该列已设为文本",
        sample="91410103MA0AAAA1X9",
        as_text=True,
    )

    def identify(self, row: Row) -> str:
        values = row.values
        code = values.get("uscc")
        who = code if code and len(code) == 18 else values.get("name")
        if not who:
            return ""
        said = [values.get(n) for n in self.identifying if n not in ("name", "uscc")]
        return " ".join(map(str, [who, *said]))

    def find_units(self, rows: list[Row]) -> list[Row]:
        """Find each row's unit: by its code, else the only one of that name.

        Returns the rows that have one.
        """
        units = Enterprise.objects.filter(district=self.district, merged_into=None)
        units = units.select_related("grid")
        codes = [row.values.get("uscc") for row in rows]
        names = [row.values["name"] for row in rows]
        by_code: dict[str, Enterprise] = {}
        by_name: dict[str, list[Enterprise]] = defaultdict(list)
        for one in units.filter(Q(uscc__in=filter(None, codes)) | Q(name__in=names)):
            by_code[one.uscc or ""] = one
            by_name[one.name].append(one)
        for row, code, name in zip(rows, codes, names, strict=True):
            alike = by_name.get(name, [])
            only: Enterprise | None = alike[0] if len(alike) == 1 else None
            unit: Enterprise | None = by_code.get(code) if code else only
            if unit is None and not code and alike:
                row.reject(
                    "unit_ambiguous",
                    f"有{len(alike)}个单位叫“{name}”，请填写统一社会信用代码。",
                    at="uscc",
                )
            elif unit is None:
                row.reject(
                    "unit_unknown",
                    "单位档案中没有这个单位，请先建立档案或导入用人单位名册。",
                    at="uscc" if code else "name",
                )
            elif not self.may_touch(unit.grid.path):
                row.reject("outside_scope", f"该单位{OUTSIDE}", at="name")
            else:
                row.target = unit
        return [row for row in rows if row.target]


class Ledger(UnitSheet):
    """A kind whose row is one line of a ledger that units have: owed, paid, insured.

    Subclasses name the `model`, the columns that are stored, and those which together
    with the unit make one record. What a row adds or corrects is taken back with it.
    """

    model: ClassVar[type[models.Model]]
    stored: ClassVar[dict[str, str]]  # field of the sheet → column of the table
    one_record: ClassVar[tuple[str, ...]]  # fields that, with the unit, make a record
    money: ClassVar[tuple[str, ...]] = ()
    usual: dict[str, Any] = {}  # field → what a new record has, unless said

    def prepare(self) -> None:
        super().prepare()
        self._seen: dict[tuple[Any, ...], int] = {}  # record → its row in this file
        self._units: set[int] = set()

    def check(self, rows: list[Row]) -> None:
        for row in rows:  # refused ones too: the preview shows what was read
            self._in_yuan(row)
        found = self.find_units([row for row in rows if not row.is_rejected])
        for row in found:
            self.complete(row)
        found = [row for row in found if not row.is_rejected]
        units = {row.target.pk for row in found}
        known = {self._key(one): one for one in self.lines_of(units)}
        for row in found:
            key = (row.target.pk, *(row.values.get(name) for name in self.one_record))
            earlier = self._seen.setdefault(key, row.number)
            if earlier != row.number:
                row.duplicate_of = f"与第{earlier}行是同一记录，只计一次。"
                continue
            self._compare(row, known.get(key))

    def lines_of(self, units: set[int]) -> models.QuerySet[Any]:
        """Return the lines of these units that a row may correct."""
        return self.model._base_manager.filter(enterprise__in=units)

    def complete(self, row: Row) -> None:
        """Read what several columns say together, before the row is compared."""

    def forbid(self, row: Row, values: Mapping[str, Any], line: Any) -> None:
        """Refuse what the rules of the ledger forbid; `line` is what is stored."""

    def _in_yuan(self, row: Row) -> None:
        """Turn amounts under a header that says 万元 into yuan."""
        for name in self.money:
            amount, (_, header) = row.values.get(name), row.columns.get(name, ("", ""))
            if amount and "万" in header:
                row.values[name] = f"{Decimal(amount) * 10_000:.2f}"
                row.warn(
                    "in_ten_thousands",
                    f"列名写明单位是万元，已折合为{row.values[name]}元。",
                    at=name,
                )

    def _key(self, line: Any) -> tuple[Any, ...]:
        names = (self.stored[name] for name in self.one_record)
        return (line.enterprise_id, *(getattr(line, name) for name in names))

    def _words(self, line: Any) -> dict[str, Any]:
        """Return what is stored of a line as a sheet says it."""
        said = {}
        for name, column in self.stored.items():
            value = getattr(line, column)
            value = None if value == "" else value
            said[name] = f"{value:.2f}" if isinstance(value, Decimal) else value
        return said

    def _compare(self, row: Row, line: Any) -> None:
        if line is None:
            row.action = NEW
            for name, value in self.usual.items():
                if row.values.get(name) is None:
                    row.values[name] = value
            self._require_all(row)
            values = row.values
        else:
            row.record = line.pk
            old = self._words(line)
            merge(row, old)
            values = old | {k: v for k, v in row.values.items() if v is not None}
        if not row.is_rejected:
            self.forbid(row, values, line)

    def _require_all(self, row: Row) -> None:
        for name, column in self.stored.items():
            field = self.model._meta.get_field(column)
            assert isinstance(field, models.Field)  # noqa: S101 columns of a ledger
            if row.values.get(name) is None and not (field.null or field.blank):
                header = self.columns()[name].header
                row.reject(f"{name}_missing", f"{header}是必填项，请补填。", at=name)

    def apply(self, rows: list[Row]) -> Iterable[Any]:
        fresh = [row for row in rows if row.action == NEW]
        table = self.model._meta.db_table
        for key, row in zip(take_keys(table, len(fresh)), fresh, strict=True):
            row.record = key
            row.made = {c: row.values.get(name) for name, c in self.stored.items()}
        columns = list(self.stored.values())
        insert_rows(
            self.model,
            ["id", "enterprise_id", "district_id", "recorded_by_id", *columns],
            [
                (
                    row.record, row.target.pk, self.district.pk, self.by.pk,
                    *(self._in_table(name, row.made[name]) for name in columns),
                )
                for row in fresh
            ],
        )  # fmt: skip
        put_back(
            self.model,
            {
                row.record: self._side(row.changes, 1)
                for row in rows
                if row.record and row.changes
            },
        )
        for row in rows:
            self._units.add(row.target.pk)
            yield [row.record, row.action, row.number]

    def _in_table(self, column: str, value: Any) -> Any:
        field = self.model._meta.get_field(column)
        assert isinstance(field, models.Field)  # noqa: S101 columns of a ledger
        return "" if value is None and not field.null else value

    def _side(self, changes: dict[str, list[Any]], which: int) -> dict[str, Any]:
        return {self.stored[name]: pair[which] for name, pair in changes.items()}

    def finish(self) -> None:
        """Tell whoever judges these units that facts about them have changed."""
        for key in sorted(self._units):
            facts_changed(key)

    def obstacles(self, written: list[Written]) -> dict[int, str]:
        added = {one.record: one.made for one in written if one.action == NEW}
        changed = {
            one.record: self._side(one.changes, 1) for one in written if one.changes
        }
        return referring(self.model, added) | differing(self.model, added | changed)

    def take_back(self, written: list[Written]) -> None:
        lines = self.model._base_manager.filter(pk__in=[one.record for one in written])
        self._units = set(lines.values_list("enterprise_id", flat=True))
        put_back(
            self.model,
            {one.record: self._side(one.changes, 0) for one in written if one.changes},
        )
        remove(self.model, [one.record for one in written if one.action == NEW])
        self.finish()
