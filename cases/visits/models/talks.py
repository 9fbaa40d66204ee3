"""普法宣传 and 工人反馈: what was told to people, and what people said."""

from uuid import uuid4

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.urls import reverse

from cases.visits.models.visits import Visit
from cases.visits.querysets import AtUnitQuerySet, FeedbackQuerySet
from enterprises.models import Enterprise
from gridinspect.constraints import paired
from gridinspect.documents.models import Attachment
from grids.models import Grid


class Publicity(models.Model):
    """Law and policy were explained to people (普法宣传), at a unit or anywhere."""

    client_id = models.UUIDField(unique=True, default=uuid4, editable=False)
    visit = models.OneToOneField(
        Visit, on_delete=models.PROTECT, related_name="publicity", null=True, blank=True
    )
    district = models.ForeignKey(Grid, on_delete=models.PROTECT, related_name="+")
    grid = models.ForeignKey(Grid, on_delete=models.PROTECT, related_name="+")
    enterprise = models.ForeignKey(
        Enterprise, on_delete=models.PROTECT, related_name="+", null=True, blank=True
    )
    held_on = models.DateField("日期")
    place = models.CharField("地点", max_length=200)
    audience = models.PositiveIntegerField("受众人数")
    material = models.CharField("宣传内容、材料", max_length=300)
    note = models.CharField("说明", max_length=500, blank=True)
    recorded_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+"
    )
    recorded_at = models.DateTimeField("入库时间", auto_now_add=True)

    objects = AtUnitQuerySet.as_manager()

    class Meta:
        verbose_name = "普法宣传"
        indexes = [
            models.Index(fields=["grid", "held_on"], name="visits_publicity_in_grid")
        ]

    def __str__(self) -> str:
        return f"{self.held_on} {self.place}"

    def get_absolute_url(self) -> str:
        return reverse("visits:publicity", args=[self.pk])

    @property
    def scope_path(self) -> str:
        return self.enterprise.grid.path if self.enterprise else self.grid.path


class PublicityPhoto(models.Model):
    """A photograph of where people were told."""

    publicity = models.ForeignKey(
        Publicity, on_delete=models.CASCADE, related_name="photos"
    )
    attachment = models.OneToOneField(
        Attachment, on_delete=models.PROTECT, related_name="+"
    )

    def __str__(self) -> str:
        return str(self.attachment)


class Feedback(models.Model):
    """What workers suggest, think or demand (建议、意见和要求), and the reply.

    Who said it is not kept: who complains of his own unit does so at the intake.
    """

    class Kind(models.TextChoices):
        SUGGESTION = "suggestion", "建议"
        OPINION = "opinion", "意见"
        DEMAND = "demand", "要求"

    class Route(models.TextChoices):
        SQUAD = "squad", "中队（街道）"
        BUREAU = "bureau", "区县机构"
        INTAKE = "intake", "受理人员"

    client_id = models.UUIDField(unique=True, default=uuid4, editable=False)
    visit = models.ForeignKey(
        Visit, on_delete=models.PROTECT, related_name="feedback", null=True, blank=True
    )
    district = models.ForeignKey(Grid, on_delete=models.PROTECT, related_name="+")
    grid = models.ForeignKey(Grid, on_delete=models.PROTECT, related_name="+")
    enterprise = models.ForeignKey(
        Enterprise, on_delete=models.PROTECT, related_name="+", null=True, blank=True
    )
    kind = models.CharField("类别", max_length=10, choices=Kind.choices)
    text = models.TextField("内容", max_length=2000)
    received_on = models.DateField("收到日期")
    route = models.CharField("转交", max_length=6, choices=Route.choices)
    routed_on = models.DateField("转交日期")
    reply = models.TextField("答复", blank=True)
    replied_on = models.DateField("答复日期", null=True, blank=True)
    replied_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+", null=True
    )
    recorded_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+"
    )
    recorded_at = models.DateTimeField("入库时间", auto_now_add=True)

    objects = FeedbackQuerySet.as_manager()

    class Meta:
        verbose_name = "工人反馈"
        indexes = [
            models.Index(fields=["grid", "received_on"], name="visits_feedback_in_grid")
        ]
        constraints = [
            paired("replied_on", "replied_by"),
            models.CheckConstraint(
                condition=Q(replied_on=None, reply="")
                | (Q(replied_on__isnull=False) & ~Q(reply="")),
                name="visits_feedback_replied_in_words",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()}：{self.text[:30]}"

    def get_absolute_url(self) -> str:
        return reverse("visits:feedback", args=[self.pk])

    @property
    def scope_path(self) -> str:
        return self.enterprise.grid.path if self.enterprise else self.grid.path
