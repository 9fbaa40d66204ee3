from django.apps import AppConfig


class VisitsConfig(AppConfig):
    name = "cases.visits"
    verbose_name = "走访"
