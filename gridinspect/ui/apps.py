from django.apps import AppConfig
from django.utils.module_loading import autodiscover_modules


class UiConfig(AppConfig):
    name = "gridinspect.ui"
    label = "ui"
    verbose_name = "界面"

    def ready(self) -> None:
        """Let every app add its menu entries, tabs and workbench lines."""
        autodiscover_modules("ui")
