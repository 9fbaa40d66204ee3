"""Who wrote a row down, and when: what every register of the office keeps."""

from django.conf import settings
from django.db import models


class Recorded(models.Model):
    """A row that somebody recorded; the account stays as long as the row does."""

    recorded_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+"
    )
    recorded_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        abstract = True
