"""What one piece of work was, when it began and ended, and what came of it."""

from __future__ import annotations

from enum import IntEnum
from typing import Final

from writ.trace.context import TraceContext

Value = str | int | float | bool | tuple[str, ...]


class Kind(IntEnum):
    """As in OTLP. https://github.com/open-telemetry/opentelemetry-proto/blob/main/opentelemetry/proto/trace/v1/trace.proto"""

    INTERNAL = 1
    SERVER = 2
    CLIENT = 3
    PRODUCER = 4
    CONSUMER = 5


# What spans are asked for by, and drawn with. The rest of the attributes follow OpenTelemetry's conventions.
ACTION: Final = "writ.action.id"
ACTION_NAME: Final = "writ.action.name"
BOT: Final = "writ.bot"
CAUSE: Final = "writ.event.cause"
ENTRY: Final = "writ.entry.id"
EVENT: Final = "writ.event.id"
EVENT_TYPE: Final = "writ.event.type"
EXECUTION: Final = "writ.flow.execution"
FLOW: Final = "writ.flow.name"
STATUS: Final = "writ.status"
TARGET_KIND: Final = "writ.target.kind"
VERDICT: Final = "writ.verdict"
WAITED: Final = "writ.waited"
ERROR: Final = "error.type"


class Span:
    """A span; times are nanoseconds since the epoch. `error` is a stable code, never a message."""

    __slots__ = (
        "attributes",
        "end_ns",
        "error",
        "kind",
        "links",
        "name",
        "parent_id",
        "remote",
        "sampled",
        "service",
        "span_id",
        "start_ns",
        "trace_id",
    )

    def __init__(
        self,
        trace_id: str,
        span_id: str,
        parent_id: str | None,
        *,
        service: str,
        name: str,
        kind: Kind,
        start_ns: int,
        sampled: bool = True,
        remote: bool = False,
        attributes: dict[str, Value] | None = None,
        links: tuple[TraceContext, ...] = (),
    ) -> None:
        self.trace_id, self.span_id, self.parent_id = trace_id, span_id, parent_id
        self.service, self.name, self.kind = service, name, kind
        self.start_ns, self.end_ns = start_ns, start_ns
        self.sampled, self.remote = sampled, remote
        self.attributes: dict[str, Value] = attributes or {}
        self.links = links
        self.error: str | None = None

    @property
    def context(self) -> TraceContext:
        """What children of this span are told."""
        return TraceContext(self.trace_id, self.span_id, self.sampled)
