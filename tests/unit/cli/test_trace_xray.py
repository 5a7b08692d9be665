"""What a collector sent to X-Ray, read from there."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

from cli.plane import Plane, RunFile
from cli.trace import xray as trace_xray
from writ.trace.span import ACTION, EVENT, EVENT_TYPE, VERDICT, Kind

TRACE = "5759e988bd862e3fe1be46a994272793"
SEGMENT = {
    "id": "70de5b6f19ff9a0a",
    "name": "backlog",
    "start_time": 1_478_293_361.271,
    "end_time": 1_478_293_361.449,
    "parent_id": "53995c3f42cd8ad8",
    "metadata": {"default": {EVENT: "gh-1", EVENT_TYPE: "CheckFailed.v1", "span.kind": "CONSUMER"}},
    "subsegments": [
        {
            "id": "80de5b6f19ff9a0b",
            "name": "action record-occurrence",
            "start_time": 1_478_293_361.3,
            "end_time": 1_478_293_361.4,
            "fault": True,
            "metadata": {
                "default": {ACTION: "act-1", VERDICT: "allow", "error.type": "effect.crashed", "t": ["A"]}
            },
        }
    ],
}


class XRay:
    """BatchGetTraces with pages that are not full, as the service has them."""

    def __init__(self) -> None:
        self.asked: list[Any] = []

    def get_paginator(self, operation: str) -> XRay:
        assert operation == "batch_get_traces"
        return self

    def paginate(self, **asked: Any) -> Iterator[Mapping[str, Any]]:
        self.asked.append(asked)
        yield {"Traces": []}
        yield {"Traces": [{"Segments": [{"Document": json.dumps(SEGMENT)}]}]}


def test_segments_and_what_is_in_them_are_spans() -> None:
    plane, xray = Plane(RunFile(api_url="", region="eu-west-1", bus_name="", log_origin="")), XRay()
    plane._clients["xray"] = xray
    handled, acted = trace_xray.read(plane, TRACE)
    assert xray.asked == [{"TraceIds": ["1-5759e988-bd862e3fe1be46a994272793"]}]
    assert (handled.name, handled.kind, handled.parent_id) == (
        "CheckFailed.v1",
        Kind.CONSUMER,
        "53995c3f42cd8ad8",
    )
    assert (acted.name, acted.service, acted.parent_id) == (
        "action record-occurrence",
        "backlog",
        handled.span_id,
    )
    assert acted.error == "effect.crashed"
    assert acted.attributes["t"] == ("A",)
    assert round((acted.end_ns - acted.start_ns) / 1_000_000) == 100


def test_segment_that_goes_on_is_as_long_as_is_known() -> None:
    (span,) = trace_xray.spans_of(
        {"id": "1" * 16, "name": "intake", "start_time": 5.0, "in_progress": True}, TRACE
    )
    assert (span.start_ns, span.end_ns, span.error) == (5_000_000_000, 5_000_000_000, None)
