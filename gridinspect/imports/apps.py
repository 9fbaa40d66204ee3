from django.apps import AppConfig
from django.utils.module_loading import autodiscover_modules


class ImportsConfig(AppConfig):
    name = "gridinspect.imports"
    verbose_name = "导入"

    def ready(self):
        autodiscover_modules("resources", "kinds")  # a kind of import is in either
