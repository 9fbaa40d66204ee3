"""What a person may type about a unit, and how it is cleaned."""

import re

from django import forms
from django.core.exceptions import ValidationError
from django.urls import reverse
from django.utils import timezone

from enterprises.industries import check_industry, grouped_choices, industry_name
from enterprises.models import GIVEN_STATUSES, Enterprise, Survey
from enterprises.rules import (
    CodeError,
    check_old_registration_number,
    check_organisation_code,
    check_uscc,
)
from enterprises.services.files import FORM_FIELDS, SECRETS
from enterprises.survey_forms import read_day
from enterprises.vocabulary import AFFILIATIONS, REGISTRATION_TYPES
from gridinspect.accounts.models import Person
from gridinspect.imports import cleaning
from gridinspect.imports.cleaning import plain
from grids.forms import DayInput, GridField, offer, spelled

WITHOUT_CODE = (Enterprise.UnitKind.UNLICENSED, Enterprise.UnitKind.PROJECT)

SECTIONS = [
    (
        "身份",
        [
            "name",
            "former_name",
            "uscc",
            "uscc_checked",
            "uscc_override_reason",
            "organisation_code",
            "registration_number",
            "registrar",
        ],
        "名称与证照一致。没有代码的单位，类型应选“无证无照经营者”或填写原注册号。",
    ),
    (
        "类型与行业",
        [
            "unit_kind",
            "registration_type",
            "industry",
            "affiliation",
            "department",
            "founded_on",
            "registered_capital",
            "headcount",
            "is_legal_person",
            "is_branch",
            "parent_unit",
            "insurance_number",
            "dispatch_licence",
            "dispatch_licence_until",
        ],
    ),
    (
        "地址",
        [
            "registered_address",
            "address",
            "road",
            "house_number",
            "postcode",
            "longitude",
            "latitude",
        ],
    ),
    (
        "归属与状态",
        [
            "grid",
            "known_since",
            "grid_since",
            "status",
            "status_since",
            "status_reason",
        ],
    ),
    (
        "联系人",
        [
            "legal_representative",
            "legal_id_number",
            "legal_phone",
            "labour_manager",
            "labour_phone",
            "contact_name",
            "contact_phone",
            "contact_mobile",
            "contact_email",
        ],
        "证件号码和电话加密保存，页面、导出和打印只显示掩码。",
    ),
    ("来源与备注", ["source", "remark"]),
]


def _cleaned(cleaner, value):
    """Clean a value as an import would, so that a page accepts what a sheet does."""
    try:
        result = cleaner(value, cleaning.Setting(today=timezone.localdate()))
    except cleaning.Rejected as error:
        raise ValidationError(error.message, code=error.code) from None
    return getattr(result, "value", result)


class YesNoField(forms.TypedChoiceField):
    """是, 否, or not known."""

    def __init__(self, **kwargs):
        super().__init__(
            choices=[("", "未填"), ("True", "是"), ("False", "否")],
            coerce=lambda text: text == "True",
            empty_value=None,
            required=False,
            **kwargs,
        )


