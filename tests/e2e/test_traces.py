"""One trace from a webhook to what its action brought about, as the functions themselves tell it."""

from __future__ import annotations

import pytest
from prometheus_client.openmetrics.parser import text_string_to_metric_families

from cli.local import elsewhere
from cli.local.emulator import Emulator
from cli.plane import STATE
from cli.trace.file import SpanFile
from tests.e2e.conftest import Person, World, eventually, sample
from writ.trace.span import ACTION, ERROR, EVENT_TYPE, STATUS, VERDICT, Kind, Span

HEADER = f"00-{'7' * 32}-{'8' * 16}-00"

pytestmark = pytest.mark.skipif(
    elsewhere.endpoint() is not None, reason="functions that run elsewhere write no file on this machine"
)


@pytest.fixture(scope="module")
def file() -> SpanFile:
    return SpanFile(Emulator(STATE / "e2e").traces)


def test_trace_leads_from_a_webhook_to_the_event_that_its_action_published(
    world: World, operator: Person, file: SpanFile
) -> None:
    world.send(sample("deployment/payload.json"))
    world.settle()
    items = operator("GET", "v1/actions", bot="backlog", state="succeeded", limit="100").json()["items"]
    action = next(item["id"] for item in items if item["name"] == "record-occurrence")
    trace = operator("GET", f"v1/actions/{action}").json()["cause"]["trace"]
    (trace_id, *_) = file.trace_of(action)
    assert trace.split("-")[1] == trace_id
    spans = {span.span_id: span for span in file.trace(trace_id)}

    def above(span: Span) -> list[str]:
        names = []
        while span.parent_id is not None:
            span = spans[span.parent_id]
            names.append(span.name)
        return names

    acted = next(span for span in spans.values() if span.attributes.get(ACTION) == action)
    assert acted.attributes[VERDICT] == "allow"
    assert acted.attributes[STATUS] == "succeeded"
    received, publish, intake = above(acted)
    assert received == next(str(s.attributes[EVENT_TYPE]) for s in spans.values() if s.kind is Kind.CONSUMER)
    assert (publish, intake) == ("publish", "POST /v1/webhooks/github")
    under = [span for span in spans.values() if span.parent_id == acted.span_id]
    assert [span.name for span in sorted(under, key=lambda span: span.start_ns)] == [
        "policy",
        "intent",
        "perform",
        "outcome",
        "publish",
    ]
    ledger = [span for span in spans.values() if span.name == "ledger append"]
    assert {spans[str(span.parent_id)].name for span in ledger} == {"intent", "outcome"}
    told = next(span for span in under if span.name == "publish").attributes["writ.event.types"]
    assert isinstance(told, tuple)
    assert told[0] == "ActionCompleted.v1"
    assert {span.service for span in spans.values()} >= {"intake", "backlog"}
    assert not any(ERROR in span.attributes for span in spans.values())


def test_metrics_are_scraped_with_a_token_only(world: World, operator: Person) -> None:
    answer = operator("GET", "v1/metrics", headers={"Accept": "application/openmetrics-text"})
    assert answer.headers["Content-Type"].startswith("application/openmetrics-text")
    found = {
        sample.name: sample.value
        for family in text_string_to_metric_families(answer.text)
        for sample in family.samples
        if sample.labels.get("bot", "backlog") == "backlog"
    }
    assert found["writ_ledger_entries"] > 0
    assert found["writ_error_budget_left_ratio"] == 1
    assert world.nobody("GET", "v1/metrics").status_code == 401


def test_request_of_a_caller_goes_on_with_his_trace(operator: Person, file: SpanFile) -> None:
    answer = operator("GET", "v1/bots/nobody", headers={"traceparent": HEADER})
    assert answer.status_code == 404
    spans = eventually(lambda: file.trace("7" * 32))
    assert [(span.parent_id, span.service, span.kind) for span in spans] == [
        ("8" * 16, "registry", Kind.SERVER)
    ]
    assert spans[0].attributes["http.response.status_code"] == 404
