from django.apps import AppConfig


class CasesConfig(AppConfig):
    name = "cases"
    verbose_name = "案件"

    def ready(self):
        from cases import facts, moving  # noqa: F401  (they register themselves)
