from django import forms
from django.apps import AppConfig
from django.utils.module_loading import autodiscover_modules

# Django says what is wrong (这个字段是必填项), clerks want a remedy.
REMEDIES: dict[type[forms.Field], dict[str, str]] = {
    forms.Field: {
        "required": "请填写此项。",
        "max_length": "最多 %(limit_value)d 个字，现有 %(show_value)d 个字，请缩短。",
        "min_value": "不能小于 %(limit_value)s，请改正。",
        "max_value": "不能大于 %(limit_value)s，请改正。",
    },
    forms.ChoiceField: {"required": "请选择此项。"},
    forms.IntegerField: {"invalid": "应填写整数，请改正。"},
    forms.DecimalField: {
        "invalid": "应填写数字，请改正。",
        "max_digits": "数字大得不可能，请核对。",
        "max_whole_digits": "数字大得不可能，请核对。",
        "max_decimal_places": "最多 %(max)s 位小数，请改正。",
    },
    forms.DateField: {"invalid": "没有这一天，请写成 2026-07-26 的样子。"},
    forms.EmailField: {"invalid": "邮箱地址不完整，请核对。"},
}


class UiConfig(AppConfig):
    name = "gridinspect.ui"
    label = "ui"
    verbose_name = "界面"

    def ready(self) -> None:
        """Let every app add its menu entries, tabs and workbench lines."""
        for kind, said in REMEDIES.items():
            kind.default_error_messages = {**kind.default_error_messages, **said}
        autodiscover_modules("ui")