class EnterpriseForm(forms.ModelForm):
    """The unit's file, in the sections of SECTIONS."""

    uscc = forms.CharField(
        label="统一社会信用代码",
        max_length=40,
        required=False,
        help_text="18 位；空格和小写会自动整理。",
    )
    uscc_checked = forms.BooleanField(
        label="已核对证照：代码校验不符，但与证照一致", required=False
    )
    uscc_override_reason = forms.CharField(
        label="核对说明", max_length=200, required=False
    )
    industry = forms.ChoiceField(label="行业（GB/T 4754-2017）", required=False)
    affiliation = forms.ChoiceField(
        label="隶属关系",
        choices=[("", "未填"), *((word, word) for word in AFFILIATIONS)],
        required=False,
    )
    registration_type = forms.ChoiceField(label="登记注册类型", required=False)
    grid = GridField(label="所属网格")
    organisation_code = forms.CharField(  # with or without its dash
        label="组织机构代码", max_length=20, required=False
    )
    contact_phone = forms.CharField(label="联系电话", max_length=40, required=False)
    contact_mobile = forms.CharField(label="经办人手机", max_length=40, required=False)
    legal_phone = forms.CharField(label="法定代表人电话", max_length=40, required=False)
    labour_phone = forms.CharField(
        label="劳资负责人电话", max_length=40, required=False
    )
    legal_id_number = forms.CharField(
        label="法定代表人证件号码",
        max_length=40,
        required=False,
        help_text="居民身份证核对校验位；其他证件按证件填写。",
    )
    is_legal_person = YesNoField(label="是否独立法人")
    is_branch = YesNoField(label="是否分支机构")
    registered_capital = forms.DecimalField(
        label="注册资本（万元）",
        required=False,
        max_digits=14,
        decimal_places=4,
        min_value=0,
        widget=forms.TextInput(attrs={"inputmode": "decimal"}),
        error_messages={
            "invalid": "注册资本应为数字，以万元为单位。",
            "min_value": "注册资本不能是负数，请核对证照。",
            "max_digits": "注册资本过大，请核对是否以万元为单位。",
            "max_decimal_places": "注册资本最多 4 位小数（以万元为单位）。",
            "max_whole_digits": "注册资本过大，请核对是否以万元为单位。",
        },
    )

    class Meta:
        model = Enterprise
        fields = sorted(FORM_FIELDS | {"status"})
        widgets = {
            "founded_on": DayInput(),
            "dispatch_licence_until": DayInput(),
            "remark": forms.Textarea(attrs={"rows": 3}),
        }

    def __init__(self, *args, grids, **kwargs):
        super().__init__(*args, **kwargs)
        offer(self.fields["grid"], grids)
        status = self.fields["status"]
        assert isinstance(status, forms.ChoiceField)  # noqa: S101 - for the type checker
        status.choices = GIVEN_STATUSES
        self._offer("industry", grouped_choices(), industry_name)
        types = [(word, word) for word in REGISTRATION_TYPES]
        self._offer("registration_type", types, str)
        for name in ("longitude", "latitude", "headcount"):
            self.fields[name].widget = forms.TextInput(attrs={"inputmode": "decimal"})
        for name in ("name", "uscc"):  # looks for the same unit while one types
            self.fields[name].widget.attrs |= {
                "hx-get": reverse("enterprises:similar"),
                "hx-trigger": "input changed delay:500ms",
                "hx-target": "#similar",
                "hx-include": "[name=name], [name=uscc], [name=besides]",
                "hx-push-url": "false",
                "hx-sync": "this:replace",
            }

    def _offer(self, name, choices, words):
        """Offer the choices, and what the file says already where they lack it."""
        now = getattr(self.instance, name)
        offered = [("", "未填"), *choices]
        flat = {
            key
            for value, label in offered
            for key in ([k for k, _ in label] if isinstance(label, list) else [value])
        }
        if now and now not in flat:
            offered.insert(1, (now, f"{now} {words(now)}".strip()))
        field = self.fields[name]
        assert isinstance(field, forms.ChoiceField)  # noqa: S101 - for the type checker
        field.choices = offered

    def clean_name(self):
        name = _cleaned(cleaning.unit_name, self.cleaned_data["name"])
        if not name:
            raise ValidationError("请填写单位名称。")
        return name

    def clean_former_name(self):
        return _cleaned(cleaning.title(200), self.cleaned_data["former_name"]) or ""

    def clean_uscc(self):
        code = re.sub(r"\s", "", plain(self.cleaned_data["uscc"])).upper()
        return "" if code == "无" else code

    def clean_registration_number(self):
        number = plain(self.cleaned_data["registration_number"])
        if re.fullmatch(r"\d{13}|\d{15}", number):  # older ones have free forms
            try:
                return check_old_registration_number(number)
            except CodeError as error:
                raise ValidationError(error.message, code=error.code) from None
        return number

    def clean_industry(self):
        code = self.cleaned_data["industry"]
        if code and code != self.instance.industry:
            try:
                code = check_industry(code)
            except ValueError as error:
                raise ValidationError(str(error)) from None
        return code

    def clean_postcode(self):
        code = plain(self.cleaned_data["postcode"])
        if code and not re.fullmatch(r"\d{6}", code):
            raise ValidationError("邮编应为 6 位数字。")
        return code

    def clean_contact_phone(self):
        return self._number("contact_phone")

    def clean_contact_mobile(self):
        return self._number("contact_mobile")

    def clean_legal_phone(self):
        return self._number("legal_phone")

    def clean_labour_phone(self):
        return self._number("labour_phone")

    def clean_legal_id_number(self):
        return self._number("legal_id_number")

    def _number(self, name):
        """Return a telephone or the number of a paper of identity, checked."""
        typed = self.cleaned_data[name]
        if name != "legal_id_number":
            return _cleaned(cleaning.phone, typed) or ""
        number = re.sub(r"\s", "", plain(typed)).upper()
        if re.fullmatch(r"\d{15}|\d{17}[\dX]", number):
            return _cleaned(cleaning.citizen_id, number)
        if number and not re.fullmatch(r"[A-Z0-9()]{5,20}", number):
            raise ValidationError("证件号码应为 5 至 20 位字母和数字，请按证件核对。")
        return number

    def clean_labour_manager(self):
        return self._person("labour_manager")

    def clean_organisation_code(self):
        code = re.sub(r"[\s-]", "", plain(self.cleaned_data["organisation_code"]))
        if not code:
            return ""
        try:
            return check_organisation_code(code)
        except CodeError as error:
            raise ValidationError(error.message, code=error.code) from None

    def clean_legal_representative(self):
        return self._person("legal_representative")

    def clean_contact_name(self):
        return self._person("contact_name")

    def _person(self, name):
        return _cleaned(cleaning.person_name, self.cleaned_data[name]) or ""

    def clean_founded_on(self):
        day = self.cleaned_data["founded_on"]
        if day and day > timezone.localdate():
            raise ValidationError(f"成立日期 {day} 晚于今天，请核对证照。")
        return day

    def clean_headcount(self):
        number = self.cleaned_data["headcount"]
        if number is not None and number > 9_999_999:
            raise ValidationError("人数过大，请核对。")
        return number

    def clean_longitude(self):
        return self._degrees("longitude", 73, 136, "经度")

    def clean_latitude(self):
        return self._degrees("latitude", 3, 54, "纬度")

    def _degrees(self, name, low, high, words):
        value = self.cleaned_data[name]
        if value is not None and not low <= value <= high:
            raise ValidationError(
                f"{words}应在 {low} 至 {high} 度之间（我国境内），请核对。"
            )
        return value

    def clean(self):
        super().clean()
        cleaned = self.cleaned_data
        self._check_code(cleaned)
        if (cleaned.get("longitude") is None) != (cleaned.get("latitude") is None) and (
            not {"longitude", "latitude"} & set(self.errors)
        ):
            self.add_error("latitude", "经度和纬度要么都填，要么都不填。")
        if cleaned.get("dispatch_licence_until") and not cleaned.get(
            "dispatch_licence"
        ):
            self.add_error("dispatch_licence", "填了有效期的，请填写派遣许可证号。")
        return cleaned

    def _check_code(self, cleaned):
        """Check the credit code; a wrong check character may be overridden."""
        code = cleaned.get("uscc")
        if not code:
            cleaned["uscc_override_reason"] = ""
            return
        try:
            check_uscc(code)
        except CodeError as error:
            is_overridden = cleaned.get("uscc_checked") and cleaned.get(
                "uscc_override_reason"
            )
            if error.code != "uscc_check_digit":
                self.add_error("uscc", error.message)
            elif not is_overridden:
                self.add_error(
                    "uscc",
                    f"{error.message}证照确实如此的，请勾选“已核对证照”并写明核对说明。",
                )
        else:
            cleaned["uscc_override_reason"] = ""
        self._check_not_taken(code)

    def _check_not_taken(self, code):
        district = self._district()
        twins = Enterprise.objects.filter(district=district, uscc=code)
        if district and twins.exclude(pk=self.instance.pk).exists():
            self.add_error("uscc", "本区县已有使用该统一社会信用代码的单位。")

    def _district(self):
        if self.instance.pk:
            return self.instance.district_id
        grid = self.cleaned_data.get("grid")
        return grid.district_id if grid else None

    def _post_clean(self):
        """Leave the instance alone: the services write, constraints are said above."""


