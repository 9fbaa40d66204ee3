"""What a person may type when a unit goes to another district."""

import django_filters as filters
from django import forms
from django.utils import timezone

from enterprises.models import Handover
from gridinspect.documents.forms import EvidenceField
from grids.forms import DayInput, GridField, offer
from grids.models import Grid


class ProposeForm(forms.Form):
    """Where a unit has gone, since when, and what shows it."""

    to = forms.CharField(
        label="接收区县",
        max_length=60,
        help_text="填写区县的名称或编码，如 惠济区。",
        error_messages={"required": "请填写接收区县。"},
    )
    on = forms.DateField(label="迁移日期", widget=DayInput, initial=timezone.localdate)
    address = forms.CharField(label="迁往地址", max_length=200, required=False)
    reason = forms.CharField(
        label="移交原因",
        max_length=200,
        error_messages={"required": "请写明移交的原因。"},
    )
    evidence = EvidenceField(
        label="证明材料", required=False, help_text="JPG、PNG 照片或 PDF，可不附。"
    )
    edition = forms.IntegerField(widget=forms.HiddenInput)

    def __init__(self, *args, city: int, **kwargs):
        super().__init__(*args, **kwargs)
        self.city = city

    def clean_to(self) -> Grid:
        """Return the district of this name, one of the same city first."""
        text = self.cleaned_data["to"].strip()
        roots = Grid.objects.roots().filter(closed_on=None)
        found = list(roots.filter(code=text)) or list(
            roots.filter(name__in=[text, f"{text}区", f"{text}县", f"{text}市"])
        )
        near = [grid for grid in found if grid.city_id == self.city] or found
        if not near:
            raise forms.ValidationError(
                f"系统内没有区县“{text}”。迁往系统以外的，请登记状态“迁出”。"
            )
        if len(near) > 1:
            codes = "、".join(grid.code for grid in near)
            raise forms.ValidationError(f"有几个区县叫“{text}”，请写编码：{codes}。")
        return near[0]


class AcceptForm(forms.Form):
    """Into which grid a unit is taken, and from which day."""

    grid = GridField(label="归入网格")
    since = forms.DateField(
        label="归属变更日期",
        widget=DayInput,
        help_text="从这一天起由本区县统计，以前仍计在移出区县。",
    )
    answer = forms.CharField(label="处理意见", max_length=200, required=False)

    def __init__(self, *args, grids, **kwargs):
        super().__init__(*args, **kwargs)
        offer(self.fields["grid"], grids)


class ReturnForm(forms.Form):
    """Why a unit is sent back."""

    answer = forms.CharField(
        label="退回理由",
        max_length=200,
        error_messages={"required": "退回的，请写明理由。"},
    )


class HandoverFilter(filters.FilterSet):
    name = filters.CharFilter(
        label="单位名称", field_name="enterprise__name", lookup_expr="contains"
    )
    state = filters.ChoiceFilter(
        label="状态", choices=Handover.State.choices, empty_label="全部"
    )

    class Meta:
        model = Handover
        fields: list[str] = []
