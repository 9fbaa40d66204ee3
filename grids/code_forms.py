"""What a person says about codes: a city's scheme, and new codes for many grids."""

import re

from django import forms
from django.core.exceptions import ValidationError

from grids.code_rules import LONGEST
from grids.forms import effect_field
from grids.models import CodeScheme, Grid
from grids.services.recoding import by_beginning, by_list, by_scheme

MOST_PAIRS = 20_000  # lines of a list


class CodeSchemeForm(forms.ModelForm):
    """How many digits each part has, and what happens to other codes."""

    class Meta:
        model = CodeScheme
        fields = (
            *("district_digits", "street_digits", "community_digits"),
            *("serial_digits", "padded_to", "allows_free", "check_codes"),
        )
        labels = {
            "padded_to": "街道、社区编码补零到",
            "allows_free": "允许自由编码",
            "check_codes": "编码不符合方案时",
        }
        help_texts = {
            "district_digits": "区县、功能区编码的位数。",
            "street_digits": "街道、乡镇、园区在区县编码后加的位数。",
            "community_digits": "社区、行政村在街道编码后加的位数。",
            "serial_digits": "单元网格，以及没有区划代码的网格，在上级编码后加的位数。",
            "padded_to": "位数不足的在后面补零；不补零的填 0。",
            "allows_free": f"可以使用带字母的编码，如 A-01，最长 {LONGEST} 位。",
            "check_codes": "新增、修改、拆分、合并和重新编码时检查；已有编码不受影响。",
        }


class RecodeForm(forms.Form):
    """Which grids get other codes: by the scheme, by their beginning, or by a list."""

    WAYS = [
        ("scheme", "按编码方案：给不符合方案的网格取新编码"),
        ("beginning", "换开头：把一段编码的开头换成另一个"),
        ("list", "按名单：逐行写明原编码和新编码，可以互换"),
    ]

    how = forms.ChoiceField(
        label="怎样改", choices=WAYS, initial="scheme", widget=forms.RadioSelect
    )
    old = forms.CharField(label="原开头", max_length=LONGEST, required=False)
    new = forms.CharField(label="新开头", max_length=LONGEST, required=False)
    pairs = forms.CharField(
        label="名单",
        required=False,
        widget=forms.Textarea(attrs={"rows": "6"}),
        help_text="每行一个网格：原编码、空格或制表符、新编码；可从表格两列直接粘贴。",
    )
    on = effect_field()

    def __init__(self, *args, at: Grid, **kwargs):
        super().__init__(*args, **kwargs)
        self.at = at

    def clean(self):
        super().clean()
        if self.errors:
            return self.cleaned_data
        how = self.cleaned_data["how"]
        if how == "beginning" and not (self.cleaned_data["old"] and self._new):
            raise ValidationError("请填写原开头和新开头。")
        if how == "list" and not self._lines():
            raise ValidationError("请填写名单，每行写原编码和新编码。")
        return self.cleaned_data

    @property
    def _new(self) -> str:
        return self.cleaned_data["new"]

    def codes(self) -> dict[Grid, str]:
        """Return the new code of each grid. Raises Refused for a wrong list."""
        how = self.cleaned_data["how"]
        if how == "scheme":
            return by_scheme(self.at)
        if how == "beginning":
            return by_beginning(self.at, self.cleaned_data["old"], self._new)
        return by_list(self.at, self._lines())

    def _lines(self) -> list[tuple[str, str]]:
        lines = self.cleaned_data["pairs"].splitlines()[:MOST_PAIRS]
        split = (re.split(r"[\s,，→]+", line.strip(), maxsplit=1) for line in lines)
        return [(one[0], "".join(one[1:]).strip()) for one in split if one[0]]
