"""What a person says when a grid is split, or several are merged."""

from django import forms
from django.core.exceptions import ValidationError

from grids.forms import GridField, effect_field, offer
from grids.models import Grid, Posting
from grids.services.reshaping import NewGrid

PARTS = 4  # rows on the page; a grid that falls into more is split again
NUMBERS = [(str(number), f"第 {number + 1} 部分") for number in range(PARTS)]


class SplitGridForm(forms.Form):
    """The parts of a grid, and which of them takes what hangs on it."""

    on = effect_field()

    def __init__(self, *args, grid: Grid, **kwargs):
        super().__init__(*args, **kwargs)
        for number in range(PARTS):
            needed = number < 2
            self.fields[f"name_{number}"] = forms.CharField(
                label=f"第 {number + 1} 部分名称", max_length=60, required=needed
            )
            self.fields[f"code_{number}"] = forms.CharField(
                label=f"第 {number + 1} 部分编码", max_length=20, required=needed
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

    @property
    def parts(self) -> list[NewGrid]:
        rows = [(f"name_{number}", f"code_{number}") for number in range(PARTS)]
        filled = [(self.cleaned_data[n], self.cleaned_data[c]) for n, c in rows]
        return [NewGrid(name, code) for name, code in filled if name or code]

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
        help_text="并入现有网格的，在此选择；合并成新网格的，填写下面的名称和编码。",
    )
    name = forms.CharField(label="新网格名称", max_length=60, required=False)
    code = forms.CharField(label="新网格编码", max_length=20, required=False)

    def __init__(self, *args, sisters, takers, **kwargs):
        super().__init__(*args, **kwargs)
        offer(self.fields["others"], sisters)
        offer(self.fields["into"], takers)

    def clean(self):
        super().clean()
        cleaned = self.cleaned_data
        is_new = bool(cleaned.get("name") or cleaned.get("code"))
        if not self.errors and is_new == bool(cleaned.get("into")):
            raise ValidationError(
                "请选择并入的现有网格，或填写新网格的名称和编码，二者取一。"
            )
        return cleaned

    @property
    def target(self) -> Grid | NewGrid:
        cleaned = self.cleaned_data
        return cleaned["into"] or NewGrid(cleaned["name"], cleaned["code"])
