from django.apps import AppConfig


class WarningsConfig(AppConfig):
    name = "reports.warnings"
    verbose_name = "预警"
