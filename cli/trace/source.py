"""Where the spans of a trace are found, the best place first."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from cli.api import Api
from cli.local.emulator import Emulator
from cli.output import CommandError, UsageError
from cli.plane import Plane
from cli.trace import xray as trace_xray
from cli.trace.evidence import spans_of
from cli.trace.file import SpanFile
from writ.trace.context import TraceContext
from writ.trace.span import Span

ACTION_ID: Final = re.compile(r"act-[0-9a-f]{32}")
_ID: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._:-]{0,127}")
_TRACE_ID: Final = re.compile(r"[0-9a-f]{32}")
XRAY: Final = "AWS X-Ray"
FILE: Final = "spans of the functions on this machine"
EVIDENCE: Final = "evidence: there are no spans of it, and statements have a time but no length"


@dataclass(frozen=True)
class Found:
    """A trace: `others` are further ones in which the thing is found, `action` is the one asked for."""

    trace_id: str
    spans: Sequence[Span]
    source: str
    others: Sequence[str] = ()
    action: str | None = None


def find(plane: Plane, id: str) -> Found:
    """The trace of an action, an event or a trace by its id.

    On this machine from the file of its functions, in AWS from X-Ray; else, of an action, what evidence knows
    of it. An event's trace is found on this machine only: X-Ray is asked by the id of a trace.
    Raises UsageError for what is no id, CommandError when it is found nowhere.
    """
    id = trace_id_of(id)
    action = id if ACTION_ID.fullmatch(id) else None
    if plane.file.aws_endpoint_url:
        file = SpanFile(Emulator().traces)
        if traces := file.trace_of(id):
            trace_id, *others = traces
            return Found(trace_id, file.trace(trace_id), FILE, others, action)
    elif _TRACE_ID.fullmatch(id) and (spans := trace_xray.read(plane, id)):
        return Found(id, spans, XRAY)
    if action is None:
        hint = "writ actions list shows actions"
        raise CommandError(f"no span tells of {id}", code="trace.unknown", field="ACTION", hint=hint)
    with Api.of(plane) as api:
        record = api.get(f"v1/actions/{action}")
        context = TraceContext.parse(record["cause"].get("trace"))
        in_aws = plane.file.aws_endpoint_url is None
        if in_aws and context is not None and (spans := trace_xray.read(plane, context.trace_id)):
            return Found(context.trace_id, spans, XRAY, action=action)
        return of_evidence(api, record)


def of_evidence(api: Api, action: Mapping[str, Any]) -> Found:
    """What the ledger's statements say of an action's course."""
    times = {entry: _time_of(api.get(f"v1/evidence/{entry}")) for entry in action["evidence"]}
    spans = spans_of(action, {entry: time for entry, time in times.items() if time is not None})
    return Found(spans[0].trace_id, spans, EVIDENCE, action=action["id"])


def trace_id_of(text: str) -> str:
    """The id that is meant: of a `traceparent` its trace. Raises UsageError for what is no id."""
    if (context := TraceContext.parse(text)) is not None:
        return context.trace_id
    if not _ID.fullmatch(text):
        raise UsageError(f"{text!r} is no id", field="ACTION", hint="act-…, as writ actions list shows it")
    return text


def _time_of(entry: Mapping[str, Any]) -> str | None:
    """When a statement was made; None where it is erased."""
    statement = entry.get("statement") or {}
    time = (statement.get("predicate") or {}).get("time")
    return str(time) if time else None
