"""A map of grids on paper: outlines in colours with names, units as points, a scale.

Booklet and posters share it. Pure: areas in, a flowable out; no tiles, no network.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

from reportlab.lib.colors import Color, HexColor
from reportlab.lib.units import mm
from reportlab.platypus import Flowable
from shapely import MultiPoint, get_coordinates

from gridinspect.documents.fonts import Face, plain, runs, width
from grids.boundaries import Area, in_metres, place_of, polygons_of

MARGIN = 3 * mm
BELOW = 9 * mm  # for the bar
INK = HexColor("#1F2933")
PALE = Color(1, 1, 1, alpha=0.7)
PLAIN = "#0f4fa0"
TINT = 0.16  # how much of a colour the ground takes
STEPS = (1, 2, 5)  # a scale bar is one of these times a power of ten


@dataclass(frozen=True)
class Ground:
    """One grid on the map: its area in WGS-84, its name, its colour.

    `number` stands in it where the name does not fit; a frame is drawn as a line only
    (the grid that the others make up).
    """

    area: Area
    name: str
    number: int = 0
    colour: str = PLAIN
    is_frame: bool = False


class GridMap(Flowable):
    """The grounds, as large as the box allows; measures in millimetres."""

    def __init__(
        self,
        grounds: Sequence[Ground],
        spots: Sequence[tuple[float, float]] = (),
        *,
        wide: float,
        tall: float,
        size: float = 8,
    ) -> None:
        super().__init__()
        self.grounds, self.spots, self.size = grounds, spots, size
        self.width, self.height = wide * mm, tall * mm
        _, south, _, north = _bounds(grounds)
        self.latitude = (south + north) / 2
        left, low, right, high = _bounds(grounds, latitude=self.latitude)
        self.left, self.low = left, low
        across, up = max(right - left, 1.0), max(high - low, 1.0)
        room = self.width - 2 * MARGIN, self.height - MARGIN - BELOW
        self.scale = min(room[0] / across, room[1] / up)  # points a metre
        self.x0 = (self.width - across * self.scale) / 2
        self.y0 = BELOW + (room[1] - up * self.scale) / 2

    def wrap(self, *_: float) -> tuple[float, float]:
        return self.width, self.height

    def draw(self) -> None:
        canvas = self.canv
        canvas.saveState()
        canvas.setLineJoin(1)
        for ground in sorted(self.grounds, key=lambda one: one.is_frame):
            self._ground(ground)
        canvas.setFillColor(INK)
        for x, y in self._points(self.spots):
            canvas.circle(x, y, 0.9, stroke=0, fill=1)
        for ground in self.grounds:
            if not ground.is_frame:
                self._label(ground)
        self._bar()
        self._north()
        canvas.restoreState()

    def _ground(self, ground: Ground) -> None:
        path = self.canv.beginPath()
        flat = in_metres(ground.area, self.latitude)
        for polygon in polygons_of(flat):
            for ring in (polygon.exterior, *polygon.interiors):
                points = [self._at(x, y) for x, y in ring.coords]
                path.moveTo(*points[0])
                for point in points[1:-1]:
                    path.lineTo(*point)
                path.close()
        colour = HexColor(ground.colour)
        self.canv.setStrokeColor(INK if ground.is_frame else colour)
        self.canv.setLineWidth(1.4 if ground.is_frame else 0.8)
        self.canv.setFillColor(_tint(colour))
        self.canv.drawPath(path, stroke=1, fill=0 if ground.is_frame else 1, fillMode=0)

    def _label(self, ground: Ground) -> None:
        """Write the name where it fits between the sides, else the number."""
        ((x, y),) = self._points([place_of(ground.area)])
        west, _, east, _ = in_metres(ground.area, self.latitude).bounds
        name = plain(ground.name)
        if ground.number:
            name = f"{ground.number} {name}"
        if width(name, Face.HEI, self.size) > (east - west) * self.scale * 0.9:
            name = str(ground.number or "")
        self._words(x, y - self.size * 0.36, name, align=0.5)

    def _words(self, x: float, y: float, text: str, *, align: float = 0) -> None:
        """Write on a pale ground, so that no line strikes it out."""
        if not text:
            return
        long = width(text, Face.HEI, self.size)
        x -= long * align
        self.canv.setFillColor(PALE)
        self.canv.rect(x - 1, y - 2, long + 2, self.size + 2, stroke=0, fill=1)
        self.canv.setFillColor(INK)
        for piece, part in runs(text, Face.HEI):
            self.canv.setFont(piece.name, self.size)
            self.canv.drawString(x, y, part)
            x += piece.width(part, self.size)

    def _bar(self) -> None:
        """Draw a bar of a round length of about a fifth of the map, with its length."""
        metres = _round_length(self.width / self.scale / 5)
        long = metres * self.scale
        x, y, canvas = self.x0, MARGIN, self.canv
        canvas.setStrokeColor(INK)
        canvas.setLineWidth(1)
        canvas.line(x, y, x + long, y)
        for end in (x, x + long):
            canvas.line(end, y - 2, end, y + 2)
        text = f"{metres / 1000:g} 千米" if metres >= 1000 else f"{metres:g} 米"
        self._words(x, y + 4, text)

    def _north(self) -> None:
        x, y, canvas = self.width - MARGIN - 4, self.height - MARGIN - 22, self.canv
        path = canvas.beginPath()
        path.moveTo(x, y + 14)
        path.lineTo(x - 4, y)
        path.lineTo(x, y + 3)
        path.lineTo(x + 4, y)
        path.close()
        canvas.setFillColor(INK)
        canvas.drawPath(path, stroke=0, fill=1)
        self._words(x, y + 15, "北", align=0.5)

    def _points(
        self, spots: Sequence[tuple[float, float]]
    ) -> list[tuple[float, float]]:
        flat = in_metres(MultiPoint(list(spots)), self.latitude)
        return [self._at(x, y) for x, y in get_coordinates(flat)]

    def _at(self, x: float, y: float) -> tuple[float, float]:
        return (
            self.x0 + (x - self.left) * self.scale,
            self.y0 + (y - self.low) * self.scale,
        )


def _bounds(
    grounds: Sequence[Ground], *, latitude: float | None = None
) -> tuple[float, float, float, float]:
    areas = [ground.area for ground in grounds]
    flat = areas if latitude is None else [in_metres(area, latitude) for area in areas]
    wests, souths, easts, norths = zip(*(area.bounds for area in flat), strict=True)
    return min(wests), min(souths), max(easts), max(norths)


def _tint(colour: Color) -> Color:
    """Return the colour thinned with white: black words stay readable on it."""
    parts = (colour.red, colour.green, colour.blue)
    return Color(*(1 - (1 - part) * TINT for part in parts))


def _round_length(metres: float) -> float:
    """Return the largest of 1, 2, 5, 10, 20 … metres that is no longer."""
    power = 10 ** math.floor(math.log10(max(metres, 1)))
    return max(step * power for step in STEPS if step * power <= max(metres, 1))
