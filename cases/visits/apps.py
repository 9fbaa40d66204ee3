from django.apps import AppConfig


class VisitsConfig(AppConfig):
    name = "cases.visits"
    verbose_name = "走访"

    def ready(self):
        from cases.visits import moving  # noqa: F401  (registers itself)
