"""What a person says when a grid is split, or several are merged."""

import re
from collections.abc import Sequence
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils import timezone

from grids.forms import GridField, effect_field, offer
from grids.models import Grid, Posting
from grids.services.codes import free_codes
from grids.services.hanging import Choice
from grids.services.quotas import index_of
from grids.services.reshaping import NewGrid

PARTS = 4  # rows on the page; a grid that falls into more is split again
NUMBERS = [(str(number), f"第 {number + 1} 部分") for number in range(PARTS)]
_BETWEEN = re.compile(r"[\s、，,；;]+")


class SplitGridForm(forms.Form):
    """The parts of a grid, and which of them takes what hangs on it."""

    on = effect_field()

    def __init__(self, *args, grid: Grid, **kwargs):
        super().__init__(*args, **kwargs)
        self.grid = grid
        for number in range(PARTS):
            self.fields[f"name_{number}"] = forms.CharField(
                label=f"第 {number + 1} 部分名称", max_length=60, required=number < 2
            )
            self.fields[f"code_{number}"] = forms.CharField(
                label=f"第 {number + 1} 部分编码",
                max_length=20,
                required=False,
                help_text="留空时按编码方案取下一个空号。",
            )
        for number in range(1, PARTS):
            self.fields[f"words_{number}"] = forms.CharField(
                label=f"第 {number + 1} 部分的道路、小区或单位",
                max_length=400,
                required=False,
                help_text="如“淮河路、兴华街”，用顿号或空格分开。",
            )
        self.index = index_of(grid, timezone.localdate())
        for number in range(PARTS if self.index else 0):
            self.fields[f"index_{number}"] = forms.IntegerField(
                label=f"第 {number + 1} 部分配置指数",
                min_value=1,
                max_value=99,
                required=False,
                help_text=f"留空与原网格相同，为 {self.index}；应配协管员按它计算。",
            )
        self._offer("grids", grid.children.filter(closed_on=None).order_by("code"))
        posts = Posting.objects.current().filter(grid=grid).select_related("person")
        self._offer("posts", posts.order_by("pk"))

    def _offer(self, kind: str, rows) -> None:
        for row in rows:
            label = row.name if isinstance(row, Grid) else _post_words(row)
            self.fields[f"{kind}_{row.pk}"] = forms.ChoiceField(
                label=label, choices=NUMBERS, initial="0", required=False
            )

    def names_of(self, kind: str) -> list[str]:
        """Return the fields that say where things of a kind go."""
        return [name for name in self.fields if name.startswith(f"{kind}_")]

    def names_of_parts(self) -> list[str]:
        """Return the fields of the parts: of each its name beside its code."""
        facts = ("name", "code", "index") if self.index else ("name", "code")
        return [f"{one}_{number}" for number in range(PARTS) for one in facts]

    def clean(self):
        super().clean()
        cleaned = self.cleaned_data
        last = -1
        for number in range(PARTS):
            filled = cleaned.get(f"name_{number}")
            if not filled and cleaned.get(f"code_{number}"):
                self.add_error(f"name_{number}", "写了编码，请同时写明名称。")
            if not filled and cleaned.get(f"index_{number}"):
                self.add_error(f"name_{number}", "写了配置指数，请同时写明名称。")
            if filled and number > last + 1 and not self.errors:
                self.add_error(f"name_{last + 1}", "请按顺序填写各部分，中间不要留空。")
            last = number if filled else last
        if not self.errors and not all(part.code for part in self.parts):
            raise ValidationError("没有可用的下一个编码，请填写各部分的编码。")
        return cleaned

    @property
    def parts(self) -> list[NewGrid]:
        """Return the new grids; those without a code take the next that are free.

        A part has the digits of what it is a part of, and three more (design.md 5).
        """
        cleaned: dict[str, Any] = self.cleaned_data
        rows = [
            (cleaned[f"name_{n}"], cleaned[f"code_{n}"], cleaned.get(f"index_{n}"))
            for n in range(PARTS)
        ]
        filled = [row for row in rows if row[0]]
        fresh: list[str] = []
        if self.grid.parent and not all(code for _, code, _ in filled):
            fresh = free_codes(self.grid, 2 * PARTS)
            fresh += free_codes(self.grid.parent, 2 * PARTS)  # a cell has no cells
        given = {code for _, code, _ in filled}
        free = (code for code in fresh if code not in given)
        return [
            NewGrid(name, code or next(free, ""), index=index)
            for name, code, index in filled
        ]

    @property
    def chosen(self) -> dict[str, dict[int, int]]:
        """Return the part of each thing, as `split_grid` wants it."""
        return {
            kind: {
                int(name.rpartition("_")[2]): int(self.cleaned_data[name] or 0)
                for name in self.names_of(kind)
            }
            for kind in ("grids", "posts")
        }

    def sent(self, units: Sequence[Choice]) -> dict[int, int]:
        """Return the part of each unit: what was chosen for it, else by its words."""
        words = [
            (number, [word for word in _BETWEEN.split(text) if word])
            for number in range(1, PARTS)
            if (text := self.cleaned_data[f"words_{number}"])
        ]
        return {unit.key: self._part_of(unit, words) for unit in units}

    def _part_of(self, unit: Choice, words: list[tuple[int, list[str]]]) -> int:
        said = self.data.get(f"units_{unit.key}", "")
        if said in dict(NUMBERS):
            return int(said)
        return next((number for number, some in words if unit.has(some)), 0)


def _post_words(post: Posting) -> str:
    return f"{post.person}（{post.get_role_display()}）"


class MergeGridsForm(forms.Form):
    """Which sisters go together with a grid, and which grid takes over."""

    on = effect_field()
    others: forms.ModelMultipleChoiceField = forms.ModelMultipleChoiceField(
        Grid.objects.none(),
        label="一并合并的同级网格",
        required=False,
        widget=forms.CheckboxSelectMultiple,
    )
    into = GridField(
        label="并入现有网格",
        required=False,
        help_text="并入现有网格的，在此选择；合并成新网格的，填写新网格名称。",
    )
    name = forms.CharField(label="新网格名称", max_length=60, required=False)
    code = forms.CharField(
        label="新网格编码",
        max_length=20,
        required=False,
        help_text="留空时按编码方案取下一个空号。",
    )

    def __init__(self, *args, grid: Grid, sisters, takers, **kwargs):
        super().__init__(*args, **kwargs)
        self.grid = grid
        offer(self.fields["others"], sisters)
        offer(self.fields["into"], takers)

    def clean(self):
        super().clean()
        cleaned = self.cleaned_data
        if self.errors:
            return cleaned
        is_new = bool(cleaned["name"] or cleaned["code"])
        if is_new == bool(cleaned.get("into")):
            raise ValidationError(
                "请选择并入的现有网格，或填写新网格的名称，二者取一。"
            )
        if is_new and not cleaned["name"]:
            self.add_error("name", "写了编码，请同时写明名称。")
        elif is_new and not self.target.code:
            self.add_error("code", "没有可用的下一个编码，请填写。")
        return cleaned

    @property
    def olds(self) -> list[Grid]:
        """Return the grids that are merged: all but the one that takes over."""
        taker = self.cleaned_data["into"]
        return [
            one for one in (self.grid, *self.cleaned_data["others"]) if one != taker
        ]

    @property
    def target(self) -> Grid | NewGrid:
        cleaned = self.cleaned_data
        if cleaned["into"]:
            return cleaned["into"]
        code = cleaned["code"]
        if not code and self.grid.parent:
            code = next(iter(free_codes(self.grid.parent)), "")
        return NewGrid(cleaned["name"], code)
