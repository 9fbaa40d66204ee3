from django.apps import AppConfig


class SupervisionConfig(AppConfig):
    name = "enterprises.supervision"
    verbose_name = "分类监管"
