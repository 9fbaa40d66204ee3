"""From what a sheet says about a place to the grid: exactly first, never a guess."""

import re
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from gridinspect.imports.cleaning import plain
from grids.addresses import community_stem, street_stem
from grids.models import Grid

_BLANKS = re.compile(r"\s+")

UPPER = frozenset((Grid.Kind.STREET, Grid.Kind.TOWN, Grid.Kind.PARK))


class PlaceNotFound(ValueError):
    """A name that leads to no grid, or to several; `at` is the column it stands in."""

    def __init__(self, code: str, message: str, at: str):
        super().__init__(message)
        self.code = code
        self.message = message
        self.at = at


@dataclass(frozen=True, slots=True)
class PlaceRow:
    """What the index needs of a grid."""

    pk: int
    parent_id: int | None
    code: str
    division_code: str | None
    name: str
    kind: str
    path: str


def squeeze(name: Any) -> str:
    """Return a name without any blanks, in half width."""
    return _BLANKS.sub("", plain(name))


class PlaceIndex:
    """The open grids of one district by name, fetched once.

    Source: import-policy P14.
    """

    def __init__(self, district: Grid, grids: Iterable[Grid] | None = None):
        if grids is None:
            grids = Grid.objects.filter(district=district, closed_on=None)
        fields = ("pk", "parent_id", "code", "division_code", "name", "kind", "path")
        self.district = district
        self.rows = {
            row.pk: row
            for row in (PlaceRow(*(getattr(grid, f) for f in fields)) for grid in grids)
        }
        self.root = self.rows.get(district.pk)
        self._codes: dict[str, PlaceRow] = {}
        self._streets: dict[str, list[PlaceRow]] = defaultdict(list)
        self._street_stems: dict[str, list[PlaceRow]] = defaultdict(list)
        self._communities: dict[str, list[PlaceRow]] = defaultdict(list)
        self._community_stems: dict[str, list[PlaceRow]] = defaultdict(list)
        for row in self.rows.values():
            self._codes[row.code] = row
            if row.division_code:
                self._codes[row.division_code] = row
            name = squeeze(row.name)
            if row.kind in UPPER:
                self._streets[name].append(row)
                self._street_stems[street_stem(name)].append(row)
            elif row.pk != district.pk:
                self._communities[name].append(row)
                self._community_stems[community_stem(name)].append(row)
        self._known: dict[tuple[Any, Any], PlaceRow | PlaceNotFound | None] = {}

    def find(self, street: Any, community: Any) -> PlaceRow | None:
        """Return the grid that a row names, None when it names none.

        The community where one is given, else the street. Raises PlaceNotFound.
        """
        pair = (street, community)
        if pair not in self._known:
            try:
                names = squeeze(street or ""), squeeze(community or "")
                self._known[pair] = self._find(*names)
            except PlaceNotFound as fault:
                self._known[pair] = fault
        found = self._known[pair]
        if isinstance(found, PlaceNotFound):
            raise found
        return found

    def has(self, names: tuple[str, ...]) -> bool:
        """Tell whether (street, community) names one grid of the district."""
        try:
            return self.find(*names) is not None
        except PlaceNotFound:
            return False

    def by_code(self, code: str) -> PlaceRow | None:
        """Return the grid with this grid code or division code."""
        return self._codes.get(code)

    def _find(self, street: str, community: str) -> PlaceRow | None:
        above = self._street(street) if street else None
        if not community:
            return above
        community = self._cut_prefix(community, above)
        for names, key in (
            (self._communities, community),
            (self._community_stems, community_stem(community)),
        ):
            found = names.get(key, [])
            inside = [
                row for row in found if above is None or row.path.startswith(above.path)
            ]
            if len(inside) == 1:
                return inside[0]
            if inside:
                raise PlaceNotFound(
                    "community_ambiguous",
                    f"“{community}”对应几个社区：{self._list(inside)}。"
                    "请写全名并填写所属街道。",
                    "community",
                )
        elsewhere = self._community_stems.get(community_stem(community), [])
        if above and elsewhere:
            raise PlaceNotFound(
                "community_in_other_street",
                f"“{community}”不属于{above.name}，而在{self._list(elsewhere)}，请核对。",
                "community",
            )
        raise PlaceNotFound(
            "community_unknown",
            f"网格树中没有社区“{community}”，请核对名称，或先在网格管理中新增。",
            "community",
        )

    def _street(self, text: str) -> PlaceRow:
        name = text.removeprefix(self.district.name) or text
        for names, key in (
            (self._streets, name),
            (self._street_stems, street_stem(name)),
        ):
            found = names.get(key, [])
            if len(found) == 1:
                return found[0]
            if found:
                raise PlaceNotFound(
                    "street_ambiguous",
                    f"“{text}”对应几个街道：{self._list(found)}。请写全名。",
                    "street",
                )
        if text == self.district.name and self.root:
            return self.root
        raise PlaceNotFound(
            "street_unknown",
            f"{self.district.name}的网格树中没有街道“{text}”，请核对名称。",
            "street",
        )

    def _cut_prefix(self, community: str, above: PlaceRow | None) -> str:
        """Drop a street's full name written before its community's."""
        if community in self._communities or above is None:
            return community
        return community.removeprefix(squeeze(above.name)) or community

    def _list(self, rows: list[PlaceRow]) -> str:
        def full(row: PlaceRow) -> str:
            above = self.rows.get(row.parent_id or 0)
            return f"{above.name if above else ''}{row.name}"

        return "、".join(full(row) for row in rows[:6])
