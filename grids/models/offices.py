"""机构与阵地: the offices of grids and cities, who leads them, and what duties say."""

from django.conf import settings
from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import RangeOperators
from django.db import models
from django.db.models import Q
from django.urls import reverse

from gridinspect.accounts.models import Person
from gridinspect.accounts.roles import Permission, Role
from gridinspect.constraints import ordered
from gridinspect.scope import ScopedQuerySet
from grids.models.tree import City, Days, Grid
from grids.querysets import DatedQuerySet, PlacedQuerySet

# Whose duties are written down and hung on the wall, the head of the office first.
STATED_ROLES = (
    Role.SQUAD_LEADER,
    Role.FULL_TIME_INSPECTOR,
    Role.PART_TIME_INSPECTOR,
    Role.ASSISTANT,
    Role.ENTERPRISE_ASSISTANT,
)


def _grid_or_city() -> Q:
    return Q(grid__isnull=False, city__isnull=True) | Q(
        grid__isnull=True, city__isnull=False
    )


class OfficeQuerySet(PlacedQuerySet):
    view_permission = Permission.GRID_VIEW

    def open(self):
        """Keep the offices that have not been closed."""
        return self.filter(closed_on=None)

    def matching(self, words: str):
        """Keep the offices with these words in the name, address or grid's name."""
        return self.filter(
            Q(name__icontains=words)
            | Q(address__icontains=words)
            | Q(grid__name__icontains=words)
            | Q(city__name__icontains=words)
        )


class Office(models.Model):
    """One office of labour inspection with its premises, from a city to a station.

    It stands on a grid, or on a city itself: 支队, the command centre of a city
    (扬府办发〔2007〕136号第四条: four tiers).
    """

    class Kind(models.TextChoices):  # the words of policies, grids.rules.OFFICES
        COMMAND_CENTRE = "command_centre", "指挥中心"
        BRIGADE = "brigade", "支队、大队"
        SQUAD = "squad", "中队"
        STATION = "station", "服务站、工作站"
        COMPLAINT_POINT = "complaint_point", "投诉举报点"

    grid = models.ForeignKey(
        Grid,
        on_delete=models.PROTECT,
        related_name="offices",
        null=True,
        blank=True,
        verbose_name="网格",
    )
    city = models.ForeignKey(
        City,
        on_delete=models.PROTECT,
        related_name="offices",
        null=True,
        blank=True,
        verbose_name="地市",
    )
    kind = models.CharField("类型", max_length=20, choices=Kind.choices)
    name = models.CharField("机构名称", max_length=80)
    address = models.CharField("地址", max_length=200, blank=True)
    phone = models.CharField("办公电话", max_length=40, blank=True)
    hours = models.CharField("开放时间", max_length=100, blank=True)
    square_metres = models.DecimalField(
        "用房面积（平方米）", max_digits=8, decimal_places=2, null=True, blank=True
    )
    premises = models.CharField("用房说明", max_length=200, blank=True)
    networked_on = models.DateField("联网日期", null=True, blank=True)
    opened_on = models.DateField("成立日期")
    closed_on = models.DateField("撤销日期", null=True, blank=True)
    recorded_at = models.DateTimeField(auto_now_add=True)

    objects = OfficeQuerySet.as_manager()

    class Meta:
        verbose_name = "机构"
        indexes = [models.Index(fields=["grid", "kind"], name="grids_office_on_grid")]
        constraints = [
            ordered("opened_on", "closed_on"),
            models.CheckConstraint(
                condition=_grid_or_city(),
                name="grids_office_on_a_grid_or_a_city",
                violation_error_message="机构必须设在一个网格或一个地市，二者取一。",
            ),
            models.CheckConstraint(
                condition=Q(square_metres=None)
                | Q(square_metres__isnull=False, square_metres__gt=0),
                name="grids_office_has_some_area",
                violation_error_message="用房面积必须大于零。",
            ),
            models.UniqueConstraint(
                fields=["grid", "city", "name"],
                condition=Q(closed_on=None),
                nulls_distinct=False,
                name="grids_office_name_unique_in_place",
                violation_error_message="该处已有同名机构。",
            ),
        ]

    def __str__(self):
        return self.name

    def get_absolute_url(self):
        return reverse("grids:office", args=[self.pk])

    @property
    def place(self) -> Grid | City:
        return self.grid or self.city  # type: ignore[return-value]  # a CHECK

    @property
    def scope_path(self) -> str:
        return self.place.path


