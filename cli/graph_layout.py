"""Where nodes and links of a picture stand: columns by what a node is, rows so that few links cross. Pure.

K. Sugiyama, S. Tagawa, M. Toda, "Methods for visual understanding of hierarchical system structures" (1981):
links over several columns get a place in each of them, and rows follow the mean row of what they hang on.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Final

from cli.graph import Edge, Picture
from writ.ledger.graph import Kind

WIDTH, HEIGHT = 212, 46
MARGIN: Final = 28
_GAP_X, _GAP_Y = 132, 26
_HEAD, _FOOT = 62, 58
_LANE: Final = 8
_LOOP: Final = 44
_NARROWEST: Final = 560
_SWEEPS: Final = 12
# Left to right as an action comes to be: who and what is behind it, what led to it, itself, what it touched.
_COLUMNS: Final = (
    (Kind.POLICY_BUNDLE, Kind.ACTOR),
    (Kind.EVENT, Kind.BOT, Kind.DECISION, Kind.APPROVAL),
    (Kind.ACTION,),
    (Kind.ARTIFACT, Kind.COMMIT, Kind.RELEASE, Kind.CUSTOMER, Kind.CONTROL),
)


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
class Line:
    """A link: its curves, with straight lines between them."""

    edge: Edge
    curves: Sequence[Curve]


@dataclass(frozen=True, slots=True)
class Layout:
    """Boxes by node, links, and the size of the page."""

    boxes: Mapping[str, Box]
    lines: Sequence[Line]
    width: float
    height: float


def layout(picture: Picture) -> Layout:
    """The same places for the same picture. Columns without a node are left out."""
    columns, lanes = _columns(picture)
    _sort(columns, picture, lanes)
    inner = max(_height(column, _GAP_Y) for column in columns)
    boxes: dict[str, Box] = {}
    for number, column in enumerate(columns):
        spare = inner - _height(column, 0)
        gap = min(spare / (len(column) + 1), 3 * _GAP_Y) if spare else 0
        gap = max(gap, _GAP_Y) if _height(column, _GAP_Y) <= inner else _GAP_Y
        y = _HEAD + (inner - _height(column, gap)) / 2
        for id in column:
            boxes[id] = Box(number, MARGIN + number * (WIDTH + _GAP_X), round(y, 1))
            y += _size(id) + gap
    looped = any(boxes[edge.source].column == boxes[edge.target].column for edge in picture.edges)
    width = 2 * MARGIN + len(columns) * (WIDTH + _GAP_X) - _GAP_X + (_LOOP if looped else 0)
    lines = list(_lines(picture, boxes, lanes))
    shown = {id: boxes[id] for id in picture.things}
    return Layout(shown, lines, max(width, _NARROWEST), round(_HEAD + inner + _FOOT, 1))


def _columns(picture: Picture) -> tuple[list[list[str]], Mapping[int, Sequence[str]]]:
    """Nodes by column, and the lanes of links that pass columns: an id in each, in the link's direction."""
    things = picture.things.values()
    kinds = [group for group in _COLUMNS if any(thing.kind in group for thing in things)]
    place = {thing.id: n for thing in things for n, group in enumerate(kinds) if thing.kind in group}
    columns: list[list[str]] = [[] for _ in kinds]
    order = list(Kind)
    for thing in sorted(things, key=lambda thing: (order.index(thing.kind), thing.id)):
        columns[place[thing.id]].append(thing.id)
    lanes: dict[int, Sequence[str]] = {}
    for number, edge in enumerate(picture.edges):
        start, end = place[edge.source], place[edge.target]
        step = 1 if start < end else -1
        passed = range(start + step, end, step)
        lanes[number] = [f"\0{number} {column}" for column in passed]  # no id of a node begins so
        for column, lane in zip(passed, lanes[number], strict=True):
            columns[column].append(lane)
    return columns, lanes


def _sort(columns: list[list[str]], picture: Picture, lanes: Mapping[int, Sequence[str]]) -> None:
    around: dict[str, list[str]] = {}
    for number, edge in enumerate(picture.edges):
        chain = [edge.source, *lanes[number], edge.target]
        for one, other in pairwise(chain):
            around.setdefault(one, []).append(other)
            around.setdefault(other, []).append(one)
    for sweep in range(_SWEEPS):
        for column in columns if sweep % 2 else columns[::-1]:
            rows = {id: (n + 0.5) / len(line) for line in columns for n, id in enumerate(line)}
            column.sort(key=lambda id: (_mean([rows[other] for other in around.get(id, ())], rows[id]), id))


def _mean(rows: Sequence[float], own: float) -> float:
    return round(sum(rows) / len(rows), 9) if rows else own


def _size(id: str) -> float:
    return _LANE if id.startswith("\0") else HEIGHT


def _height(column: Sequence[str], gap: float) -> float:
    return sum(map(_size, column)) + gap * (len(column) - 1)


def _lines(picture: Picture, boxes: Mapping[str, Box], lanes: Mapping[int, Sequence[str]]) -> Iterator[Line]:
    ends = _ends(picture, boxes, lanes)
    for number, edge in enumerate(picture.edges):
        onward = boxes[edge.source].column <= boxes[edge.target].column
        start, start_right = ends[number, True]
        end, end_right = ends[number, False]
        curves: list[Curve] = []
        for lane in lanes[number]:
            box = boxes[lane]
            y = box.y + _LANE / 2
            near, far = Point(box.x, y), Point(box.x + WIDTH, y)
            entry, exit_ = (near, far) if onward else (far, near)
            curves.append(_curve(start, entry, start_right, not onward))
            start, start_right = exit_, onward
        curves.append(_curve(start, end, start_right, end_right))
        yield Line(edge, curves)


def _curve(start: Point, end: Point, start_right: bool, end_right: bool) -> Curve:
    """Leaves and arrives level, by the right or the left side of a box."""
    bend = max(abs(end.x - start.x) / 2, _LOOP)
    one = Point(start.x + (bend if start_right else -bend), start.y)
    return Curve(start, one, Point(end.x + (bend if end_right else -bend), end.y), end)


def _ends(
    picture: Picture, boxes: Mapping[str, Box], lanes: Mapping[int, Sequence[str]]
) -> Mapping[tuple[int, bool], tuple[Point, bool]]:
    """Where links leave and arrive, spread over the side of a box in the order of what they lead to."""
    sides: dict[tuple[str, bool], list[tuple[float, int, bool]]] = {}
    for number, edge in enumerate(picture.edges):
        source, target = boxes[edge.source], boxes[edge.target]
        chain = [edge.source, *lanes[number], edge.target]
        onward, level = source.column <= target.column, source.column == target.column
        sides.setdefault((edge.source, onward), []).append((boxes[chain[1]].y, number, True))
        sides.setdefault((edge.target, not onward or level), []).append((boxes[chain[-2]].y, number, False))
    ends: dict[tuple[int, bool], tuple[Point, bool]] = {}
    for (id, right), listed in sides.items():
        box = boxes[id]
        for place, (_, number, starts) in enumerate(sorted(listed), 1):
            y = round(box.y + HEIGHT * place / (len(listed) + 1), 1)
            ends[number, starts] = (Point(box.x + (WIDTH if right else 0), y), right)
    return ends
