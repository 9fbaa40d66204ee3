"""What a person may type about staff."""

import re
from collections.abc import Mapping, Sequence

from django import forms
from django.core.exceptions import ValidationError
from django.utils import timezone

from assistants.models import Certificate, StaffFile, Training
from assistants.services import OFF_POST
from gridinspect.accounts.roles import POSTED_STAFF, Role
from gridinspect.accounts.rules import MALE, CitizenIdError, check_citizen_id
from gridinspect.documents.forms import EvidenceField
from gridinspect.imports import cleaning
from gridinspect.secrets import mask_id, mask_phone
from grids.forms import DayInput, GridField, effect_field, offer
from grids.models import Grid, QuotaIndex

LEVELS = {1: "一级", 2: "二级", 3: "三级", 4: "四级"}
ROLES = [(role, Role(role).label) for role in POSTED_STAFF]

PHONE = re.compile(r"\+?[\d(（][\d\s()（）转+-]{4,38}")

FILE_FIELDS = [
    "gender",
    "birth_date",
    "ethnicity",
    "political_status",
    "household",
    "education",
    "major",
    "school",
    "recruited_in",
    "eligibility",
    "agency",
    "retirement_category",
    "hire_date",
    "status",
    "work_phone",
    "emergency_contact",
    "remark",
]
SECTIONS = [
    (
        "身份",
        ["name", "id_number", "gender", "birth_date", "phone", "ethnicity"],
        "性别和出生日期由身份证号得出，可以不填。",
    ),
    ("岗位", ["role", "grid", "since"]),
    ("学历与户籍", ["education", "major", "school", "political_status", "household"]),
    (
        "录用",
        ["recruited_in", "eligibility", "agency", "hire_date", "status", "work_phone"],
    ),
    ("其他", ["retirement_category", "emergency_contact", "remark"]),
]


class IndexForm(forms.Form):
    """The 配置指数 of many grids, a field each, and the day from which they hold."""

    LARGEST = 99

    on = effect_field()

    def __init__(
        self,
        *args,
        grids: Sequence[Grid],
        present: Mapping[int, QuotaIndex],
        **kwargs,
    ):
        super().__init__(*args, **kwargs)
        self.grids = {self.name_of(grid): grid for grid in grids}
        range_said = f"配置指数应为 0 到 {self.LARGEST} 的整数，请核对。"
        for name, grid in self.grids.items():
            index = present.get(grid.pk)
            self.fields[name] = forms.IntegerField(
                label=grid.name,
                required=index is not None,
                initial=index and index.value,
                min_value=0,
                max_value=self.LARGEST,
                help_text=self._since(index),
                error_messages={
                    "required": "已有配置指数，没有名额请填 0。",
                    **dict.fromkeys(("invalid", "min_value", "max_value"), range_said),
                },
            )

    @staticmethod
    def name_of(grid: Grid) -> str:
        """Return the name of the field of a grid."""
        return f"index_{grid.pk}"

    @staticmethod
    def _since(index: QuotaIndex | None) -> str:
        if index is None:
            return "未录入"
        return f"自 {index.since}" + ("，示例值" if index.is_made_up else "")

    def clean_on(self):
        return self.cleaned_data["on"] or timezone.localdate()

    def clean(self):
        super().clean()
        if not self.errors and not self.said():
            raise ValidationError("没有改动，不用保存。")
        return self.cleaned_data

    def said(self) -> dict[Grid, int]:
        """Return the indexes that differ from those shown, by grid."""
        changed = [name for name in self.changed_data if name in self.grids]
        values = {name: self.cleaned_data.get(name) for name in changed}
        return {
            self.grids[name]: value
            for name, value in values.items()
            if value is not None
        }


class StaffForm(forms.ModelForm):
    """A personnel file with its person. Gender and birth follow from the ID number."""

    name = forms.CharField(label="姓名", max_length=60)
    id_number = forms.CharField(label="身份证号", max_length=30)
    phone = forms.CharField(label="联系电话", max_length=30, required=False)

    class Meta:
        model = StaffFile
        fields = FILE_FIELDS
        widgets = {
            "birth_date": DayInput,
            "hire_date": DayInput,
            "work_phone": forms.TextInput({"inputmode": "tel"}),
            "remark": forms.Textarea({"rows": 3}),
        }

    field_order = ["name", "id_number", "phone"]

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["work_phone"].help_text = "对外公开：印在人员分工图上。"

    def clean_name(self):
        return "".join(self.cleaned_data["name"].split())

    def clean_id_number(self):
        number = "".join(self.cleaned_data["id_number"].replace("-", "").split())
        self.citizen = None
        if not number:
            return ""
        try:
            self.citizen = check_citizen_id(number, today=timezone.localdate())
        except CitizenIdError as error:
            raise ValidationError(error.message) from error
        return self.citizen.number

    def clean_phone(self):
        try:
            setting = cleaning.Setting(timezone.localdate())
            return cleaning.phone(self.cleaned_data["phone"], setting) or ""
        except cleaning.Rejected as error:
            raise ValidationError(error.message) from error

    def clean_work_phone(self):
        number = self.cleaned_data["work_phone"].strip()
        if number and not PHONE.fullmatch(number):
            raise ValidationError(
                "办公电话应为数字，可带区号和分机，如 0371-60000000。"
            )
        return number

    def clean(self):
        super().clean()
        cleaned = self.cleaned_data
        citizen = getattr(self, "citizen", None)
        if citizen is None:
            return cleaned
        genders = StaffFile.Gender
        gender = genders.MALE if citizen.gender == MALE else genders.FEMALE
        if cleaned.get("gender") not in ("", None, gender):
            self.add_error("gender", f"与身份证号不符：身份证号为{citizen.gender}性。")
        born = cleaned.get("birth_date")
        if born and born != citizen.birth_date:
            self.add_error(
                "birth_date", f"与身份证号不符：身份证号为 {citizen.birth_date}。"
            )
        cleaned["gender"], cleaned["birth_date"] = gender, citizen.birth_date
        return cleaned


