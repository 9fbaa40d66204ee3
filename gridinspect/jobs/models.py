import uuid
from datetime import timedelta

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.urls import reverse
from django.utils import timezone

from gridinspect.accounts.roles import Permission
from gridinspect.scope import within_paths

LEASE = timedelta(seconds=20)  # a worker silent for longer is taken for dead
ATTEMPTS = 3  # and after so many dead workers the job is to blame


class JobQuerySet(models.QuerySet):
    def visible_to(self, user):
        """Keep the user's own jobs and, for administrators, those of their places."""
        paths = user.scope_paths(Permission.JOB_VIEW_ALL)
        return self.filter(Q(owner=user) | within_paths(paths, "path"))

    def claimable(self, *, now):
        """Keep the jobs that wait, or whose worker fell silent."""
        state = Job.State
        return self.filter(
            Q(state=state.QUEUED) | Q(state=state.RUNNING, lease_until__lt=now)
        )

    def claim(self, pk, *, now):
        """Take a job for this worker; return None if it is done or in other hands.

        One conditional UPDATE decides: of two deliveries of one message, one wins.
        The token is new with every claim and fences whatever an older worker writes.
        """
        token = uuid.uuid4()
        taken = (
            self.claimable(now=now)
            .filter(pk=pk, attempts__lt=ATTEMPTS)
            .update(
                state=Job.State.RUNNING,
                token=token,
                lease_until=now + LEASE,
                attempts=F("attempts") + 1,
                started_at=now,
            )
        )
        return self.get(pk=pk, token=token) if taken else None


class Job(models.Model):
    """One piece of background work, from the request to its end."""

    class State(models.TextChoices):
        QUEUED = "queued", "等待"
        RUNNING = "running", "进行中"
        DONE = "done", "完成"
        FAILED = "failed", "失败"
        CANCELLED = "cancelled", "已取消"

    kind = models.CharField(max_length=40)
    title = models.CharField("任务", max_length=200)
    params = models.JSONField(default=dict)
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="jobs"
    )
    path = models.CharField(max_length=200, db_index=True)
    key = models.CharField(max_length=120, null=True, unique=True)
    state = models.CharField(
        "状态", max_length=10, choices=State.choices, default=State.QUEUED
    )
    attempts = models.PositiveSmallIntegerField(default=0)
    token = models.UUIDField(null=True)
    lease_until = models.DateTimeField(null=True)
    cancel_asked = models.BooleanField(default=False)
    done = models.PositiveIntegerField(default=0)
    total = models.PositiveIntegerField(default=0)
    message = models.CharField(max_length=300, blank=True)
    log = models.JSONField(default=list)  # [[instant, line], …]
    result = models.JSONField(default=dict)  # {"url": …, "text": …, …}
    created_at = models.DateTimeField("提交时间", default=timezone.now)
    started_at = models.DateTimeField(null=True)
    finished_at = models.DateTimeField("结束时间", null=True)

    objects = JobQuerySet.as_manager()

    class Meta:
        ordering = ["-pk"]
        indexes = [
            models.Index(
                fields=["lease_until"],
                name="jobs_job_unfinished",
                condition=Q(state__in=["queued", "running"]),
            )
        ]

    def __str__(self):
        return self.title

    def get_absolute_url(self):
        return reverse("jobs:detail", args=[self.pk])

    @property
    def scope_path(self) -> str:
        return self.path

    @property
    def is_over(self) -> bool:
        return self.state in (self.State.DONE, self.State.FAILED, self.State.CANCELLED)

    @property
    def percent(self) -> int:
        if self.state == self.State.DONE:
            return 100
        return min(100, 100 * self.done // self.total) if self.total else 0
