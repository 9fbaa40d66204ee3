from django.apps import AppConfig


class WarningsConfig(AppConfig):
    name = "reports.warnings"
    verbose_name = "预警"

    def ready(self):
        from reports.warnings import suppliers  # noqa: F401  (registers itself)
