"""The roster of assistants and inspectors (人员名册) as a workbook."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from datetime import date
from typing import Any

from django.db.models import Exists, OuterRef

from assistants.filters import StaffFilter
from assistants.models import StaffFile
from gridinspect.accounts.models import Person
from gridinspect.accounts.requests import Request
from gridinspect.accounts.roles import Permission, Role
from gridinspect.accounts.rules import check_citizen_id
from gridinspect.copying import take_keys
from gridinspect.imports import cleaning
from gridinspect.imports.cleaning import MonthDate
from gridinspect.imports.fields import SheetField, fits_mask, is_masked
from gridinspect.imports.registry import register
from gridinspect.imports.resource import NEW, Row, Written, drop_masked, merge
from gridinspect.imports.staging import insert_rows, update_rows
from gridinspect.imports.traces import (
    differing,
    one_more,
    put_back,
    referring,
    remove,
)
from gridinspect.scope import within_paths
from gridinspect.secrets import blind_index, mask_id, mask_phone
from grids import outline
from grids.models import Grid, Posting
from grids.resources import OUTSIDE, DistrictResource, place_words
from grids.services.figures import mark_all_dirty

ROLES = {
    "协管员": Role.ASSISTANT,
    "劳动保障协管员": Role.ASSISTANT,
    "劳动保障监察协管员": Role.ASSISTANT,
    "协理员": Role.ASSISTANT,
    "劳动保障协理员": Role.ASSISTANT,
    "专职": Role.FULL_TIME_INSPECTOR,
    "专职监察员": Role.FULL_TIME_INSPECTOR,
    "专职劳动保障监察员": Role.FULL_TIME_INSPECTOR,
    "兼职": Role.PART_TIME_INSPECTOR,
    "兼职监察员": Role.PART_TIME_INSPECTOR,
    "兼职劳动保障监察员": Role.PART_TIME_INSPECTOR,
}
GENDERS = {"男": StaffFile.Gender.MALE, "女": StaffFile.Gender.FEMALE}
POST_ROLES = frozenset(role.value for role in ROLES.values())

# Field of the sheet → attribute of StaffFile, where they are stored as they are read.
FILE_FIELDS = {
    "education": "education",
    "hire_date": "hire_date",
    "political_status": "political_status",
    "ethnicity": "ethnicity",
    "household": "household",
    "major": "major",
    "school": "school",
    "agency": "agency",
    "work_phone": "work_phone",
    "remark": "remark",
}


@register("staff")
class StaffResource(DistrictResource):
    """Who works where: person, personnel file and the post on a grid."""

    title = "人员名册"
    permission = Permission.STAFF_IMPORT
    key_field = "id_number"
    identifying = ("id_number", "name")
    conflict_code = "id_conflict"
    can_be_undone = True
    has_records = True

    name = SheetField(
        "姓名",
        cleaning.person_name,
        synonyms=(
            "人员姓名", "协管员姓名", "员工姓名", "名字", "职工姓名", "name",
            "网格员姓名", "监察员姓名", "协理员姓名", "姓名全称", "工作人员姓名",
            "人员名称", "队员姓名",
        ),
        required=True,
        help="与身份证一致",
        sample="示例：张三",
    )  # fmt: skip
    gender = SheetField(
        "性别",
        cleaning.gender,
        synonyms=("男女", "性别（男/女）", "gender"),
        clause="GB 11643",
        help="男或女，可由身份证号得出",
        sample="男",
        choices=("男", "女"),
    )
    id_number = SheetField(
        "身份证号",
        cleaning.citizen_id,
        synonyms=(
            "身份证号码",
            "公民身份号码",
            "公民身份证号码",
            "公民身份证号",
            "身份证",
            "居民身份证号码",
            "居民身份证号",
            "身份号码",
            "证件号码",
            "证件号",
            "身份证件号码",
            "身份证件号",
            "居民身份证",
            "公民身份证",
            "本人身份证号",
            "本人身份证号码",
            "有效证件号码",
            "证号",
            "idnumber",
        ),
        required=True,
        clause="GB 11643-1999",
        help="18位，末位X大写；该列已设为文本",
        sample="410103198506150012",
        as_text=True,
        mask=mask_id,
    )
    birth_date = SheetField(
        "出生日期",
        cleaning.past_day,
        synonyms=("出生年月", "出生年月日", "生日", "出生", "出生时间", "出生日"),
        clause="GB 11643",
        help="如1985-06-15，可由身份证号得出",
        sample="1985-06-15",
    )
    education = SheetField(
        "文化程度",
        cleaning.text(20),
        synonyms=("学历", "最高学历", "受教育程度", "教育程度", "学历层次", "文化水平"),
        help="最高学历",
        sample="大专",
        choices=("初中", "高中", "中专", "大专", "本科", "研究生"),
    )
    phone = SheetField(
        "联系电话",
        cleaning.phone,
        synonyms=(
            "电话",
            "手机",
            "手机号",
            "手机号码",
            "联系方式",
            "电话号码",
            "移动电话",
            "本人电话",
            "本人联系电话",
            "联系手机",
            "联系电话号码",
            "手机电话",
            "联系号码",
        ),
        help="11位手机号或区号加座机",
        sample="13800000000",
        as_text=True,
        mask=mask_phone,
    )
    street = SheetField(
        "所属街道",
        cleaning.title(60),
        synonyms=(
            "街道", "街道（乡镇）", "街道办事处", "街道办", "所在街道", "乡镇",
            "乡镇街道", "街道乡镇", "街道/乡镇", "乡镇（街道）", "镇街", "镇办",
            "办事处", "街道名称", "所属街道办事处", "所属街道办", "所属办事处",
            "所属乡镇", "所属街道/乡镇", "所属镇街", "工作街道", "街镇", "所属街镇",
            "街道（镇）", "街道/镇", "镇（街道）", "乡（镇）街道", "所属镇办", "乡镇办",
        ),
        help="网格树中的街道名称",
        sample="大学路街道",
    )  # fmt: skip
    community = SheetField(
        "所属社区",
        cleaning.title(60),
        synonyms=(
            "社区", "所在社区", "社区（村）", "村社区", "社区/村", "村（社区）", "村居",
            "社区名称", "所属社区（村）", "所属网格", "网格", "工作网格", "居委会",
            "所属社区/村", "社区居委会", "工作社区", "所在网格", "村（居）", "村/社区",
            "所属村（社区）", "网格名称", "所属居委会", "所在社区（村）",
            "居（村）委会",
            "所属村居", "责任网格", "责任社区",
        ),
        help="网格树中的社区名称",
        sample="金桥社区",
    )  # fmt: skip
    role = SheetField(
        "人员类别",
        cleaning.choice(
            {word: role.value for word, role in ROLES.items()},
            "role_invalid",
            "人员类别应为：协管员、专职监察员、兼职监察员。",
        ),
        synonyms=("人员类型", "岗位类别", "人员性质", "岗位", "类别"),
        help="不填为协管员",
        sample="协管员",
        choices=("协管员", "专职监察员", "兼职监察员"),
        labels={role.value: role.label for role in ROLES.values()},
    )
    hire_date = SheetField(
        "上岗时间",
        cleaning.day,
        synonyms=(
            "上岗日期",
            "入职时间",
            "入职日期",
            "参加工作时间",
            "到岗时间",
            "到岗日期",
            "聘用时间",
            "聘用日期",
            "聘任时间",
            "聘任日期",
            "录用时间",
            "录用日期",
            "任职时间",
            "参加工作日期",
            "工作时间",
            "上岗年月",
            "入职年月",
        ),
        help="如2013-05-06",
        sample="2013-05-06",
    )
    political_status = SheetField("政治面貌", cleaning.text(20), sample="群众")
    ethnicity = SheetField("民族", cleaning.text(20), sample="汉族")
    household = SheetField(
        "户籍所在地", cleaning.title(120), synonyms=("户籍", "户籍地", "户籍地址")
    )
    major = SheetField("专业", cleaning.text(60), synonyms=("所学专业",))
    school = SheetField("毕业院校", cleaning.title(60), synonyms=("毕业学校",))
    agency = SheetField(
        "派遣机构", cleaning.title(120), synonyms=("派遣单位", "劳务派遣单位")
    )
    work_phone = SheetField(
        "办公电话",
        cleaning.phone,
        synonyms=("单位电话", "工作电话", "办公固话"),
        help="对外公开的工作电话，不是个人号码；印在通讯录和人员分工图上",
        sample="0371-60000000",
        as_text=True,
    )
    remark = SheetField(
        "备注", cleaning.text(500), synonyms=("说明", "备注说明"), help="其他说明"
    )

    @classmethod
    def records(cls, request: Request) -> Iterable[Mapping[str, Any]]:
        at = outline.place_asked(request)
        files = StaffFile.objects.visible_to(request.user)
        search = StaffFilter(request.GET, queryset=files, place=at)
        paths = request.user.scope_paths(cls.permission)
        for file in search.qs.for_list(search.day).order_by("person__name", "pk"):
            person = file.person
            record: dict[str, Any] = {
                name: getattr(file, attribute)
                for name, attribute in FILE_FIELDS.items()
            }
            record |= {
                "name": person.name,
                "gender": file.get_gender_display(),
                "birth_date": file.birth_date,
                "id_number": mask_id(person.id_number),
                "phone": mask_phone(person.phone),
            }
            posts = [
                post
                for post in person.posts_of_the_day
                if post.grid and any(post.grid.path.startswith(p) for p in paths)
            ]
            if posts and person.id_number:
                post = max(posts, key=lambda post: post.since)
                yield (
                    record | {"role": post.get_role_display()} | place_words(post.grid)
                )

    def identify(self, row: Row) -> str:
        """A hidden number is no number: with the name it says who may be meant."""
        number = super().identify(row)
        return f"{number} {row.values.get('name')}" if is_masked(number) else number

    def prepare(self) -> None:
        super().prepare()
        self._grids: set[int] = set()

    def _find_hidden(self, rows: list[Row]) -> None:
        """Put the full number in place of a hidden one, by the name in this area."""
        hidden = [row for row in rows if is_masked(row.values.get("id_number"))]
        if not hidden:
            return
        posts = Posting.objects.filter(
            within_paths(self.paths, "grid__path"), person=OuterRef("pk")
        )
        persons = Person.objects.filter(
            Exists(posts), name__in={row.values.get("name") for row in hidden}
        )
        by_name: dict[str, list[str]] = defaultdict(list)
        for person in persons:
            by_name[person.name].append(person.id_number)
        for row in hidden:
            masked = str(row.values["id_number"])
            found = [
                number
                for number in by_name.get(str(row.values.get("name")), ())
                if fits_mask(masked, number)
            ]
            row.values["id_number"] = found[0] if len(found) == 1 else None
            if len(found) != 1:
                row.reject(
                    "id_masked",
                    "身份证号隐去了部分数字，按姓名不能确定是谁，请填写完整号码。",
                    at="id_number",
                )

    def check(self, rows: list[Row]) -> None:
        self._find_hidden(rows)
        for row in rows:
            self._check_against_id(row)
            self.place(row)
        sound = [row for row in rows if row.values.get("id_number")]
        for row in sound:
            row.target = blind_index(row.values["id_number"], purpose="person.id")
        known = self._fetch([row.target for row in sound])
        for row in sound:
            self._compare(row, known.get(row.target))

    def _check_against_id(self, row: Row) -> None:
        """Compare gender and birth with the number; fill in what is empty (P9)."""
        number = row.values.get("id_number")
        if not number:
            return
        bearer = check_citizen_id(number, today=self.today)
        gender, born = row.values.get("gender"), row.values.get("birth_date")
        if gender and gender != bearer.gender:
            row.reject(
                "gender_mismatch",
                f"性别与身份证号（{bearer.gender}）不一致，请对照证件改正。",
                at="gender",
                clause="GB 11643",
            )
        if born and not _same_day(born, bearer.birth_date):
            row.reject(
                "birth_date_mismatch",
                "出生日期与身份证号不一致，请对照证件改正。",
                at="birth_date",
                clause="GB 11643",
            )
        row.values["gender"] = bearer.gender
        row.values["birth_date"] = bearer.birth_date

    def _fetch(self, indexes: list[str]) -> dict[str, "Known"]:
        persons = Person.objects.filter(id_index__in=indexes)
        known = {person.pk: Known(person) for person in persons}
        for file in StaffFile.objects.filter(person_id__in=known):
            known[file.person_id].file = file
        posts = Posting.objects.filter(
            person_id__in=known, role__in=POST_ROLES, grid__isnull=False
        ).select_related("grid")
        for post in posts:
            known[post.person_id].posts.append(post)
        return {entry.person.id_index or "": entry for entry in known.values()}

    def _compare(self, row: Row, known: "Known | None") -> None:
        if known is None:
            row.action = NEW
            drop_masked(row, "phone")
            return
        row.target = known
        relevant = known.current(self.today) or known.posts
        if relevant and not any(self.may_touch(p.scope_path) for p in relevant):
            row.reject("outside_scope", f"此人{OUTSIDE}", at="id_number")
            return
        if known.person.name != row.values.get("name"):
            row.reject(
                "id_name_conflict",
                f"系统中该身份证号登记的姓名是“{known.person.name}”，与本行不同，请核对。",
                at="name",
            )
            return
        merge(row, self._stored(row, known))

    def _stored(self, row: Row, known: "Known") -> dict[str, Any]:
        """Return what is stored of the fields that the row may change."""
        stored: dict[str, Any] = {"phone": known.person.phone or None}
        file = known.file or StaffFile(person=known.person)
        for name, attribute in FILE_FIELDS.items():
            stored[name] = getattr(file, attribute) or None
        stored["gender"] = file.get_gender_display() or None
        stored["birth_date"] = file.birth_date
        post = self._post_of(known)
        names_place = row.values.get("street") or row.values.get("community")
        if row.grid and (names_place or post is None):
            stored["grid"] = _code_of(post.grid) if post else None
        elif post:
            row.values["grid"] = _code_of(post.grid)  # the person stays there
        if post:
            stored["role"] = post.role
        return stored

    def _post_of(self, known: "Known") -> Posting | None:
        """Return the latest post that the person holds in the importer's area."""
        mine = [p for p in known.current(self.today) if self.may_touch(p.scope_path)]
        return max(mine, key=lambda post: post.since, default=None)

    def apply(self, rows: list[Row]) -> Iterable[Any]:
        yield from self._add([row for row in rows if row.action == NEW])
        yield from self._change([row for row in rows if row.action != NEW])

    def _add(self, rows: list[Row]) -> Iterable[Any]:
        keys = take_keys(Person._meta.db_table, len(rows))
        insert_rows(
            Person,
            ["id", "name", "id_number", "id_index", "phone", "phone_index"],
            [
                (
                    key,
                    row.values["name"],
                    row.values["id_number"],
                    row.target,
                    row.values.get("phone") or "",
                    blind_index(row.values.get("phone") or "", purpose="person.phone"),
                )
                for key, row in zip(keys, rows, strict=True)
            ],
        )
        insert_rows(
            StaffFile,
            ["person_id", "gender", "birth_date", *FILE_FIELDS.values()],
            [
                (key, *_file_values(row, empty=True))
                for key, row in zip(keys, rows, strict=True)
            ],
        )
        self._post([(key, row) for key, row in zip(keys, rows, strict=True)])
        for key, row in zip(keys, rows, strict=True):
            row.record = key
            yield [key, "new", row.number]

    def _change(self, rows: list[Row]) -> Iterable[Any]:
        phones = [
            (
                row.target.person.pk,
                row.values["phone"],
                blind_index(row.values["phone"], purpose="person.phone"),
            )
            for row in rows
            if "phone" in row.changes
        ]
        update_rows(Person, ["phone", "phone_index"], phones)
        names = ["gender", "birth_date", *FILE_FIELDS.values()]
        with_file = [row for row in rows if row.target.file]
        without = [row for row in rows if not row.target.file]
        update_rows(
            StaffFile,
            names,
            [(row.target.file.pk, *_file_values(row)) for row in with_file],
        )
        insert_rows(
            StaffFile,
            ["person_id", *names],
            [(row.target.person.pk, *_file_values(row, empty=True)) for row in without],
        )
        self._repost([r for r in rows if r.changes.keys() & {"grid", "role"}])
        for row in rows:
            row.record = row.target.person.pk
            row.before["file"] = bool(row.target.file)
            yield [row.target.person.pk, "changed", row.number, sorted(row.changes)]

    def _repost(self, rows: list[Row]) -> None:
        left = []
        for row in rows:
            post = self._post_of(row.target)
            if post and post.grid_id:
                left.append((post.pk, max(self.as_of, post.since)))
                row.before["post"] = [post.grid_id, post.role, post.since]
                self._grids.add(post.grid_id)
                row.values["role"] = row.values.get("role") or post.role
                if "grid" not in row.changes:
                    row.grid = self.places.rows.get(post.grid_id, row.grid)
        self._leave(left)
        self._post([(row.target.person.pk, row) for row in rows], since=self.as_of)
        for row in rows:
            row.before["posted"] = row.grid.pk

    def _leave(self, left: list[tuple[int, date]]) -> None:
        """End posts; one that would not have lasted a day is taken back."""
        posts = {post.pk: post for post in Posting.objects.filter(pk__in=dict(left))}
        void = [pk for pk, until in left if posts[pk].since >= until]
        Posting.objects.filter(pk__in=void).delete()
        update_rows(
            Posting, ["until"], [entry for entry in left if entry[0] not in void]
        )

    def _post(self, pairs: list[tuple[int, Row]], since: date | None = None) -> None:
        insert_rows(
            Posting,
            ["person_id", "role", "grid_id", "since"],
            [
                (
                    key,
                    row.values.get("role") or Role.ASSISTANT.value,
                    row.grid.pk,
                    since or _day(row.values.get("hire_date")) or self.as_of,
                )
                for key, row in pairs
            ],
        )
        self._grids.update(row.grid.pk for _, row in pairs)
        for _, row in pairs:
            started = since or _day(row.values.get("hire_date")) or self.as_of
            self._since = min(getattr(self, "_since", started), started)

    # ---- undoing ---------------------------------------------------------------------

    def obstacles(self, written: list[Written]) -> dict[int, str]:
        """A person who has an account, a training or another post by now stays."""
        added = [one.record for one in written if one.action == NEW]
        changed = [one for one in written if one.action != NEW]
        files = dict(
            StaffFile.objects.filter(person_id__in=added).values_list("pk", "person_id")
        )
        found = referring(Person, added, besides=(StaffFile, Posting))
        on_files = referring(StaffFile, files)
        found |= {files[key]: why for key, why in on_files.items()}
        found |= one_more(Posting, "person_id", added, "的岗位后来有变动")
        ended = Posting.objects.filter(person_id__in=added, until__isnull=False)
        found |= dict.fromkeys(
            ended.values_list("person_id", flat=True), "的岗位后来有变动"
        )
        found |= differing(Person, _phones(changed, 1))
        file_of = _keys_of_files(changed)
        stored = {file_of[key]: v for key, v in _files(changed, 1).items()}
        person_of = {file: person for person, file in file_of.items()}
        on_files = differing(StaffFile, stored)
        found |= {person_of[key]: why for key, why in on_files.items()}
        moved = [one.record for one in changed if "posted" in one.before]
        still = Posting.objects.filter(
            person_id__in=moved, since=self.as_of, until=None
        )
        gone = set(moved) - set(still.values_list("person_id", flat=True))
        return found | dict.fromkeys(gone, "的岗位后来又有变动")

    def take_back(self, written: list[Written]) -> None:
        added = [one.record for one in written if one.action == NEW]
        changed = [one for one in written if one.action != NEW]
        posts = Posting.objects.filter(person_id__in=added, grid__isnull=False)
        self._grids = set(posts.values_list("grid_id", flat=True))
        self._since = min(posts.values_list("since", flat=True), default=self.as_of)
        for one in changed:
            self._repost_back(one)
        put_back(Person, _phones(changed, 0), _index_phone)
        file_of = _keys_of_files(changed)
        put_back(StaffFile, {file_of[k]: v for k, v in _files(changed, 0).items()})
        fresh = [one.record for one in changed if not one.before.get("file", True)]
        remove(StaffFile, [*added, *fresh], "person_id")
        remove(Posting, added, "person_id")
        remove(Person, added)
        self.finish()

    def _repost_back(self, one: Written) -> None:
        if "posted" not in one.before:
            return
        posts = Posting.objects.filter(person_id=one.record)
        new = one.before["posted"]
        posts.filter(grid_id=new, since=self.as_of, until=None).delete()
        self._grids.add(new)
        if "post" not in one.before:
            return
        grid, role, since = one.before["post"]
        self._grids.add(grid)
        left = posts.filter(grid_id=grid, role=role, since=since, until__isnull=False)
        if not left.update(until=None):
            posts.create(person_id=one.record, grid_id=grid, role=role, since=since)

    def finish(self) -> None:
        """Ask for the figures of the grids that gained or lost a person."""
        if self._grids:
            mark_all_dirty(self._grids, getattr(self, "_since", self.as_of))


