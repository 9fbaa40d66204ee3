from django.apps import AppConfig


class ReportsConfig(AppConfig):
    name = "reports"
    verbose_name = "报告"

    def ready(self):
        from reports import shifts  # noqa: F401  (registers itself)
        from reports.programme import moving  # noqa: F401
