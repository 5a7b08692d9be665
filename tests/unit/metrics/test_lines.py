"""Metrics out of log lines: what the runtime writes is read, what is not a metric is named and dropped."""

from __future__ import annotations

import gzip
import json
from base64 import b64encode
from datetime import UTC, datetime
from typing import Any

import pytest

from functions.metrics import handler as entry
from functions.metrics.lines import MAX_BYTES, NAMESPACE, Datum, read
from writ.contracts.errors import ContractError
from writ.runtime import telemetry


def packed(content: bytes) -> dict[str, Any]:
    return {"awslogs": {"data": b64encode(gzip.compress(content, mtime=0)).decode()}}


def delivery(*lines: str) -> dict[str, Any]:
    events = [{"id": str(number), "timestamp": 1, "message": line} for number, line in enumerate(lines)]
    return packed(json.dumps({"messageType": "DATA_MESSAGE", "logEvents": events}).encode())


def document(**changes: Any) -> dict[str, Any]:
    directive = {"Namespace": "Writ", "Dimensions": [["bot"]], "Metrics": [{"Name": "Acts", "Unit": "Count"}]}
    meta = {"Timestamp": 1_767_000_000_250, "CloudWatchMetrics": [directive]}
    return {"_aws": meta, "bot": "backlog", "Acts": [2.0, 3.0], **changes}


def directive(**changes: Any) -> str:
    made = document()
    made["_aws"]["CloudWatchMetrics"][0].update(changes)
    return json.dumps(made)


def test_line_becomes_a_data_point_for_every_metric_and_set_of_dimensions() -> None:
    found = read(delivery(json.dumps(document())))
    assert found.refused == []
    assert found.data == [
        {
            "MetricName": "Acts",
            "Dimensions": [{"Name": "bot", "Value": "backlog"}],
            "Timestamp": datetime(2025, 12, 29, 9, 20, 0, 250_000, tzinfo=UTC),
            "Unit": "Count",
            "Values": [2.0, 3.0],
        }
    ]
    twice = read(delivery(directive(Dimensions=[["bot"], []])))
    assert [datum["Dimensions"] for datum in twice.data] == [[{"Name": "bot", "Value": "backlog"}], []]


def test_what_the_runtime_writes_is_read(capsys: pytest.CaptureFixture[str]) -> None:
    telemetry.emit("sequencer", {"EntriesIntegrated": 3}, seconds={"LedgerLagSeconds": 1.25})
    found = read(delivery(*capsys.readouterr().out.splitlines()))
    assert found.refused == []
    both = [{"Name": "bot", "Value": "sequencer"}, {"Name": "service", "Value": "sequencer"}]
    assert [(d["MetricName"], d["Values"], d["Unit"], d["Dimensions"]) for d in found.data] == [
        ("EntriesIntegrated", [3.0], "Count", both),
        ("LedgerLagSeconds", [1.25], "Seconds", both),
    ]
    assert telemetry.NAMESPACE == NAMESPACE


@pytest.mark.parametrize(
    ("line", "code", "field"),
    [
        ("CloudWatchMetrics, it said", "metrics.not_json", "body"),
        ("[" * 100_000, "metrics.not_json", "body"),
        ("[]", "metrics.invalid", None),
        ('{"level":"INFO"}', "metrics.invalid", "_aws"),
        (directive(Namespace="Other"), "metrics.invalid", "_aws.CloudWatchMetrics.0.Namespace"),
        (directive(Dimensions=[["nobody"]]), "metrics.value", "nobody"),
        (directive(Metrics=[{"Name": "Missing"}]), "metrics.value", "Missing"),
        (json.dumps(document(Acts="many")), "metrics.value", "Acts"),
        (json.dumps(document(Acts=[float("nan")])), "metrics.value", "Acts"),
        (json.dumps(document(bot=7)), "metrics.value", "bot"),
        (json.dumps(document(bot="")), "metrics.value", "bot"),
    ],
    ids=lambda value: str(value)[:40],
)
def test_line_that_is_no_metric_is_named_and_the_others_are_read(
    line: str, code: str, field: str | None
) -> None:
    found = read(delivery(line, json.dumps(document())))
    assert len(found.data) == 1
    [refused] = found.refused
    assert (refused.code, refused.field) == (code, field)


@pytest.mark.parametrize(
    ("message", "code"),
    [
        ({}, "metrics.no_delivery"),
        ({"awslogs": 7}, "metrics.no_delivery"),
        ({"awslogs": {"data": 7}}, "metrics.no_delivery"),
        ({"awslogs": {"data": "not Base64!"}}, "metrics.not_packed"),
        ({"awslogs": {"data": "né"}}, "metrics.not_packed"),
        ({"awslogs": {"data": b64encode(b"not gzip").decode()}}, "metrics.not_packed"),
        ({"awslogs": {"data": b64encode(gzip.compress(b"{}", mtime=0)[:-4]).decode()}}, "metrics.not_whole"),
        (packed(b" " * (MAX_BYTES + 1)), "metrics.not_whole"),
        (packed(b"not JSON"), "metrics.not_json"),
        (packed(b"\xff"), "metrics.not_json"),
        (packed(b'{"logEvents": [{"message": 7}]}'), "metrics.invalid"),
        (packed(b"{}"), "metrics.invalid"),
    ],
    ids=lambda value: str(value)[:40],
)
def test_delivery_that_cannot_be_read_is_logged_with_its_code_and_dropped(
    message: dict[str, Any], code: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(ContractError) as refused:
        read(message)
    assert refused.value.code == code
    assert entry.handler(message, None) == {"put": 0, "dropped": 1}
    line = json.loads(capsys.readouterr().out)
    assert (line["level"], line["code"]) == ("ERROR", code)


def test_good_lines_are_put_and_bad_ones_logged(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    put: list[Datum] = []
    monkeypatch.setattr(entry, "put", put.extend)
    assert entry.handler(delivery("{}", json.dumps(document())), None) == {"put": 1, "dropped": 1}
    assert [datum["MetricName"] for datum in put] == ["Acts"]
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [line["message"] for line in lines] == ["line dropped", "metrics put"]
    assert not any("_aws" in line for line in lines)