class OfOfficeQuerySet(DatedQuerySet, PlacedQuerySet):  # type: ignore[override]
    of = "office__"
    view_permission = Permission.GRID_VIEW


class OfficeLeader(models.Model):
    """Who leads an office for a while, and by whose appointment."""

    office = models.ForeignKey(Office, on_delete=models.PROTECT, related_name="leaders")
    person = models.ForeignKey(
        Person, on_delete=models.PROTECT, related_name="offices_led"
    )
    title = models.CharField("职务", max_length=60)
    appointed_by = models.CharField("任命单位", max_length=80)
    appointed_on = models.DateField("任命日期")
    document_number = models.CharField("任命文号", max_length=60, blank=True)
    since = models.DateField("任职日期")
    until = models.DateField("离任日期", null=True, blank=True)

    objects = OfOfficeQuerySet.as_manager()

    class Meta:
        constraints = [
            ordered("since", "until"),
            ExclusionConstraint(
                name="grids_officeleader_one_at_a_time",
                expressions=[
                    ("office", RangeOperators.EQUAL),
                    (Days(), RangeOperators.OVERLAPS),
                ],
            ),
        ]

    def __str__(self):
        return f"{self.person} {self.title}"

    @property
    def scope_path(self) -> str:
        return self.office.scope_path


class OfficeAsset(models.Model):
    """A piece of equipment or a vehicle of an office, while it has it."""

    class Kind(models.TextChoices):
        EQUIPMENT = "equipment", "设备"
        VEHICLE = "vehicle", "车辆"

    office = models.ForeignKey(Office, on_delete=models.PROTECT, related_name="assets")
    kind = models.CharField("类别", max_length=10, choices=Kind.choices)
    name = models.CharField("名称、型号", max_length=80)
    identifier = models.CharField("编号、号牌", max_length=40, blank=True)
    quantity = models.PositiveIntegerField("数量", default=1)
    since = models.DateField("配备日期")
    until = models.DateField("停用日期", null=True, blank=True)

    objects = OfOfficeQuerySet.as_manager()

    class Meta:
        constraints = [
            ordered("since", "until"),
            models.CheckConstraint(
                condition=Q(quantity__gt=0),
                name="grids_officeasset_is_there",
                violation_error_message="数量至少为 1。",
            ),
        ]

    def __str__(self):
        return self.name

    @property
    def scope_path(self) -> str:
        return self.office.scope_path


# --- the leading group ----------------------------------------------------------------


class LeadingGroupQuerySet(PlacedQuerySet):
    view_permission = Permission.GRID_VIEW

    def open(self):
        """Keep the groups that have not been dissolved."""
        return self.filter(closed_on=None)


