"""Where nodes and links of the evidence graph stand: columns by what a node is. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from cli.graph.graph import Edge, Picture
from cli.layers import Box, Curve, Sizes, arrange
from writ.ledger.graph import Kind

WIDTH, HEIGHT = 212, 46
MARGIN: Final = 28
_FOOT: Final = 58
_NARROWEST: Final = 560
_SIZES: Final = Sizes(WIDTH, HEIGHT, gap_x=132, gap_y=26, left=MARGIN, top=62)
# Left to right as an action comes to be: who and what is behind it, what led to it, itself, what it touched.
_COLUMNS: Final = (
    (Kind.POLICY_BUNDLE, Kind.ACTOR),
    (Kind.EVENT, Kind.BOT, Kind.DECISION, Kind.APPROVAL),
    (Kind.ACTION,),
    (Kind.ARTIFACT, Kind.COMMIT, Kind.RELEASE, Kind.CUSTOMER, Kind.CONTROL),
)


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
    order = list(Kind)
    things = sorted(picture.things.values(), key=lambda thing: (order.index(thing.kind), thing.id))
    columns = [[thing.id for thing in things if thing.kind in group] for group in _COLUMNS]
    links = [(edge.source, edge.target) for edge in picture.edges]
    placed = arrange([column for column in columns if column], links, _SIZES)
    lines = [Line(edge, curves) for edge, curves in zip(picture.edges, placed.lines, strict=True)]
    boxes = {id: placed.boxes[id] for id in picture.things}
    return Layout(boxes, lines, max(placed.right + MARGIN, _NARROWEST), round(placed.bottom + _FOOT, 1))
