"""The register of units read by django-import-export as it comes: a rival, no floor.

It does less than the program: no history of grids and states, no index for searches,
no check of the numbers.
"""

from pathlib import Path
from typing import Any

from django.db.models import QuerySet
from import_export.fields import Field
from import_export.formats.base_formats import XLSX
from import_export.resources import ModelResource
from import_export.widgets import ForeignKeyWidget

from enterprises.models import Enterprise
from gridinspect.accounts.models import User
from grids.models import Grid


class _GridByName(ForeignKeyWidget):
    """Finds the grid of a row by its name in one district."""

    def __init__(self, district: Grid):
        super().__init__(Grid, "name")
        self._district = district

    def get_queryset(self, value: Any, row: Any, *args: Any, **given: Any) -> QuerySet:
        return Grid.objects.filter(district=self._district)


class _Units(ModelResource):
    name = Field("name", "单位名称")
    uscc = Field("uscc", "统一社会信用代码")
    registration_number = Field("registration_number", "原注册号")
    industry = Field("industry", "行业")
    address = Field("address", "经营地址")
    registered_address = Field("registered_address", "注册地址")
    headcount = Field("headcount", "从业人数")
    founded_on = Field("founded_on", "成立日期")
    legal_representative = Field("legal_representative", "法定代表人")
    contact_name = Field("contact_name", "联系人")
    contact_phone = Field("contact_phone", "联系电话")
    registrar = Field("registrar", "登记机关")
    longitude = Field("longitude", "经度")
    latitude = Field("latitude", "纬度")
    remark = Field("remark", "备注")

    class Meta:
        model = Enterprise
        import_id_fields = ("uscc",)
        fields = (
            "name", "uscc", "registration_number", "industry", "address",
            "registered_address", "headcount", "founded_on", "legal_representative",
            "contact_name", "contact_phone", "registrar", "longitude", "latitude",
            "remark", "grid",
        )  # fmt: skip

    def __init__(self, district: Grid, by: User):
        super().__init__()
        self._district, self._by = district, by
        self.fields["grid"] = Field("grid", "所属社区", _GridByName(district))

    def get_queryset(self) -> QuerySet:
        return Enterprise.objects.filter(district=self._district)

    def after_init_instance(self, instance: Any, new: bool, row: Any, **_: Any) -> None:
        instance.district, instance.recorded_by = self._district, self._by
        instance.known_since = self._district.opened_on


def import_by_stock(file: Path, district: Grid, *, by: User) -> None:
    """Do what its admin does: read and try, read and write."""
    for dry_run in (True, False):
        data = XLSX().create_dataset(file.read_bytes())
        result = _Units(district, by).import_data(data, dry_run=dry_run)
        if result.has_errors() or result.has_validation_errors():
            faults = [
                error.error for _, errors in result.row_errors() for error in errors
            ]
            raise ValueError(f"{faults[:1]} {result.invalid_rows[:1]}")
