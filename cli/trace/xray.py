"""A trace that a collector has sent on to AWS X-Ray, read from there.

https://docs.aws.amazon.com/xray/latest/api/API_BatchGetTraces.html
https://docs.aws.amazon.com/xray/latest/devguide/xray-api-segmentdocuments.html
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any, Final

from cli.plane import Plane, calling
from writ.trace.span import ACTION, ERROR, EVENT, EVENT_TYPE, Kind, Span, Value

_NS: Final = 1_000_000_000
_ORIGINS: Final = {"SERVER": Kind.SERVER, "CONSUMER": Kind.CONSUMER, "PRODUCER": Kind.PRODUCER}


def read(plane: Plane, trace_id: str) -> list[Span]:
    """The spans of a trace by their start; none where X-Ray knows of none."""
    with calling("reading the trace from X-Ray"):
        pages = plane.aws("xray").get_paginator("batch_get_traces").paginate(TraceIds=[xray_id(trace_id)])
        segments = [
            segment["Document"]
            for page in pages
            for trace in page.get("Traces", ())
            for segment in trace.get("Segments", ())
        ]
    spans = {span.span_id: span for text in segments for span in spans_of(json.loads(text), trace_id)}
    return sorted(spans.values(), key=lambda span: (span.start_ns, -span.end_ns))


def xray_id(trace_id: str) -> str:
    """As X-Ray writes the id of a W3C trace."""
    return f"1-{trace_id[:8]}-{trace_id[8:]}"


def spans_of(segment: Mapping[str, Any], trace_id: str, parent: str | None = None) -> Iterator[Span]:
    """A segment and those in it; one that has not ended yet is as long as what is known of it."""
    attributes = _attributes(segment)
    start = round(float(segment["start_time"]) * _NS)
    above = segment.get("parent_id") or parent
    span = Span(
        trace_id,
        str(segment["id"]),
        str(above) if above else None,
        service=str(attributes.pop("service.name", segment.get("name", "unknown"))),
        name=_name(segment, attributes),
        kind=_ORIGINS.get(str(attributes.pop("span.kind", "")).upper(), Kind.INTERNAL),
        start_ns=start,
        attributes=attributes,
    )
    span.end_ns = max(start, round(float(segment.get("end_time", segment["start_time"])) * _NS))
    if segment.get("fault") or segment.get("error"):
        span.error = str(attributes.get(ERROR) or ("fault" if segment.get("fault") else "error"))
    yield span
    for inner in segment.get("subsegments", ()):
        for found in spans_of(inner, trace_id, str(segment["id"])):
            if "namespace" not in inner and "service.name" not in _attributes(inner):
                found.service = span.service
            yield found


def _name(segment: Mapping[str, Any], attributes: Mapping[str, Value]) -> str:
    """A segment is called like its service, so what it was about has to be said by something else."""
    method, route = attributes.get("http.request.method"), attributes.get("http.route")
    if "parent_id" not in segment or segment.get("type") != "subsegment":
        said = f"{method} {route}" if method and route else attributes.get(EVENT_TYPE)
        if said and (EVENT in attributes or route or ACTION in attributes):
            return str(said)
    return str(segment.get("name", "unknown"))


def _attributes(segment: Mapping[str, Any]) -> dict[str, Value]:
    """Annotations are told by names in which points became underscores, metadata by their own."""
    found: dict[str, Value] = {}
    for values in (segment.get("metadata") or {}).values():
        if isinstance(values, Mapping):
            for key, value in values.items():
                if isinstance(value, str | int | float | list):
                    plain = tuple(map(str, value)) if isinstance(value, list) else value
                    found[key.removeprefix("otel.resource.")] = plain
    return found
