"""What a person may type about boundaries."""

from django import forms
from django.core.exceptions import ValidationError
from django.utils import timezone

from grids.boundaries import (
    MAX_BYTES,
    Area,
    Datum,
    Fault,
    Outline,
    read_outlines,
    read_points,
)
from grids.forms import DayInput
from grids.models import Boundary

MAX_TYPED = 1_000_000  # characters: more than the points of any outline need


def _since_field() -> forms.DateField:
    return forms.DateField(
        label="启用日期",
        initial=timezone.localdate,
        widget=DayInput,
        help_text="自这一天起按新边界；原边界到前一天为止。",
    )


class BoundaryForm(forms.Form):
    """A file of outlines, the datum of its coordinates, and from when they hold."""

    file = forms.FileField(
        label="边界文件",
        help_text="GeoJSON 或 KML。一个边界可不写编码；多个边界按属性“网格编码”"
        "对应本网格及其下级。",
    )
    datum = forms.ChoiceField(
        label="坐标系",
        choices=[("", "请选择"), *Boundary.Datum.choices],
        help_text="请按制图单位的说明选择。CGCS2000 与 WGS-84 相差不到一米，视为相同；"
        "GCJ-02（国内网络地图）会换算为 WGS-84 保存。",
    )
    since = _since_field()
    outlines: list[Outline]

    def clean(self):
        cleaned = super().clean() or {}
        file, datum = cleaned.get("file"), cleaned.get("datum")
        if not file or not datum:
            return cleaned
        # One byte more than is allowed tells that there is too much.
        content = file.read(MAX_BYTES + 1)
        try:
            self.outlines = read_outlines(content, Datum(datum))
        except Fault as fault:
            self.add_error("file", ValidationError(str(fault)))
        return cleaned


class DrawForm(forms.Form):
    """The points of a boundary, drawn on the map or typed, and from when it holds."""

    points = forms.CharField(
        label="各点坐标",
        max_length=MAX_TYPED,
        widget=forms.Textarea({"rows": 8, "spellcheck": "false"}),
        help_text="一行一个点，先经度后纬度（WGS-84，度）。在图上画、改之后这里随着变，"
        "也可以直接填写。几块不相连时用空行隔开；孔洞先单独写一行“孔”。",
    )
    since = _since_field()
    area: Area

    def clean_points(self) -> str:
        points = self.cleaned_data["points"]
        try:
            self.area = read_points(points)
        except Fault as fault:
            raise ValidationError(str(fault)) from None
        return points
