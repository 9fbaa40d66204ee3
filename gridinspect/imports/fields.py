"""The columns of a kind of import: what they are called and how a cell is read."""

import re
import unicodedata
from collections.abc import Callable, Mapping
from typing import Any

from import_export.fields import Field

from gridinspect.imports.cleaning import Cleaner, Setting, plain


class SheetField(Field):
    """One column of a workbook, declared once for import, template and export.

    `header` is its name in our template, `synonyms` what other offices call it.
    `clause` is the standard or rule that a fault of this column is shown with. `mask`
    hides the value on the preview page and in stored preview rows; `labels` says what
    the stored codes of a closed list are called there.
    """

    name = ""

    def __init__(
        self,
        header: str,
        clean: Cleaner,
        *,
        synonyms: tuple[str, ...] = (),
        required: bool = False,
        clause: str = "",
        help: str = "",
        sample: str = "",
        choices: tuple[str, ...] = (),
        as_text: bool = False,
        mask: Callable[[str], str] | None = None,
        labels: Mapping[str, str] | None = None,
        attribute: str | None = None,
    ):
        super().__init__(attribute=attribute, column_name=header)
        self.header = header
        self.clean_cell = _or_masked(clean) if mask else clean
        self.synonyms = synonyms
        self.required = required
        self.clause = clause
        self.help = help
        self.sample = sample
        self.choices = choices
        self.as_text = as_text
        self.mask = mask
        self.labels = dict(labels or {})

    def label(self, value: Any) -> Any:
        """Return what a stored code is called."""
        return self.labels.get(value, value)

    def __deepcopy__(self, memo: object) -> "SheetField":
        return self  # never changed after the class is made


_MASKED = re.compile(r"[0-9A-Za-z-]{0,8}\*{3,}[0-9A-Za-z-]{0,8}")


def is_masked(value: Any) -> bool:
    """Tell whether a value is a number with its middle hidden, as lists export it."""
    return isinstance(value, str) and "***" in value and bool(_MASKED.fullmatch(value))


def fits_mask(masked: str, value: Any) -> bool:
    """Tell whether a masked number may be this number."""
    pattern = re.escape(masked).replace(r"\*", ".")
    return isinstance(value, str) and bool(re.fullmatch(pattern, value))


def _or_masked(clean: Cleaner) -> Cleaner:
    """Let a hidden number pass as it is; what it means is decided with the database."""

    def pass_or_clean(raw: Any, setting: Setting) -> Any:
        if isinstance(raw, str) and "*" in raw and is_masked(plain(raw)):
            return plain(raw)
        return clean(raw, setting)

    return pass_or_clean


_NOISE = re.compile(r"[\s*＊★※:：、。.\u200b\ufeff]+")
_REMARK = re.compile(r"[（(【\[][^（()）】\]]*[)）】\]]")
_ORDER = re.compile(r"^(?:\d{1,2}|[一二三四五六七八九十]{1,2})[、.．]")


def header_keys(text: str) -> tuple[str, ...]:
    """Return the forms in which a header may be known, the fullest first.

    Blanks, line breaks, '*' and colons do not matter; words in brackets may be units
    or hints (人数（人）, 姓名（必填）) and are dropped in the second form.

    Source: import-policy P13.
    """
    full = _ORDER.sub("", unicodedata.normalize("NFKC", text).strip())
    bare = _REMARK.sub("", full)
    keys = [_NOISE.sub("", form).lower() for form in (full, bare)]
    return tuple(dict.fromkeys(key for key in keys if key))


class HeaderNames:
    """Which field a header means, for one kind of import."""

    def __init__(self, columns: dict[str, SheetField]):
        self._names: dict[str, str] = {}
        for name, column in columns.items():
            for text in (column.header, *column.synonyms):
                for key in header_keys(text)[:1]:
                    self._names.setdefault(key, name)

    def field_of(self, *texts: str) -> str | None:
        """Return the field that the first known text means, else None."""
        for text in texts:
            for key in header_keys(text):
                if key in self._names:
                    return self._names[key]
        return None
