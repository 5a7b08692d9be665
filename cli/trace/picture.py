"""A trace as a waterfall in the terminal: one line a span, under whatever it was part of. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from rich.console import Console, ConsoleOptions, RenderResult
from rich.table import Table
from rich.text import Text

from cli.trace.axis import Axis, axis_of
from writ.trace.span import ACTION, STATUS, VERDICT, WAITED, Kind, Span

_NARROWEST: Final = 24
_WIDEST: Final = 100
_NAME: Final = 44
_MS: Final = 1_000_000
_WAIT: Final = "┄"
_CUT: Final = "╱"
_STYLES: Final[Mapping[Kind, str]] = {
    Kind.SERVER: "blue",
    Kind.CONSUMER: "cyan",
    Kind.PRODUCER: "magenta",
    Kind.CLIENT: "bright_black",
    Kind.INTERNAL: "green",
}
_GOOD: Final = frozenset({"succeeded", "approved"})
_BAD: Final = frozenset({"failed", "denied", "rejected", "expired"})


@dataclass(frozen=True, slots=True)
class Row:
    """A span and how it hangs in the tree: `rails` are the lines left of its name."""

    span: Span
    rails: str


@dataclass(frozen=True)
class Waterfall:
    """Draws in whatever width there is. `action` is the one that was asked for: its lines stand out."""

    spans: Sequence[Span]
    action: str | None = None
    rows: Sequence[Row] = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "rows", list(tree(self.spans)))

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        """The table, its bars as wide as what the other columns leave."""
        cells = [(row, *self._said(row)) for row in self.rows]
        names = [Text(f"{row.rails}{label(row.span)}") for row, _, _ in cells]
        taken = (
            max((len(row.span.service) for row in self.rows), default=0)
            + min(_NAME, max((len(name) for name in names), default=0))
            + max((len(length) for _, length, _ in cells), default=0)
            + max((len(said) for _, _, said in cells), default=0)
        )
        columns = max(_NARROWEST, min(_WIDEST, options.max_width - taken - 10))
        axis = axis_of(self.spans, columns)
        table = Table(box=None, pad_edge=False, header_style="dim", padding=(0, 1, 0, 0))
        table.add_column("service", no_wrap=True)
        table.add_column("span", no_wrap=True, max_width=_NAME, overflow="ellipsis")
        table.add_column(ruler(axis), no_wrap=True, width=columns, overflow="crop")
        table.add_column("time", justify="right", no_wrap=True)
        table.add_column("", no_wrap=True, overflow="ellipsis")
        for (row, length, said), name in zip(cells, names, strict=True):
            name.stylize("dim", 0, len(row.rails))
            if self.action is not None and row.span.attributes.get(ACTION) == self.action:
                name.stylize("bold", len(row.rails))
            table.add_row(Text(row.span.service, style="dim"), name, bar(row.span, axis), length, said)
        yield table

    def _said(self, row: Row) -> tuple[str, Text]:
        return span_of(row.span.end_ns - row.span.start_ns), outcome(row.span)


def tree(spans: Sequence[Span]) -> Iterator[Row]:
    """Spans under their parents, brothers by their start; one whose parent is not here begins a tree."""
    known = {span.span_id for span in spans}
    children: dict[str | None, list[Span]] = {}
    for span in sorted(spans, key=lambda span: (span.start_ns, -span.end_ns)):
        parent = span.parent_id if span.parent_id in known and span.parent_id != span.span_id else None
        children.setdefault(parent, []).append(span)
    waiting = [(span, "", "") for span in reversed(children.get(None, []))]
    seen: set[str] = set()
    while waiting:
        span, rails, below = waiting.pop()
        if span.span_id in seen:
            continue
        seen.add(span.span_id)
        yield Row(span, rails)
        under = children.get(span.span_id, [])
        for number, child in reversed(list(enumerate(under))):
            last = number == len(under) - 1
            waiting.append((child, below + ("└ " if last else "├ "), below + ("  " if last else "│ ")))


def bar(span: Span, axis: Axis) -> Text:
    """When a span was, to the half of a column; a time of waiting is a dotted line, a cut a slanted one."""
    start = axis.place(span.start_ns)
    end = max(axis.place(span.end_ns), start)
    first, last = int(2 * start), max(int(2 * start) + 1, round(2 * end))
    cells = []
    for column in range(axis.columns):
        left, right = (first <= half < last for half in (2 * column, 2 * column + 1))
        cells.append("█" if left and right else "▌" if left else "▐" if right else " ")
    waited = WAITED in span.attributes
    text = "".join(_WAIT if waited and cell != " " else cell for cell in cells)
    made = Text(text, style=_style(span))
    for cut in axis.cuts:
        for column in range(round(cut.left), round(cut.right)):
            if column < len(text) and text[column] in (" ", _WAIT):
                mark = Text(_CUT if text[column] == " " else _WAIT, "dim")
                made = made[:column] + mark + made[column + 1 :]
    return made


def ruler(axis: Axis) -> Text:
    """The head of the bars: where time begins, what was cut out of it, and how long all of it was."""
    first, last = axis.stretches[0].start_ns, axis.stretches[-1].end_ns
    cells = [" "] * axis.columns
    marks = [(0.0, "0")]
    marks += [(cut.left, f"╱ {span_of(cut.length_ns)} ╱") for cut in axis.cuts]
    marks += [(float(axis.columns), span_of(last - first))]
    free = 0
    for place, text in marks:
        at = min(max(free, round(place) - (len(text) // 2 if place else 0)), axis.columns - len(text))
        if at >= free:
            cells[at : at + len(text)] = text
            free = at + len(text) + 1
    return Text("".join(cells))


def label(span: Span) -> str:
    """What a span is called here: a publication by what it publishes."""
    types = span.attributes.get("writ.event.types")
    if not isinstance(types, tuple) or not types:
        return span.name
    more = f" +{len(types) - 1}" if len(types) > 1 else ""
    return f"{span.name} {types[0]}{more}"


def outcome(span: Span) -> Text:
    """What came of it, in a word or two."""
    attributes = span.attributes
    if span.error is not None:
        return Text(f"✘ {span.error}", style="bold red")
    verdict, status = attributes.get(VERDICT), attributes.get(STATUS)
    words = [str(word) for word in (verdict, status) if word is not None]
    if not words and (code := attributes.get("http.response.status_code")) is not None:
        words = [str(code)]
    style = "green" if status in _GOOD else "yellow" if {*words} & _BAD else "dim"
    return Text(" ".join(words), style=style)


def span_of(length_ns: int) -> str:
    """A time as people say it: `0.4 ms`, `12 ms`, `3.2 s`, `5 min`, `2 d 4 h`."""
    ms = length_ns / _MS
    if ms < 10:
        return f"{ms:.1f} ms"
    if ms < 1000:
        return f"{ms:.0f} ms"
    if ms < 60_000:
        return f"{ms / 1000:.1f} s"
    minutes = round(ms / 60_000)
    hours, days = minutes // 60, minutes // 1440
    if days:
        return f"{days} d {hours % 24} h"
    return f"{hours} h {minutes % 60} min" if hours else f"{minutes} min"


def _style(span: Span) -> str:
    if span.error is not None:
        return "red"
    return "yellow" if WAITED in span.attributes else _STYLES[span.kind]
