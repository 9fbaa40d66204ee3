"""How far a round is, grid by grid, each number with the rows behind it."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from django.db.models import Count, Q
from django.urls import reverse

from enterprises.reviews.models import Review, ReviewRound
from enterprises.reviews.rules import FILED, UNFILED
from gridinspect.accounts.models import User
from grids.models import Grid

# Head of the column, the search that shows its rows, and what it counts.
COLUMNS: dict[str, tuple[str, str, Q]] = {
    "all": ("应审查", "", Q()),
    "filed": ("已报送", "state=filed", Q(state__in=FILED)),
    "unfiled": ("未报送", "state=unfiled", Q(state__in=UNFILED)),
    "late": ("逾期报送", "late=late", Q(is_late=True)),
    "submitted": ("待审查", "state=submitted", Q(state="submitted")),
    "returned": ("待补正", "state=returned", Q(state="returned")),
    "correcting": ("限期整改", "state=correcting", Q(state="correcting")),
    "passed": ("合格", "state=passed", Q(state="passed")),
    "archived": ("已归档", "state=archived", Q(state="archived")),
    "drawn": ("抽查", "sampled=drawn", Q(sample__isnull=False)),
}


@dataclass
class Line:
    """One grid's counts; `grid` is None in the sum."""

    name: str
    code: str
    counts: dict[str, int] = field(default_factory=dict)

    @property
    def rate(self) -> str:
        """Return the share that handed in; a dash when nobody has to."""
        whole = self.counts.get("all", 0)
        return f"{self.counts['filed'] / whole:.1%}" if whole else "—"


def progress_of(user: User, round: ReviewRound) -> list[Line]:
    """Return a line for each grid below the district, and the sum. Two queries."""
    counts = {f"n_{key}": Count("pk", filter=q) for key, (_, _, q) in COLUMNS.items()}
    rows = Review.objects.visible_to(user).filter(round=round).order_by()
    counted = rows.values("grid__path").annotate(**counts)
    grids = Grid.objects.filter(parent=round.district_id).order_by("code")
    own = Line(f"{round.district.name}（未分到下级）", "")
    lines = {grid.path: Line(grid.name, grid.code) for grid in grids}
    total = Line("合计", round.district.code)
    for path, *numbers in counted.values_list("grid__path", *counts):
        line = next((one for top, one in lines.items() if path.startswith(top)), own)
        for one in (line, total):
            for key, number in zip(COLUMNS, numbers, strict=True):
                one.counts[key] = one.counts.get(key, 0) + number
    shown = [one for one in (*lines.values(), own) if one.counts]
    return [*shown, total] if total.counts else []


def cells_of(line: Line, round: ReviewRound) -> list[tuple[int, str]]:
    """Return each count of a line with the address that shows its rows."""
    page = reverse("reviews:units", args=[round.pk])
    place = f"grid={line.code}" if line.code else ""
    cells = []
    for key, (_, asked, _) in COLUMNS.items():
        query = "&".join(filter(None, (place, asked)))
        cells.append((line.counts.get(key, 0), f"{page}?{query}" if place else ""))
    return cells


def heads() -> Sequence[str]:
    return ["网格", *(head for head, _, _ in COLUMNS.values()), "报送率"]
