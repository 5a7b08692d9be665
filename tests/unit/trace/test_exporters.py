"""Handing spans over: to a file beside other processes, to a collector, and to one that does not answer."""

from __future__ import annotations

import json
import os
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from writ.adapters import otlp_http
from writ.adapters.otlp_file import OtlpFile
from writ.adapters.otlp_http import OtlpHttp
from writ.runtime import telemetry, tracing
from writ.trace import recording
from writ.trace.span import Kind


def test_lines_of_many_writers_never_mix(tmp_path: Path) -> None:
    path = tmp_path / "traces.jsonl"
    barrier = threading.Barrier(4)

    def write(writer: int) -> None:
        barrier.wait()
        for number in range(50):
            OtlpFile(str(path)).export(json.dumps([writer, number, "x" * (writer * 9000)]).encode())

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(write, range(4)))
    lines = [json.loads(line) for line in path.read_bytes().splitlines()]
    assert sorted((writer, number) for writer, number, _ in lines) == [
        (writer, number) for writer in range(4) for number in range(50)
    ]


def test_file_grows_to_its_limit_and_no_further(tmp_path: Path) -> None:
    file = OtlpFile(str(tmp_path / "traces.jsonl"), most=10)
    file.export(b"12345")
    with pytest.raises(OSError, match="full"):
        file.export(b"12345")
    assert (tmp_path / "traces.jsonl").read_bytes() == b"12345\n"


class Collector:
    """Stands in for the connection to a collector."""

    def __init__(self, status: int = 200, body: bytes = b"{}", fails: bool = False) -> None:
        self.status, self.body, self.fails = status, body, fails
        self.requests: list[tuple[Any, ...]] = []

    def __call__(self, host: str, port: int, timeout: float) -> Collector:
        assert timeout <= 1
        return self

    def request(self, *given: Any) -> None:
        self.requests.append(given)
        if self.fails:
            raise TimeoutError

    def getresponse(self) -> Collector:
        return self

    def read(self, _most: int) -> bytes:
        return self.body

    def close(self) -> None:
        """Nothing is open."""


def client(collector: Collector, monkeypatch: pytest.MonkeyPatch, now: list[float]) -> OtlpHttp:
    monkeypatch.setattr(otlp_http, "HTTPConnection", collector)
    return OtlpHttp("http://127.0.0.1:4318/", clock=lambda: now[0])


def test_collector_is_sent_otlp_in_json(monkeypatch: pytest.MonkeyPatch) -> None:
    collector = Collector(body=b'{"partialSuccess":{"rejectedSpans":"2"}}')
    assert client(collector, monkeypatch, [0.0]).export(b"{}") == 2
    assert collector.requests == [("POST", "/v1/traces", b"{}", {"Content-Type": "application/json"})]


@pytest.mark.parametrize(
    "collector", [Collector(fails=True), Collector(status=503)], ids=["silent", "refusing"]
)
def test_collector_that_fails_is_left_alone_for_a_while(
    collector: Collector, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = [0.0]
    exporter = client(collector, monkeypatch, now)
    for _ in range(3):
        with pytest.raises(ConnectionError):
            exporter.export(b"{}")
    assert len(collector.requests) == 1
    now[0] = 31.0
    with pytest.raises(ConnectionError):
        exporter.export(b"{}")
    assert len(collector.requests) == 2


@pytest.fixture
def traced(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    path = tmp_path / "traces.jsonl"
    variables = {
        "WRIT_TRACES": path.as_uri(),
        "WRIT_ENV": "test",
        "WRIT_BOT": "probe",
        "WRIT_FUNCTION": "probe",
        "WRIT_OWNER": "platform",
        "WRIT_BUS": "bus",
        "WRIT_CODE_DIGEST": "0" * 64,
    }
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    _forget()
    yield path
    _forget()


def _forget() -> None:
    from writ.runtime import environment

    for cached in (tracing.tracer, tracing._resource, environment.current):
        cached.cache_clear()


def _request(**more: Any) -> dict[str, Any]:
    claims = {"jwt": {"claims": {"sub": "s-1"}}}
    return {"requestContext": {"authorizer": claims}, "headers": {"Traceparent": HEADER}, **more}


HEADER = f"00-{'a' * 32}-{'b' * 16}-00"


def _spans(path: Path) -> list[dict[str, Any]]:
    found = [json.loads(line) for line in path.read_bytes().splitlines()]
    return [span for document in found for span in document["resourceSpans"][0]["scopeSpans"][0]["spans"]]


def test_verified_caller_says_which_trace_but_not_whether_it_is_kept(traced: Path) -> None:
    with tracing.request("probe", "GET /v1/probes", _request()) as span:
        tracing.answered(span, 404, {"code": "not_found"})
    with tracing.request("probe", "GET /v1/probes", _request(requestContext={})):
        pass
    telemetry.finished("probe")
    first, second = _spans(traced)
    assert (first["traceId"], first["parentSpanId"]) == ("a" * 32, "b" * 16)
    assert first["flags"] & 1
    assert "status" not in first
    assert second["traceId"] != "a" * 32
    assert "parentSpanId" not in second
    assert traced.stat().st_mode & 0o777 == 0o600


def test_work_goes_on_when_spans_cannot_be_handed_over_and_they_are_counted(
    traced: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    traced.mkdir()  # so that no file can be opened there
    with tracing.begin("probe", "handle", Kind.CONSUMER, None, {}), recording.span("plan"):
        pass
    telemetry.finished("probe")
    printed = [json.loads(line) for line in capsys.readouterr().out.splitlines() if line]
    assert [line["SpansDropped"] for line in printed if "SpansDropped" in line] == [[2]]


def test_nothing_is_recorded_where_spans_go_nowhere(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("WRIT_TRACES", raising=False)
    tracing.tracer.cache_clear()
    with tracing.begin("probe", "handle", Kind.CONSUMER, None, {}):
        assert recording.carried() is None
    assert tracing.handed_over() == 0
    assert "WRIT_TRACES" not in os.environ
