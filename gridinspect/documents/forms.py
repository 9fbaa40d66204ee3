import django_filters
from django import forms

from gridinspect.documents import attachments
from gridinspect.documents.models import ArchivedDocument
from gridinspect.documents.services import PDF, XLSX, normal_code

LARGEST = 50  # megabytes that somebody may upload to have them compared


class DocumentFilter(django_filters.FilterSet):
    title = django_filters.CharFilter(label="标题", lookup_expr="icontains")
    since = django_filters.DateFilter(
        label="数据截止日期 自",
        field_name="as_of",
        lookup_expr="gte",
        widget=forms.DateInput(attrs={"type": "date"}),
    )
    until = django_filters.DateFilter(
        label="至",
        field_name="as_of",
        lookup_expr="lte",
        widget=forms.DateInput(attrs={"type": "date"}),
    )
    content_type = django_filters.ChoiceFilter(
        label="格式", choices=[(PDF, "PDF"), (XLSX, "Excel")], empty_label="全部"
    )

    class Meta:
        model = ArchivedDocument
        fields = ("title", "since", "until", "content_type")


class VerifyForm(forms.Form):
    """The code from a paper's foot and, to be compared with it, a file."""

    code = forms.CharField(
        label="验证码",
        max_length=20,
        help_text="印在文件每页右下角，如 7K3F-9QWD-2M4X，不分大小写。",
    )
    file = forms.FileField(
        label="待核验的文件",
        required=False,
        help_text="选填。上传后只计算校验值并比对，不保存文件。",
    )

    def clean_code(self) -> str:
        return normal_code(self.cleaned_data["code"])

    def clean_file(self):
        file = self.cleaned_data["file"]
        if file and file.size > LARGEST * 1024 * 1024:
            raise forms.ValidationError(f"文件超过 {LARGEST} MB。")
        return file


class EvidenceField(forms.FileField):
    """A photograph or a scanned paper; `images_only` refuses the paper."""

    def __init__(self, *, images_only: bool = False, **kwargs):
        kinds = ".jpg,.jpeg,.png" + ("" if images_only else ",.pdf")
        kwargs.setdefault("widget", forms.FileInput({"accept": kinds}))
        super().__init__(**kwargs)
        self.images_only = images_only

    def widget_attrs(self, widget):
        return {"data-largest": attachments.LARGEST}

    def to_python(self, data):
        upload = super().to_python(data)
        if upload:
            attachments.checked(upload, images_only=self.images_only)
        return upload
