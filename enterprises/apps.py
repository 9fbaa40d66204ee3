from django.apps import AppConfig


class EnterprisesConfig(AppConfig):
    name = "enterprises"
    verbose_name = "用人单位"

    def ready(self):
        from enterprises import moving  # noqa: F401  (registers itself)
