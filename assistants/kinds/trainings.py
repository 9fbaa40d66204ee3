"""Further kinds of workbook about staff: the results of trainings (培训结果)."""

from collections.abc import Iterable, Mapping
from typing import Any

from django.db.models import Exists, Q

from assistants.kinds.persons import OfPersons, posts_in
from assistants.models import Training
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
from grids.services.figures import mark_all_dirty

KINDS = {label: value for value, label in Training.Kind.choices} | {
    "岗前": "pre_post", "上岗前培训": "pre_post", "上岗培训": "pre_post",
    "在岗": "in_post", "岗中培训": "in_post", "业务培训": "in_post", "轮训": "in_post",
}  # fmt: skip
PASSED = {"合格": "合格", "是": "合格", "通过": "合格", "及格": "合格", "优秀": "合格"}
PASSED |= {"良好": "合格", "不合格": "不合格", "否": "不合格", "未通过": "不合格"}
PASSED |= {"不及格": "不合格"}


@register("trainings")
class TrainingResource(OfPersons, DistrictResource):
    """Who finished which training, and with what result.

    A row is one person's training of one kind that ended on one day.
    """

    title = "培训结果"
    permission = Permission.STAFF_IMPORT
    key_field = "id_number"
    identifying = ("id_number", "name", "kind_of_training", "finished_on")
    place_fields = ()
    has_effective_day = False
    can_be_undone = True
    has_records = True

    name = SheetField(
        "姓名",
        cleaning.person_name,
        synonyms=("人员姓名", "参训人员", "学员", "学员姓名", "协管员姓名", "name"),
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
    kind_of_training = SheetField(
        "培训类别",
        cleaning.choice(
            KINDS, "training_kind_invalid", "培训类别应为：岗前培训、在岗培训。"
        ),
        synonyms=("类别", "培训类型", "培训种类", "培训性质"),
        required=True,
        sample="岗前培训",
        choices=tuple(Training.Kind.labels),
        labels=dict(Training.Kind.choices),
    )
    finished_on = SheetField(
        "结业日期",
        cleaning.past_day,
        synonyms=("培训日期", "结业时间", "培训时间", "培训结束日期", "考核日期"),
        required=True,
        help="培训结束的日期，如2026-03-20",
        sample="2026-03-20",
    )
    passed = SheetField(
        "考核结果",
        cleaning.choice(PASSED, "training_result_invalid", "应为：合格、不合格。"),
        synonyms=("结果", "是否合格", "考核", "成绩", "考试结果", "考核情况"),
        required=True,
        clause="二七政〔2013〕方案 EQ-31",
        sample="合格",
        choices=("合格", "不合格"),
    )
    certificate_number = SheetField(
        "证书编号",
        cleaning.text(40),
        synonyms=("结业证书编号", "证书号", "结业证号", "合格证编号"),
        sample="岗2026-001",
        as_text=True,
    )

    @classmethod
    def records(cls, request: Request) -> Iterable[Mapping[str, Any]]:
        trainings = Training.objects.filter(
            Exists(posts_in(request.user.scope_paths(cls.permission), "person"))
        )
        for one in trainings.select_related("person").order_by("person__name", "pk"):
            yield {
                "name": one.person.name,
                "id_number": mask_id(one.person.id_number),
                "kind_of_training": one.get_kind_display(),
                "finished_on": one.finished_on,
                "passed": "合格" if one.passed else "不合格",
                "certificate_number": one.certificate_number,
            }

    def identify(self, row: Row) -> str:
        values = row.values
        who = values.get("id_number") or ""
        if not who or is_masked(who):
            who = f"{who} {values.get('name') or ''}"
        return f"{who} {values.get('kind_of_training')} {values.get('finished_on')}"

    def prepare(self) -> None:
        super().prepare()
        self._persons: set[int] = set()
        self._since = self.today

    def check(self, rows: list[Row]) -> None:
        sound = [row for row in rows if not row.is_rejected]
        persons = self._fetch(sound)
        for row in sound:
            row.target = self._person(row, persons)
        found = [row for row in sound if row.target]
        known: dict[tuple[Any, ...], Training] = {
            (one.person_id, one.kind, one.finished_on): one
            for one in Training.objects.filter(
                person__in={row.target.pk for row in found}
            )
        }
        for row in found:
            values = row.values
            key = (row.target.pk, values["kind_of_training"], values["finished_on"])
            training = known.get(key)
            if training is None:
                row.action = NEW
                continue
            row.record = training.pk
            merge(
                row,
                {
                    "passed": "合格" if training.passed else "不合格",
                    "certificate_number": training.certificate_number or None,
                },
            )

    def apply(self, rows: list[Row]) -> Iterable[Any]:
        fresh = [row for row in rows if row.action == NEW]
        for key, row in zip(
            take_keys(Training._meta.db_table, len(fresh)), fresh, strict=True
        ):
            row.record = key
        insert_rows(
            Training,
            ["id", "person_id", "kind", "finished_on", "passed", "certificate_number"],
            [
                (
                    row.record,
                    row.target.pk,
                    row.values["kind_of_training"],
                    row.values["finished_on"],
                    row.values["passed"] == "合格",
                    row.values.get("certificate_number") or "",
                )
                for row in fresh
            ],
        )
        changed = {
            row.record: {name: pair[1] for name, pair in row.changes.items()}
            for row in rows
            if row.action != NEW and row.record
        }
        put_back(Training, {key: _stored(values) for key, values in changed.items()})
        for row in rows:
            self._touch(row.target.pk, row.values["finished_on"])
            yield [row.record, row.action, row.number]

    def _touch(self, person: int, since: Any) -> None:
        self._persons.add(person)
        self._since = min(self._since, since)

    def finish(self) -> None:
        """Ask for the figures of the grids where these persons were on post since."""
        posts = Posting.objects.filter(
            Q(until=None) | Q(until__gt=self._since),
            person__in=self._persons,
            grid__isnull=False,
        )
        mark_all_dirty(set(posts.values_list("grid_id", flat=True)), self._since)

    def obstacles(self, written: list[Written]) -> dict[int, str]:
        added = [one.record for one in written if one.action == NEW]
        changed = {one.record: _pairs(one, 1) for one in written if one.changes}
        return referring(Training, added) | differing(Training, changed)

    def take_back(self, written: list[Written]) -> None:
        self.prepare()
        for one in Training.objects.filter(pk__in=[w.record for w in written]):
            self._touch(one.person_id, one.finished_on)
        put_back(Training, {w.record: _pairs(w, 0) for w in written if w.changes})
        remove(Training, [w.record for w in written if w.action == NEW])
        self.finish()


def _pairs(one: Written, which: int) -> dict[str, Any]:
    return _stored({name: pair[which] for name, pair in one.changes.items()})


def _stored(values: Mapping[str, Any]) -> dict[str, Any]:
    """Return values of the sheet as the table has them."""
    return {
        name: value == "合格" if name == "passed" else value
        for name, value in values.items()
    }
