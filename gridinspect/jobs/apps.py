from django.apps import AppConfig
from django.utils.module_loading import autodiscover_modules


class JobsConfig(AppConfig):
    name = "gridinspect.jobs"
    verbose_name = "任务"

    def ready(self):
        autodiscover_modules("tasks")  # where the handlers are
