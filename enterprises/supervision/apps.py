from django.apps import AppConfig


class SupervisionConfig(AppConfig):
    name = "enterprises.supervision"
    verbose_name = "分类监管"

    def ready(self):
        from enterprises.supervision import (  # noqa: F401  (register themselves)
            suppliers,
            wage_suppliers,
        )
