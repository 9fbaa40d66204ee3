"""Ledgers of wages as workbooks: 欠薪欠费, 工资支付台账, 社会保险参保情况."""

import re
from collections.abc import Iterable, Mapping
from datetime import date
from decimal import Decimal
from typing import Any

from django.db.models import Sum

from enterprises.unit_sheets import Ledger
from enterprises.wages import rules
from enterprises.wages.facts import with_length
from enterprises.wages.filters import ArrearsFilter
from enterprises.wages.models import Arrears, InsuranceMonth, WagePayment
from enterprises.wages.models.ledger import Insurance
from gridinspect.accounts.requests import Request
from gridinspect.accounts.roles import Permission
from gridinspect.imports import cleaning
from gridinspect.imports.cleaning import Rejected, Setting
from gridinspect.imports.fields import SheetField
from gridinspect.imports.registry import register
from gridinspect.imports.resource import CHANGED, Row
from gridinspect.scope import within_paths

REGULATION = "保障农民工工资支付条例"
INSURANCES = {label: value for value, label in Insurance.choices} | {
    "养老": "pension", "基本养老保险": "pension", "企业养老保险": "pension",
    "城镇职工基本养老保险": "pension", "企业职工基本养老保险": "pension",
    "医疗": "medical", "基本医疗保险": "medical", "职工医疗保险": "medical",
    "城镇职工基本医疗保险": "medical", "失业": "unemployment", "工伤": "injury",
    "生育": "maternity",
}  # fmt: skip
OWED = {"工资": "wages", "欠薪": "wages", "拖欠工资": "wages", "农民工工资": "wages"}
OWED |= {
    f"{word}{end}": value for word, value in INSURANCES.items() for end in ("", "费")
}
SOURCES = {label: value for value, label in Arrears.Source.choices} | {
    "采集": "survey", "巡查": "visit", "巡视检查": "visit", "日常巡查": "visit",
    "投诉": "complaint", "举报": "complaint", "投诉举报": "complaint",
    "自报": "self_report", "银行": "list", "社保": "list", "名单": "list",
}  # fmt: skip
METHODS = {label: value for value, label in WagePayment.Method.choices} | {
    "银行代发": "bank", "转账": "bank", "银行": "bank", "打卡": "bank",
    "现金发放": "cash", "转账和现金": "mixed",
}  # fmt: skip
_FROM_TO = re.compile(r"(.+?)(?:至|到|~|～|—+|--)(.+)")


def period(raw: Any, setting: Setting) -> Any:
    """Return the first and last month of a cell such as 2025年11月至2026年1月."""
    said = cleaning.text(60)(raw, setting)
    if said is None:
        return None
    ends = _FROM_TO.fullmatch(said)
    first, last = ends.groups() if ends else (said, said)
    try:
        months = [cleaning.month(part.strip(), setting) for part in (first, last)]
    except Rejected:
        raise Rejected(
            "period_invalid", "看不出从哪月到哪月，请写成“2025-11至2026-01”的样子。"
        ) from None
    return [found.isoformat() for found in months if found]


