"""Further kinds of workbook about units: filled survey forms, other registers."""

import json
from collections import defaultdict
from collections.abc import Iterable, Mapping
from datetime import date
from types import new_class
from typing import Any, cast

from django.db.models import Exists, Max, OuterRef, Q
from django.utils import timezone

from enterprises import survey_rules
from enterprises.models import Placement, RegistryEntry, Survey
from enterprises.resources import credit_code
from enterprises.rules import name_key
from enterprises.survey_forms import (
    CURRENT,
    Question,
    SurveyForm,
    form_on,
    read_answers,
    survey_form,
)
from enterprises.unit_sheets import UnitSheet
from gridinspect.accounts.models import Person
from gridinspect.accounts.requests import Request
from gridinspect.accounts.roles import POSTED_STAFF, Permission
from gridinspect.copying import take_keys
from gridinspect.imports import cleaning
from gridinspect.imports.cleaning import Rejected, Setting
from gridinspect.imports.fields import SheetField
from gridinspect.imports.registry import register
from gridinspect.imports.resource import NEW, SAME, Row, Written, merge
from gridinspect.imports.staging import insert_rows
from gridinspect.imports.traces import differing, put_back, referring, remove
from gridinspect.scope import within_paths
from grids.models import Posting
from grids.places import PlaceNotFound
from grids.resources import OUTSIDE, DistrictResource, place_words
from grids.services.figures import mark_all_dirty

FORM = survey_form(CURRENT)
METHODS = {label: value for value, label in Survey.Method.choices} | {
    "上门采集": "visit", "入户": "visit", "电话采集": "phone", "单位自报": "self",
}  # fmt: skip


def answer(question: Question) -> cleaning.Cleaner:
    """Make a cleaner for one question of the form: the answer as it is stored."""

    def clean(raw: Any, setting: Setting) -> Any:
        if question.type == "day":
            found = cleaning.day(raw, setting)
            return found.isoformat() if found else None
        text = cleaning.text(2_000)(raw, setting)
        if text is None and cleaning.plain(raw) == "无" and "无" in question.choices:
            text = "无"  # an answer here, no empty cell
        if text is None:
            return None
        value = read_answers(FORM, {question.key: text})[question.key]
        for problem in survey_rules.check({question.key: value}, today=setting.today):
            if problem.rule == "F1":  # of this field alone; relations come later
                raise Rejected(f"answer_{question.key}", problem.message)
        return value

    return clean


def _numbered(question: Question) -> tuple[str, ...]:
    """Return the label with its number on each version of the paper form."""
    forms = [survey_form(version) for version in range(1, CURRENT + 1)]
    asked = [
        form.questions[question.key] for form in forms if question.key in form.questions
    ]
    return tuple({f"{one.number}{one.label}": None for one in asked})


def _questions() -> dict[str, SheetField]:
    """Return a column for each question, in the order of the paper form."""
    return {
        question.key: SheetField(
            question.label,
            answer(question),
            synonyms=_numbered(question),
            help="、".join(
                filter(None, (f"登记表第{question.number}项", question.unit))
            ),
            required=question.required,
            choices=question.choices,
            sample=question.choices[0] if question.choices else "",
        )
        for question in FORM
    }