class HireForm(StaffForm):
    """A new file with its first post."""

    role = forms.ChoiceField(label="岗位", choices=ROLES, initial=Role.ASSISTANT)
    grid = GridField(label="所在网格")
    since = forms.DateField(
        label="上岗日期", widget=DayInput, initial=timezone.localdate
    )

    def __init__(self, *args, grids, **kwargs):
        super().__init__(*args, **kwargs)
        offer(self.fields["grid"], grids)


class ChangeForm(StaffForm):
    """A known file; both numbers stay as they are unless they are typed anew."""

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        person = self.instance.person
        self.fields["name"].initial = person.name
        number, phone = self.fields["id_number"], self.fields["phone"]
        number.required = False
        number.help_text = f"现为 {mask_id(person.id_number) or '空'}；不改请留空。"
        phone.help_text = f"现为 {mask_phone(person.phone) or '空'}；不改请留空。"

    def clean(self):
        super().clean()
        cleaned = self.cleaned_data
        has_number = self.instance.person.id_number and not cleaned.get("id_number")
        if has_number and {"gender", "birth_date"} & set(self.changed_data):
            raise ValidationError(
                "性别和出生日期由身份证号得出；要更正的，请重新输入身份证号。"
            )
        return cleaned


class PhotoForm(forms.Form):
    """A photograph of the person, or that the present one be taken away."""

    photo = EvidenceField(
        label="照片",
        images_only=True,
        required=False,
        help_text="JPG 或 PNG，近期证件照，印在人员分工图上；拍摄地点等信息不保存。",
    )
    remove = forms.BooleanField(label="撤下现有照片", required=False)

    def clean(self):
        photo, remove = (self.cleaned_data.get(key) for key in ("photo", "remove"))
        if not self.errors and bool(photo) == bool(remove):
            raise ValidationError("请选择一张照片，或者勾选“撤下现有照片”，二者取一。")
        return {"photo": photo}


class PostForm(forms.Form):
    """Where a person is posted, as what, from when."""

    role = forms.ChoiceField(label="岗位", choices=ROLES, initial=Role.ASSISTANT)
    grid = GridField(label="所在网格")
    since = forms.DateField(
        label="上岗日期", widget=DayInput, initial=timezone.localdate
    )

    def __init__(self, *args, grids, **kwargs):
        super().__init__(*args, **kwargs)
        offer(self.fields["grid"], grids)


class EndPostForm(forms.Form):
    """From when a person is no longer on a post, and what then."""

    until = forms.DateField(
        label="离岗日期",
        widget=DayInput,
        initial=timezone.localdate,
        help_text="从这一天起不再在岗。",
    )
    status = forms.ChoiceField(
        label="离岗后状态", choices=[(one.value, one.label) for one in OFF_POST]
    )


class TrainingForm(forms.ModelForm):
    class Meta:
        model = Training
        fields = ["kind", "finished_on", "passed", "certificate_number"]
        widgets = {"finished_on": DayInput}

    def clean_finished_on(self):
        return _not_later_than_today(self.cleaned_data["finished_on"])


class CertificateForm(forms.ModelForm):
    class Meta:
        model = Certificate
        fields = ["kind", "number", "valid_from", "valid_until"]
        widgets = {"valid_from": DayInput, "valid_until": DayInput}
        help_texts = {"valid_until": "有效期的最后一天。"}

    def clean(self):
        super().clean()
        cleaned = self.cleaned_data
        first, last = cleaned.get("valid_from"), cleaned.get("valid_until")
        if first and last and last <= first:
            self.add_error("valid_until", "有效期至必须晚于有效期自。")
        return cleaned


class RevealForm(forms.Form):
    """Why somebody must see the numbers in full."""

    reason = forms.CharField(
        label="查看理由",
        min_length=4,
        max_length=200,
        widget=forms.Textarea({"rows": 2}),
        help_text="理由与查看人、时间一并记入审计记录。",
        error_messages={"min_length": "请写明理由，至少 4 个字。"},
    )


class EstablishmentForm(forms.Form):
    """The search block of 人员配备."""

    on = forms.DateField(label="统计日期", widget=DayInput, required=False)
    kind = forms.ChoiceField(label="人员类别", required=False)
    level = forms.ChoiceField(
        label="网格级别",
        choices=[("", "全部"), *((str(n), name) for n, name in LEVELS.items())],
        required=False,
    )
    short = forms.BooleanField(label="只看缺员", required=False)

    def __init__(self, data, *, kinds):
        shown = {"on": timezone.localdate().isoformat()} | data.dict()
        super().__init__(shown)
        self.fields["kind"] = forms.ChoiceField(
            label="人员类别", choices=[("", "全部"), *kinds], required=False
        )

    def value(self, name, default=None):
        """Return what was asked for; nonsense in the address asks for nothing."""
        self.is_valid()
        return self.cleaned_data.get(name) or default


def _not_later_than_today(day):
    if day > timezone.localdate():
        raise ValidationError("结业日期不能晚于今天。")
    return day
