"""Boxes in columns, links between them that cross little: what every picture of ours is laid out by. Pure.

K. Sugiyama, S. Tagawa, M. Toda, "Methods for visual understanding of hierarchical system structures" (1981):
links over several columns get a place in each of them, and rows follow the mean row of what they hang on.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Final

_LANE: Final = 8
_LOOP: Final = 44
_SWEEPS: Final = 12

Link = tuple[str, str]


@dataclass(frozen=True, slots=True)
class Point:
    x: float
    y: float


@dataclass(frozen=True, slots=True)
class Box:
    """Where a node stands: its column, and its upper left corner."""

    column: int
    x: float
    y: float


@dataclass(frozen=True, slots=True)
class Curve:
    """A cubic Bézier curve."""

    start: Point
    one: Point
    two: Point
    end: Point

    def at(self, t: float) -> Point:
        """The point at `t`, from 0 to 1."""
        weights = ((1 - t) ** 3, 3 * t * (1 - t) ** 2, 3 * t * t * (1 - t), t**3)
        points = (self.start, self.one, self.two, self.end)
        x = sum(weight * point.x for weight, point in zip(weights, points, strict=True))
        return Point(x, sum(weight * point.y for weight, point in zip(weights, points, strict=True)))


@dataclass(frozen=True, slots=True)
class Sizes:
    """Pixels: of a box, between boxes, and around all of them."""

    width: float
    height: float
    gap_x: float
    gap_y: float
    left: float
    top: float


@dataclass(frozen=True, slots=True)
class Arrangement:
    """Boxes by node, the curves of each link with straight lines between them, and where it all ends."""

    boxes: Mapping[str, Box]
    lines: Sequence[Sequence[Curve]]
    right: float
    bottom: float


def arrange(columns: Sequence[Sequence[str]], links: Sequence[Link], sizes: Sizes) -> Arrangement:
    """The same places for the same nodes, each in its column. Links lead to any column, backwards too."""
    place = {id: number for number, column in enumerate(columns) for id in column}
    filled = [list(column) for column in columns]
    lanes = _lanes(filled, links, place)
    _sort(filled, links, lanes)
    inner = max(_height(column, sizes.gap_y, sizes) for column in filled)
    boxes: dict[str, Box] = {}
    for number, column in enumerate(filled):
        spare = inner - _height(column, 0, sizes)
        gap = min(spare / (len(column) + 1), 3 * sizes.gap_y) if spare else 0
        gap = max(gap, sizes.gap_y) if _height(column, sizes.gap_y, sizes) <= inner else sizes.gap_y
        y = sizes.top + (inner - _height(column, gap, sizes)) / 2
        for id in column:
            boxes[id] = Box(number, sizes.left + number * (sizes.width + sizes.gap_x), round(y, 1))
            y += _size(id, sizes) + gap
    looped = any(place[source] == place[target] for source, target in links)
    right = sizes.left + len(filled) * (sizes.width + sizes.gap_x) - sizes.gap_x + (_LOOP if looped else 0)
    lines = list(_lines(links, boxes, lanes, sizes))
    return Arrangement({id: boxes[id] for id in place}, lines, right, round(sizes.top + inner, 1))


def path(curves: Sequence[Curve]) -> str:
    """The `d` of an SVG path."""
    first, *_ = curves
    parts = [f"M{first.start.x:g} {first.start.y:g}"]
    for curve in curves:
        if curve is not first:
            parts.append(f"L{curve.start.x:g} {curve.start.y:g}")
        points = (curve.one, curve.two, curve.end)
        parts.append("C" + " ".join(f"{point.x:g} {point.y:g}" for point in points))
    return "".join(parts)


def _lanes(columns: list[list[str]], links: Sequence[Link], place: Mapping[str, int]) -> Sequence[list[str]]:
    """An id in each column that a link passes, in the link's direction; the columns get them too."""
    lanes: list[list[str]] = []
    for number, (source, target) in enumerate(links):
        start, end = place[source], place[target]
        step = 1 if start < end else -1
        passed = range(start + step, end, step)
        lanes.append([f"\0{number} {column}" for column in passed])  # no id of a node begins so
        for column, lane in zip(passed, lanes[number], strict=True):
            columns[column].append(lane)
    return lanes


def _sort(columns: list[list[str]], links: Sequence[Link], lanes: Sequence[Sequence[str]]) -> None:
    around: dict[str, list[str]] = {}
    for (source, target), passed in zip(links, lanes, strict=True):
        for one, other in pairwise([source, *passed, target]):
            around.setdefault(one, []).append(other)
            around.setdefault(other, []).append(one)
    for sweep in range(_SWEEPS):
        for column in columns if sweep % 2 else columns[::-1]:
            rows = {id: (n + 0.5) / len(line) for line in columns for n, id in enumerate(line)}
            column.sort(key=lambda id: (_mean([rows[other] for other in around.get(id, ())], rows[id]), id))


def _mean(rows: Sequence[float], own: float) -> float:
    return round(sum(rows) / len(rows), 9) if rows else own


def _size(id: str, sizes: Sizes) -> float:
    return _LANE if id.startswith("\0") else sizes.height


def _height(column: Sequence[str], gap: float, sizes: Sizes) -> float:
    return sum(_size(id, sizes) for id in column) + gap * (len(column) - 1)


def _lines(
    links: Sequence[Link], boxes: Mapping[str, Box], lanes: Sequence[Sequence[str]], sizes: Sizes
) -> Iterator[Sequence[Curve]]:
    ends = _ends(links, boxes, lanes, sizes)
    for number, (source, target) in enumerate(links):
        onward = boxes[source].column <= boxes[target].column
        start, start_right = ends[number, True]
        end, end_right = ends[number, False]
        curves: list[Curve] = []
        for lane in lanes[number]:
            box = boxes[lane]
            y = box.y + _LANE / 2
            near, far = Point(box.x, y), Point(box.x + sizes.width, y)
            entry, exit_ = (near, far) if onward else (far, near)
            curves.append(_curve(start, entry, start_right, not onward))
            start, start_right = exit_, onward
        curves.append(_curve(start, end, start_right, end_right))
        yield curves


def _curve(start: Point, end: Point, start_right: bool, end_right: bool) -> Curve:
    """Leaves and arrives level, by the right or the left side of a box."""
    bend = max(abs(end.x - start.x) / 2, _LOOP)
    one = Point(start.x + (bend if start_right else -bend), start.y)
    return Curve(start, one, Point(end.x + (bend if end_right else -bend), end.y), end)


def _ends(
    links: Sequence[Link], boxes: Mapping[str, Box], lanes: Sequence[Sequence[str]], sizes: Sizes
) -> Mapping[tuple[int, bool], tuple[Point, bool]]:
    """Where links leave and arrive, spread over the side of a box in the order of what they lead to."""
    sides: dict[tuple[str, bool], list[tuple[float, int, bool]]] = {}
    for number, (source, target) in enumerate(links):
        start, end = boxes[source], boxes[target]
        chain = [source, *lanes[number], target]
        onward, level = start.column <= end.column, start.column == end.column
        sides.setdefault((source, onward), []).append((boxes[chain[1]].y, number, True))
        sides.setdefault((target, not onward or level), []).append((boxes[chain[-2]].y, number, False))
    ends: dict[tuple[int, bool], tuple[Point, bool]] = {}
    for (id, right), listed in sides.items():
        box = boxes[id]
        for place, (_, number, starts) in enumerate(sorted(listed), 1):
            y = round(box.y + sizes.height * place / (len(listed) + 1), 1)
            ends[number, starts] = (Point(box.x + (sizes.width if right else 0), y), right)
    return ends
