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


class SavedFilter(models.Model):
    """A search of a list under a name (常用查询), one's own or a whole place's."""

    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.CASCADE, related_name="saved_filters"
    )
    list_name = models.CharField(max_length=60)  # the name of the table
    title = models.CharField("名称", max_length=40)
    query = models.CharField("条件", max_length=2000)
    shared_path = models.CharField(max_length=200, blank=True)  # of whom it is for
    made_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        verbose_name = "常用查询"
        ordering = ["title", "pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["owner", "list_name", "title"], name="ui_savedfilter_once"
            )
        ]

    def __str__(self) -> str:
        return self.title
