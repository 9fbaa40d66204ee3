from django.apps import AppConfig


class InspectionsConfig(AppConfig):
    name = "cases.inspections"
    verbose_name = "行政检查"