class RegisterForm(EnterpriseForm):
    """A new file."""

    known_since = forms.DateField(
        label="纳入底数日期", widget=DayInput, initial=timezone.localdate
    )

    def clean(self):
        super().clean()
        cleaned = self.cleaned_data
        has_code = cleaned.get("uscc") or cleaned.get("registration_number")
        if not has_code and not {"uscc", "registration_number"} & set(self.errors):
            kind = cleaned.get("unit_kind")
            if kind not in WITHOUT_CODE:
                self.add_error(
                    "uscc",
                    "请填写统一社会信用代码或原注册号；确无证照的，"
                    "单位类型请选“无证无照经营者”。",
                )
        return cleaned

    def act(self) -> dict:
        """Return what `register_enterprise` asks for."""
        names = (FORM_FIELDS | {"status", "grid", "known_since"}) & set(
            self.cleaned_data
        )
        return {name: self.cleaned_data[name] for name in names}


class ChangeForm(EnterpriseForm):
    """A file that stands; what is dated asks from which day."""

    edition = forms.IntegerField(widget=forms.HiddenInput)
    grid_since = forms.DateField(
        label="新网格生效日期",
        widget=DayInput,
        required=False,
        help_text="调整网格时填写，留空为今天。",
    )
    status_since = forms.DateField(
        label="新状态生效日期",
        widget=DayInput,
        required=False,
        help_text="改变状态时填写，留空为今天。",
    )
    status_reason = forms.CharField(
        label="状态变更依据", max_length=200, required=False
    )

    def __init__(self, *args, typed=None, **kwargs):
        super().__init__(*args, **kwargs)
        unit = self.instance
        self.initial = dict(self.initial) | {
            "edition": unit.edition,
            "grid": unit.grid,
            "uscc_checked": bool(unit.uscc_override_reason),
        }
        self.secrets_left = set(SECRETS)  # until something is typed into them
        self.initial |= dict.fromkeys(SECRETS, "")  # nobody reads them off the form
        self.initial |= typed or {}  # shown again as it stood, without being checked
        for name, mask in SECRETS.items():
            if number := getattr(unit, name):
                self.fields[
                    name
                ].help_text = f"现为 {mask(number)}，不改请留空；删除请填“无”。"

    def _number(self, name):
        typed = plain(self.cleaned_data[name])
        if typed:
            self.secrets_left -= {name}
        return "" if typed == "无" else super()._number(name)

    def clean(self):
        super().clean()
        cleaned = self.cleaned_data
        moved = cleaned.get("grid") and cleaned["grid"].pk != self.instance.grid_id
        if cleaned.get("grid_since") and not moved and "grid" not in self.errors:
            cleaned["grid_since"] = None
        return cleaned

    def act(self) -> dict:
        """Return what `change_enterprise` asks for."""
        names = FORM_FIELDS | {"status", "grid", "edition"}
        names |= {"grid_since", "status_since", "status_reason"}
        names -= self.secrets_left
        return {name: self.cleaned_data[name] for name in names}

    def typed(self, name: str) -> str:
        """Return how a value of the current file would have been typed."""
        value = getattr(self.instance, name)
        if name == "grid":
            return spelled(value)
        return "" if value is None else str(value)


