"""Spans as OTLP in its JSON encoding, written and read. Pure.

https://opentelemetry.io/docs/specs/otlp/#json-protobuf-encoding: ids are hexadecimal, 64-bit integers are
strings, enumerations numbers. One line is one TracesData, which an ExportTraceServiceRequest looks like too:
https://opentelemetry.io/docs/specs/otel/protocol/file-exporter/
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, Final

from writ.contracts.redaction import redact_text
from writ.trace.context import TraceContext
from writ.trace.span import ERROR, Kind, Span, Value

_SCOPE: Final = {"name": "writ"}
_ERROR_STATUS: Final = 2
# Of an OTLP span: that it is known whether its parent ran elsewhere, and that it did.
_REMOTE_KNOWN: Final = 0x100
_REMOTE: Final = 0x200
_SERVICE: Final = "service.name"


def encode(spans: Sequence[Span], resource: Mapping[str, str]) -> bytes:
    """One line for spans of one process, without its end; secrets and personal data are masked (I9).

    `resource` says which process; the services of the spans are resources of their own.
    """
    by_service: dict[str, list[dict[str, Any]]] = {}
    for span in spans:
        by_service.setdefault(span.service, []).append(_written(span))
    found = [
        {
            "resource": {"attributes": _attributes({_SERVICE: service, **resource})},
            "scopeSpans": [{"scope": _SCOPE, "spans": written}],
        }
        for service, written in by_service.items()
    ]
    return json.dumps({"resourceSpans": found}, ensure_ascii=False, separators=(",", ":")).encode()


def decode(document: Any) -> Iterator[Span]:
    """The spans of a document. Raises ValueError for what is no OTLP of spans."""
    try:
        for resource in document["resourceSpans"]:
            about = _read_attributes(resource.get("resource", {}).get("attributes", ()))
            service = str(about.get(_SERVICE, "unknown"))
            for scope in resource.get("scopeSpans", ()):
                for span in scope.get("spans", ()):
                    yield _read(span, service)
    except (AttributeError, KeyError, TypeError, IndexError) as error:
        raise ValueError(f"no OTLP spans: {type(error).__name__}") from None


def _written(span: Span) -> dict[str, Any]:
    flags = int(span.sampled) | _REMOTE_KNOWN | (_REMOTE if span.remote else 0)
    written: dict[str, Any] = {
        "traceId": span.trace_id,
        "spanId": span.span_id,
        "flags": flags,
        "name": redact_text(span.name),
        "kind": span.kind.value,
        "startTimeUnixNano": str(span.start_ns),
        "endTimeUnixNano": str(span.end_ns),
    }
    if span.parent_id is not None:
        written["parentSpanId"] = span.parent_id
    attributes = span.attributes
    if span.error is not None:
        attributes = {**attributes, ERROR: span.error}
        written["status"] = {"code": _ERROR_STATUS, "message": redact_text(span.error)}
    if attributes:
        written["attributes"] = _attributes(attributes)
    if span.links:
        written["links"] = [{"traceId": link.trace_id, "spanId": link.span_id} for link in span.links]
    return written


def _attributes(values: Mapping[str, Value]) -> list[dict[str, Any]]:
    return [{"key": key, "value": _value(value)} for key, value in values.items()]


def _value(value: Value) -> dict[str, Any]:
    if isinstance(value, str):
        return {"stringValue": redact_text(value)}
    if isinstance(value, bool):
        return {"boolValue": value}
    if isinstance(value, int):
        return {"intValue": str(value)}
    if isinstance(value, float):
        return {"doubleValue": value}
    return {"arrayValue": {"values": [_value(item) for item in value]}}


def _read(written: Mapping[str, Any], service: str) -> Span:
    start, end = int(written["startTimeUnixNano"]), int(written["endTimeUnixNano"])
    span = Span(
        str(written["traceId"]).lower(),
        str(written["spanId"]).lower(),
        str(written["parentSpanId"]).lower() if written.get("parentSpanId") else None,
        service=service,
        name=str(written.get("name", "")),
        kind=Kind(written.get("kind") or Kind.INTERNAL),
        start_ns=start,
        sampled=bool(int(written.get("flags", 1)) & 1),
        remote=bool(int(written.get("flags", 0)) & _REMOTE),
        attributes=_read_attributes(written.get("attributes", ())),
        links=tuple(
            TraceContext(str(link["traceId"]), str(link["spanId"])) for link in written.get("links", ())
        ),
    )
    span.end_ns = max(start, end)
    status = written.get("status") or {}
    if status.get("code") == _ERROR_STATUS:
        span.error = str(span.attributes.get(ERROR) or status.get("message") or "error")
    return span


def _read_attributes(given: Iterable[Mapping[str, Any]]) -> dict[str, Value]:
    return {str(item["key"]): _read_value(item["value"]) for item in given}


def _read_value(value: Mapping[str, Any]) -> Value:
    ((kind, content),) = value.items()
    match kind:
        case "intValue":
            return int(content)
        case "doubleValue":
            return float(content)
        case "boolValue":
            return bool(content)
        case "arrayValue":
            return tuple(str(_read_value(item)) for item in content.get("values", ()))
        case _:
            return str(content)