@register("arrears")
class ArrearsLedger(Ledger):
    """欠薪欠费: what a unit owes, from month to month, and when it was settled.

    Where it is known from a complaint, only who sees cases is told.
    """

    title = "欠薪欠费"
    identifying = ("name", "uscc", "owed_kind", "month_from", "month_to", "period")
    model = Arrears
    money = ("amount",)
    one_record = ("owed_kind", "month_from", "month_to")
    stored = {
        "owed_kind": "kind", "month_from": "month_from", "month_to": "month_to",
        "amount": "amount", "persons": "persons", "source": "source",
        "found_on": "found_on", "note": "note", "settled_on": "settled_on",
        "settlement": "settlement",
    }  # fmt: skip

    owed_kind = SheetField(
        "欠什么",
        cleaning.choice(OWED, "owed_invalid", "应为：工资，或养老保险费等险种。"),
        synonyms=("欠款种类", "拖欠类型", "欠薪欠费类别", "种类", "欠费险种", "类别"),
        help="不填为工资",
        sample="工资",
        choices=tuple(Arrears.Kind.labels),
        labels=dict(Arrears.Kind.choices),
    )
    month_from = SheetField(
        "欠自（月）",
        cleaning.month,
        synonyms=("欠薪开始月份", "拖欠起始月份", "起始月份", "欠自", "拖欠开始时间"),
        help="也可以只填“欠薪时间”一列",
        sample="2026-01",
    )
    month_to = SheetField(
        "欠至（月）",
        cleaning.month,
        synonyms=("欠薪截止月份", "拖欠截止月份", "截止月份", "欠至", "拖欠截止时间"),
        help="只欠一个月的可不填",
        sample="2026-02",
    )
    period = SheetField(
        "欠薪时间",
        period,
        synonyms=(
            "拖欠时间", "拖欠月份", "欠薪月份", "欠费月份", "欠费时间", "欠薪期间",
            "拖欠期间", "欠薪时段", "拖欠时段", "拖欠工资月份",
        ),
        help="如2025-11至2026-01；与上面两列填一种即可",
    )  # fmt: skip
    amount = SheetField(
        "金额（元）",
        cleaning.yuan("amount", "金额"),
        synonyms=(
            "金额", "拖欠金额", "欠薪金额", "欠费金额", "欠款金额", "拖欠工资金额",
            "涉及金额", "欠薪数额",
        ),
        required=True,
        sample="35000",
    )  # fmt: skip
    persons = SheetField(
        "涉及人数",
        cleaning.headcount,
        synonyms=("人数", "拖欠人数", "欠薪人数", "涉及劳动者人数", "涉及职工人数"),
        required=True,
        sample="12",
    )
    source = SheetField(
        "来源",
        cleaning.choice(
            SOURCES, "source_invalid", f"应为：{'、'.join(Arrears.Source.labels)}。"
        ),
        synonyms=("线索来源", "信息来源", "发现渠道"),
        help="不填为信息采集",
        sample="走访",
        choices=tuple(Arrears.Source.labels),
        labels=dict(Arrears.Source.choices),
    )
    found_on = SheetField(
        "发现日期",
        cleaning.past_day,
        synonyms=("登记日期", "发现时间", "登记时间", "上报日期"),
        help="不填为导入当天",
        sample="2026-03-02",
    )
    note = SheetField(
        "情况说明", cleaning.text(500), synonyms=("备注", "说明", "欠薪原因", "原因")
    )
    settled_on = SheetField(
        "结清日期", cleaning.past_day, synonyms=("结清时间", "补发日期", "办结日期")
    )
    settlement = SheetField(
        "结清方式", cleaning.text(200), synonyms=("处理结果", "解决方式", "处理情况")
    )

    @classmethod
    def records(cls, request: Request) -> Iterable[Mapping[str, Any]]:
        paths = request.user.scope_paths(cls.permission)
        lines = Arrears.objects.valid().filter(
            within_paths(paths, "enterprise__grid__path"), project=None
        )
        found = ArrearsFilter(request.GET, queryset=with_length(lines)).qs
        sees_cases = request.user.holds(Permission.CASE_VIEW)
        for one in found.order_by("enterprise__name", "month_from", "pk"):
            secret = one.source == Arrears.Source.COMPLAINT and not sees_cases
            yield {
                "name": one.enterprise.name,
                "uscc": one.enterprise.uscc,
                "owed_kind": one.get_kind_display(),
                "month_from": f"{one.month_from:%Y-%m}",
                "month_to": f"{one.month_to:%Y-%m}",
                "amount": one.amount,
                "persons": one.persons,
                "source": "" if secret else one.get_source_display(),
                "found_on": one.found_on,
                "note": one.note,
                "settled_on": one.settled_on,
                "settlement": one.settlement,
            }

    def prepare(self) -> None:
        super().prepare()
        self.usual = {"source": Arrears.Source.SURVEY.value, "found_on": self.today}

    def lines_of(self, units: set[int]) -> Any:
        """Return the lines that nobody withdrew, with what was repaid of them."""
        lines = Arrears.objects.valid().filter(enterprise__in=units, project=None)
        return lines.annotate(repaid=Sum("repayments__amount"))

    def complete(self, row: Row) -> None:
        values = row.values
        values["owed_kind"] = values.get("owed_kind") or Arrears.Kind.WAGES.value
        if months := values.pop("period", None):
            first, last = map(date.fromisoformat, months)
            values["month_from"] = values.get("month_from") or first
            values["month_to"] = values.get("month_to") or last
        values["month_to"] = values.get("month_to") or values.get("month_from")

    def forbid(self, row: Row, values: Mapping[str, Any], line: Any) -> None:
        if values["persons"] < 1 or Decimal(values["amount"]) <= 0:
            row.reject("nothing_owed", "金额和人数应大于零，请核对。", at="amount")
            return
        at, words = rules.arrears_objection(
            month_from=values["month_from"],
            month_to=values["month_to"],
            found_on=values["found_on"],
            today=self.today,
        )
        settled = values.get("settled_on")
        if not words and settled and settled < values["found_on"]:
            at, words = "settled_on", "结清日期早于发现日期，请核对。"
        if not words and line is not None and row.action == CHANGED:
            at, words = self._closed(row, values, line)
        if words:
            row.reject(f"arrears_{at}", words, at=at)

    def _closed(
        self, row: Row, values: Mapping[str, Any], line: Any
    ) -> tuple[str, str]:
        """Say why a line that was paid, wholly or in part, cannot be corrected so."""
        if line.settled_on:
            at = next(iter(row.changes))
            return at, f"这笔欠款已于{line.settled_on}结清，不能再修改。"
        if (line.repaid or 0) >= Decimal(values["amount"]):
            return "amount", f"已补发{line.repaid:,.2f}元，欠款金额应大于这个数。"
        return "", ""


