"""What somebody found of a unit's status, until the bureau has decided on it."""

from django.conf import settings
from django.db import models
from django.db.models import Q

from enterprises.models.files import Enterprise
from gridinspect.accounts.roles import Permission
from gridinspect.constraints import paired
from gridinspect.documents.models import Attachment
from gridinspect.scope import ScopedQuerySet
from grids.models import Grid


class StatusProposalQuerySet(ScopedQuerySet):
    path_field = "enterprise__grid__path"
    view_permission = Permission.ENTERPRISE_VIEW

    def waiting(self):
        """Keep what nobody has decided yet."""
        return self.filter(state=StatusProposal.State.WAITING)


class StatusProposal(models.Model):
    """Somebody on site says that a unit's status has changed (状态变更建议)."""

    class State(models.TextChoices):
        WAITING = "waiting", "待处理"
        ACCEPTED = "accepted", "已采纳"
        REFUSED = "refused", "未采纳"

    enterprise = models.ForeignKey(
        Enterprise, on_delete=models.CASCADE, related_name="status_proposals"
    )
    district = models.ForeignKey(Grid, on_delete=models.PROTECT, related_name="+")
    status = models.CharField(
        "建议状态", max_length=10, choices=Enterprise.Status.choices
    )
    since = models.DateField("发生日期")
    reason = models.CharField("情况说明", max_length=200)
    origin = models.CharField("来源", max_length=60, blank=True)  # 走访 2026-11-20
    evidence = models.ForeignKey(
        Attachment, on_delete=models.PROTECT, null=True, related_name="+"
    )
    state = models.CharField(
        "处理", max_length=8, choices=State.choices, default=State.WAITING
    )
    proposed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.PROTECT,
        related_name="+",
        verbose_name="提出人",
    )
    proposed_at = models.DateTimeField("提出时间", auto_now_add=True)
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+"
    )
    decided_at = models.DateTimeField("处理时间", null=True)
    answer = models.CharField("处理意见", max_length=200, blank=True)

    objects = StatusProposalQuerySet.as_manager()

    class Meta:
        verbose_name = "状态变更建议"
        ordering = ["-pk"]
        indexes = [
            models.Index(
                fields=["district"],
                name="enterprises_proposal_waiting",
                condition=Q(state="waiting"),
            )
        ]
        constraints = [
            paired("decided_at", "decided_by"),
            models.CheckConstraint(
                condition=Q(state="waiting", decided_at__isnull=True)
                | Q(state__in=["accepted", "refused"], decided_at__isnull=False),
                name="enterprises_statusproposal_decided_has_day",
            ),
            models.UniqueConstraint(
                fields=["enterprise", "status"],
                condition=Q(state="waiting"),
                name="enterprises_statusproposal_one_waiting",
            ),
        ]

    def __str__(self):
        return f"{self.enterprise} {self.get_status_display()}"

    @property
    def scope_path(self) -> str:
        return self.enterprise.scope_path