class LeadingGroup(models.Model):
    """The leading group (领导小组) of a city, district or street, with its office."""

    grid = models.ForeignKey(
        Grid,
        on_delete=models.PROTECT,
        related_name="leading_groups",
        null=True,
        blank=True,
    )
    city = models.ForeignKey(
        City,
        on_delete=models.PROTECT,
        related_name="leading_groups",
        null=True,
        blank=True,
    )
    name = models.CharField("名称", max_length=80)
    document_number = models.CharField("成立文号", max_length=60, blank=True)
    office_at = models.CharField("办公室设在", max_length=80, blank=True)
    opened_on = models.DateField("成立日期")
    closed_on = models.DateField("撤销日期", null=True, blank=True)

    objects = LeadingGroupQuerySet.as_manager()

    class Meta:
        verbose_name = "领导小组"
        constraints = [
            ordered("opened_on", "closed_on"),
            models.CheckConstraint(
                condition=_grid_or_city(),
                name="grids_leadinggroup_on_a_grid_or_a_city",
                violation_error_message="领导小组必须设在一个网格或一个地市，二者取一。",
            ),
            models.UniqueConstraint(
                fields=["grid", "city", "name"],
                condition=Q(closed_on=None),
                nulls_distinct=False,
                name="grids_leadinggroup_name_unique_in_place",
                violation_error_message="该处已有同名领导小组。",
            ),
        ]

    def __str__(self):
        return self.name

    def get_absolute_url(self):
        return reverse("grids:group", args=[self.pk])

    @property
    def place(self) -> Grid | City:
        return self.grid or self.city  # type: ignore[return-value]  # a CHECK

    @property
    def scope_path(self) -> str:
        return self.place.path


class GroupMemberQuerySet(DatedQuerySet, PlacedQuerySet):  # type: ignore[override]
    of = "group__"
    view_permission = Permission.GRID_VIEW


class GroupMember(models.Model):
    """Who sits in a leading group for a while: a known person, or a name and a post."""

    class Part(models.IntegerChoices):  # in the order of a list of members
        HEAD = 1, "组长"
        DEPUTY = 2, "副组长"
        MEMBER = 3, "成员"
        OFFICE_HEAD = 4, "办公室主任"

    group = models.ForeignKey(
        LeadingGroup, on_delete=models.PROTECT, related_name="members"
    )
    person = models.ForeignKey(
        Person, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    name = models.CharField("姓名", max_length=60)
    post = models.CharField("单位和职务", max_length=100)
    part = models.PositiveSmallIntegerField("组内职务", choices=Part.choices)
    since = models.DateField("任职日期")
    until = models.DateField("离任日期", null=True, blank=True)

    objects = GroupMemberQuerySet.as_manager()

    class Meta:
        constraints = [ordered("since", "until")]

    def __str__(self):
        return f"{self.name} {self.get_part_display()}"

    @property
    def scope_path(self) -> str:
        return self.group.scope_path


# --- duties ---------------------------------------------------------------------------


class DutyStatementQuerySet(DatedQuerySet, ScopedQuerySet):  # type: ignore[override]
    path_field = "district__path"
    view_permission = Permission.GRID_VIEW

    def visible_to(self, user):
        """Keep the words that bind somebody in a grid that the user sees."""
        seen = Grid.objects.visible_to(user).order_by().values("district")
        return self.filter(district__in=seen)


class DutyStatement(models.Model):
    """What a district says are the duties of a role, one version for a while.

    Without one the words of the district's plan hold (`services.duties.duties_of`).
    """

    district = models.ForeignKey(
        Grid, on_delete=models.PROTECT, related_name="duty_statements"
    )
    role = models.CharField(
        "岗位",
        max_length=20,
        choices=[(role.value, role.label) for role in STATED_ROLES],
    )
    text = models.TextField("职责")
    since = models.DateField("施行日期")
    until = models.DateField("停止日期", null=True, blank=True)
    written_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+"
    )
    written_at = models.DateTimeField(auto_now_add=True)

    objects = DutyStatementQuerySet.as_manager()

    class Meta:
        verbose_name = "岗位职责"
        constraints = [
            ordered("since", "until"),
            ExclusionConstraint(
                name="grids_dutystatement_one_at_a_time",
                expressions=[
                    ("district", RangeOperators.EQUAL),
                    ("role", RangeOperators.EQUAL),
                    (Days(), RangeOperators.OVERLAPS),
                ],
            ),
        ]

    def __str__(self):
        return f"{self.district} {self.get_role_display()} {self.since}"

    @property
    def scope_path(self) -> str:
        return self.district.path
