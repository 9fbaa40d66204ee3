"""What a list of units can be searched by."""

import django_filters as filters
from django.db.models import Q
from django.utils import timezone

from enterprises.freshness import districts_of, freshness_days
from enterprises.industries import SECTIONS
from enterprises.models import Enterprise
from gridinspect.accounts.roles import Permission
from gridinspect.imports.cleaning import plain
from gridinspect.secrets import blind_index

SURVEYED = (
    ("fresh", "已采集"),
    ("stale", "过期"),
    ("never", "未采集"),
    ("filed", "已建档（含过期）"),
    ("due", "待采集（未采集和过期）"),
)


class EnterpriseFilter(filters.FilterSet):
    """The search block of the list; built for the person who searches."""

    name = filters.CharFilter(label="单位名称", method="by_name")
    uscc = filters.CharFilter(label="信用代码", method="by_code")
    address = filters.CharFilter(label="地址", method="by_address")
    phone = filters.CharFilter(label="联系电话", method="by_phone")
    industry = filters.ChoiceFilter(
        label="行业门类",
        choices=[(letter, f"{letter} {name}") for letter, name in SECTIONS.items()],
        lookup_expr="startswith",
        empty_label="全部",
    )
    unit_kind = filters.ChoiceFilter(
        label="单位类型", choices=Enterprise.UnitKind.choices, empty_label="全部"
    )
    status = filters.ChoiceFilter(
        label="营业状态",
        choices=[("known", "在册（营业、筹建）"), *Enterprise.Status.choices],
        method="by_status",
        empty_label="全部",
    )
    survey = filters.ChoiceFilter(
        label="采集情况", choices=SURVEYED, method="by_survey", empty_label="全部"
    )

    class Meta:
        model = Enterprise
        fields: list[str] = []

    def __init__(self, *args, user, **kwargs):
        super().__init__(*args, **kwargs)
        self.user = user  # whose districts say how old a survey may be
        self.form.fields["name"].widget.attrs["placeholder"] = "任意部分或拼音首字母"
        self.form.fields["phone"].widget.attrs["placeholder"] = "完整号码"
        for name in ("name", "uscc", "address", "phone"):
            self.form.fields[name].widget.attrs["maxlength"] = 200

    def by_name(self, queryset, _name, value):
        """Find any part of the name or of a former one, or pinyin initials."""
        value = plain(value)
        former = Q(former_name__contains=value) & ~Q(former_name="")
        condition = Q(name__contains=value) | former
        if value.isascii():  # names are stored as typed: try both cases
            condition |= Q(name__contains=value.upper())
            if value.isalnum():
                condition |= Q(pinyin__startswith=value.lower())
        return queryset.filter(condition)

    def by_code(self, queryset, _name, value):
        """Find a credit code by its beginning, an old number as a whole."""
        value = plain(value).upper().replace(" ", "")
        found = Q(uscc__startswith=value)
        if len(value) != 18:
            found |= Q(registration_number=value) & ~Q(registration_number="")
        return queryset.filter(found)

    def by_address(self, queryset, _name, value):
        """Find any part of the address, or a road with a house number."""
        return queryset.filter(address__contains=plain(value))

    def by_phone(self, queryset, _name, value):
        """Find the whole telephone number, which nobody can read in the database."""
        index = blind_index(value, purpose="enterprise.phone")
        return queryset.filter(contact_phone_index=index)

    def by_status(self, queryset, _name, value):
        return queryset.known() if value == "known" else queryset.filter(status=value)

    def by_survey(self, queryset, _name, value):
        today = timezone.localdate()
        days = freshness_days(
            districts_of(self.user, Permission.ENTERPRISE_VIEW), today
        )
        match value:
            case "fresh":
                return queryset.fresh(on=today, days=days)
            case "stale":
                return queryset.stale(on=today, days=days)
            case "never":
                return queryset.never_surveyed(on=today)
            case "filed":
                return queryset.surveyed(on=today)
        return queryset.not_fresh(on=today, days=days)