class RevealForm(forms.Form):
    """Why somebody needs a telephone number in full."""

    reason = forms.CharField(
        label="查看理由",
        max_length=200,
        help_text="查看行为连同理由记入审计记录。",
        error_messages={"required": "请写明查看完整号码的理由。"},
    )


class ClerkDayField(forms.DateField):
    """A day that may be typed in short: 今, 昨, -3, 0705, 20260705."""

    def __init__(self, **kwargs):
        kwargs.setdefault(
            "widget",
            forms.DateInput(
                format="%Y-%m-%d",
                attrs={"inputmode": "numeric", "autocomplete": "off", "data-day": ""},
            ),
        )
        kwargs.setdefault(
            "error_messages",
            {"invalid": "没有这一天，请写成 2026-07-05 或 0705 的样子。"},
        )
        super().__init__(**kwargs)

    def to_python(self, value):
        if isinstance(value, str) and (found := read_day(value, timezone.localdate())):
            return found
        return super().to_python(value)


class SurveyHeadForm(forms.Form):
    """Who surveyed the unit, when and how: the head of the paper form."""

    surveyed_on = ClerkDayField(
        label="采集日期",
        initial=timezone.localdate,
        help_text="可简写：今、昨、-3、0705、20260705。",
    )
    method = forms.ChoiceField(
        label="采集方式", choices=Survey.Method.choices, initial=Survey.Method.VISIT
    )
    collected_by = forms.ModelChoiceField(
        Person.objects.none(), label="采集人", empty_label="请选择采集人"
    )

    def __init__(self, *args, collectors, **kwargs):
        super().__init__(*args, **kwargs)
        offer(self.fields["collected_by"], collectors)

    def clean_surveyed_on(self):
        day = self.cleaned_data["surveyed_on"]
        if day > timezone.localdate():
            raise ValidationError(f"采集日期 {day} 晚于今天，请改正。")
        return day
