"""Complaints and reports from a list, such as a hotline hands over each week."""

from collections.abc import Iterable, Mapping
from datetime import date
from typing import Any

from django.db.models import Q

from cases.limits import LimitMissing
from cases.models import Identity, Matter
from cases.rules import Refused
from cases.services.intake import register_matter
from cases.services.writs import IdentityInText, check_sealed
from enterprises.changes import facts_changed
from enterprises.models import Enterprise
from enterprises.resources import credit_code
from gridinspect.accounts.requests import Request
from gridinspect.accounts.roles import Permission
from gridinspect.imports import cleaning
from gridinspect.imports.fields import SheetField
from gridinspect.imports.registry import register
from gridinspect.imports.resource import NEW, SAME, Row, Written
from gridinspect.imports.services import ImportRefused
from gridinspect.imports.traces import differing, referring, remove
from gridinspect.scope import within_paths
from gridinspect.secrets import mask_id, mask_name, mask_phone
from grids.models import Grid
from grids.resources import DistrictResource, place_words

KINDS = {"投诉": "complaint", "举报": "report"}
CHANNELS = {label: value for value, label in Matter.Channel.choices} | {
    "来电": "12333", "电话": "12333", "12333": "12333", "12345": "12345",
    "市长热线": "12345", "上门": "visit", "信件": "letter", "网络": "online",
    "网上": "online", "交办": "superior", "移送": "department", "网格": "grid",
}  # fmt: skip
YES = {"是": "是", "匿名": "是", "有": "是", "否": "否", "不匿名": "否", "实名": "否"}
# Columns that are as the list wrote them, as long as nobody has worked on a matter.
WRITTEN = (
    "kind", "grid_id", "enterprise_id", "respondent_name", "respondent_address",
    "received_on", "channel", "facts", "demands", "state",
)  # fmt: skip
IDENTITY = {
    "reporter": "name",
    "reporter_id": "id_number",
    "reporter_phone": "phone",
    "reporter_address": "address",
}


def hidden(text: str) -> str:
    """Return what the preview shows of an address: that there is one."""
    return "（已填，保密）" if text else ""


