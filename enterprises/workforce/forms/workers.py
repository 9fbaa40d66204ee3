"""What a person may type about workers and their contracts."""

from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils import timezone

from enterprises.workforce.models import Contract, Worker
from enterprises.workforce.rules import INSURANCES, NOT_INSURED
from enterprises.workforce.services.common import in_words
from gridinspect.accounts.rules import CitizenIdError, check_citizen_id
from gridinspect.imports import cleaning
from gridinspect.imports.cleaning import plain
from grids.forms import DayInput

INSURED = [*INSURANCES.items(), (NOT_INSURED, "未参保")]
WORKER_SECTIONS = [
    ("身份", ["name", "is_citizen_id", "id_number", "gender", "birth_date"]),
    ("住址与联系", ["household_address", "address", "phone"]),
    (
        "用工",
        ["employment_form", "since", "post", "wage", "is_special_trade"],
    ),
    ("户口与参保", ["household_kind", "category", "insurances", "remark"]),
    (
        "劳动合同",
        ["contract_kind", "begins_on", "ends_on", "signed_on"],
        "没有订立书面劳动合同的，合同类型留空。",
    ),
]


def cleaned(cleaner: cleaning.Cleaner, value: Any) -> Any:
    """Clean a value as an import would, so that a page accepts what a sheet does."""
    try:
        result = cleaner(value, cleaning.Setting(today=timezone.localdate()))
    except cleaning.Rejected as error:
        raise ValidationError(error.message, code=error.code) from None
    return getattr(result, "value", result)


class InsuranceField(forms.MultipleChoiceField):
    """Which insurances somebody has; 未参保 excludes the others."""

    widget = forms.CheckboxSelectMultiple

    def clean(self, value: Any) -> str:
        codes = super().clean(value)
        if NOT_INSURED in codes and len(codes) > 1:
            raise ValidationError("“未参保”不能和其他险种同时选择。")
        return ",".join(code for code, _ in INSURED if code in codes)

    def prepare_value(self, value: Any) -> Any:
        return value.split(",") if isinstance(value, str) else value


class ContractFields(forms.Form):
    """The term of a contract; without a kind there is no contract."""

    contract_kind = forms.ChoiceField(
        label="合同类型",
        choices=[("", "未签劳动合同"), *Contract.Kind.choices],
        required=False,
    )
    begins_on = forms.DateField(label="合同起始日期", widget=DayInput, required=False)
    ends_on = forms.DateField(
        label="合同终止日期",
        widget=DayInput,
        required=False,
        help_text="合同写明的最后一天；无固定期限不填。",
    )
    signed_on = forms.DateField(label="签订日期", widget=DayInput, required=False)

    def contract(self) -> dict[str, Any] | None:
        """Return the arguments of a contract, None where none was signed."""
        said = self.cleaned_data
        if not said.get("contract_kind"):
            return None
        return {
            "kind": said["contract_kind"],
            "begins_on": said["begins_on"],
            "ends_on": said.get("ends_on"),
            "signed_on": said.get("signed_on"),
        }

    def check_contract(self) -> None:
        """Add the errors of the contract's fields."""
        said = self.cleaned_data
        kind, begins = said.get("contract_kind"), said.get("begins_on")
        ends = said.get("ends_on")
        if not kind:
            if begins or ends or said.get("signed_on"):
                self.add_error("contract_kind", "填写了合同日期，请选择合同类型。")
            return
        if "begins_on" in said and not begins:
            self.add_error("begins_on", "请填写合同起始日期。")
        if kind == Contract.Kind.FIXED and "ends_on" in said and not ends:
            self.add_error("ends_on", "固定期限合同请填写终止日期。")
        if kind == Contract.Kind.OPEN and ends:
            self.add_error("ends_on", "无固定期限合同没有终止日期，请清空或改选类型。")
        if begins and ends and ends < begins:
            self.add_error("ends_on", "合同终止日期不能早于起始日期。")