def _keys_of_files(changed: list[Written]) -> dict[int, int]:
    """Return the key of each changed person's file, by person."""
    files = StaffFile.objects.filter(person_id__in=[one.record for one in changed])
    return dict(files.values_list("person_id", "pk"))


def _phones(changed: list[Written], which: int) -> dict[int, dict[str, Any]]:
    """Return the telephones before (0) or after (1) a change, by person."""
    return {
        one.record: {"phone": one.changes["phone"][which]}
        for one in changed
        if "phone" in one.changes
    }


def _files(changed: list[Written], which: int) -> dict[int, dict[str, Any]]:
    """Return the values of changed files before or after, by person."""
    found: dict[int, dict[str, Any]] = {}
    for one in changed:
        if not one.before.get("file", True):
            continue  # the import made the file: it goes as a whole
        values = {
            FILE_FIELDS.get(name, name): pair[which]
            for name, pair in one.changes.items()
            if name in FILE_FIELDS or name == "birth_date"
        }
        if "gender" in one.changes:
            word = one.changes["gender"][which]
            values["gender"] = GENDERS[word].value if word else ""
        if values:
            found[one.record] = values
    return found


def _index_phone(person: Person) -> Iterable[str]:
    person.phone_index = blind_index(person.phone, purpose="person.phone")
    return ("phone_index",)


class Known:
    """A person whom the base knows already, with file and posts."""

    def __init__(self, person: Person):
        self.person = person
        self.file: StaffFile | None = None
        self.posts: list[Posting] = []

    def current(self, day: date) -> list[Posting]:
        """Return the posts held on a day."""
        return [p for p in self.posts if p.until is None or p.until > day]


def _code_of(grid: Grid | None) -> str | None:
    return (grid.division_code or grid.code) if grid else None


def _same_day(written: date, known: date) -> bool:
    if isinstance(written, MonthDate):
        return (written.year, written.month) == (known.year, known.month)
    return written == known


def _day(value: date | None) -> date | None:
    return date(value.year, value.month, value.day) if value else None


def _file_values(row: Row, *, empty: bool = False) -> tuple[Any, ...]:
    """Return gender, birth and the other columns of a file; None leaves as it is."""
    values = row.values
    texts = [
        _day(values.get(name))
        if name == "hire_date"
        else values.get(name) or ("" if empty else None)
        for name in FILE_FIELDS
    ]
    nothing = "" if empty else None
    gender = GENDERS[values["gender"]].value if values.get("gender") else nothing
    return (gender, values.get("birth_date"), *texts)
