"""`writ trace`: what led to an action and what came of it, as spans on one axis of time."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Annotated, Any, Final

import typer
from rich.console import Group, RenderableType
from rich.text import Text

from cli.output import JsonFlag, facts, reporting
from cli.plane import Plane
from cli.trace.picture import Waterfall, span_of
from cli.trace.source import Found, find
from writ.trace.span import Span

Id = Annotated[
    str, typer.Argument(metavar="ACTION", help="The id of an action (act-…), of an event, or of a trace.")
]
Limit = Annotated[int, typer.Option(min=1, max=10_000, help="How many spans to draw at most.")]
_NS: Final = 1_000_000_000


def trace(id: Id, *, limit: Limit = 200, as_json: JsonFlag = False) -> None:
    """The waterfall of an action: everything in its trace, from the first event to the last."""
    with reporting(as_json) as output:
        found = find(Plane.load(), id)
        output.show(document(found), picture(found, limit))


def document(found: Found) -> dict[str, Any]:
    """The trace for programs; times are RFC 3339, lengths milliseconds."""
    return {
        "trace_id": found.trace_id,
        "source": found.source,
        "other_traces": list(found.others),
        "spans": [_document(span) for span in found.spans],
    }


def picture(found: Found, limit: int) -> RenderableType:
    """The trace for people."""
    spans = found.spans
    start, end = min(span.start_ns for span in spans), max(span.end_ns for span in spans)
    failed = sum(span.error is not None for span in spans)
    head = facts(
        "",
        {
            "trace": found.trace_id,
            "began": f"{_moment(start):%Y-%m-%d %H:%M:%S} UTC, took {span_of(end - start)}",
            "spans": f"{len(spans)}, {failed} failed" if failed else len(spans),
            "from": found.source,
            "also in": "\n".join(found.others) or None,
        },
    )
    left_out = len(spans) - limit
    more = Text(f"… and {left_out} later spans: --limit {len(spans)}", style="dim")
    drawn = Waterfall(spans[:limit], found.action)
    return Group(head, Text(), drawn, *([more] if left_out > 0 else []))


def _document(span: Span) -> dict[str, Any]:
    shown: dict[str, Any] = {
        "span_id": span.span_id,
        "parent_id": span.parent_id,
        "service": span.service,
        "name": span.name,
        "kind": span.kind.name.lower(),
        "start": _moment(span.start_ns).isoformat(),
        "duration_ms": round((span.end_ns - span.start_ns) / 1_000_000, 3),
        "attributes": {key: _plain(value) for key, value in span.attributes.items()},
    }
    if span.error is not None:
        shown["error"] = span.error
    if span.links:
        shown["links"] = [{"trace_id": link.trace_id, "span_id": link.span_id} for link in span.links]
    return shown


def _moment(ns: int) -> datetime:
    return datetime.fromtimestamp(ns / _NS, UTC)


def _plain(value: object) -> object:
    return list(value) if isinstance(value, Sequence) and not isinstance(value, str) else value
