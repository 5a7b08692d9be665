"""`writ bots tick`: a schedule comes due in the form that the bus gives it."""

from __future__ import annotations

import json
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from cli.app import app
from cli.plane import Plane, RunFile
from writ.contracts.event import parse_event
from writ.contracts.events.platform import ScheduleTicked

SENT: list[tuple[str, dict[str, Any]]] = []


class Queues:
    class exceptions:
        class QueueDoesNotExist(Exception): ...

    def get_queue_url(self, QueueName: str) -> dict[str, str]:
        return {"QueueUrl": QueueName}

    def send_message(self, QueueUrl: str, MessageBody: str) -> None:
        SENT.append((QueueUrl, json.loads(MessageBody)))


@pytest.fixture(autouse=True)
def plane(monkeypatch: pytest.MonkeyPatch) -> None:
    SENT.clear()
    file = RunFile(api_url="https://api.example", region="us-east-1", bus_name="writ", log_origin="log")
    made = Plane(file, {"sqs": Queues()})
    monkeypatch.setattr(Plane, "load", lambda: made)


def tick(*words: str) -> tuple[Result, dict[str, Any]]:
    result = CliRunner().invoke(app, ["bots", "tick", *words, "--json"])
    return result, json.loads(result.stdout)


def test_each_schedule_comes_due_once_and_as_an_event_of_its_own() -> None:
    result, document = tick("backlog")
    assert result.exit_code == 0
    assert [item["schedule"] for item in document["items"]] == ["rate(1 hour)", "rate(1 day)"]
    assert len({item["event_id"] for item in document["items"]}) == 2
    for (queue, body), item in zip(SENT, document["items"], strict=True):
        event = parse_event(body["detail-type"], body["detail"])
        assert (queue, body["source"], event.meta.id) == (
            "writ-local-backlog",
            "writ.scheduler",
            item["event_id"],
        )
        assert isinstance(event.data, ScheduleTicked)
        assert event.data.schedule == item["schedule"]


def test_one_of_them_alone() -> None:
    assert tick("backlog", "--schedule", "rate(1 day)")[0].exit_code == 0
    assert [body["detail"]["data"]["schedule"] for _, body in SENT] == ["rate(1 day)"]


@pytest.mark.parametrize(
    ("words", "field"),
    [
        (("nobody",), "BOT"),
        (("gate",), "BOT"),
        (("backlog", "--schedule", "rate(2 days)"), "--schedule"),
    ],
    ids=["no such bot", "no schedule", "not one of its"],
)
def test_what_does_not_come_due_is_told_and_nothing_is_sent(words: tuple[str, ...], field: str) -> None:
    result, document = tick(*words)
    assert (result.exit_code, document["error"]["field"]) == (2, field)
    assert SENT == []
