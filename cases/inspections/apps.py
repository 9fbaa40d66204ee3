from django.apps import AppConfig


class InspectionsConfig(AppConfig):
    name = "cases.inspections"
    verbose_name = "行政检查"

    def ready(self):
        from cases.inspections import moving  # noqa: F401  (registers itself)
