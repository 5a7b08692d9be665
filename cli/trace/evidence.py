"""An action as its evidence tells it, where no spans are: when it was decided, answered and settled. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from hashlib import sha256
from typing import Any, Final

from writ.trace.context import TraceContext
from writ.trace.span import (
    ACTION,
    ACTION_NAME,
    BOT,
    ENTRY,
    STATUS,
    TARGET_KIND,
    VERDICT,
    WAITED,
    Kind,
    Span,
    Value,
)

_NS: Final = 1_000_000_000


def spans_of(action: Mapping[str, Any], times: Mapping[str, str]) -> list[Span]:
    """Spans of `GET /v1/actions/{id}`; `times` says when each of its statements was made, by entry.

    A statement is a moment and no stretch of time, so its span has no length.
    """
    context = TraceContext.parse(action["cause"].get("trace"))
    trace_id = context.trace_id if context else _hash(str(action["id"]), 32)
    about: dict[str, Value] = {
        ACTION: action["id"],
        ACTION_NAME: action["name"],
        BOT: action["bot"],
        TARGET_KIND: action["target"]["kind"],
    }

    def made(name: str, start: str, end: str, under: Span | None, **more: Value) -> Span:
        span = Span(
            trace_id,
            _hash(f"{action['id']} {name}", 16),
            under.span_id if under else None,
            service=action["bot"],
            name=name,
            kind=Kind.INTERNAL,
            start_ns=_ns(start),
            attributes={**about, **more},
        )
        span.end_ns = max(span.start_ns, _ns(end))
        return span

    outcome = action["outcome"]
    whole = made(f"action {action['name']}", action["created_at"], action["updated_at"], None)
    whole.attributes |= {VERDICT: action["verdict"], STATUS: action["state"]}
    if outcome is not None and outcome["status"] == "failed":
        whole.error = outcome["code"] or "failed"
    decided = action["decision"]["decided_at"]
    spans = [whole, made("policy", decided, decided, whole, **{VERDICT: action["decision"]["verdict"]})]
    for entry, time in sorted(times.items(), key=lambda item: _ns(item[1])):
        spans.append(made(entry.rpartition(".")[2], time, time, whole, **{ENTRY: entry}))
    if (asked := action["approval"]) is not None:
        answer = asked["answer"]
        how = "waiting" if answer is None else "approved" if answer["approved"] else "rejected"
        until = asked["expires_at"] if asked["expired"] else answer["at"] if answer else action["updated_at"]
        status = "expired" if asked["expired"] else how
        told: dict[str, Value] = {WAITED: "approval", STATUS: status}
        spans.append(made("wait for approval", asked["requested_at"], until, whole, **told))
    return sorted(spans, key=lambda span: (span.start_ns, -span.end_ns))


def _ns(text: str) -> int:
    return int(datetime.fromisoformat(text).timestamp() * _NS)


def _hash(text: str, length: int) -> str:
    return sha256(text.encode()).hexdigest()[:length]
