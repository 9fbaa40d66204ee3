"""What a person has chosen for the look of the pages."""

from django.conf import settings
from django.db import models


class Preference(models.Model):
    """One choice of one person, such as the columns of one list."""

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.CASCADE, related_name="preferences"
    )
    key = models.CharField("项目", max_length=100)
    value = models.JSONField("内容", default=dict)

    class Meta:
        verbose_name = "界面偏好"
        constraints = [
            models.UniqueConstraint(fields=["user", "key"], name="ui_preference_once")
        ]

    def __str__(self) -> str:
        return self.key
