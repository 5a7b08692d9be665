"""The evidence graph as a picture. Pure.

The same picture always gives the same file. It needs no font and no script, and follows a dark screen.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from html import escape
from typing import Final

from cli.graph.graph import Picture, Thing
from cli.graph.layout import HEIGHT, MARGIN, WIDTH, Line, layout
from cli.graph.tree import shortened
from cli.layers import Box, Point, path
from writ.ledger.graph import Kind

COLOURS: Final[Mapping[Kind, str]] = {
    Kind.ACTOR: "#c026d3",
    Kind.BOT: "#0891b2",
    Kind.ACTION: "#4f46e5",
    Kind.ARTIFACT: "#16a34a",
    Kind.EVENT: "#d97706",
    Kind.DECISION: "#2563eb",
    Kind.APPROVAL: "#db2777",
    Kind.POLICY_BUNDLE: "#475569",
    Kind.COMMIT: "#65a30d",
    Kind.RELEASE: "#059669",
    Kind.CUSTOMER: "#dc2626",
    Kind.CONTROL: "#9333ea",
}
_PLACES: Final = (0.5, 0.4, 0.6, 0.32, 0.68, 0.25, 0.75)
_SAYS_WIDTH, _SAYS_HEIGHT = 74, 12
_LABEL: Final = 25
_STYLE: Final = """
  svg{font-family:ui-sans-serif,system-ui,-apple-system,"Segoe UI",Roboto,sans-serif}
  .page{fill:#fff}.box{fill:#fff;stroke:#cbd5e1}.subject .box{stroke-width:2.5}
  .kind{fill:#64748b;font-size:10px;letter-spacing:.02em}.label{fill:#0f172a;font-size:12.5px}
  .title{fill:#0f172a;font-size:17px;font-weight:600}.foot{fill:#64748b;font-size:11px}
  .link{fill:none;stroke:#94a3b8;stroke-width:1.3}.head{fill:#94a3b8}
  .says{fill:#475569;font-size:10px;text-anchor:middle;paint-order:stroke;stroke:#fff;stroke-width:4px}
  @media (prefers-color-scheme:dark){.page{fill:#0f172a}.box{fill:#1e293b;stroke:#475569}
  .label,.title{fill:#f1f5f9}.kind,.foot{fill:#94a3b8}.says{fill:#cbd5e1;stroke:#0f172a}}
"""


def svg(picture: Picture) -> str:
    """The picture as a document of its own."""
    placed = layout(picture)
    title = escape(f"Evidence around {picture.subject}")
    lines = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {placed.width:g} {placed.height:g}" '
        f'width="{placed.width:g}" height="{placed.height:g}" role="img" aria-labelledby="title">',
        f'<title id="title">{title}</title>',
        f"<style>{_STYLE}</style>",
        '<defs><marker id="arrow" viewBox="0 0 8 8" refX="7.5" refY="4" markerWidth="7" markerHeight="7" '
        'orient="auto"><path class="head" d="M0 0.6 8 4 0 7.4z"/></marker></defs>',
        f'<rect class="page" width="{placed.width:g}" height="{placed.height:g}"/>',
        f'<text class="title" x="{MARGIN}" y="36">{title}</text>',
        *(f'<path class="link" d="{path(line.curves)}" marker-end="url(#arrow)"/>' for line in placed.lines),
        *_says(placed.lines),
        *(_box(thing, placed.boxes[thing.id], picture) for thing in picture.things.values()),
        f'<text class="foot" x="{MARGIN}" y="{placed.height - 14:g}">{_foot(picture)}</text>',
        "</svg>",
    ]
    return "\n".join(lines) + "\n"


def _says(lines: Sequence[Line]) -> Iterator[str]:
    """Relation and leaf at every link, moved along it where another one stands already."""
    taken: list[Point] = []
    for line in lines:
        curve = line.curves[0]
        free = [at for at in map(curve.at, _PLACES) if not any(_near(at, other) for other in taken)]
        at = free[0] if free else curve.at(_PLACES[0])
        taken.append(at)
        says = escape(f"{line.edge.relation.replace('_', ' ')} · {line.edge.leaf}")
        yield f'<text class="says" x="{at.x:.1f}" y="{at.y + 3:.1f}">{says}</text>'


def _near(one: Point, other: Point) -> bool:
    return abs(one.x - other.x) < _SAYS_WIDTH and abs(one.y - other.y) < _SAYS_HEIGHT


def _box(thing: Thing, box: Box, picture: Picture) -> str:
    colour = COLOURS[thing.kind]
    subject = thing.id == picture.subject
    kind = thing.kind.replace("_", " ") + (f" · {thing.note}" if thing.note else "")
    more = " · more" if thing.id in picture.cut else ""
    stroke = f' style="stroke:{colour}"' if subject else ""
    return (
        f'<g class="node{" subject" if subject else ""}"><title>{escape(thing.id)}</title>'
        f'<rect class="box"{stroke} x="{box.x:g}" y="{box.y:g}" width="{WIDTH}" height="{HEIGHT}" rx="8"/>'
        f'<rect fill="{colour}" x="{box.x:g}" y="{box.y + 9:g}" width="4" height="{HEIGHT - 18}" rx="2"/>'
        f'<text class="kind" x="{box.x + 15:g}" y="{box.y + 18:g}">{escape(kind + more)}</text>'
        f'<text class="label" x="{box.x + 15:g}" y="{box.y + 35:g}">'
        f"{escape(shortened(thing.label, _LABEL))}</text></g>"
    )


def _foot(picture: Picture) -> str:
    return escape(
        f"{len(picture.things)} nodes, {len(picture.edges)} links. The number at a link is the leaf that "
        f"proves it, in a log of {picture.size}."
    )
