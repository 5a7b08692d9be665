"""The evidence graph in a terminal: a tree from its subject, each node written out once."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from rich.console import Group, RenderableType
from rich.text import Text
from rich.tree import Tree

from cli.graph.graph import Edge, Picture, Thing
from writ.ledger.graph import Kind

STYLES: Final[Mapping[Kind, str]] = {
    Kind.ACTOR: "magenta",
    Kind.BOT: "cyan",
    Kind.ACTION: "bold",
    Kind.ARTIFACT: "green",
    Kind.EVENT: "yellow",
    Kind.DECISION: "blue",
    Kind.APPROVAL: "magenta",
    Kind.POLICY_BUNDLE: "blue",
    Kind.COMMIT: "green",
    Kind.RELEASE: "green",
    Kind.CUSTOMER: "red",
    Kind.CONTROL: "red",
}
_SHORT: Final = 22


def tree(picture: Picture) -> RenderableType:
    """The subject and what hangs on it; arrows show which way a link reads, numbers its leaf in the log."""
    links: dict[str, list[Edge]] = {}
    for edge in picture.edges:
        links.setdefault(edge.source, []).append(edge)
        if edge.target != edge.source:
            links.setdefault(edge.target, []).append(edge)
    root = Tree(_named(picture.things[picture.subject]), guide_style="dim")
    drawn, seen = set[Edge](), {picture.subject}
    waiting = [(picture.subject, root)]
    # Level by level, so that a node is written out where it is nearest to the subject.
    for id, branch in waiting:
        for edge in links.get(id, ()):
            if edge in drawn:
                continue
            drawn.add(edge)
            other = edge.other(id)
            below = branch.add(_line(edge, id, picture.things[other], again=other in seen))
            if other not in seen:
                seen.add(other)
                waiting.append((other, below))
        if id in picture.cut:
            branch.add(Text("… and more", style="dim"))
    foot = f"\n{len(picture.things)} nodes, {len(picture.edges)} links, from a log of {picture.size} leaves"
    return Group(root, Text(foot, style="dim"))


def steps(picture: Picture) -> RenderableType:
    """A way, one link a line."""
    here = picture.subject
    lines: list[Text] = [_named(picture.things[here])] if here in picture.things else []
    for edge in picture.edges:
        lines.append(Text("  ").append_text(_line(edge, here, picture.things[edge.other(here)])))
        here = edge.other(here)
    return Group(*lines)


def _line(edge: Edge, id: str, other: Thing, *, again: bool = False) -> Text:
    relation = edge.relation.replace("_", " ")
    arrow = f"─ {relation} ▶ " if edge.source == id else f"◀ {relation} ─ "
    line = Text(arrow, style="dim").append_text(_named(other))
    line.append(f"  leaf {edge.leaf}", style="dim")
    return line.append(" ↑", style="dim") if again else line


def _named(thing: Thing) -> Text:
    """Kind and label; the id where the label does not say it."""
    style = STYLES[thing.kind]
    line = Text.assemble((f"{thing.kind.replace('_', ' ')} ", "dim"), (thing.label, style))
    if thing.about:
        line.append(f" {thing.about}")
    if thing.note:
        line.append(f" ({thing.note})")
    name = thing.id.partition(":")[2]
    if name != thing.label and thing.kind in (Kind.ACTION, Kind.ARTIFACT, Kind.EVENT):
        line.append(f" {shortened(name, _SHORT)}", style="dim")
    return line


def shortened(text: str, most: int) -> str:
    """The text, its middle left out where it is too long."""
    if len(text) <= most:
        return text
    tail = (most - 1) // 3
    return f"{text[: most - 1 - tail]}…{text[-tail:]}"