@register("wages")
class WageLedger(Ledger):
    """工资支付台账: a row is one pay cycle of a unit."""

    title = "工资支付台账"
    identifying = ("name", "uscc", "cycle_from")
    model = WagePayment
    money = ("payable", "paid")
    one_record = ("cycle_from",)
    stored = {
        name: name
        for name in (
            "cycle_from", "cycle_to", "due_on", "paid_on", "payable", "paid", "persons",
            "below_minimum", "method", "note",
        )
    }  # fmt: skip
    usual = {
        "paid": "0.00",
        "below_minimum": 0,
        "method": WagePayment.Method.BANK.value,
    }

    cycle_from = SheetField(
        "支付周期自",
        cleaning.past_day,
        synonyms=("周期开始日期", "支付周期开始", "工资月份", "所属月份", "工资所属月"),
        required=True,
        clause=f"{REGULATION} 第十五条",
        help="写月份的，按整月计",
        sample="2026-02-01",
    )
    cycle_to = SheetField(
        "支付周期至",
        cleaning.day,
        synonyms=("周期结束日期", "支付周期结束"),
        help="不填为当月最后一天",
        sample="2026-02-28",
    )
    due_on = SheetField("约定支付日", cleaning.day, synonyms=("应发日期", "约定发放日"))
    paid_on = SheetField(
        "实际支付日",
        cleaning.past_day,
        synonyms=("支付日期", "发放日期", "实发日期", "发放时间"),
        sample="2026-03-10",
    )
    payable = SheetField(
        "应付工资（元）",
        cleaning.yuan("payable", "应付工资"),
        synonyms=("应付工资", "应发工资", "应付金额", "应发金额", "工资总额"),
        required=True,
        sample="54000",
    )
    paid = SheetField(
        "实付工资（元）",
        cleaning.yuan("paid", "实付工资"),
        synonyms=("实付工资", "实发工资", "实付金额", "实发金额"),
        sample="54000",
    )
    persons = SheetField(
        "人数",
        cleaning.headcount,
        synonyms=("发放人数", "职工人数", "支付人数"),
        required=True,
        sample="12",
    )
    below_minimum = SheetField(
        "低于最低工资人数", cleaning.headcount, synonyms=("低于最低工资标准人数",)
    )
    method = SheetField(
        "支付方式",
        cleaning.choice(
            METHODS, "method_invalid", f"应为：{'、'.join(WagePayment.Method.labels)}。"
        ),
        synonyms=("发放方式",),
        help="不填为银行转账",
        sample="银行转账",
        choices=tuple(WagePayment.Method.labels),
        labels=dict(WagePayment.Method.choices),
    )
    note = SheetField("备注", cleaning.text(200), synonyms=("说明",))

    @classmethod
    def records(cls, request: Request) -> Iterable[Mapping[str, Any]]:
        here = within_paths(
            request.user.scope_paths(cls.permission), "enterprise__grid__path"
        )
        lines = WagePayment.objects.filter(here).select_related("enterprise")
        for one in lines.order_by("enterprise__name", "cycle_from").iterator():
            said = {name: getattr(one, name) for name in cls.stored}
            unit = {"name": one.enterprise.name, "uscc": one.enterprise.uscc}
            yield unit | said | {"method": one.get_method_display()}

    def prepare(self) -> None:
        super().prepare()
        self._cycles: dict[int, list[tuple[date, date]]] = {}

    def lines_of(self, units: set[int]) -> Any:
        lines = WagePayment.objects.filter(enterprise__in=units)
        for unit, first, last in lines.values_list(
            "enterprise_id", "cycle_from", "cycle_to"
        ):
            self._cycles.setdefault(unit, []).append((first, last))
        return lines

    def complete(self, row: Row) -> None:
        first = row.values["cycle_from"]
        first = row.values["cycle_from"] = date(first.year, first.month, first.day)
        if row.values.get("cycle_to") is None:
            row.values["cycle_to"] = rules.last_of_month(first)

    def forbid(self, row: Row, values: Mapping[str, Any], line: Any) -> None:
        at, words = rules.payment_objection(
            cycle_from=values["cycle_from"],
            cycle_to=values["cycle_to"],
            paid_on=values.get("paid_on"),
            payable=Decimal(values["payable"]),
            paid=Decimal(values["paid"]),
            persons=values["persons"],
            below_minimum=values["below_minimum"],
            today=self.today,
        )
        own = (values["cycle_from"], values["cycle_to"])
        along = self._cycles.setdefault(row.target.pk, [])
        others = [one for one in along if one[0] != own[0]]
        met = [one for one in others if one[0] <= own[1] and one[1] >= own[0]]
        if not words and met:
            at, words = (
                "cycle_from",
                f"与支付周期{met[0][0]}至{met[0][1]}重叠，请核对。",
            )
        along.append(own)
        if words:
            row.reject(f"wages_{at}", words, at=at)


