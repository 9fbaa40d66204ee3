"""What a person may type about a unit, and how it is cleaned."""

import re

from django import forms
from django.core.exceptions import ValidationError
from django.urls import reverse
from django.utils import timezone

from enterprises.industries import check_industry, grouped_choices, industry_name
from enterprises.models import Enterprise, Survey
from enterprises.rules import CodeError, check_old_registration_number, check_uscc
from enterprises.services.files import FILE_FIELDS
from enterprises.vocabulary import AFFILIATIONS, REGISTRATION_TYPES
from gridinspect.accounts.models import Person
from gridinspect.imports import cleaning
from gridinspect.imports.cleaning import plain
from gridinspect.secrets import mask_phone
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
            "founded_on",
            "headcount",
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
    ("联系人", ["legal_representative", "contact_name", "contact_phone"]),
    ("来源与档案", ["source", "paper_file_place", "remark"]),
]


def _cleaned(cleaner, value):
    """Clean a value as an import would, so that a page accepts what a sheet does."""
    try:
        result = cleaner(value, cleaning.Setting(today=timezone.localdate()))
    except cleaning.Rejected as error:
        raise ValidationError(error.message, code=error.code) from None
    return getattr(result, "value", result)


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
    contact_phone = forms.CharField(label="联系电话", max_length=40, required=False)

    class Meta:
        model = Enterprise
        fields = sorted(FILE_FIELDS | {"status"})
        widgets = {
            "founded_on": DayInput(),
            "remark": forms.Textarea(attrs={"rows": 3}),
        }

    def __init__(self, *args, grids, **kwargs):
        super().__init__(*args, **kwargs)
        offer(self.fields["grid"], grids)
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
        return _cleaned(cleaning.phone, self.cleaned_data["contact_phone"]) or ""

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
        names = (FILE_FIELDS | {"status", "grid", "known_since"}) & set(
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
        self.initial["contact_phone"] = ""  # nobody reads it off the form
        self.initial |= typed or {}  # shown again as it stood, without being checked
        if unit.contact_phone:
            phone = self.fields["contact_phone"]
            phone.help_text = (
                f"现为 {mask_phone(unit.contact_phone)}，不改请留空；删除请填“无”。"
            )

    def clean_contact_phone(self):
        typed = plain(self.cleaned_data["contact_phone"])
        self.phone_given = bool(typed)
        return "" if typed == "无" else super().clean_contact_phone()

    def clean(self):
        super().clean()
        cleaned = self.cleaned_data
        moved = cleaned.get("grid") and cleaned["grid"].pk != self.instance.grid_id
        if cleaned.get("grid_since") and not moved and "grid" not in self.errors:
            cleaned["grid_since"] = None
        return cleaned

    def act(self) -> dict:
        """Return what `change_enterprise` asks for."""
        names = FILE_FIELDS | {"status", "grid", "edition"}
        names |= {"grid_since", "status_since", "status_reason"}
        if not self.phone_given:
            names -= {"contact_phone"}
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


class SurveyHeadForm(forms.Form):
    """Who surveyed the unit, when and how: the head of the paper form."""

    surveyed_on = forms.DateField(
        label="采集日期", widget=DayInput, initial=timezone.localdate
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
