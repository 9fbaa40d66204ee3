from django.apps import AppConfig


class AuditConfig(AppConfig):
    name = "gridinspect.audit"
    verbose_name = "审计"