@register("insurance")
class InsuranceLedger(Ledger):
    """社会保险参保情况: a row is one insurance of a unit in a month."""

    title = "社会保险参保情况"
    identifying = ("name", "uscc", "month", "insurance")
    model = InsuranceMonth
    money = ("base", "owed")
    one_record = ("month", "insurance")
    stored = {
        "month": "month", "insurance": "insurance", "due": "due", "insured": "insured",
        "base": "base", "owed": "owed",
    }  # fmt: skip
    usual = {"owed": "0.00"}

    month = SheetField(
        "月份",
        cleaning.month,
        synonyms=("参保月份", "缴费月份", "所属月份", "费款所属期", "所属期"),
        required=True,
        sample="2026-02",
    )
    insurance = SheetField(
        "险种",
        cleaning.choice(
            INSURANCES, "insurance_invalid", f"应为：{'、'.join(Insurance.labels)}。"
        ),
        synonyms=("参保险种", "保险种类", "险种类型", "险种名称"),
        required=True,
        sample="养老保险",
        choices=tuple(Insurance.labels),
        labels=dict(Insurance.choices),
    )
    due = SheetField(
        "应参人数",
        cleaning.headcount,
        synonyms=("应参保人数", "应缴人数", "职工人数"),
        required=True,
        sample="12",
    )
    insured = SheetField(
        "实参人数",
        cleaning.headcount,
        synonyms=("实参保人数", "参保人数", "已参保人数", "缴费人数", "实缴人数"),
        required=True,
        clause="社会保险法",
        sample="11",
    )
    base = SheetField(
        "缴费基数（元）",
        cleaning.yuan("base", "缴费基数"),
        synonyms=("缴费基数", "缴费基数总额", "缴费工资"),
    )
    owed = SheetField(
        "欠费（元）",
        cleaning.yuan("owed", "欠费"),
        synonyms=("欠费", "欠费金额", "欠缴金额"),
    )

    @classmethod
    def records(cls, request: Request) -> Iterable[Mapping[str, Any]]:
        here = within_paths(
            request.user.scope_paths(cls.permission), "enterprise__grid__path"
        )
        lines = InsuranceMonth.objects.filter(here).select_related("enterprise")
        for one in lines.order_by("enterprise__name", "month", "pk").iterator():
            yield {
                "name": one.enterprise.name,
                "uscc": one.enterprise.uscc,
                "month": f"{one.month:%Y-%m}",
                "insurance": one.get_insurance_display(),
                "due": one.due,
                "insured": one.insured,
                "base": one.base,
                "owed": one.owed,
            }

    def forbid(self, row: Row, values: Mapping[str, Any], line: Any) -> None:
        if values["month"] > self.today:
            row.reject("insurance_month", "月份还没有开始，请核对。", at="month")
        elif values["insured"] > values["due"]:
            row.reject("insured_of_due", "实参人数不能多于应参人数。", at="insured")
