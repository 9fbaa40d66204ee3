"""The monthly attendance sheet (考勤表) as a workbook."""

import re
from collections.abc import Iterable, Mapping
from datetime import date
from typing import Any

from django.db.models import Exists

from assistants.attendance import fault_of
from assistants.kinds.persons import OfPersons, posts_in
from assistants.models import Attendance
from gridinspect.accounts.models import Person
from gridinspect.accounts.requests import Request
from gridinspect.accounts.roles import Permission
from gridinspect.copying import take_keys
from gridinspect.imports import cleaning
from gridinspect.imports.fields import SheetField, is_masked
from gridinspect.imports.registry import register
from gridinspect.imports.resource import NEW, Row, Written, merge
from gridinspect.imports.staging import insert_rows
from gridinspect.imports.traces import differing, put_back, referring, remove
from gridinspect.secrets import mask_id
from grids.models import Posting
from grids.resources import DistrictResource

DAYS = (
    *("present", "absent", "longest_absence", "annual_leave", "sick_leave"),
    *("other_leave", "late", "spot_absences"),
)
LEAVES = ("annual_leave", "sick_leave", "other_leave")


def month(raw: Any, setting: cleaning.Setting) -> date | None:
    """Return the first day of a month: 2026-03, 2026年3月, 202603 or a date."""
    if isinstance(raw, date):
        found = date(raw.year, raw.month, 1)
    else:
        text = cleaning.plain(raw)
        if not text:
            return None
        parts = re.fullmatch(r"(\d{4})\D?(\d{1,2})(?:\D.*)?", text.removesuffix(".0"))
        if parts is None or not 1 <= int(parts[2]) <= 12:
            raise cleaning.Rejected("month_invalid", "月份应写成 2026-03 的形式。")
        found = date(int(parts[1]), int(parts[2]), 1)
    if found > setting.today:
        raise cleaning.Rejected("month_future", "月份还没有到，请核对。")
    if found.year < 2000:
        raise cleaning.Rejected("month_invalid", "月份太早，请核对。")
    return found


def few(raw: Any, setting: cleaning.Setting) -> int | None:
    """Return a number of days or times: whole, from 0 to 31."""
    text = cleaning.plain(raw).removesuffix(".0").removesuffix("天").removesuffix("次")
    if not text:
        return None
    if not (text.isascii() and text.isdigit() and int(text) <= 31):
        raise cleaning.Rejected("days_invalid", "应为 0 至 31 的整数。")
    return int(text)


