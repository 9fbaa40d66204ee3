"""Colours for the grids of a map, so that neighbours never look alike."""

from collections.abc import Mapping

from shapely import STRtree

from grids.boundaries import Area

# Dark enough for a line on white and, thinned, for the ground under black words.
PALETTE = (
    "#0f4fa0",
    "#1b7f5c",
    "#b25c00",
    "#7b3fa0",
    "#a8324a",
    "#00798c",
    "#5c6b00",
    "#8a5a44",
)


def colours_of(areas: Mapping[int, Area]) -> dict[int, str]:
    """Return {key: colour}: each area takes the least used one its neighbours lack.

    Where one touches more areas than there are colours, some repeat.
    """
    keys, shapes = list(areas), list(areas.values())
    near: dict[int, set[int]] = {key: set() for key in keys}
    if shapes:
        lefts, rights = STRtree(shapes).query(shapes, predicate="intersects")
        for left, right in zip(lefts.tolist(), rights.tolist(), strict=True):
            if left != right:
                near[keys[left]].add(keys[right])
    chosen: dict[int, str] = {}
    used = dict.fromkeys(PALETTE, 0)
    for key in keys:
        taken = {chosen[other] for other in near[key] if other in chosen}
        free = [colour for colour in PALETTE if colour not in taken] or list(PALETTE)
        colour = min(free, key=used.__getitem__)
        chosen[key] = colour
        used[colour] += 1
    return chosen
