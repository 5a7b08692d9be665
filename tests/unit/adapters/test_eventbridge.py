"""How events go to EventBridge: batches, sizes, and entries that are refused one by one."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest
from botocore.exceptions import ClientError, EndpointConnectionError
from hypothesis import given
from hypothesis import strategies as st

from writ.adapters import aws
from writ.adapters.eventbridge import MAX_BYTES, MAX_ENTRIES, EventBridgeBus
from writ.contracts.errors import ContractError, TransientError, WritError
from writ.contracts.event import AnyEvent, make_event
from writ.contracts.events.platform import EventRejected

NOW = datetime(2026, 3, 2, 10, 0, tzinfo=UTC)


def event(number: int, padding: int = 0) -> AnyEvent:
    data = EventRejected.model_validate(
        {"bot": "backlog", "code": "contract.invalid", "reason": "x", "padding": "ä" * (padding // 2)}
    )
    return make_event(data, id=f"e-{number}", time=NOW, producer="intake")


class Events:
    """PutEvents, refusing the ids it is told to, as many times as told."""

    def __init__(self, refuse: dict[str, int] | None = None, error: Exception | None = None) -> None:
        self.refuse = refuse or {}
        self.error = error
        self.requests: list[list[dict[str, Any]]] = []
        self.taken: list[str] = []

    def put_events(self, Entries: list[dict[str, Any]]) -> dict[str, Any]:
        if self.error is not None:
            raise self.error
        self.requests.append(list(Entries))
        return {"Entries": [self._result(entry) for entry in Entries]}

    def _result(self, entry: dict[str, Any]) -> dict[str, str]:
        name = json.loads(entry["Detail"])["meta"]["id"]
        if self.refuse.get(name, 0) > 0:
            self.refuse[name] -= 1
            return {"ErrorCode": "ThrottlingException", "ErrorMessage": "slow down"}
        self.taken.append(name)
        return {"EventId": "1"}


def publish(monkeypatch: pytest.MonkeyPatch, service: Events, events: list[AnyEvent]) -> None:
    monkeypatch.setattr(aws, "client", lambda name: service)
    EventBridgeBus("writ-test", sleep=lambda _: None).publish(events)


def test_entry_says_who_and_what(monkeypatch: pytest.MonkeyPatch) -> None:
    service = Events()
    publish(monkeypatch, service, [event(1)])
    [[entry]] = service.requests
    assert entry["EventBusName"] == "writ-test"
    assert (entry["Source"], entry["DetailType"], entry["Time"]) == ("writ.intake", "EventRejected.v1", NOW)
    assert json.loads(entry["Detail"])["data"]["reason"] == "x"


@given(sizes=st.lists(st.integers(0, 200_000), max_size=25))
def test_batches_keep_both_limits_and_the_order(sizes: list[int]) -> None:
    service = Events()
    with pytest.MonkeyPatch.context() as patch:
        publish(patch, service, [event(number, size) for number, size in enumerate(sizes)])
    assert service.taken == [f"e-{number}" for number in range(len(sizes))]
    for batch in service.requests:
        assert len(batch) <= MAX_ENTRIES
        assert sum(len(entry["Detail"].encode()) for entry in batch) <= MAX_BYTES


def test_nothing_is_sent_when_there_is_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    service = Events()
    publish(monkeypatch, service, [])
    assert service.requests == []


def test_only_refused_entries_are_sent_again(monkeypatch: pytest.MonkeyPatch) -> None:
    service = Events(refuse={"e-3": 2, "e-5": 1})
    publish(monkeypatch, service, [event(number) for number in range(8)])
    assert sorted(service.taken) == [f"e-{number}" for number in range(8)]
    assert [len(batch) for batch in service.requests] == [8, 2, 1]


def test_entry_refused_for_good_is_a_transient_error(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(TransientError) as refused:
        publish(monkeypatch, Events(refuse={"e-1": 99}), [event(0), event(1)])
    assert refused.value.code == "bus.unavailable"
    assert "ThrottlingException" in refused.value.message


def test_oversized_event_is_named_and_none_is_sent(monkeypatch: pytest.MonkeyPatch) -> None:
    service = Events()
    with pytest.raises(ContractError) as refused:
        publish(monkeypatch, service, [event(0), event(1, MAX_BYTES)])
    assert refused.value.code == "event.too_large"
    assert "e-1" in refused.value.message
    assert service.requests == []


def client_error(code: str, status: int = 400) -> ClientError:
    response: Any = {"Error": {"Code": code}, "ResponseMetadata": {"HTTPStatusCode": status}}
    return ClientError(response, "PutEvents")


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (EndpointConnectionError(endpoint_url="https://x"), "dependency.unavailable"),
        (client_error("ThrottlingException"), "dependency.unavailable"),
        (client_error("Unheard", status=503), "dependency.unavailable"),
        (client_error("AccessDeniedException"), "dependency.refused"),
    ],
)
def test_failed_call_is_an_error_of_ours(
    monkeypatch: pytest.MonkeyPatch, error: Exception, code: str
) -> None:
    with pytest.raises(WritError) as raised:
        publish(monkeypatch, Events(error=error), [event(0)])
    assert raised.value.code == code
    assert raised.value.retryable is (code == "dependency.unavailable")
