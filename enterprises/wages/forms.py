"""What a person may type about wages, insurance, projects and warnings."""

from decimal import Decimal
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils import timezone

from enterprises.models import Enterprise
from enterprises.wages import rules
from enterprises.wages.models import (
    Arrears,
    Project,
    ProjectCheck,
    Subcontractor,
    WagePayment,
    WageWarning,
)
from enterprises.wages.models.ledger import Insurance
from gridinspect.accounts.models import Person
from gridinspect.accounts.rules import CitizenIdError, check_citizen_id
from gridinspect.documents.forms import EvidenceField
from grids.account_forms import PHONE
from grids.forms import DayInput, GridField, offer
from grids.models import Grid

LONG = {"rows": "4"}


def day(label: str, *, required: bool = True, today: bool = False, **more: Any) -> Any:
    """Return a field for a day."""
    initial = timezone.localdate if today else None
    return forms.DateField(
        label=label, widget=DayInput, required=required, initial=initial, **more
    )


def money(
    label: str, *, required: bool = True, least: str = "0.01", **more: Any
) -> Any:
    """Return a field for an amount in yuan."""
    return forms.DecimalField(
        label=label,
        max_digits=14,
        decimal_places=2,
        min_value=Decimal(least),
        required=required,
        widget=forms.NumberInput(attrs={"step": "0.01", "inputmode": "decimal"}),
        **more,
    )


def people(label: str, *, least: int = 0, required: bool = True, **more: Any) -> Any:
    """Return a field for a number of persons."""
    return forms.IntegerField(
        label=label,
        min_value=least,
        max_value=1_000_000,
        required=required,
        widget=forms.NumberInput(attrs={"inputmode": "numeric"}),
        **more,
    )


class MonthInput(forms.DateInput):
    """A month, as the browser knows it: 2026-06."""

    input_type = "month"

    def __init__(self, **kwargs):
        super().__init__(format="%Y-%m", **kwargs)


def month(label: str, **more: Any) -> Any:
    """Return a field for a month; its value is the first day."""
    return forms.DateField(
        label=label,
        widget=MonthInput,
        input_formats=["%Y-%m", "%Y-%m-%d", "%Y年%m月", "%Y.%m", "%Y/%m"],
        error_messages={"invalid": "请填写年和月，如 2026-06。"},
        **more,
    )


class UnitField(forms.CharField):
    """A unit among `queryset`, typed as its credit code or whole name.

    The value is (unit or None, name): a unit without a file is kept by its name.
    """

    def __init__(self, *, queryset: Any = None, **kwargs: Any) -> None:
        kwargs.setdefault("max_length", 200)
        super().__init__(**kwargs)
        self.queryset = Enterprise.objects.none() if queryset is None else queryset

    def clean(self, value: Any) -> tuple[Enterprise | None, str]:
        text = super().clean(value)
        if not text:
            return None, ""
        unit = self.queryset.filter(uscc=text.upper()).first()
        named = [] if unit else list(self.queryset.filter(name=text)[:2])
        if len(named) > 1:
            raise ValidationError(f"有几家单位名称为“{text}”，请改填统一社会信用代码。")
        unit = unit or next(iter(named), None)
        return unit, unit.name if unit else text


# --- the ledger -----------------------------------------------------------------------