class WorkerForm(ContractFields):
    """A line of the roster. When it is changed, what is secret is shown masked."""

    name = forms.CharField(label="姓名", max_length=60)
    is_citizen_id = forms.TypedChoiceField(
        label="证件类型",
        choices=[("1", "居民身份证"), ("0", "护照、通行证等其他证件")],
        coerce=lambda value: value == "1",
        initial="1",
    )
    id_number = forms.CharField(
        label="公民身份号码",
        max_length=40,
        help_text="18 位；15 位的自动换算。性别和出生日期由号码得出。",
    )
    gender = forms.ChoiceField(
        label="性别",
        choices=[("", "由身份号码得出"), *Worker.Gender.choices],
        required=False,
    )
    birth_date = forms.DateField(
        label="出生日期", widget=DayInput, required=False, help_text="其他证件必填。"
    )
    household_address = forms.CharField(
        label="户籍地址", max_length=200, required=False
    )
    address = forms.CharField(label="现住址", max_length=200, required=False)
    phone = forms.CharField(label="联系方式", max_length=40, required=False)
    employment_form = forms.ChoiceField(
        label="用工形式", choices=Worker.Form.choices, initial=Worker.Form.FULL_TIME
    )
    since = forms.DateField(label="用工起始时间", widget=DayInput)
    post = forms.CharField(label="工种（岗位）", max_length=60, required=False)
    wage = forms.DecimalField(
        label="月工资（元）",
        max_digits=10,
        decimal_places=2,
        min_value=0,
        required=False,
        widget=forms.TextInput({"inputmode": "decimal"}),
        error_messages={"min_value": "工资不能为负数。"},
    )
    is_special_trade = forms.NullBooleanField(
        label="是否特殊工种",
        required=False,
        widget=forms.Select(choices=[("", "未填"), ("true", "是"), ("false", "否")]),
    )
    household_kind = forms.ChoiceField(
        label="户口性质",
        choices=[("", "未填"), *Worker.Household.choices],
        required=False,
    )
    category = forms.ChoiceField(
        label="职工类别",
        choices=[("", "未填"), *Worker.Category.choices],
        required=False,
        help_text="农村户口的不填时按农民工登记。",
    )
    insurances = InsuranceField(label="参保险种", choices=INSURED, required=False)
    remark = forms.CharField(label="备注", max_length=200, required=False)
    edition = forms.IntegerField(widget=forms.HiddenInput, required=False)

    SECRET = ("id_number", "phone", "household_address", "address")

    def __init__(self, *args: Any, worker: Worker | None = None, **kwargs: Any):
        super().__init__(*args, **kwargs)
        self.worker = worker
        if worker is None:
            return
        for name in ("contract_kind", "begins_on", "ends_on", "signed_on"):
            del self.fields[name]
        for name in self.SECRET:
            shown = in_words(worker, name)
            if shown:
                self.fields[name].required = False
                self.fields[name].help_text = f"现为 {shown}；不改请留空。"

    @staticmethod
    def initial_of(worker: Worker) -> dict[str, Any]:
        """Return what the form shows of a worker; nothing secret."""
        names = [
            name for name in WorkerForm.base_fields if name not in WorkerForm.SECRET
        ]
        return {
            name: getattr(worker, name) for name in names if hasattr(worker, name)
        } | {"is_citizen_id": "1" if worker.is_citizen_id else "0"}

    def clean_name(self) -> str:
        name = cleaned(cleaning.person_name, self.cleaned_data["name"])
        if not name:
            raise ValidationError("请填写姓名。")
        return name

    def clean_phone(self) -> str:
        return cleaned(cleaning.phone, self.cleaned_data["phone"]) or ""

    def clean_since(self):
        since = self.cleaned_data["since"]
        if since > timezone.localdate():
            raise ValidationError("用工起始时间晚于今天，请改正。")
        return since

    def clean(self) -> dict[str, Any]:
        said = super().clean() or self.cleaned_data
        number = plain(said.get("id_number") or "").replace(" ", "").upper()
        said["id_number"] = number
        if said.get("is_citizen_id") and number:
            self._check_number(number, said)
        elif not said.get("is_citizen_id") and not said.get("birth_date"):
            known = self.worker and self.worker.birth_date
            if not known:
                self.add_error("birth_date", "请填写出生日期，以便核对年龄。")
        born = said.get("birth_date")
        if born and said.get("since") and born >= said["since"]:
            self.add_error("birth_date", "出生日期应早于用工起始时间。")
        if self.worker is None:
            self.check_contract()
        return said

    def _check_number(self, number: str, said: dict[str, Any]) -> None:
        try:
            bearer = check_citizen_id(number, today=timezone.localdate())
        except CitizenIdError as error:
            self.add_error("id_number", error.message)
            return
        said["id_number"] = bearer.number
        sex = "male" if bearer.gender == "男" else "female"
        if said.get("gender") and said["gender"] != sex:
            self.add_error("gender", f"与身份号码不符：号码表明为{bearer.gender}。")
        if said.get("birth_date") and said["birth_date"] != bearer.birth_date:
            self.add_error(
                "birth_date", f"与身份号码不符：号码表明为 {bearer.birth_date}。"
            )
        said["gender"], said["birth_date"] = sex, bearer.birth_date

    def act(self) -> dict[str, Any]:
        """Return the arguments of `add_worker` or `change_worker`."""
        skipped = {"contract_kind", "begins_on", "ends_on", "signed_on", "edition"}
        said = {n: v for n, v in self.cleaned_data.items() if n not in skipped}
        if self.worker is None:
            said["contract"] = self.contract()
            return said
        del said["is_citizen_id"]
        for name in self.SECRET:
            if not said.get(name):
                said.pop(name, None)
        for name in ("gender", "birth_date"):
            if not said.get(name):
                said.pop(name, None)
        said["edition"] = self.cleaned_data.get("edition") or 0
        return said


class LeaveForm(forms.Form):
    """When and why a person left."""

    ending = forms.ChoiceField(label="变动", choices=Worker.Ending.choices)
    until = forms.DateField(
        label="离职日期",
        widget=DayInput,
        initial=timezone.localdate,
        help_text="从这一天起不再计入在册职工。",
    )
    edition = forms.IntegerField(widget=forms.HiddenInput)


class ContractForm(ContractFields):
    """A written contract, or a renewal."""

    def __init__(self, *args: Any, **kwargs: Any):
        super().__init__(*args, **kwargs)
        field = self.fields["contract_kind"]
        assert isinstance(field, forms.ChoiceField)  # noqa: S101 for the type checker
        field.choices = Contract.Kind.choices
        field.required = True

    def clean(self) -> dict[str, Any]:
        said = super().clean() or self.cleaned_data
        self.check_contract()
        return said
