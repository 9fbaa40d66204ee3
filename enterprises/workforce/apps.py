from django.apps import AppConfig


class WorkforceConfig(AppConfig):
    name = "enterprises.workforce"
    verbose_name = "职工与用工备案"
