from django.conf import settings
from django.db import models

from gridinspect.accounts.roles import Permission
from gridinspect.scope import ScopedQuerySet


class EventQuerySet(ScopedQuerySet):
    path_field = "path"
    view_permission = Permission.AUDIT_VIEW

    def about(self, target: models.Model):
        return self.filter(target_type=target._meta.label, target_id=str(target.pk))


class Event(models.Model):
    """One act of one person, as it happened. Rows are only ever added."""

    at = models.DateTimeField("时间", auto_now_add=True, db_index=True)
    actor = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+"
    )
    actor_name = models.CharField("人员", max_length=60)
    verb = models.CharField("动作", max_length=60, db_index=True)
    target_type = models.CharField(max_length=60)
    target_id = models.CharField(max_length=40)
    target_name = models.CharField("对象", max_length=200)
    path = models.CharField(max_length=200, blank=True)
    data = models.JSONField("内容", default=dict)
    rows = models.JSONField(default=list)  # a bulk act: one entry for each object

    objects = EventQuerySet.as_manager()

    class Meta:
        indexes = [
            models.Index(
                fields=["target_type", "target_id"], name="audit_event_by_target"
            ),
            models.Index(
                fields=["path"],
                name="audit_event_by_path",
                opclasses=["varchar_pattern_ops"],
            ),
        ]

    def __str__(self):
        return f"{self.verb} {self.target_name}"


class Seal(models.Model):
    """A digest over the events since the last seal and over that seal itself.

    Changing or removing one event, or one seal, breaks every digest after it.
    """

    last_event_id = models.BigIntegerField()
    events = models.PositiveIntegerField()
    digest = models.CharField(max_length=64)
    sealed_at = models.DateTimeField(auto_now_add=True)

    def __str__(self):
        return f"{self.last_event_id} {self.digest[:12]}"
