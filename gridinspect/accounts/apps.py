from django.apps import AppConfig


class AccountsConfig(AppConfig):
    name = "gridinspect.accounts"
    verbose_name = "人员与账号"
