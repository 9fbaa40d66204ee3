from datetime import timedelta

import django_filters
from django.db.models import Q
from django.utils import timezone

from assistants.models import Certificate, StaffFile
from gridinspect.accounts.roles import INSPECTORS, POSTED_STAFF, Role
from gridinspect.secrets import blind_index
from grids.forms import DayInput

SOON = 60  # days before a certificate's last day

# Whom the posts of a kind are filled by (design.md 4).
ROLES_OF_KIND = {
    **{role.value: (role,) for role in POSTED_STAFF},
    "inspector": INSPECTORS,
    "either": (Role.PART_TIME_INSPECTOR, Role.ASSISTANT),
}
KINDS = [
    *((role.value, role.label) for role in POSTED_STAFF),
    ("inspector", "监察员（专职或兼职）"),
    ("either", "兼职监察员或协管员"),
]


def expiring(day):
    """Return a condition: the newest certificate ends within SOON days."""
    last = day + timedelta(days=SOON)
    renewed = Certificate.objects.filter(valid_until__gt=last).values("person")
    return Q(person__certificates__valid_until__range=(day, last)) & ~Q(
        person__in=renewed
    )


class StaffFilter(django_filters.FilterSet):
    """The search block of 人员. `place` is the chosen grid or city."""

    q = django_filters.CharFilter(label="姓名、完整身份证号或电话", method="search")
    kind = django_filters.ChoiceFilter(
        label="岗位", choices=KINDS, method="leave", empty_label="全部"
    )
    status = django_filters.ChoiceFilter(
        label="状态", choices=StaffFile.Status.choices, empty_label="全部"
    )
    certificate = django_filters.ChoiceFilter(
        label="监察证",
        choices=[
            ("valid", "有效"),
            ("soon", f"{SOON} 天内到期"),
            ("expired", "已过期"),
            ("none", "未登记"),
        ],
        method="by_certificate",
        empty_label="全部",
    )
    on = django_filters.DateFilter(label="在岗日期", method="leave", widget=DayInput)
    reach = django_filters.ChoiceFilter(
        label="范围",
        choices=[("direct", "仅本级网格")],
        empty_label="本级及下级",
        method="leave",
    )

    class Meta:
        model = StaffFile
        fields = ["q", "kind", "status", "certificate", "on", "reach"]

    def __init__(self, data, *, queryset, place=None):
        super().__init__(data, queryset=queryset)
        self.place = place

    @property
    def day(self):
        """Return the day whose posts are shown."""
        self.is_valid()
        return self.form.cleaned_data.get("on") or timezone.localdate()

    def search(self, files, name, words):
        words = "".join(words.split())
        return files.filter(
            Q(person__name__icontains=words)
            | Q(person__id_index=blind_index(words, purpose="person.id"))
            | Q(person__phone_index=blind_index(words, purpose="person.phone"))
        )

    def leave(self, files, name, value):
        return files

    def by_certificate(self, files, name, value):
        today = timezone.localdate()
        if value == "none":
            return files.filter(person__certificates=None)
        if value == "soon":
            return files.filter(expiring(today)).distinct()
        valid = Certificate.objects.valid_on(today).values("person")
        if value == "valid":
            return files.filter(person__in=valid)
        return (
            files.exclude(person__in=valid)
            .filter(person__certificates__valid_until__lt=today)
            .distinct()
        )

    def filter_queryset(self, files):
        """Keep who is on post where, as what, on the day; without these, everybody."""
        files = super().filter_queryset(files)
        asked = self.form.cleaned_data
        if not (self.place or asked.get("kind") or asked.get("on")):
            return files
        return files.posted(
            self.day,
            place=self.place,
            roles=ROLES_OF_KIND.get(asked.get("kind"), POSTED_STAFF),
            directly=asked.get("reach") == "direct" and hasattr(self.place, "kind"),
        )
