"""The evidence graph in the language of Graphviz: https://graphviz.org/doc/info/lang.html"""

from __future__ import annotations

from collections.abc import Iterator

from cli.graph.graph import Picture
from cli.graph.svg import COLOURS


def dot(picture: Picture) -> str:
    """The picture as a directed graph, the same text for the same picture."""
    return "\n".join(_lines(picture)) + "\n"


def _lines(picture: Picture) -> Iterator[str]:
    yield "digraph evidence {"
    yield "  rankdir=LR;"
    yield '  node [shape=box, style=rounded, fontname="sans-serif", fontsize=11];'
    yield '  edge [fontname="sans-serif", fontsize=9, color="#64748b"];'
    for thing in picture.things.values():
        kind = thing.kind.replace("_", " ") + (f" ({thing.note})" if thing.note else "")
        width = ", penwidth=2" if thing.id == picture.subject else ""
        label, colour = _quoted(f"{kind}\n{thing.label}"), COLOURS[thing.kind]
        yield f'  {_quoted(thing.id)} [label={label}, color="{colour}"{width}];'
    for edge in picture.edges:
        label = _quoted(f"{edge.relation.replace('_', ' ')} {edge.leaf}")
        yield f"  {_quoted(edge.source)} -> {_quoted(edge.target)} [label={label}];"
    yield "}"


def _quoted(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
    return f'"{escaped}"'
