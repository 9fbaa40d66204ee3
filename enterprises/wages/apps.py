from django.apps import AppConfig


class WagesConfig(AppConfig):
    name = "enterprises.wages"
    verbose_name = "工资与工程项目"

    def ready(self):
        from enterprises.wages import jurisdiction, moving  # noqa: F401  (register)
