from django.apps import AppConfig


class SupervisionConfig(AppConfig):
    name = "enterprises.supervision"
    verbose_name = "分类监管"

    def ready(self):
        from enterprises.supervision import suppliers  # noqa: F401  (registers itself)
