"""Spans of the work that goes on in this process now.

An entry begins a span in the trace that it was handed; whatever is done under it may add spans of its own.
Where nothing records, adding one costs next to nothing, and the trace is handed on as it came.
"""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable
from contextvars import ContextVar, Token
from hashlib import sha256
from types import TracebackType
from typing import Final, Self

from writ.contracts.errors import WritError
from writ.trace.context import TraceContext, kept
from writ.trace.span import Kind, Span, Value

# A function that works on more at once than this tells of the rest by a number.
MOST: Final = 2000


class Open:
    """A span while its work goes on; used with `with`. An error that leaves it becomes its error."""

    __slots__ = ("_above", "_token", "_tracer", "span")

    def __init__(self, tracer: Tracer, span: Span, above: Open | None) -> None:
        self.span = span
        self._tracer = tracer
        self._above = above
        self._token: Token[Open | None] | None = None

    def set(self, key: str, value: Value | None) -> None:
        """Add an attribute; None adds nothing."""
        if value is not None:
            self.span.attributes[key] = value

    def fail(self, code: str) -> None:
        """Say that the work failed. Its trace is kept from here on, whatever was sampled."""
        self.span.error = code
        above: Open | None = self
        while above is not None and above.span.trace_id == self.span.trace_id:
            above.span.sampled = True
            above = above._above

    def join(self, context: TraceContext) -> None:
        """Move a span that begins its trace, and has none under it yet, to one that became known since."""
        span = self.span
        span.trace_id, span.parent_id = context.trace_id, None
        span.sampled = kept(context.trace_id, self._tracer.ratio)

    def __enter__(self) -> Self:
        self._token = _current.set(self)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._token is not None:
            _current.reset(self._token)
        if error is not None:
            self.fail(error.code if isinstance(error, WritError) else type(error).__name__)
        self._tracer.end(self.span)


class _Nothing:
    """A span of work that nobody records."""

    def set(self, key: str, value: Value | None) -> None:
        """Nothing."""

    def fail(self, code: str) -> None:
        """Nothing."""

    def join(self, context: TraceContext) -> None:
        """Nothing."""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        """Nothing."""


Recorded = Open | _Nothing
NOTHING: Final = _Nothing()
_current: ContextVar[Open | None] = ContextVar("writ.span", default=None)


class Tracer:
    """Records spans until they are drained.

    Parameters
    ----------
    ratio
        The share of traces to keep, 0 to 1, of those that begin here. A trace that began elsewhere goes on
        as it was decided there.
    """

    def __init__(
        self,
        ratio: float = 1.0,
        *,
        clock: Callable[[], int] = time.time_ns,
        random: Callable[[int], str] = secrets.token_hex,
        most: int = MOST,
    ) -> None:
        self.ratio = ratio
        self._clock, self._random, self._most = clock, random, most
        self._spans: list[Span] = []
        self._dropped = 0

    def begin(
        self,
        service: str,
        name: str,
        kind: Kind,
        parent: TraceContext | None = None,
        *,
        attributes: dict[str, Value] | None = None,
        links: tuple[TraceContext, ...] = (),
    ) -> Open:
        """A span of its own trace, or under one of another process."""
        trace_id = parent.trace_id if parent else self._random(16)
        span = Span(
            trace_id,
            self._random(8),
            parent.span_id if parent else None,
            service=service,
            name=name,
            kind=kind,
            start_ns=self._clock(),
            sampled=parent.sampled if parent else kept(trace_id, self.ratio),
            remote=parent is not None,
            attributes=attributes,
            links=links,
        )
        return Open(self, span, None)

    def under(self, above: Open, name: str, kind: Kind, attributes: dict[str, Value] | None) -> Open:
        """A span under one of this process."""
        parent = above.span
        span = Span(
            parent.trace_id,
            self._random(8),
            parent.span_id,
            service=parent.service,
            name=name,
            kind=kind,
            start_ns=self._clock(),
            sampled=parent.sampled,
            attributes=attributes,
        )
        return Open(self, span, above)

    def end(self, span: Span) -> None:
        """Note that the work of a span is over."""
        span.end_ns = max(self._clock(), span.start_ns)
        self.add(span)

    def add(self, span: Span) -> None:
        """Keep a span whose times are known already."""
        if len(self._spans) < self._most:
            self._spans.append(span)
        else:
            self._dropped += 1

    def drain(self) -> tuple[list[Span], int]:
        """The spans to be kept since the last time, and how many found no room.

        Kept are those of sampled traces, and all of a trace in which something failed here.
        """
        spans, dropped = self._spans, self._dropped
        self._spans, self._dropped = [], 0
        failed = {span.trace_id for span in spans if span.error is not None}
        return [span for span in spans if span.sampled or span.trace_id in failed], dropped


def span(name: str, kind: Kind = Kind.INTERNAL, attributes: dict[str, Value] | None = None) -> Recorded:
    """A span under the one that is open; nothing where none is."""
    above = _current.get()
    return NOTHING if above is None else above._tracer.under(above, name, kind, attributes)


def elsewhere(traceparent: str | None, name: str, attributes: dict[str, Value] | None = None) -> Recorded:
    """A span of the work that is done here for another trace, linked to the one that is open.

    A span under that one where the other trace is the same, or not known.
    """
    above = _current.get()
    if above is None:
        return NOTHING
    parent = TraceContext.parse(traceparent)
    if parent is None or parent.trace_id == above.span.trace_id:
        return above._tracer.under(above, name, Kind.INTERNAL, attributes)
    links = (above.span.context,)
    service = above.span.service
    return above._tracer.begin(service, name, Kind.INTERNAL, parent, attributes=attributes, links=links)


def waited(
    traceparent: str | None, name: str, start_ns: int, end_ns: int, attributes: dict[str, Value]
) -> None:
    """Add a span of a time in which nothing ran anywhere, under whatever began it.

    Told again it is the same span: its id follows from where it is, what it is, and when it began.
    """
    above, parent = _current.get(), TraceContext.parse(traceparent)
    if above is None or parent is None:
        return
    tracer = above._tracer
    opened = tracer.begin(above.span.service, name, Kind.INTERNAL, parent, attributes=attributes)
    span = opened.span
    span.span_id = sha256(f"{traceparent} {name} {start_ns}".encode()).hexdigest()[:16]
    span.start_ns, span.end_ns = start_ns, max(start_ns, end_ns)
    tracer.add(span)


def carried(given: str | None = None) -> str | None:
    """The `traceparent` to hand on: of the open span, unless what is handed on belongs to another trace."""
    above = _current.get()
    if above is None:
        return given
    other = TraceContext.parse(given)
    return given if other and other.trace_id != above.span.trace_id else above.span.context.traceparent


def current() -> Recorded:
    """The span that is open."""
    return _current.get() or NOTHING
