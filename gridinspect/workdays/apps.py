from django.apps import AppConfig


class WorkdaysConfig(AppConfig):
    name = "gridinspect.workdays"
    verbose_name = "工作日历"
