from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from django import forms
from django.conf import settings
from django.template.defaultfilters import filesizeformat
from django.utils import timezone

from gridinspect.imports.fields import SheetField
from gridinspect.imports.layouts import letters


class UploadForm(forms.Form):
    """A workbook and, for who works in several districts, which one it is for."""

    file = forms.FileField(
        label="工作簿",
        help_text="支持 .xlsx、.xlsm、.xls、.ods、.csv；按内容识别，表头不必在第一行。",
    )
    district = forms.ChoiceField(label="区县")
    as_of = forms.DateField(
        label="生效日期",
        required=False,
        widget=forms.DateInput(attrs={"type": "date"}),
        help_text="表中情况自哪天起生效，不填为今天。",
    )

    def __init__(self, *args, places, has_effective_day=True, **kwargs):
        super().__init__(*args, **kwargs)
        if not has_effective_day:
            self.fields["as_of"].widget = forms.HiddenInput()
        self.places = {place.code: place for place in places}
        choices = [(place.code, place.name) for place in places]
        field = forms.ChoiceField(label="区县", choices=choices)
        self.fields["district"] = field
        if len(self.places) == 1:
            only = next(iter(self.places))
            field.required, field.initial = False, only
            field.widget = forms.HiddenInput()
        largest = settings.IMPORT_MAX_BYTES // 1024**2
        self.fields["file"].widget.attrs["data-largest"] = largest

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


@dataclass(frozen=True)
class ColumnChoice:
    """One column on the page of corrections: its header, a sample, the select."""

    letter: str
    header: str
    sample: str
    note: str
    bound: Any


@dataclass(frozen=True)
class SheetChoice:
    """One sheet on the page of corrections."""

    name: str
    hidden: bool
    row_count: int
    why: str
    use: Any
    header: Any
    seen: Any
    columns: list[ColumnChoice]


HEADS = 15  # rows offered as a header


class LayoutForm(forms.Form):
    """How each sheet is to be read: whether, from which header, each column as what.

    Columns belong to the header that was shown; where another is chosen they are
    recognised anew and can be corrected on the next look.
    """

    def __init__(
        self,
        *args: Any,
        outline: list[dict[str, Any]],
        fields: Mapping[str, SheetField],
        **kwargs: Any,
    ):
        super().__init__(*args, **kwargs)
        self.outline = outline
        self.sheet_fields = fields
        offered = [("", "不导入")] + [
            (name, f"{field.header}{'（必填）' if field.required else ''}")
            for name, field in fields.items()
        ]
        self._read = {}
        for place, sheet in enumerate(outline):
            read = _read(sheet)
            self._read[place] = read
            self.fields[f"s{place}-use"] = forms.BooleanField(
                label="导入这张工作表", required=False, initial=sheet["used"]
            )
            rows = "+".join(map(str, sheet["header_rows"]))
            self.fields[f"s{place}-header"] = forms.ChoiceField(
                label="表头所在行",
                choices=_header_choices(sheet),
                initial=rows,
                required=False,
            )
            self.fields[f"s{place}-seen"] = forms.CharField(
                initial=rows, required=False, widget=forms.HiddenInput()
            )
            for letter, column in read.items():
                self.fields[f"s{place}-{letter}"] = forms.ChoiceField(
                    label=f"{letter}列 {column[0]}",
                    choices=offered,
                    initial=column[1],
                    required=False,
                    widget=forms.Select(attrs={"class": "form-select"}),
                )

    def sheets(self) -> Iterator[SheetChoice]:
        """Yield what the page shows of each sheet."""
        for place, sheet in enumerate(self.outline):
            yield SheetChoice(
                sheet["name"] or "（CSV）",
                sheet["hidden"],
                sheet["row_count"],
                sheet["why"],
                self[f"s{place}-use"],
                self[f"s{place}-header"],
                self[f"s{place}-seen"],
                [
                    ColumnChoice(letter, *shown, self[f"s{place}-{letter}"])
                    for letter, shown in self._shown(place, sheet)
                ],
            )

    def _shown(
        self, place: int, sheet: dict[str, Any]
    ) -> Iterator[tuple[str, tuple[str, str, str]]]:
        below = max(sheet["header_rows"], default=0)
        body = [cells for number, cells in sheet["rows"] if number > below]
        for index, letter in enumerate(letters(sheet)):
            header, _, note = self._read[place][letter]
            values = [cells[index] for cells in body if index < len(cells)]
            sample = next((value for value in values if value), "")
            if header or sample:
                yield letter, (header, sample, note)

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        used = [n for n in range(len(self.outline)) if data.get(f"s{n}-use")]
        if not used:
            raise forms.ValidationError("请至少选择一张要导入的工作表。")
        for place in used:
            if data.get(f"s{place}-header") == data.get(f"s{place}-seen"):
                self._check_columns(place, data)
        return data

    def _check_columns(self, place: int, data: dict[str, Any]) -> None:
        """Ask for one column for each field, and one for each required field."""
        sheet = self.outline[place]["name"] or "（CSV）"
        chosen: dict[str, str] = {}
        for letter in self._read[place]:
            name = data.get(f"s{place}-{letter}")
            if name and name in chosen:
                self.add_error(
                    f"s{place}-{letter}",
                    f"工作表“{sheet}”的{chosen[name]}列和{letter}列都对应"
                    f"“{self.sheet_fields[name].header}”，请只留一列。",
                )
            elif name:
                chosen[name] = letter
        if not data.get(f"s{place}-header"):
            return
        absent = [
            field.header
            for name, field in self.sheet_fields.items()
            if field.required and name not in chosen
        ]
        if absent:
            self.add_error(
                None,
                f"工作表“{sheet}”还缺少必需的列：{'、'.join(absent)}，"
                "请为它选择对应的列，或不导入这张工作表。",
            )

    def corrections(self) -> dict[str, Any]:
        """Return what was said, as `recognise` takes it."""
        told: dict[str, Any] = {}
        for place, sheet in enumerate(self.outline):
            header = self.cleaned_data[f"s{place}-header"]
            same = header == self.cleaned_data[f"s{place}-seen"]
            told[sheet["name"]] = {
                "use": self.cleaned_data[f"s{place}-use"],
                "header_rows": [int(row) for row in header.split("+") if row],
                "fields": {
                    letter: self.cleaned_data[f"s{place}-{letter}"]
                    for letter in self._read[place]
                }
                if same and header
                else None,
            }
        return told


def _read(sheet: dict[str, Any]) -> dict[str, tuple[str, str, str]]:
    """Return letter → (header, field, note) of the columns as they are read now."""
    read = dict.fromkeys(letters(sheet), ("", "", ""))
    found = letters(sheet)
    for index, header, field, note in sheet["columns"]:
        if index < len(found):
            read[found[index]] = (header, field, note)
    return read


def _header_choices(sheet: dict[str, Any]) -> list[tuple[str, str]]:
    """Offer the first rows as a header, each alone and with the row below it."""
    rows = [(n, [c for c in cells if c]) for n, cells in sheet["rows"][:HEADS]]
    choices = [("", "没有表头")]
    for place, (number, texts) in enumerate(rows):
        words = "、".join(texts)[:40]
        choices.append((str(number), f"第{number}行：{words}"))
        if place + 1 < len(rows) and rows[place + 1][0] == number + 1:
            choices.append(
                (f"{number}+{number + 1}", f"第{number}–{number + 1}行（两行表头）")
            )
    current = "+".join(map(str, sheet["header_rows"]))
    if current not in dict(choices):
        choices.append((current, f"第{current.replace('+', '–')}行"))
    return choices