@register("complaints")
class MatterResource(DistrictResource):
    """Complaints and reports as they came in, each with a number of its own.

    Who sent them goes into the encrypted identity alone and never comes out again: an
    export has no such columns filled. A matter that we have is never changed by a list.
    """

    title = "投诉举报登记"
    permission = Permission.COMPLAINT_INTAKE
    key_field = "facts"
    name_field = "respondent_name"
    identifying = ("kind_of_matter", "respondent_name", "received_on", "facts")
    has_effective_day = False
    can_be_undone = True  # while nobody decided on them; their numbers stay unused
    has_records = True

    kind_of_matter = SheetField(
        "类别",
        cleaning.choice(KINDS, "kind_invalid", "类别应为：投诉、举报。"),
        synonyms=("诉求类别", "事项类别", "投诉或举报", "类型"),
        required=True,
        clause="劳动保障监察条例 第九条",
        sample="示例：投诉",
        choices=("投诉", "举报"),
        labels={value: word for word, value in KINDS.items()},
    )
    respondent_name = SheetField(
        "被反映单位",
        cleaning.title(120),
        synonyms=(
            "被投诉单位", "被举报单位", "被投诉举报单位", "单位名称", "涉事单位",
            "被投诉人", "用人单位",
        ),
        required=True,
        sample="郑州某某商贸有限公司",
    )  # fmt: skip
    uscc = SheetField(
        "统一社会信用代码",
        credit_code,
        synonyms=("信用代码", "单位信用代码"),
        help="填了的，与单位档案对应",
        as_text=True,
    )
    respondent_address = SheetField(
        "单位地址", cleaning.title(200), synonyms=("地址", "被反映单位地址")
    )
    street = SheetField(
        "所属街道", cleaning.title(60), synonyms=("街道", "乡镇", "街道（乡镇）")
    )
    community = SheetField(
        "所属社区", cleaning.title(60), synonyms=("社区", "所属网格", "网格")
    )
    received_on = SheetField(
        "收到日期",
        cleaning.past_day,
        synonyms=("收到时间", "投诉日期", "举报日期", "登记日期", "来电日期"),
        required=True,
        sample="2026-03-02",
    )
    channel = SheetField(
        "来源渠道",
        cleaning.choice(
            CHANNELS,
            "channel_invalid",
            f"来源渠道应为：{'、'.join(Matter.Channel.labels)}。",
        ),
        synonyms=("来源", "渠道", "受理渠道", "来源方式"),
        required=True,
        sample="12333热线",
        choices=tuple(Matter.Channel.labels),
        labels=dict(Matter.Channel.choices),
    )
    facts = SheetField(
        "反映的事实",
        cleaning.text(4_000),
        synonyms=("事实", "反映内容", "投诉内容", "举报内容", "诉求内容", "问题描述"),
        required=True,
        help="举报的，不要写举报人的姓名和电话",
        sample="拖欠2026年1月工资",
    )
    demands = SheetField("请求事项", cleaning.text(2_000), synonyms=("诉求", "请求"))
    act_started_on = SheetField(
        "行为开始日期", cleaning.past_day, synonyms=("违法行为开始日期",)
    )
    act_ended_on = SheetField(
        "行为终了日期", cleaning.past_day, synonyms=("违法行为终了日期",)
    )
    is_anonymous = SheetField(
        "匿名",
        cleaning.choice(YES, "anonymous_invalid", "匿名应为：是、否。"),
        synonyms=("是否匿名",),
        help="匿名的，不填姓名和身份证号",
        sample="否",
        choices=("是", "否"),
    )
    reporter = SheetField(
        "反映人姓名",
        cleaning.person_name,
        synonyms=("投诉人", "举报人", "投诉人姓名", "举报人姓名", "反映人", "来电人"),
        clause="劳动保障监察条例 第九条（保密）",
        sample="赵六",
        mask=mask_name,
    )
    reporter_id = SheetField(
        "反映人身份证号",
        cleaning.citizen_id,
        synonyms=("投诉人身份证号", "举报人身份证号"),
        clause="GB 11643-1999",
        as_text=True,
        mask=mask_id,
    )
    reporter_phone = SheetField(
        "反映人电话",
        cleaning.phone,
        synonyms=("投诉人电话", "举报人电话", "来电号码", "联系电话"),
        as_text=True,
        mask=mask_phone,
    )
    reporter_address = SheetField(
        "反映人地址",
        cleaning.title(200),
        synonyms=("投诉人地址", "举报人地址"),
        mask=hidden,
    )

    @classmethod
    def records(cls, request: Request) -> Iterable[Mapping[str, Any]]:
        paths = request.user.scope_paths(cls.permission)
        matters = Matter.objects.filter(within_paths(paths, "grid__path"))
        for one in matters.select_related("grid__parent", "enterprise").order_by("pk"):
            yield place_words(one.grid) | {
                "kind_of_matter": one.get_kind_display(),
                "respondent_name": one.respondent_name,
                "uscc": one.enterprise.uscc if one.enterprise else None,
                "respondent_address": one.respondent_address,
                "received_on": one.received_on,
                "channel": one.get_channel_display(),
                "facts": one.facts,
                "demands": one.demands,
                "act_started_on": one.act_started_on,
                "act_ended_on": one.act_ended_on,
            }

    def identify(self, row: Row) -> str:
        return "|".join(str(row.values.get(name)) for name in self.identifying)

    def check(self, rows: list[Row]) -> None:
        sound = [row for row in rows if not row.is_rejected]
        known = self._known(sound)
        units = self._units(sound)
        for row in sound:
            unit = units.get(row.values.get("uscc") or "")
            if unit and not (row.values.get("street") or row.values.get("community")):
                row.values["grid"] = unit.grid.division_code or unit.grid.code
                row.grid = self.places.rows.get(unit.grid_id)
            else:
                self.place(row)
            row.target = unit
            row.action = SAME if self.identify(row) in known else NEW
            if row.action == NEW:
                self._check_identity(row)
                self._check_days(row)

    def _known(self, rows: list[Row]) -> set[str]:
        """Return what identifies the matters that we have of these days and units."""
        matters = Matter.objects.filter(
            district=self.district,
            received_on__in={row.values["received_on"] for row in rows},
        )
        lines = matters.values_list("kind", "respondent_name", "received_on", "facts")
        return {
            "|".join(map(str, (kind, _as_read(name), day, _as_read(facts))))
            for kind, name, day, facts in lines
        }

    def _units(self, rows: list[Row]) -> dict[str, Enterprise]:
        codes = {row.values["uscc"] for row in rows if row.values.get("uscc")}
        units = Enterprise.objects.filter(
            Q(uscc__in=codes),
            within_paths(self.paths, "grid__path"),
            district=self.district,
        )
        return {unit.uscc or "": unit for unit in units.select_related("grid")}

    def _check_identity(self, row: Row) -> None:
        values = row.values
        named = [name for name in IDENTITY if values.get(name)]
        if values.get("is_anonymous") == "是":
            if values.get("reporter") or values.get("reporter_id"):
                row.reject(
                    "anonymous_named",
                    "匿名的，不要填写姓名和身份证号。",
                    at="is_anonymous",
                )
        elif not values.get("reporter"):
            row.reject(
                "reporter_missing",
                "请填写反映人姓名；不愿透露的，请在“匿名”列填“是”。",
                at="reporter",
            )
        if values["kind_of_matter"] == Matter.Kind.REPORT:
            try:
                check_sealed(
                    values["facts"],
                    values.get("demands") or "",
                    values.get("respondent_address") or "",
                    sealed=[values[name] for name in named],
                )
            except IdentityInText as fault:
                row.reject("identity_in_text", str(fault), at="facts")

    def _check_days(self, row: Row) -> None:
        started, ended = (
            row.values.get("act_started_on"),
            row.values.get("act_ended_on"),
        )
        if started and ended and ended < started:
            row.reject("act_days", "终了日期不能早于开始日期。", at="act_ended_on")

    def apply(self, rows: list[Row]) -> Iterable[Any]:
        """Register each by the act of the intake desk: number, clock and trail."""
        grids = Grid.objects.in_bulk({row.grid.pk for row in rows})
        for row in rows:
            matter = self._register(row, grids[row.grid.pk])
            row.record = matter.pk
            row.made = {name: getattr(matter, name) for name in WRITTEN}
            yield [matter.pk, "new", row.number]

    def obstacles(self, written: list[Written]) -> dict[int, str]:
        """Name the matters that somebody decided on, edited or wrote papers about."""
        made = {one.record: one.made for one in written}
        decided = Matter.objects.filter(pk__in=made).exclude(
            state=Matter.State.REGISTERED
        )
        found = dict.fromkeys(decided.values_list("pk", flat=True), "已作出处理决定")
        found |= referring(Matter, made, besides=(Identity,))
        return differing(Matter, made) | found

    def take_back(self, written: list[Written]) -> None:
        """Remove the matters and who sent them in; their numbers stay unused."""
        keys = [one.record for one in written]
        matters = Matter.objects.filter(pk__in=keys, enterprise__isnull=False)
        units = set(matters.values_list("enterprise", flat=True))
        remove(Identity, keys, through="matter")
        remove(Matter, keys)
        for unit in sorted(units):
            facts_changed(unit)

    def _register(self, row: Row, grid: Grid) -> Matter:
        values = row.values
        anonymous = values.get("is_anonymous") == "是"
        identity: dict[str, Any] = {
            attribute: values.get(name) or "" for name, attribute in IDENTITY.items()
        }
        try:
            return register_matter(
                kind=values["kind_of_matter"],
                grid=grid,
                respondent_name=values["respondent_name"],
                received_on=_plain_day(values["received_on"]),
                channel=values["channel"],
                facts=values["facts"],
                identity=identity | {"is_anonymous": anonymous},
                by=self.by,
                enterprise=row.target,
                respondent_address=values.get("respondent_address") or "",
                demands=values.get("demands") or "",
                act_started_on=_plain_day(values.get("act_started_on")),
                act_ended_on=_plain_day(values.get("act_ended_on")),
            )
        except (Refused, LimitMissing) as fault:
            raise ImportRefused(f"第{row.number}行：{fault}") from None


def _as_read(text: str) -> str:
    """Return a stored text as it would be read from a cell."""
    return " ".join(cleaning.plain(text).split())


def _plain_day(day: Any) -> Any:
    return date(day.year, day.month, day.day) if day else None