class SurveySheet(UnitSheet):
    """Filled survey forms, a row each: a new version of each unit's data.

    What was handed in is never changed: a row that says the same as a survey of that
    day is nothing new, any other is a survey of its own.
    """

    title = "调查登记表"
    identifying = ("name", "uscc", "surveyed_on")

    surveyed_on = SheetField(
        "采集日期",
        cleaning.past_day,
        synonyms=("调查日期", "采集时间", "登记日期", "填表日期", "调查时间"),
        required=True,
        sample="2026-03-02",
    )
    collector = SheetField(
        "采集人",
        cleaning.person_name,
        synonyms=("调查人", "采集人员", "采集员", "协管员", "调查员"),
        help="辖区内在岗人员的姓名",
        sample="张三",
    )
    method = SheetField(
        "采集方式",
        cleaning.choice(METHODS, "method_invalid", "应为：上门、电话、自报、导入。"),
        help="不填为导入",
        sample="上门",
        choices=tuple(Survey.Method.labels),
        labels=dict(Survey.Method.choices),
    )

    @classmethod
    def records(cls, request: Request) -> Iterable[Mapping[str, Any]]:
        paths = request.user.scope_paths(cls.permission)
        last = (
            Survey.objects.final()
            .filter(within_paths(paths, "enterprise__grid__path"))
            .order_by("enterprise_id", "-surveyed_on", "-pk")
            .distinct("enterprise_id")
            .select_related("enterprise", "collected_by")
        )
        for one in last.iterator(chunk_size=2_000):
            yield one.answers | {
                "name": one.enterprise.name,
                "uscc": one.enterprise.uscc,
                "surveyed_on": one.surveyed_on,
                "collector": one.collected_by.name if one.collected_by else None,
                "method": one.get_method_display(),
            }

    def prepare(self) -> None:
        super().prepare()
        self._touched: dict[date, set[int]] = defaultdict(set)
        posts = Posting.objects.on(self.today).filter(
            within_paths(self.paths, "grid__path"), role__in=POSTED_STAFF
        )
        self._collectors: dict[str, list[int]] = defaultdict(list)
        persons = Person.objects.filter(Exists(posts.filter(person=OuterRef("pk"))))
        for pk, name in persons.values_list("pk", "name"):
            self._collectors[name].append(pk)

    def check(self, rows: list[Row]) -> None:
        found = self.find_units([row for row in rows if not row.is_rejected])
        said = self._said({row.target.pk for row in found})
        for row in found:
            self._check_answers(row)
            self._check_collector(row)
            answers = _answers(row)
            same_day = said.get((row.target.pk, row.values["surveyed_on"]), [])
            row.action = SAME if answers in same_day else NEW
            if same_day and row.action == NEW:
                row.warn(
                    "survey_same_day",
                    "同一天已有内容不同的登记表，本行将作为新的一份。",
                    at="surveyed_on",
                )

    def _said(self, units: set[int]) -> dict[tuple[int, date], list[dict[str, Any]]]:
        """Return the answers of the surveys of these units, by unit and day."""
        said: dict[tuple[int, date], list[dict[str, Any]]] = defaultdict(list)
        surveys = Survey.objects.final().filter(enterprise__in=units)
        for unit, day, answers in surveys.values_list(
            "enterprise_id", "surveyed_on", "answers"
        ):
            said[unit, day].append(answers)
        return said

    def _check_answers(self, row: Row) -> None:
        answers, day, form = _answers(row), row.values["surveyed_on"], _form(row)
        for question in FORM:
            if row.values.get(question.key) is not None and question.key not in answers:
                row.warn(
                    "survey_older_form",
                    f"{day} 用的是第 {form.version} 版表式，没有“{question.label}”，"
                    "本项未记入。",
                    at=question.key,
                )
        for question in survey_rules.missing(answers, form):
            row.reject(
                f"{question.key}_missing",
                f"登记表第{question.number}项“{question.label}”必填，请补填。",
                at=question.key,
            )
        for problem in survey_rules.check(
            answers, today=self.today, surveyed_on=day, form=form
        ):
            say = row.reject if problem.blocking else row.warn
            say(f"survey_{problem.rule}", problem.message, at=problem.fields[0])

    def _check_collector(self, row: Row) -> None:
        name = row.values.get("collector")
        found = self._collectors.get(name, []) if name else []
        row.before["collector"] = found[0] if len(found) == 1 else None
        if name and len(found) != 1:
            row.warn(
                "collector_unknown",
                f"辖区在岗人员中没有（或不止一个）“{name}”，采集人未记入。",
                at="collector",
            )

    def apply(self, rows: list[Row]) -> Iterable[Any]:
        keys = take_keys(Survey._meta.db_table, len(rows))
        now = timezone.now()
        insert_rows(
            Survey,
            [
                "id", "enterprise_id", "district_id", "form_version", "surveyed_on",
                "collected_by_id", "method", "answers", "state", "is_complete",
                "problems", "recorded_by_id", "recorded_at",
            ],
            [
                (
                    key, row.target.pk, self.district.pk, _form(row).version,
                    row.values["surveyed_on"], row.before["collector"],
                    row.values.get("method") or Survey.Method.IMPORT.value,
                    json.dumps(_answers(row), ensure_ascii=False),
                    Survey.State.FINAL.value, True,
                    json.dumps(self._problems(row), ensure_ascii=False),
                    self.by.pk, now,
                )
                for key, row in zip(keys, rows, strict=True)
            ],
        )  # fmt: skip
        for key, row in zip(keys, rows, strict=True):
            row.record = key
            self._touched[row.values["surveyed_on"]].add(row.target.pk)
            yield [key, "new", row.number]

    def _problems(self, row: Row) -> list[dict[str, Any]]:
        found = survey_rules.check(
            _answers(row),
            today=self.today,
            surveyed_on=row.values["surveyed_on"],
            form=_form(row),
        )
        return [problem.to_json() for problem in found]

    def finish(self) -> None:
        """Ask for the figures of the grids that the units have been in since."""
        for since, units in self._touched.items():
            grids = Placement.objects.filter(
                Q(until=None) | Q(until__gt=since), enterprise__in=units
            )
            mark_all_dirty(set(grids.values_list("grid_id", flat=True)), since)

    def obstacles(self, written: list[Written]) -> dict[int, str]:
        keys = [one.record for one in written]
        there = set(Survey.objects.filter(pk__in=keys).values_list("pk", flat=True))
        gone = dict.fromkeys(set(keys) - there, "的记录已不存在")
        return referring(Survey, keys) | gone

    def take_back(self, written: list[Written]) -> None:
        keys = [one.record for one in written]
        self._touched = defaultdict(set)
        for unit, day in Survey.objects.filter(pk__in=keys).values_list(
            "enterprise_id", "surveyed_on"
        ):
            self._touched[day].add(unit)
        remove(Survey, keys)
        self.finish()


