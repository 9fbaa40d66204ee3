from django import forms
from django.conf import settings
from django.template.defaultfilters import filesizeformat
from django.utils import timezone


class UploadForm(forms.Form):
    """A workbook and, for who works in several districts, which one it is for."""

    file = forms.FileField(
        label="工作簿",
        help_text="支持 .xlsx、.xls、.csv；按内容识别，表头不必在第一行。",
    )
    district = forms.ChoiceField(label="区县")
    as_of = forms.DateField(
        label="生效日期",
        required=False,
        widget=forms.DateInput(attrs={"type": "date"}),
        help_text="表中情况自哪天起生效，不填为今天。",
    )

    def __init__(self, *args, places, **kwargs):
        super().__init__(*args, **kwargs)
        self.places = {place.code: place for place in places}
        choices = [(place.code, place.name) for place in places]
        field = forms.ChoiceField(label="区县", choices=choices)
        self.fields["district"] = field
        if len(self.places) == 1:
            only = next(iter(self.places))
            field.required, field.initial = False, only
            field.widget = forms.HiddenInput()

    def clean_file(self):
        file = self.cleaned_data["file"]
        if file.size > settings.IMPORT_MAX_BYTES:
            limit = filesizeformat(settings.IMPORT_MAX_BYTES)
            raise forms.ValidationError(f"文件超过{limit}，请拆分后上传。")
        return file

    def clean_as_of(self):
        day = self.cleaned_data["as_of"]
        if day and day > timezone.localdate():
            raise forms.ValidationError("生效日期不能晚于今天。")
        return day

    @property
    def place(self):
        """The chosen place, or the only one."""
        if len(self.places) == 1:
            return next(iter(self.places.values()))
        return self.places[self.cleaned_data["district"]]


class ConfirmForm(forms.Form):
    """The confirmation of a preview, bound to what was shown."""

    mode = forms.ChoiceField(choices=[("all", "全部"), ("valid", "只导入合格行")])
    digest = forms.CharField(max_length=64)
