"""What an administrator may type about accounts and their posts."""

import re
from typing import cast

from django import forms
from django.core.exceptions import ValidationError
from django.utils import timezone

from gridinspect.accounts.models import User
from gridinspect.accounts.rules import CitizenIdError, check_citizen_id
from grids import staff_accounts
from grids.forms import DayInput, GridField, offer
from grids.models import City

PHONE = re.compile(r"^[\d\-+ ]{7,20}$")


class PostForm(forms.Form):
    """A role at a grid or in a whole city, from a day on."""

    role = forms.ChoiceField(label="岗位")
    grid = GridField(label="所在网格", required=False)
    city = forms.ModelChoiceField(
        City.objects.none(),
        label="地市",
        required=False,
        help_text="只在岗位管辖整个地市时选择。",
    )
    since = forms.DateField(
        label="上岗日期", widget=DayInput, initial=timezone.localdate
    )

    def __init__(self, *args, by: User, **kwargs):
        super().__init__(*args, **kwargs)
        self.by = by
        roles = staff_accounts.grantable_roles(by)
        offered = cast("forms.ChoiceField", self.fields["role"])
        offered.choices = [(role.value, role.label) for role in roles]
        offer(self.fields["grid"], staff_accounts.grids_managed_by(by))
        cities = staff_accounts.cities_managed_by(by)
        offer(self.fields["city"], cities)
        if not cities:
            del self.fields["city"]
            self.fields["grid"].required = True

    def clean(self):
        super().clean()
        cleaned = self.cleaned_data
        if self.errors:
            return cleaned
        grid, city = cleaned.get("grid"), cleaned.pop("city", None)
        if bool(grid) == bool(city):
            raise ValidationError("请选择所在网格或者地市，二者取一。")
        cleaned["place"] = cleaned.pop("grid") or city
        if not staff_accounts.may_grant(self.by, cleaned["role"], at=cleaned["place"]):
            self.add_error("role", "您不能在该处授予这个岗位。")
        return cleaned


class UsernameForm(forms.Form):
    """A free name to sign in with."""

    username = forms.RegexField(
        r"^[A-Za-z0-9_.-]{3,60}$",
        label="用户名",
        help_text="3 位以上，由字母、数字、点、横线组成，不要用身份证号。",
        error_messages={"invalid": "用户名只能用字母、数字、点和横线，至少 3 位。"},
    )

    def clean_username(self):
        username = self.cleaned_data["username"]
        if User.objects.filter(username__iexact=username).exists():
            raise ValidationError("该用户名已有人使用，请换一个。")
        return username


class OpenAccountForm(UsernameForm, PostForm):
    """An account with its first post, for somebody new or known by ID number."""

    name = forms.CharField(label="姓名", max_length=60)
    id_number = forms.CharField(
        label="身份证号",
        max_length=18,
        required=False,
        help_text="已在人员档案中的，填写身份证号即可对上。",
    )
    phone = forms.RegexField(
        PHONE,
        label="联系电话",
        required=False,
        error_messages={"invalid": "联系电话只能是数字和横线。"},
    )

    def clean_id_number(self):
        text = self.cleaned_data["id_number"].strip()
        if not text:
            return ""
        try:
            return check_citizen_id(text, today=timezone.localdate()).number
        except CitizenIdError as error:
            raise ValidationError(error.message) from error


class EndPostForm(forms.Form):
    """When a post ends."""

    until = forms.DateField(
        label="离岗日期",
        widget=DayInput,
        help_text="从这一天起不再在岗，同时失去该岗位的权限。",
    )
