from django.db import models
from django.db.models import Exists, F, OuterRef, Prefetch, Q
from django.urls import reverse
from django.utils import timezone

from gridinspect.accounts.models import Person
from gridinspect.accounts.roles import POSTED_STAFF, Permission
from gridinspect.constraints import ordered
from gridinspect.scope import ScopedQuerySet
from grids.models import Posting
from grids.standing import periods_in


class StaffFileQuerySet(ScopedQuerySet):
    view_permission = Permission.STAFF_VIEW

    def visible_to(self, user):
        """Keep the files of persons who are or were posted in the user's places."""
        posts = Posting.objects.visible_to(user).filter(person=OuterRef("person"))
        return self.filter(Exists(posts))

    def for_list(self, on):
        """Fetch what a row of a list shows: the posts of a day, trainings, papers."""
        posts = Posting.objects.on(on).filter(role__in=POSTED_STAFF)
        return self.select_related("person").prefetch_related(
            Prefetch(
                "person__postings",
                posts.select_related("grid", "city").order_by("since"),
                to_attr="posts_of_the_day",
            ),
            "person__trainings",
            "person__certificates",
        )

    def posted(self, on, *, place=None, roles=POSTED_STAFF, directly=False):
        """Keep the files of those on post on a day, in a place or right on a grid."""
        held = Posting.objects.on(on).filter(person=OuterRef("person"))
        posts = held.filter(role__in=roles)
        if place is not None:
            stood = periods_in(place, on).values("grid")
            posts = (
                posts.filter(grid=place) if directly else posts.filter(grid__in=stood)
            )
        return self.filter(Exists(posts))


class StaffFile(models.Model):
    """The personnel file of an inspector or assistant (domain.md 2.12 F)."""

    class Gender(models.TextChoices):
        MALE = "male", "男"
        FEMALE = "female", "女"

    class Status(models.TextChoices):
        CANDIDATE = "candidate", "候选"
        TRAINING = "training", "培训"
        PROBATION = "probation", "试用"
        ON_POST = "on_post", "在岗"
        SECONDED = "seconded", "借调"
        ON_LEAVE = "on_leave", "休假"
        WAITING = "waiting", "待岗"
        LEFT = "left", "离岗"

    class RetirementCategory(models.TextChoices):
        MALE = "M", "男职工"
        FEMALE_55 = "F55", "女干部（原五十五周岁）"
        FEMALE_50 = "F50", "女职工（原五十周岁）"

    person = models.OneToOneField(
        Person, on_delete=models.PROTECT, related_name="staff_file"
    )
    gender = models.CharField("性别", max_length=6, choices=Gender.choices, blank=True)
    birth_date = models.DateField("出生日期", null=True, blank=True)
    ethnicity = models.CharField("民族", max_length=20, blank=True)
    political_status = models.CharField("政治面貌", max_length=20, blank=True)
    household = models.CharField("户籍所在地", max_length=120, blank=True)
    education = models.CharField("学历", max_length=20, blank=True)
    major = models.CharField("专业", max_length=60, blank=True)
    school = models.CharField("毕业院校", max_length=60, blank=True)
    recruited_in = models.CharField("招聘批次", max_length=60, blank=True)
    eligibility = models.CharField("资格类别", max_length=60, blank=True)
    agency = models.CharField("派遣机构", max_length=120, blank=True)
    retirement_category = models.CharField(
        "退休类别", max_length=3, choices=RetirementCategory.choices, blank=True
    )
    hire_date = models.DateField("入职日期", null=True, blank=True)
    status = models.CharField(
        "状态", max_length=10, choices=Status.choices, default=Status.ON_POST
    )
    work_phone = models.CharField("办公电话", max_length=40, blank=True)
    photo = models.ForeignKey(
        "documents.Attachment",
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name="照片",
    )
    emergency_contact = models.CharField("紧急联系人", max_length=60, blank=True)
    remark = models.TextField("备注", blank=True)
    recorded_at = models.DateTimeField(auto_now_add=True)
    changed_at = models.DateTimeField(auto_now=True)

    objects = StaffFileQuerySet.as_manager()

    class Meta:
        verbose_name = "人员档案"

    def __str__(self):
        return self.person.name

    def get_absolute_url(self):
        return reverse("assistants:detail", args=[self.pk])


