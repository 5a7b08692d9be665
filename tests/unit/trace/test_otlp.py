"""What is exported, read by the stock parser, and by our own."""

from __future__ import annotations

import base64
import json
from typing import Any

import pytest
from google.protobuf.json_format import Parse
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.trace.v1 import trace_pb2

from writ.trace.context import TraceContext
from writ.trace.otlp import decode, encode
from writ.trace.span import ACTION, Kind, Span

RESOURCE = {"service.namespace": "writ", "deployment.environment.name": "test"}


def a_span(**changes: Any) -> Span:
    span = Span(
        "a" * 32,
        "b" * 16,
        "c" * 16,
        service="backlog",
        name="action record-occurrence",
        kind=Kind.CONSUMER,
        start_ns=1_795_647_457_301_512_303,
        remote=True,
        attributes={ACTION: "act-1", "n": 7, "share": 0.5, "fresh": True, "types": ("A.v1", "B.v1")},
        links=(TraceContext("d" * 32, "e" * 16),),
    )
    span.end_ns = span.start_ns + 1_000_001
    span.error = "effect.crashed"
    for name, value in changes.items():
        setattr(span, name, value)
    return span


def stock(document: bytes) -> ExportTraceServiceRequest:
    """As OpenTelemetry's own schema reads it; only ids differ from protobuf's JSON, by the specification."""
    found = json.loads(document)
    for resource in found["resourceSpans"]:
        for scope in resource["scopeSpans"]:
            for span in scope["spans"]:
                for item in (span, *span.get("links", ())):
                    for key in {"traceId", "spanId", "parentSpanId"} & item.keys():
                        item[key] = base64.b64encode(bytes.fromhex(item[key])).decode()
    request = ExportTraceServiceRequest()
    Parse(json.dumps(found), request)
    return request


def test_stock_parser_reads_every_part_of_a_span() -> None:
    request = stock(encode([a_span()], RESOURCE))
    (resource,) = request.resource_spans
    attributes = {item.key: item.value.string_value for item in resource.resource.attributes}
    assert attributes == {"service.name": "backlog", **RESOURCE}
    (span,) = resource.scope_spans[0].spans
    assert (span.trace_id.hex(), span.span_id.hex(), span.parent_span_id.hex()) == (
        "a" * 32,
        "b" * 16,
        "c" * 16,
    )
    assert span.kind == trace_pb2.Span.SPAN_KIND_CONSUMER
    assert span.end_time_unix_nano - span.start_time_unix_nano == 1_000_001
    assert span.start_time_unix_nano == 1_795_647_457_301_512_303
    assert span.status.code == trace_pb2.Status.STATUS_CODE_ERROR
    assert span.flags & trace_pb2.SPAN_FLAGS_CONTEXT_IS_REMOTE_MASK
    assert span.flags & 1
    values = {item.key: item.value for item in span.attributes}
    assert values["n"].int_value == 7
    assert values["share"].double_value == 0.5
    assert values["fresh"].bool_value is True
    assert [item.string_value for item in values["types"].array_value.values] == ["A.v1", "B.v1"]
    assert values["error.type"].string_value == "effect.crashed"
    assert span.links[0].trace_id.hex() == "d" * 32


def test_services_are_resources_of_their_own() -> None:
    request = stock(encode([a_span(), a_span(service="intake", parent_id=None, error=None)], RESOURCE))
    assert len(request.resource_spans) == 2
    assert request.resource_spans[1].scope_spans[0].spans[0].parent_span_id == b""


def test_what_was_written_is_read_again() -> None:
    (read,) = decode(json.loads(encode([a_span()], RESOURCE)))
    written = a_span()
    written.attributes["error.type"] = "effect.crashed"
    assert {name: getattr(read, name) for name in Span.__slots__} == {
        name: getattr(written, name) for name in Span.__slots__
    }


def test_secrets_and_personal_data_are_masked() -> None:
    secret, mail = "ghp_" + "a" * 36, "jane@example.com"
    written = encode([a_span(attributes={"said": f"token {secret}", "who": mail}, name=mail)], RESOURCE)
    assert secret.encode() not in written
    assert mail.encode() not in written
    assert written.count(b"[redacted]") == 3


@pytest.mark.parametrize(
    "document",
    [
        None,
        [],
        {},
        {"resourceSpans": 1},
        {"resourceSpans": [1]},
        {"resourceSpans": [{"scopeSpans": [{"spans": [{}]}]}]},
    ],
)
def test_what_is_no_otlp_is_refused(document: Any) -> None:
    with pytest.raises(ValueError, match="no OTLP"):
        list(decode(document))
