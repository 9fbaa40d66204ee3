"""Plans, their clauses, where they are in force, and what districts add to them."""

from django.conf import settings
from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import RangeOperators
from django.db import models
from django.db.models import Q
from django.urls import reverse

from gridinspect.constraints import ordered
from grids.models.tree import Days, Grid
from grids.querysets import (
    DatedQuerySet,
    PolicyDraftQuerySet,
)


class Policy(models.Model):
    """One version of a published plan, or of a layer of law. Never changed."""

    class Layer(models.TextChoices):
        NATIONAL = "national", "国家"
        PROVINCE = "province", "省"
        PLAN = "plan", "实施方案"

    slug = models.CharField(max_length=40)
    version = models.PositiveSmallIntegerField()
    title = models.CharField("名称", max_length=200)
    layer = models.CharField("层级", max_length=10, choices=Layer.choices)
    province = models.CharField("省份", max_length=20, blank=True)
    effective_from = models.DateField("施行日期", null=True)
    sha256 = models.CharField(max_length=64)
    document = models.JSONField()  # PolicyValues.to_json()
    loaded_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["layer", "slug", "version"]
        constraints = [
            models.UniqueConstraint(
                fields=["slug", "version"], name="grids_policy_unique"
            )
        ]

    def __str__(self):
        return f"{self.title}（第 {self.version} 版）"

    def get_absolute_url(self):
        return reverse("grids:policy", args=[self.pk])


class PolicyClause(models.Model):
    """One clause of a policy: its words, and what they mean for the program."""

    class Kind(models.TextChoices):
        RULE = "rule", "规则取值"
        DUTY = "duty", "系统职能"
        TARGET = "target", "考核目标"
        WORDS = "words", "文字说明"

    policy = models.ForeignKey(Policy, on_delete=models.CASCADE, related_name="clauses")
    number = models.CharField("条款", max_length=10)
    order = models.PositiveSmallIntegerField()
    quote = models.TextField("原文")
    meaning = models.TextField("含义")
    kind = models.CharField("类别", max_length=10, choices=Kind.choices)

    class Meta:
        ordering = ["policy", "order"]
        constraints = [
            models.UniqueConstraint(
                fields=["policy", "number"], name="grids_policyclause_unique"
            )
        ]

    def __str__(self):
        return self.number


class PolicyInForce(models.Model):
    """A district is under a plan for a while; its phases count from a start."""

    district = models.ForeignKey(
        Grid, on_delete=models.PROTECT, related_name="policies"
    )
    policy = models.ForeignKey(
        Policy, on_delete=models.PROTECT, related_name="adoptions"
    )
    since = models.DateField("施行自")
    until = models.DateField("施行至", null=True, blank=True)
    programme_start = models.DateField("阶段起算日", null=True, blank=True)

    objects = DatedQuerySet.as_manager()

    class Meta:
        constraints = [
            ordered("since", "until"),
            ExclusionConstraint(
                name="grids_policyinforce_one_at_a_time",
                expressions=[
                    ("district", RangeOperators.EQUAL),
                    (Days(), RangeOperators.OVERLAPS),
                ],
            ),
        ]

    def __str__(self):
        return f"{self.district}：{self.policy}"


class PolicyDraft(models.Model):
    """A plan that is being written, until it is published as a version.

    `path` is the place whose people write it; `edition` tells two writers apart.
    """

    base = models.ForeignKey(
        Policy, on_delete=models.PROTECT, null=True, related_name="drafts"
    )
    slug = models.CharField("政策编号", max_length=40)
    version = models.PositiveSmallIntegerField("版本")
    title = models.CharField("名称", max_length=200)
    document = models.JSONField()  # PolicyValues.to_json(), always one that parses
    path = models.CharField(max_length=120)
    edition = models.PositiveIntegerField(default=1)
    edited_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.PROTECT,
        related_name="+",
        verbose_name="最后编辑",
    )
    changed_at = models.DateTimeField("编辑时间", auto_now=True)

    objects = PolicyDraftQuerySet.as_manager()

    class Meta:
        ordering = ["-changed_at"]

    def __str__(self):
        return f"{self.title}（第 {self.version} 版草稿）"

    def get_absolute_url(self):
        return reverse("grids:draft", args=[self.pk])

    @property
    def scope_path(self) -> str:
        return self.path


class QuotaIndex(models.Model):
    """How many assistants a community is given (配置指数), where the plan says so."""

    grid = models.ForeignKey(
        Grid, on_delete=models.PROTECT, related_name="quota_indexes"
    )
    value = models.PositiveSmallIntegerField("配置指数")
    is_made_up = models.BooleanField("示例值", default=False)
    since = models.DateField()
    until = models.DateField(null=True, blank=True)

    objects = DatedQuerySet.as_manager()

    class Meta:
        constraints = [
            ordered("since", "until"),
            models.UniqueConstraint(
                fields=["grid"],
                condition=Q(until=None),
                name="grids_quotaindex_one_open",
            ),
        ]

    def __str__(self):
        return f"{self.grid}：{self.value}"
