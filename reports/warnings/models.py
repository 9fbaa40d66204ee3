"""Warnings of units, how their colour went, and what was found on looking into them."""

from datetime import date

from django.conf import settings
from django.db import models
from django.db.models import F, OuterRef, Q, Subquery
from django.urls import reverse

from enterprises.models import Enterprise
from gridinspect.accounts.roles import Permission
from gridinspect.documents.models import Attachment
from gridinspect.scope import ScopedQuerySet
from grids.models import Grid, Policy, Task
from grids.policy import COLOURS

USER = settings.AUTH_USER_MODEL


class WarningQuerySet(ScopedQuerySet):
    path_field = "enterprise__grid__path"
    view_permission = Permission.EARLY_WARNING_VIEW

    def visible_to(self, user):
        """Keep the warnings of the user's places; secret ones for those who may know.

        A secret one tells of complaints (security.md T03).
        """
        rows = super().visible_to(user)
        knows = Q(is_secret=False)
        for path in user.scope_paths(Permission.KEY_REASON_VIEW):
            knows |= Q(enterprise__grid__path__startswith=path)
        return rows.filter(knows)

    def standing(self):
        """Keep the warnings whose facts still hold."""
        return self.filter(until=None)

    def on(self, day: date):
        """Keep the warnings that stood on a day."""
        return self.filter(Q(until=None) | Q(until__gt=day), since__lte=day)

    def unanswered(self):
        """Keep those that stand in a graver colour than anybody has looked into."""
        return self.standing().filter(rank__gt=F("answered_rank"))

    def with_last_answer(self):
        """Add `last_answer`: the outcome that was registered last; null without any."""
        answers = Answer.objects.filter(warning=OuterRef("pk")).order_by("-on", "-pk")
        return self.annotate(last_answer=Subquery(answers.values("outcome")[:1]))

    def became(self, what: str):
        """Keep the warnings of which this came, a key of BECAME."""
        return self.with_last_answer().filter(BECAME[what])


# What became of a warning: the last answer, or that none came.
BECAME = {
    "confirmed": Q(last_answer__in=["confirmed", "solved"]),
    "unfounded": Q(last_answer="unfounded"),
    "ended": Q(last_answer=None, until__isnull=False),
    "waiting": Q(last_answer=None, until=None),
}


class EarlyWarning(models.Model):
    """A rule warns of a unit for a while (预警). Never deleted.

    `colour` is the present one, or the last one it had. `rank` is its gravity, 1 to 3.
    """

    enterprise = models.ForeignKey(
        Enterprise, on_delete=models.PROTECT, related_name="warnings"
    )
    district = models.ForeignKey(
        Grid, on_delete=models.PROTECT, related_name="+", db_index=False
    )
    rule = models.CharField("规则", max_length=40)
    name = models.CharField("预警", max_length=100)
    clause = models.CharField("依据", max_length=200, blank=True)
    clears = models.CharField("怎样解除", max_length=200, blank=True)
    policy = models.ForeignKey(
        Policy, on_delete=models.PROTECT, related_name="+", null=True
    )
    is_secret = models.BooleanField("依据不公开", default=False)
    colour = models.CharField("级别", max_length=6, choices=list(COLOURS.items()))
    rank = models.PositiveSmallIntegerField()
    worst = models.PositiveSmallIntegerField()  # the gravest it ever was
    answered_rank = models.PositiveSmallIntegerField(default=0)
    facts = models.JSONField("事实", default=list)  # services.judging.kept
    since = models.DateField("自")
    coloured_on = models.DateField("变为现级别")
    until = models.DateField("解除日期", null=True)
    task = models.ForeignKey(
        Task, on_delete=models.SET_NULL, related_name="+", null=True
    )
    recorded_at = models.DateTimeField(auto_now_add=True)

    objects = WarningQuerySet.as_manager()

    class Meta:
        verbose_name = "预警"
        ordering = ["-rank", "since", "pk"]
        indexes = [
            models.Index(
                fields=["district", "-rank"],
                condition=Q(until=None),
                name="warnings_standing",
            ),
            models.Index(fields=["district", "since"], name="warnings_by_day"),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["enterprise", "rule"],
                condition=Q(until=None),
                name="warnings_earlywarning_one_stands",
            ),
            models.CheckConstraint(
                condition=Q(until__isnull=True)
                | Q(until__isnull=False, until__gte=F("since")),
                name="warnings_earlywarning_ends_after_it_began",
            ),
            models.CheckConstraint(
                condition=Q(rank=1, colour="yellow")
                | Q(rank=2, colour="orange")
                | Q(rank=3, colour="red"),
                name="warnings_earlywarning_rank_is_its_colours",
            ),
            models.CheckConstraint(
                condition=Q(worst__gte=F("rank"), worst__lte=3),
                name="warnings_earlywarning_worst_is_no_milder",
            ),
        ]

    def __str__(self):
        return f"{self.enterprise}：{self.name}"

    def get_absolute_url(self):
        return reverse("warnings:detail", args=[self.pk])

    @property
    def scope_path(self) -> str:
        return self.enterprise.grid.path

    @property
    def is_answered(self) -> bool:
        return self.answered_rank >= self.rank


class Step(models.Model):
    """A warning began, took another colour, or ended, on the facts of a day."""

    warning = models.ForeignKey(
        EarlyWarning, on_delete=models.CASCADE, related_name="steps"
    )
    on = models.DateField()
    colour = models.CharField(max_length=6, choices=list(COLOURS.items()), blank=True)
    facts = models.JSONField(default=list)
    recorded_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["on", "pk"]

    def __str__(self):
        return f"{self.on} {self.get_colour_display() or '解除'}"


class Answer(models.Model):
    """What somebody found on looking into a warning (核实反馈)."""

    class Outcome(models.TextChoices):
        CONFIRMED = "confirmed", "属实"
        UNFOUNDED = "unfounded", "不属实"
        SOLVED = "solved", "属实，已化解"

    warning = models.ForeignKey(
        EarlyWarning, on_delete=models.PROTECT, related_name="answers"
    )
    outcome = models.CharField("核实结果", max_length=10, choices=Outcome)
    text = models.CharField("核实情况", max_length=1000)
    on = models.DateField("核实日期")
    rank = models.PositiveSmallIntegerField()
    evidence = models.ForeignKey(
        Attachment, on_delete=models.PROTECT, related_name="+", null=True
    )
    recorded_by = models.ForeignKey(USER, on_delete=models.PROTECT, related_name="+")
    recorded_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        verbose_name = "核实反馈"
        ordering = ["-on", "-pk"]
        constraints = [
            models.CheckConstraint(
                condition=~Q(text=""), name="warnings_answer_has_words"
            )
        ]

    def __str__(self):
        return f"{self.warning} {self.get_outcome_display()}"
