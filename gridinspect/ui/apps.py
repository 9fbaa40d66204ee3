from django.apps import AppConfig
from django.forms import ChoiceField, Field
from django.utils.module_loading import autodiscover_modules


class UiConfig(AppConfig):
    name = "gridinspect.ui"
    label = "ui"
    verbose_name = "界面"

    def ready(self) -> None:
        """Let every app add its menu entries, tabs and workbench lines."""
        # Django says what is wrong (这个字段是必填项), clerks want a remedy.
        Field.default_error_messages["required"] = "请填写此项。"
        ChoiceField.default_error_messages["required"] = "请选择此项。"
        autodiscover_modules("ui")
