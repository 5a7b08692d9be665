"""Spans of the local plane, found in the file that its functions append to.

A line is one OTLP document. The file is read as bytes and only lines that name what is looked for are parsed,
so that a long one takes no longer than reading it.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from writ.trace.otlp import decode
from writ.trace.span import ACTION, EVENT, Span, Value

_PUBLISHED = "writ.event.ids"


@dataclass(frozen=True)
class SpanFile:
    """One file of spans; a line that is none, of a process that was killed say, is passed over."""

    path: Path

    def trace_of(self, id: str) -> list[str]:
        """The traces in which an action, an event or a trace of this id is found, the earliest first."""
        found: dict[str, int] = {}
        for span in self._naming(id):
            if id == span.trace_id or names(span, id):
                found[span.trace_id] = min(span.start_ns, found.get(span.trace_id, span.start_ns))
        return sorted(found, key=lambda trace: found[trace])

    def trace(self, trace_id: str) -> list[Span]:
        """Its spans, each once, by their start."""
        spans = {span.span_id: span for span in self._naming(trace_id) if span.trace_id == trace_id}
        return sorted(spans.values(), key=lambda span: (span.start_ns, span.end_ns))

    def _naming(self, text: str) -> Iterator[Span]:
        wanted = text.encode()
        try:
            with self.path.open("rb") as lines:
                for line in lines:
                    if wanted in line:
                        yield from _spans(line)
        except FileNotFoundError:
            return


def names(span: Span, id: str) -> bool:
    """Whether a span is about an action or an event: itself, or as one that it publishes."""
    attributes: dict[str, Value] = span.attributes
    published = attributes.get(_PUBLISHED, ())
    return id in (attributes.get(ACTION), attributes.get(EVENT)) or (
        isinstance(published, tuple) and id in published
    )


def _spans(line: bytes) -> list[Span]:
    try:
        return list(decode(json.loads(line)))
    except ValueError:
        return []