class Training(models.Model):
    """One person's training with its result (EQ-31, YZ-21)."""

    class Kind(models.TextChoices):
        PRE_POST = "pre_post", "岗前培训"
        IN_POST = "in_post", "在岗培训"

    person = models.ForeignKey(
        Person, on_delete=models.PROTECT, related_name="trainings"
    )
    kind = models.CharField("类别", max_length=10, choices=Kind.choices)
    finished_on = models.DateField("结业日期")
    passed = models.BooleanField("合格")
    certificate_number = models.CharField("证书编号", max_length=40, blank=True)

    def __str__(self):
        return f"{self.person} {self.get_kind_display()} {self.finished_on}"


class Attendance(models.Model):
    """How many days of a month somebody was there, as the monthly sheet says (考勤).

    Absence without reason, the longest stretch of it, and what spot checks found are
    three things that plans count apart (X-14).
    """

    person = models.ForeignKey(
        Person, on_delete=models.PROTECT, related_name="attendances"
    )
    month = models.DateField("月份")  # its first day
    present = models.PositiveSmallIntegerField("出勤天数", default=0)
    absent = models.PositiveSmallIntegerField("无故缺勤天数", default=0)
    longest_absence = models.PositiveSmallIntegerField(
        "最长连续缺勤天数", null=True, blank=True
    )
    annual_leave = models.PositiveSmallIntegerField("年休假天数", default=0)
    sick_leave = models.PositiveSmallIntegerField("病假天数", default=0)
    other_leave = models.PositiveSmallIntegerField("其他假天数", default=0)
    late = models.PositiveSmallIntegerField("迟到早退次数", default=0)
    spot_absences = models.PositiveSmallIntegerField("抽查空岗次数", default=0)
    recorded_at = models.DateTimeField(default=timezone.now)

    class Meta:
        verbose_name = "考勤"
        constraints = [
            models.UniqueConstraint(
                fields=["person", "month"], name="assistants_attendance_once_a_month"
            ),
            models.CheckConstraint(
                condition=Q(month__day=1),
                name="assistants_attendance_is_of_a_month",
            ),
            models.CheckConstraint(
                condition=Q(longest_absence=None)
                | Q(longest_absence__isnull=False, longest_absence__lte=F("absent")),
                name="assistants_attendance_stretch_within_absence",
            ),
        ]

    def __str__(self):
        return f"{self.person} {self.month:%Y-%m}"


class CertificateQuerySet(models.QuerySet):
    def valid_on(self, day):
        """Keep the certificates with which one may inspect on this day."""
        return self.filter(Q(valid_until__gte=day), valid_from__lte=day)


class Certificate(models.Model):
    """A labour inspector's certificate (劳动保障监察证), valid for a few years."""

    class Kind(models.TextChoices):
        FULL_TIME = "full_time", "专职"
        PART_TIME = "part_time", "兼职"

    person = models.ForeignKey(
        Person, on_delete=models.PROTECT, related_name="certificates"
    )
    kind = models.CharField("类别", max_length=10, choices=Kind.choices)
    number = models.CharField("证号", max_length=40, unique=True)
    valid_from = models.DateField("有效期自")
    valid_until = models.DateField("有效期至")  # the last day it is valid

    objects = CertificateQuerySet.as_manager()

    class Meta:
        constraints = [ordered("valid_from", "valid_until")]

    def __str__(self):
        return self.number

    @property
    def is_valid(self) -> bool:
        return self.valid_from <= timezone.localdate() <= self.valid_until
