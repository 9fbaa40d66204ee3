from django.apps import AppConfig


class DocumentsConfig(AppConfig):
    name = "gridinspect.documents"
    label = "documents"
    verbose_name = "文件档案"
