"""What a person may type about the documents of a file and the place of its paper."""

from django import forms
from django.core.exceptions import ValidationError
from django.utils import timezone

from enterprises.forms import ClerkDayField
from enterprises.models import Material
from gridinspect.documents.forms import EvidenceField

MOST_PAGES = 5000


class MaterialForm(forms.Form):
    """One line of 卷内目录."""

    kind = forms.ChoiceField(label="种类", choices=Material.Kind.choices)
    title = forms.CharField(label="题名", max_length=100)
    document_number = forms.CharField(label="文号", max_length=60, required=False)
    author = forms.CharField(label="责任者", max_length=100, required=False)
    dated_on = ClerkDayField(
        label="文件日期", required=False, help_text="可简写：今、昨、0705、20260705。"
    )
    pages = forms.IntegerField(
        label="页数",
        min_value=1,
        max_value=MOST_PAGES,
        initial=1,
        widget=forms.TextInput(attrs={"inputmode": "numeric"}),
        error_messages={
            "invalid": "页数应为整数，请改正。",
            "min_value": "页数至少为 1。",
            "max_value": f"页数最多 {MOST_PAGES}，请核对。",
        },
    )
    upload = EvidenceField(
        label="扫描件或照片",
        required=False,
        help_text="JPG、PNG 或 PDF，不超过 20 MB；只有纸质的可不上传。"
        "照片的拍摄信息会自动去除。",
    )
    remark = forms.CharField(label="备注", max_length=200, required=False)

    def clean_dated_on(self):
        day = self.cleaned_data["dated_on"]
        if day and day > timezone.localdate():
            raise ValidationError(f"文件日期 {day} 晚于今天，请核对。")
        return day


class ReplaceForm(MaterialForm):
    """A better document in the stead of one that stands."""

    reason = forms.CharField(label="替换原因", max_length=150)


class VoidForm(forms.Form):
    """Why a document no longer stands."""

    reason = forms.CharField(label="作废原因", max_length=200)


class PaperForm(forms.Form):
    """Where the paper file stands now."""

    cabinet = forms.CharField(label="柜号", max_length=20)
    box = forms.CharField(label="盒号", max_length=20, required=False)
    number = forms.CharField(label="卷号", max_length=20, required=False)
    moved_on = ClerkDayField(label="移入日期", initial=timezone.localdate)
    reason = forms.CharField(label="移动原因", max_length=200, required=False)