# The questions are data (survey_forms), so the class is made from them.
SurveyResource = register("surveys")(
    cast(
        type[SurveySheet],
        new_class(
            "SurveyResource",
            (SurveySheet,),
            exec_body=lambda body: body.update(_questions()),
        ),
    )
)


def _form(row: Row) -> SurveyForm:
    """Return the form in force on the day that the row's survey was taken."""
    return form_on(row.values["surveyed_on"])


def _answers(row: Row) -> dict[str, Any]:
    """Return the answers of a row as a survey stores them."""
    return {
        key: value
        for key in _form(row).questions
        if (value := row.values.get(key)) is not None
    }


# ---- lists of other departments ------------------------------------------------------

SOURCES = {label: value for value, label in RegistryEntry.Source.choices} | {
    "工商": "market", "市监": "market", "市场监督管理": "market",
    "市场监督管理局": "market", "市监局": "market", "国税": "tax", "地税": "tax",
    "税务局": "tax", "民政局": "civil",
    "机构编制": "staffing", "编制办": "staffing", "社会保险": "insurance",
    "社保局": "insurance", "统计局": "statistics",
}  # fmt: skip
LISTED = ("name", "address", "person", "state")  # what is compared of an entry


@register("registry")
class RegistryResource(DistrictResource):
    """A list of units of another department, for 数据比对; our register is not touched.

    What an earlier list of the department had and this one has not stays.
    """

    title = "部门名单（数据比对）"
    permission = Permission.ENTERPRISE_IMPORT
    key_field = "uscc"
    identifying = ("name", "uscc", "address", "source")
    place_fields = ()
    can_be_undone = True
    has_records = True

    name = SheetField(
        "单位名称",
        cleaning.unit_name,
        synonyms=(
            "企业名称", "纳税人名称", "参保单位名称", "名称", "用人单位名称",
            "单位全称",
            "机构名称", "市场主体名称", "社会组织名称", "企业(机构)名称",
        ),
        required=True,
        sample="示例：郑州某某商贸有限公司",
    )  # fmt: skip
    uscc = SheetField(
        "统一社会信用代码",
        credit_code,
        synonyms=("信用代码", "社会信用代码", "纳税人识别号", "统一代码", "注册号"),
        clause="GB 32100-2015",
        help="18位；先按代码比对，没有的按名称",
        sample="91410103MA0AAAA1X9",
        as_text=True,
    )
    source = SheetField(
        "来源部门",
        cleaning.choice(
            SOURCES,
            "source_invalid",
            f"来源部门应为：{'、'.join(RegistryEntry.Source.labels)}。",
        ),
        synonyms=("来源", "数据来源", "部门", "名单来源"),
        help="不填为市场监管",
        sample="市场监管",
        choices=tuple(RegistryEntry.Source.labels),
        labels=dict(RegistryEntry.Source.choices),
    )
    address = SheetField(
        "地址",
        cleaning.title(200),
        synonyms=("住所", "经营地址", "注册地址", "单位地址", "经营场所", "登记地址"),
        sample="郑州市二七区大学路24号",
    )
    person = SheetField(
        "法定代表人",
        cleaning.title(60),
        synonyms=("法人", "负责人", "法定代表人（负责人）", "经营者"),
        sample="李四",
    )
    state = SheetField(
        "登记状态",
        cleaning.text(40),
        synonyms=("状态", "经营状态", "企业状态", "纳税人状态", "营业状态"),
        sample="存续",
    )
    street = SheetField(
        "所属街道",
        cleaning.title(60),
        synonyms=("街道", "乡镇", "街道（乡镇）", "所在街道", "管辖街道"),
        help="名单上写明的；填了的，与我方网格比对",
        sample="大学路街道",
    )
    community = SheetField(
        "所属社区", cleaning.title(60), synonyms=("社区", "所在社区", "村（社区）")
    )

    @classmethod
    def records(cls, request: Request) -> Iterable[Mapping[str, Any]]:
        entries = RegistryEntry.objects.visible_to(request.user)
        entries = entries.select_related("grid__parent")
        source = request.GET.get("source", "")
        if source in RegistryEntry.Source.values:
            entries = entries.filter(source=source)
        for one in entries.order_by("pk").iterator(chunk_size=2_000):
            yield {name: getattr(one, name) for name in LISTED} | {
                "uscc": one.uscc,
                "source": one.get_source_display(),
                **(place_words(one.grid) if one.grid else {}),
            }

    def identify(self, row: Row) -> str:
        values = row.values
        code, name = values.get("uscc"), values.get("name")
        source = values.get("source") or RegistryEntry.Source.MARKET.value
        if code and len(code) == 18:
            return f"{source} {code}"
        return f"{source} {name} {values.get('address') or ''}" if name else ""

    def prepare(self) -> None:
        super().prepare()
        self._last = RegistryEntry.objects.aggregate(last=Max("pk"))["last"] or 0

    def check(self, rows: list[Row]) -> None:
        sound = [row for row in rows if not row.is_rejected]
        for row in sound:
            values = row.values
            values["source"] = values.get("source") or RegistryEntry.Source.MARKET.value
            if values.get("uscc") and len(values["uscc"]) != 18:
                values["uscc"] = None  # an old number; the warning says so
            if not self.may_touch(self.district.path):
                row.reject(
                    "outside_scope", f"{self.district}的名单{OUTSIDE}", at="name"
                )
            self._locate(row)
        codes = {row.values["uscc"] for row in sound if row.values.get("uscc")}
        keys = {name_key(row.values["name"])[:200] for row in sound}
        by_code: dict[tuple[str, str], RegistryEntry] = {}
        by_key: dict[tuple[str, str, str], RegistryEntry] = {}
        for one in RegistryEntry.objects.filter(
            Q(uscc__in=codes) | Q(uscc=None, name_key__in=keys),
            district=self.district,
            pk__lte=self._last,
        ).select_related("grid"):
            by_code[one.source, one.uscc or ""] = one
            by_key[one.source, one.name_key, one.address] = one
        for row in sound:
            values, source = row.values, row.values["source"]
            key = (source, name_key(values["name"])[:200], values.get("address") or "")
            code = values.get("uscc")
            row.target = by_code.get((source, code)) if code else by_key.get(key)
            if row.target is None:
                row.action = NEW
            else:
                old = {name: getattr(row.target, name) or None for name in LISTED}
                was = row.target.grid
                code = was and (was.division_code or was.code)
                merge(row, old | {"grid": code} if row.grid else old)

    def _locate(self, row: Row) -> None:
        """Find the grid that the list names; an unknown one is said and left out."""
        values = row.values
        try:
            found = self._find(values.get("street"), values.get("community"))
        except PlaceNotFound as fault:
            row.warn(fault.code, f"{fault.message}名单中的网格未记入。", at=fault.at)
            return
        row.grid = found or self._of_sheet(row.sheet)
        if row.grid:
            values["grid"] = row.grid.division_code or row.grid.code

    def apply(self, rows: list[Row]) -> Iterable[Any]:
        fresh = [row for row in rows if row.action == NEW]
        keys = take_keys(RegistryEntry._meta.db_table, len(fresh))
        insert_rows(
            RegistryEntry,
            [
                "id", "district_id", "source", "name", "name_key", "uscc", "address",
                "person", "state", "listed_on", "grid_id",
            ],
            [
                (
                    key, self.district.pk, row.values["source"], row.values["name"],
                    name_key(row.values["name"])[:200], row.values.get("uscc"),
                    row.values.get("address") or "", row.values.get("person") or "",
                    row.values.get("state") or "", self.as_of,
                    row.grid.pk if row.grid else None,
                )
                for key, row in zip(keys, fresh, strict=True)
            ],
        )  # fmt: skip
        for key, row in zip(keys, fresh, strict=True):
            row.record = key
        changed = [row for row in rows if row.action != NEW]
        for row in changed:
            row.record = row.target.pk
            if "grid" in row.changes:
                row.before["grid"] = [row.target.grid_id, row.grid.pk]
        put_back(
            RegistryEntry,
            {row.target.pk: _side(row.changes, row.before, 1) for row in changed},
            _rename,
        )
        for row in rows:
            yield [row.record, row.action, row.number]

    def obstacles(self, written: list[Written]) -> dict[int, str]:
        keys = [one.record for one in written]
        decided = RegistryEntry.objects.filter(pk__in=keys).exclude(verdict="")
        said = dict.fromkeys(decided.values_list("pk", flat=True), "已经比对处理")
        after = {w.record: _side(w.changes, w.before, 1) for w in written}
        return differing(RegistryEntry, {k: v for k, v in after.items() if v}) | said

    def take_back(self, written: list[Written]) -> None:
        before = {
            one.record: _side(one.changes, one.before, 0)
            for one in written
            if one.changes
        }
        put_back(RegistryEntry, before, _rename)
        remove(RegistryEntry, [one.record for one in written if one.action == NEW])


def _side(
    changes: Mapping[str, list[Any]], before: Mapping[str, Any], which: int
) -> dict[str, Any]:
    """Return one side of what changed, as the table has it."""
    values = {name: pair[which] for name, pair in changes.items() if name != "grid"}
    return values | ({"grid_id": before["grid"][which]} if "grid" in before else {})


def _rename(entry: RegistryEntry) -> Iterable[str]:
    entry.name_key = name_key(entry.name)[:200]
    return ("name_key",)