class ArrearsForm(forms.Form):
    """What a unit owes, from month to month."""

    kind = forms.ChoiceField(label="欠什么", choices=Arrears.Kind.choices)
    month_from = month("欠自（月）")
    month_to = month("欠至（月）", help_text="只欠一个月的，与“欠自”相同。")
    amount = money("金额（元）")
    persons = people("涉及人数", least=1)
    source = forms.ChoiceField(label="来源", choices=Arrears.Source.choices)
    found_on = day("发现日期", today=True)
    project = forms.ModelChoiceField(
        Project.objects.none(),
        label="工程项目",
        required=False,
        empty_label="与工程无关",
    )
    evidence = EvidenceField(label="证据", required=False)
    note = forms.CharField(
        label="情况说明",
        max_length=500,
        required=False,
        widget=forms.Textarea(attrs=LONG),
    )

    def __init__(self, *args: Any, projects: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        offer(self.fields["project"], projects)
        if not projects:
            del self.fields["project"]

    def clean_month_from(self):
        return rules.month_of(self.cleaned_data["month_from"])

    def clean_month_to(self):
        return rules.month_of(self.cleaned_data["month_to"])


class RepaymentForm(forms.Form):
    """A repayment of arrears."""

    paid_on = day("补发（补缴）日期", today=True)
    amount = money("金额（元）")


class SettleForm(forms.Form):
    """Arrears end otherwise than by money."""

    settled_on = day("结清日期", today=True)
    settlement = forms.CharField(
        label="结清方式",
        max_length=200,
        help_text="如：双方达成协议并已履行，法院判决已执行。",
    )


class ReasonForm(forms.Form):
    """Why something is taken back, sent back or shown in full."""

    reason = forms.CharField(label="理由", max_length=200)


class PaymentForm(forms.ModelForm):
    """One pay cycle of 工资支付台账."""

    payable = money("应付工资（元）", least="0")
    paid = money("实付工资（元）", least="0", help_text="还没有支付的填 0。")
    persons = people("人数", least=1)
    below_minimum = people("低于最低工资人数", required=False)
    evidence = EvidenceField(label="凭证", required=False)

    class Meta:
        model = WagePayment
        fields = [
            "cycle_from",
            "cycle_to",
            "due_on",
            "paid_on",
            "payable",
            "paid",
            "persons",
            "below_minimum",
            "method",
            "note",
        ]
        widgets = {
            name: DayInput() for name in ("cycle_from", "cycle_to", "due_on", "paid_on")
        }
        help_texts = {"paid_on": "还没有支付的留空。"}

    def __init__(self, *args: Any, minimum: str = "", **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["below_minimum"].help_text = minimum

    def clean_below_minimum(self):
        return self.cleaned_data["below_minimum"] or 0

    def _post_clean(self) -> None:
        """Leave the row as it is: the service writes it, and says what is wrong."""


class InsuranceForm(forms.Form):
    """The five insurances of a unit in one month; an empty line is left out."""

    month = month("月份")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for key in Insurance.values:
            self.fields[f"{key}_due"] = people("应参人数", required=False)
            self.fields[f"{key}_insured"] = people("实参人数", required=False)
            self.fields[f"{key}_base"] = money(
                "缴费基数（元）", required=False, least="0"
            )
            self.fields[f"{key}_owed"] = money("欠费（元）", required=False, least="0")

    @staticmethod
    def sections() -> list[tuple[str, list[str]]]:
        """Return the fields in groups, one insurance each."""
        parts = ("due", "insured", "base", "owed")
        return [
            ("月份", ["month"]),
            *(
                (label, [f"{key}_{part}" for part in parts])
                for key, label in Insurance.choices
            ),
        ]

    def clean_month(self):
        return rules.month_of(self.cleaned_data["month"])

    def clean(self) -> dict[str, Any]:
        super().clean()
        cleaned, rows = self.cleaned_data, {}
        for key in Insurance.values:
            due, in_it = cleaned.get(f"{key}_due"), cleaned.get(f"{key}_insured")
            if due is None and in_it is None:
                continue
            if due is None or in_it is None:
                missing = "due" if due is None else "insured"
                self.add_error(f"{key}_{missing}", "应参人数和实参人数要一起填写。")
            elif in_it > due:
                self.add_error(
                    f"{key}_insured", f"实参 {in_it} 人多于应参 {due} 人，请核对。"
                )
            else:
                rows[key] = {
                    "due": due,
                    "insured": in_it,
                    "base": cleaned.get(f"{key}_base"),
                    "owed": cleaned.get(f"{key}_owed") or 0,
                }
        if not rows and not self.errors:
            raise ValidationError("至少填写一个险种的应参和实参人数。")
        return {"month": cleaned.get("month"), "rows": rows}


class WageClassForm(forms.Form):
    """Into which class of areas for the minimum wage a district falls."""

    district: Any = forms.ModelChoiceField(Grid.objects.none(), label="区县")
    number = forms.TypedChoiceField(
        label="类区",
        choices=[(1, "一类区"), (2, "二类区"), (3, "三类区"), (4, "四类区")],
        coerce=int,
    )
    since = day("自", today=True)
    document = forms.CharField(label="依据文件", max_length=200)

    def __init__(self, *args: Any, districts: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        offer(self.fields["district"], districts)


# --- projects -------------------------------------------------------------------------

PROJECT_SECTIONS = [
    ("工程", ["name", "grid", "address", "price", "started_on", "planned_end"]),
    ("单位", ["builder", "contractor", "manager"]),
    (
        "劳务用工",
        ["roster", "wage_officer", "wage_officer_phone", "cost_cycle"],
        "实名登记人数按在场人员填写；施工总承包单位应配备劳资专管员（条例第二十八条）。",
    ),
    (
        "工资专用账户",
        ["bank", "account_number", "account_opened_on"],
        "账号加密保存，页面上只显示后四位（条例第二十六条）。",
    ),
    (
        "工资保证金",
        ["deposit", "deposit_amount", "deposit_until"],
        "现金存储或以银行保函等替代（条例第三十二条）。",
    ),
    ("备注", ["remark"]),
]


class ProjectForm(forms.Form):
    """The record of a building project."""

    name = forms.CharField(label="工程名称", max_length=200)
    grid = GridField(label="所属网格")
    address = forms.CharField(label="工程地址", max_length=200, required=False)
    builder = forms.CharField(label="建设单位", max_length=200)
    contractor = UnitField(
        label="施工总承包单位",
        help_text="填写统一社会信用代码或全称；有档案的会与其档案相连。",
    )
    price = money("合同价（元）")
    started_on = day("开工日期")
    planned_end = day("计划竣工", required=False)
    manager = forms.CharField(label="项目负责人", max_length=60, required=False)
    roster = people("实名登记人数", required=False)
    wage_officer = forms.CharField(label="劳资专管员", max_length=60, required=False)
    wage_officer_phone = forms.RegexField(
        PHONE,
        label="劳资专管员电话",
        required=False,
        error_messages={"invalid": "联系电话只能是数字和横线。"},
    )
    cost_cycle = forms.IntegerField(
        label="人工费用拨付周期（月）",
        min_value=1,
        max_value=60,
        required=False,
        help_text="每几个月拨付一次；不得超过 1 个月（条例第二十四条）。",
    )
    bank = forms.CharField(label="开户银行", max_length=100, required=False)
    account_number = forms.RegexField(
        r"^[0-9 -]{6,40}$",
        label="账号",
        required=False,
        error_messages={"invalid": "账号应为 6 位以上的数字。"},
    )
    account_opened_on = day("开立日期", required=False)
    deposit = forms.ChoiceField(
        label="方式", choices=Project.Deposit.choices, required=False
    )
    deposit_amount = money("金额（元）", required=False)
    deposit_until = day("保函有效期至", required=False)
    remark = forms.CharField(
        label="备注", required=False, widget=forms.Textarea(attrs=LONG), max_length=2000
    )
    edition = forms.IntegerField(widget=forms.HiddenInput, required=False)

    # Secret numbers are shown masked; what stays masked stays as it is.
    KEPT = ("account_number", "wage_officer_phone")

    def __init__(
        self, *args: Any, grids: Any, units: Any, known: bool = False, **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        offer(self.fields["grid"], grids)
        offer(self.fields["contractor"], units)
        self.known = known
        if known:
            for name in self.KEPT:
                self.fields[name].help_text = "已登记的不显示；留空保持不变。"

    def clean_account_number(self):
        text = self.cleaned_data["account_number"]
        return text.replace(" ", "").replace("-", "")

    def clean(self) -> dict[str, Any]:
        super().clean()
        cleaned = self.cleaned_data
        if "contractor" in cleaned:
            unit, name = cleaned.pop("contractor")
            cleaned["contractor"], cleaned["contractor_name"] = unit, name
        cleaned["roster"] = cleaned.get("roster") or 0
        if cleaned.get("deposit") in ("", "exempt"):
            cleaned["deposit_amount"] = cleaned["deposit_until"] = None
        elif cleaned.get("deposit") and cleaned.get("deposit_amount", "") is None:
            self.add_error("deposit_amount", "请填写保证金或保函的金额。")
        return cleaned

    def act(self) -> dict[str, Any]:
        """Return what the services ask for; numbers left empty are left alone."""
        left_alone = {name for name in self.KEPT if self.known}
        return {
            name: value
            for name, value in self.cleaned_data.items()
            if name != "edition" and (value or name not in left_alone)
        }


class SubcontractorForm(forms.Form):
    """A unit that works on a project."""

    unit = UnitField(label="分包单位", help_text="填写统一社会信用代码或全称。")
    kind = forms.ChoiceField(label="分包类型", choices=Subcontractor.Kind.choices)
    since = day("进场日期", today=True)

    def __init__(self, *args: Any, units: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        offer(self.fields["unit"], units)


class LeaveForm(forms.Form):
    until = day("退场日期", today=True)


class BalanceForm(forms.Form):
    """What is in the special account on a day."""

    on = day("日期", today=True)
    balance = money("余额（元）", least="0", help_text="账户已空的填 0。")


class FinishForm(forms.Form):
    """The work is finished."""

    finished_on = day("完工日期", today=True)
    publicised_on = day("注销公示开始", required=False, help_text="还没有公示的留空。")


class CloseForm(forms.Form):
    closed_on = day("注销日期", today=True)


class CheckForm(forms.Form):
    """A check of the five items; what is left open was not checked."""

    checked_on = day("检查日期", today=True)
    checked_by = forms.ModelChoiceField(
        Person.objects.none(), label="检查人", empty_label="请选择"
    )
    evidence = EvidenceField(label="照片或扫描件", required=False)

    def __init__(self, *args: Any, inspectors: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        offer(self.fields["checked_by"], inspectors)
        for key, (_name, _) in rules.ITEMS.items():
            self.fields[f"{key}_result"] = forms.ChoiceField(
                label="结果",
                choices=[("", "未检查"), *ProjectCheck.Result.choices],
                required=False,
            )
            self.fields[f"{key}_finding"] = forms.CharField(
                label="情况", max_length=300, required=False
            )

    @staticmethod
    def sections() -> list[tuple[str, list[str], str]]:
        """Return the fields in groups, one item each with its article."""
        return [
            ("检查", ["checked_on", "checked_by", "evidence"], ""),
            *(
                (name, [f"{key}_result", f"{key}_finding"], f"{rules.REGULATION}{art}")
                for key, (name, art) in rules.ITEMS.items()
            ),
        ]

    def act(self) -> dict[str, Any]:
        """Return what the service asks for."""
        cleaned = self.cleaned_data
        results = {
            key: (cleaned[f"{key}_result"], cleaned[f"{key}_finding"])
            for key in rules.ITEMS
            if cleaned[f"{key}_result"]
        }
        head = {name: cleaned[name] for name in ("checked_on", "checked_by")}
        return {**head, "evidence": cleaned["evidence"], "results": results}


# --- from inside ----------------------------------------------------------------------


class AppointForm(forms.Form):
    """Who watches inside a unit."""

    name = forms.CharField(label="姓名", max_length=60)
    id_number = forms.CharField(label="身份证号", max_length=18, required=False)
    phone = forms.RegexField(
        PHONE,
        label="联系电话",
        required=False,
        error_messages={"invalid": "联系电话只能是数字和横线。"},
    )
    since = day("任职日期", today=True)
    is_union_member = forms.BooleanField(label="工会成员", required=False, initial=True)
    union_post = forms.CharField(
        label="工会职务",
        max_length=60,
        required=False,
        help_text="如：工会主席、委员。",
    )
    appointed_by = forms.CharField(label="聘任机关", max_length=100)

    def clean_id_number(self):
        text = self.cleaned_data["id_number"].strip()
        if not text:
            return ""
        try:
            return check_citizen_id(text, today=timezone.localdate()).number
        except CitizenIdError as error:
            raise ValidationError(error.message) from error


class EndForm(forms.Form):
    until = day("离任日期", today=True, help_text="从这一天起不能再登录本单位页面。")


class WarningForm(forms.Form):
    """A warning that wages may not be paid."""

    month_from = month("欠自（月）")
    month_to = month("欠至（月）")
    persons = people("涉及人数", least=1)
    amount = money("金额（元）", required=False, help_text="不清楚的留空。")
    facts = forms.CharField(
        label="情况说明", max_length=1000, widget=forms.Textarea(attrs=LONG)
    )

    def clean_month_from(self):
        return rules.month_of(self.cleaned_data["month_from"])

    def clean_month_to(self):
        return rules.month_of(self.cleaned_data["month_to"])


class UnionForm(forms.Form):
    """What the union did about a warning."""

    acted_on = day("协调日期", today=True)
    action = forms.CharField(
        label="工会做了什么",
        max_length=500,
        widget=forms.Textarea(attrs=LONG),
        help_text="如：与哪位负责人协商，约定哪一天发放。",
    )
    solved = forms.BooleanField(label="已解决（工资已发放），预警办结", required=False)


class AnswerForm(forms.Form):
    """What the bureau found and says."""

    outcome = forms.ChoiceField(label="核实结果", choices=WageWarning.Outcome.choices)
    amount = money(
        "核实的欠薪金额（元）",
        required=False,
        help_text="属实的登记为欠薪；留空时取报告的金额。",
    )
    answer = forms.CharField(
        label="答复", max_length=1000, widget=forms.Textarea(attrs=LONG)
    )


class AsOfForm(forms.Form):
    """The day as of which a unit reports on itself."""

    as_of = day("数据日期", today=True)
