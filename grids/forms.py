"""What a person may type about grids; a grid itself is chosen by code or by name."""

import re
from collections.abc import Callable
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.urls import reverse_lazy
from django.utils import timezone

from grids.models import City, Grid
from grids.services import codes

WITH_CODE = re.compile(r"（([^（）]+)）$")  # 淮河路街道（410103001000）


def spelled(grid: Grid) -> str:
    """Return how a grid stands in a field: its name with its code."""
    return f"{grid.name}（{grid.code}）"


def add_refusal(form: forms.BaseForm, error: ValidationError) -> None:
    """Show why a service refused, at the field it is about where there is one."""
    if not hasattr(error, "error_dict"):
        form.add_error(None, error)
        return
    for field, errors in error.error_dict.items():
        form.add_error(field if field in form.fields else None, errors)


def carried_out(form: forms.BaseForm, act: Callable[..., Any]) -> Any:
    """Do what a valid form says and return what came of it; None if it was refused."""
    if not form.is_valid():
        return None
    try:
        return act(**form.cleaned_data)
    except ValidationError as error:
        add_refusal(form, error)
        return None


def offer(field, queryset) -> None:
    """Let a field choose among these rows."""
    field.queryset = queryset


class GridInput(forms.TextInput):
    """A text field that suggests grids while one types; it also works without."""

    template_name = "grids/_grid_input.html"

    def get_context(self, name, value, attrs):
        context = super().get_context(name, value, attrs)
        context["options_url"] = f"{reverse_lazy('grids:options')}?field={name}"
        return context

    def format_value(self, value):
        return (
            spelled(value) if isinstance(value, Grid) else super().format_value(value)
        )


class GridField(forms.CharField):
    """A grid among `queryset`, typed as its code, its name, or both."""

    widget = GridInput
    default_error_messages = {"required": "请选择网格。"}

    def __init__(self, *, queryset=None, **kwargs):
        kwargs.setdefault("max_length", 100)
        kwargs.setdefault("help_text", "输入编码、名称或拼音首字母后从列表选择。")
        super().__init__(**kwargs)
        self.queryset = Grid.objects.none() if queryset is None else queryset

    def prepare_value(self, value):
        return spelled(value) if isinstance(value, Grid) else value

    def clean(self, value):
        text = super().clean(value)
        return self._find(text) if text else None

    def _find(self, text: str) -> Grid:
        code = found[1] if (found := WITH_CODE.search(text)) else text
        grids = self.queryset.select_related("parent", "district")
        if grid := grids.filter(code=code).first():
            return grid
        named = (
            list(grids.filter(name=text)[:4])
            or list(grids.filter(periods__code=code).distinct()[:4])
            or list(grids.matching(text)[:4])
        )
        if len(named) == 1:
            return named[0]
        if named:
            names = "、".join(spelled(grid) for grid in named[:3])
            raise ValidationError(f"“{text}”对应几个网格：{names}。请写明编码。")
        raise ValidationError(f"您的辖区内没有网格“{text}”，请从列表中选择。")


class DayInput(forms.DateInput):
    input_type = "date"

    def __init__(self, **kwargs):
        super().__init__(format="%Y-%m-%d", **kwargs)


def effect_field() -> forms.DateField:
    """Return the field for the day from which an act holds, today when left empty."""
    return forms.DateField(
        label="生效日期",
        widget=DayInput,
        initial=timezone.localdate,
        required=False,
        help_text="从这一天起按新的情况统计；以前日期的统计不变。留空为今天。",
    )


class CreateGridForm(forms.Form):
    """What `tree.create_grid` asks for; without a code one is suggested."""

    parent = GridField(label="上级网格", required=False)
    city = forms.ModelChoiceField(
        City.objects.none(),
        label="地市",
        required=False,
        help_text="只在新增区县或功能区时选择。",
    )
    name = forms.CharField(label="网格名称", max_length=60)
    kind = forms.ChoiceField(label="类型", choices=Grid.Kind.choices)
    division_code = forms.RegexField(
        r"^\d{12}$",
        label="统计用区划代码",
        required=False,
        error_messages={"invalid": "统计用区划代码应为 12 位数字。"},
    )
    code = forms.CharField(
        label="网格编码",
        max_length=20,
        required=False,
        help_text="留空时取区划代码；没有区划代码的，取上级编码加三位序号。",
    )
    opened_on = forms.DateField(
        label="启用日期", widget=DayInput, initial=timezone.localdate
    )

    def __init__(self, *args, parents, cities, **kwargs):
        super().__init__(*args, **kwargs)
        offer(self.fields["parent"], parents)
        offer(self.fields["city"], cities)
        if not cities:
            del self.fields["city"]
            self.fields["parent"].required = True

    def clean(self):
        super().clean()
        cleaned = self.cleaned_data
        if self.errors:
            return cleaned
        parent = cleaned["parent"]
        cleaned["city"] = parent.city if parent else cleaned.get("city")
        if not cleaned["city"]:
            raise ValidationError("请选择上级网格；新增区县或功能区的，请选择地市。")
        cleaned["code"] = cleaned["code"] or codes.suggest_code(
            parent, cleaned["division_code"]
        )
        if not cleaned["code"]:
            self.add_error("code", "请填写网格编码。")
        return cleaned


class ChangeGridForm(forms.Form):
    """Another name or code for a grid."""

    name = forms.CharField(label="网格名称", max_length=60)
    code = forms.CharField(label="网格编码", max_length=20)
    on = effect_field()


class CloseGridForm(forms.Form):
    """From which day a grid is closed, and which one takes over."""

    closed_on = forms.DateField(
        label="停用日期",
        widget=DayInput,
        initial=timezone.localdate,
        help_text="从这一天起不再使用。",
    )
    successor = GridField(label="接续网格", required=False)

    def __init__(self, *args, heirs, **kwargs):
        super().__init__(*args, **kwargs)
        offer(self.fields["successor"], heirs)


class MoveGridForm(forms.Form):
    """Under which grid of the same district a grid shall hang."""

    parent = GridField(label="新的上级网格")
    on = effect_field()

    def __init__(self, *args, parents, **kwargs):
        super().__init__(*args, **kwargs)
        offer(self.fields["parent"], parents)
