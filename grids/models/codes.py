"""How the grids of a city are numbered."""

from django.db import models
from django.urls import reverse

from grids.code_rules import Scheme
from grids.models.tree import City
from grids.querysets import CodeSchemeQuerySet


class CodeScheme(models.Model):
    """The numbering (编码方案) of a city's grids; without one the default holds."""

    class Check(models.TextChoices):
        ADVISE = "advise", "提示后仍可保存"
        REFUSE = "refuse", "不予保存"

    city = models.OneToOneField(
        City, on_delete=models.CASCADE, related_name="code_scheme", verbose_name="地市"
    )
    district_digits = models.PositiveSmallIntegerField("区县位数", default=6)
    street_digits = models.PositiveSmallIntegerField("街道位数", default=3)
    community_digits = models.PositiveSmallIntegerField("社区位数", default=3)
    serial_digits = models.PositiveSmallIntegerField("单元位数", default=3)
    padded_to = models.PositiveSmallIntegerField("补零到", default=12)
    allows_free = models.BooleanField("允许自由编码", default=True)
    check_codes = models.CharField(
        "不符合时", max_length=10, choices=Check.choices, default=Check.ADVISE
    )
    changed_at = models.DateTimeField("修改时间", auto_now=True)

    objects = CodeSchemeQuerySet.as_manager()

    class Meta:
        verbose_name = "编码方案"

    def __str__(self):
        return f"{self.city}编码方案"

    def get_absolute_url(self):
        return reverse("grids:codes", args=[self.city_id])

    @property
    def scope_path(self) -> str:
        return self.city.path

    @property
    def refuses(self) -> bool:
        return self.check_codes == self.Check.REFUSE

    @property
    def rule(self) -> Scheme:
        """Return the scheme as the rules read it."""
        parts = (
            self.district_digits,
            self.street_digits,
            self.community_digits,
            self.serial_digits,
        )
        return Scheme(parts, self.padded_to, self.allows_free)