@register("attendance")
class AttendanceResource(OfPersons, DistrictResource):
    """How many days an assistant was there in a month. A row is one person's month."""

    title = "考勤表"
    permission = Permission.STAFF_IMPORT
    key_field = "id_number"
    identifying = ("id_number", "name", "grid_name", "month")
    place_fields = ()
    has_effective_day = False
    can_be_undone = True
    has_records = True

    name = SheetField(
        "姓名",
        cleaning.person_name,
        synonyms=("人员姓名", "协管员姓名", "员工姓名", "name"),
        required=True,
        help="与人员档案一致",
        sample="示例：张三",
    )
    id_number = SheetField(
        "身份证号",
        cleaning.citizen_id,
        synonyms=("身份证号码", "公民身份号码", "身份证", "证件号码"),
        clause="GB 11643-1999",
        help="辖区内没有同名人员时可不填；该列已设为文本",
        sample="410103198506150012",
        as_text=True,
        mask=mask_id,
    )
    grid_name = SheetField(
        "所在网格",
        cleaning.title(60),
        synonyms=("网格", "所属网格", "所属社区", "社区", "工作网格"),
        help="同名人员按网格区分，可不填",
        sample="金桥社区",
    )
    month = SheetField(
        "月份",
        month,
        synonyms=("考勤月份", "年月", "考勤年月", "所属月份", "统计月份"),
        required=True,
        help="如2026-03",
        sample="2026-03",
        as_text=True,
    )
    present = SheetField(
        "出勤天数",
        few,
        synonyms=("出勤", "实际出勤", "实出勤", "实出勤天数", "上班天数"),
        required=True,
        sample="21",
    )
    absent = SheetField(
        "无故缺勤天数",
        few,
        synonyms=("缺勤", "旷工", "缺勤天数", "旷工天数", "无故缺勤"),
        clause="营政办发〔2021〕 YK-33、YK-38",
        help="不填为 0；请了假的不算",
        sample="0",
    )
    longest_absence = SheetField(
        "最长连续缺勤天数",
        few,
        synonyms=("连续缺勤", "连续旷工", "连续缺勤天数", "最长连续缺勤"),
        help="不清楚的留空",
        clause="YK-33",
        sample="0",
    )
    annual_leave = SheetField(
        "年休假天数", few, synonyms=("年假", "年休假", "年假天数"), sample="0"
    )
    sick_leave = SheetField("病假天数", few, synonyms=("病假",), sample="0")
    other_leave = SheetField(
        "其他假天数",
        few,
        synonyms=("事假", "其他假", "事假天数", "请假", "请假天数"),
        help="事假、婚丧产假等",
        sample="0",
    )
    late = SheetField(
        "迟到早退次数", few, synonyms=("迟到", "迟到次数", "迟到早退"), sample="0"
    )
    spot_absences = SheetField(
        "抽查空岗次数",
        few,
        synonyms=("空岗", "空岗次数", "无故空岗", "抽查空岗"),
        clause="YK-29",
        help="上级抽查发现的无故空岗，与缺勤天数分开计",
        sample="0",
    )

    @classmethod
    def records(cls, request: Request) -> Iterable[Mapping[str, Any]]:
        paths = request.user.scope_paths(cls.permission)
        rows = Attendance.objects.filter(Exists(posts_in(paths, "person")))
        for one in rows.select_related("person").order_by("-month", "person__name"):
            yield {
                "name": one.person.name,
                "id_number": mask_id(one.person.id_number),
                "month": f"{one.month:%Y-%m}",
            } | {name: getattr(one, name) for name in DAYS}

    def identify(self, row: Row) -> str:
        values = row.values
        who = values.get("id_number") or ""
        if not who or is_masked(who):
            who = f"{who} {values.get('name') or ''} {values.get('grid_name') or ''}"
        return f"{who} {values.get('month')}"

    def _fetch(self, rows: list[Row]) -> dict[str, list[Person]]:
        """Fetch also where those of one name are on post, to tell them apart."""
        persons = super()._fetch(rows)
        alike = {one.pk for some in persons.values() if len(some) > 1 for one in some}
        posts = Posting.objects.current().filter(person__in=alike, grid__isnull=False)
        self._seats = set(posts.values_list("grid__name", "person"))
        return persons

    def narrow(self, row: Row, alike: list[Person]) -> list[Person]:
        place = row.values.get("grid_name")
        if not place or len(alike) < 2:
            return alike
        return [one for one in alike if (place, one.pk) in self._seats]

    def check(self, rows: list[Row]) -> None:
        sound = [row for row in rows if not row.is_rejected]
        persons = self._fetch(sound)
        for row in sound:
            row.target = self._person(row, persons)
            self._check_days(row)
        found = [row for row in sound if row.target and not row.is_rejected]
        known = {
            (one.person_id, one.month): one
            for one in Attendance.objects.filter(
                person__in={row.target.pk for row in found}
            )
        }
        for row in found:
            one = known.get((row.target.pk, row.values["month"]))
            if one is None:
                row.action = NEW
                continue
            row.record = one.pk
            merge(row, {name: getattr(one, name) for name in DAYS})

    def _check_days(self, row: Row) -> None:
        values = row.values
        leave = sum(values.get(name) or 0 for name in LEAVES)
        fault = fault_of(
            values["month"],
            (values.get("present"), values.get("absent"), leave),
            values.get("longest_absence"),
        )
        if fault:
            row.reject("days_contradict", fault, at="present")

    def apply(self, rows: list[Row]) -> Iterable[Any]:
        fresh = [row for row in rows if row.action == NEW]
        keys = take_keys(Attendance._meta.db_table, len(fresh))
        for key, row in zip(keys, fresh, strict=True):
            row.record = key
        insert_rows(
            Attendance,
            ["id", "person_id", "month", *DAYS],
            [
                (
                    row.record,
                    row.target.pk,
                    row.values["month"],
                    *(_days(name, row.values.get(name)) for name in DAYS),
                )
                for row in fresh
            ],
        )
        put_back(
            Attendance,
            {
                row.record: {name: pair[1] for name, pair in row.changes.items()}
                for row in rows
                if row.action != NEW and row.record and row.changes
            },
        )
        for row in rows:
            yield [row.record, row.action, row.number]

    def finish(self) -> None:
        """Attendance moves no figure."""

    def obstacles(self, written: list[Written]) -> dict[int, str]:
        added = [one.record for one in written if one.action == NEW]
        changed = {
            one.record: {name: pair[1] for name, pair in one.changes.items()}
            for one in written
            if one.changes
        }
        return referring(Attendance, added) | differing(Attendance, changed)

    def take_back(self, written: list[Written]) -> None:
        put_back(
            Attendance,
            {
                one.record: {name: pair[0] for name, pair in one.changes.items()}
                for one in written
                if one.changes
            },
        )
        remove(Attendance, [one.record for one in written if one.action == NEW])


def _days(name: str, value: int | None) -> int | None:
    """Return what is stored: empty is 0, but an unknown stretch stays unknown."""
    return value if value is not None or name == "longest_absence" else 0
