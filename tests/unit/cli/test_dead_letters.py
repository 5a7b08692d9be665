"""`writ replay --dlq`: a letter is repaired, held against its contract, and sent before it is deleted."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from cli.local.dead_letters import Repair, repaired, resend
from cli.output import CommandError, UsageError
from cli.plane import Plane, RunFile
from writ.contracts.errors import ContractError

SAMPLE = Path(__file__).parents[3] / "events/github/IssueLabelled.v1.sample.json"


def letter(**changes: Any) -> str:
    detail = json.loads(SAMPLE.read_text(encoding="utf-8"))
    detail["data"].update(changes)
    return json.dumps({"detail-type": "IssueLabelled.v1", "source": "writ.intake", "detail": detail})


class Queues:
    """Two queues of SQS: hidden messages stay hidden until they are shown again."""

    class exceptions:
        class QueueDoesNotExist(Exception): ...

    def __init__(self, *bodies: str) -> None:
        self.dead = {f"m{number}": body for number, body in enumerate(bodies)}
        self.hidden: set[str] = set()
        self.sent: list[str] = []
        self.did: list[str] = []

    def get_queue_url(self, QueueName: str) -> dict[str, str]:
        if "backlog" not in QueueName:
            raise self.exceptions.QueueDoesNotExist
        return {"QueueUrl": QueueName}

    def receive_message(self, **_: Any) -> dict[str, Any]:
        seen = [name for name in self.dead if name not in self.hidden][:2]
        self.hidden.update(seen)
        reason = {"code": {"StringValue": "contract.invalid"}, "field": {"StringValue": "data.label"}}
        return {
            "Messages": [
                {"MessageId": n, "ReceiptHandle": n, "Body": self.dead[n], "MessageAttributes": reason}
                for n in seen
            ]
        }

    def send_message(self, QueueUrl: str, MessageBody: str) -> None:
        assert QueueUrl == "writ-local-backlog"
        self.did.append("send")
        self.sent.append(MessageBody)

    def delete_message(self, QueueUrl: str, ReceiptHandle: str) -> None:
        assert QueueUrl == "writ-local-backlog-dlq"
        self.did.append("delete")
        del self.dead[ReceiptHandle]

    def change_message_visibility(self, ReceiptHandle: str, **_: Any) -> None:
        self.hidden.discard(ReceiptHandle)


def plane(queues: Queues) -> Plane:
    file = RunFile(api_url="https://api.example", region="us-east-1", bus_name="writ", log_origin="log")
    return Plane(file, {"sqs": queues})


def data(body: str) -> Mapping[str, Any]:
    found: Mapping[str, Any] = json.loads(body)["detail"]["data"]
    return found


@pytest.mark.parametrize(
    ("text", "path", "value"),
    [
        ("data.label=toil", ("data", "label"), "toil"),
        ("detail.data.number=7", ("data", "number"), 7),
        ('data.labels=["a","b"]', ("data", "labels"), ["a", "b"]),
        ("data.title=a=b", ("data", "title"), "a=b"),
        ("data.label=", ("data", "label"), ""),
    ],
)
def test_a_repair_is_a_path_and_json_or_text(text: str, path: tuple[str, ...], value: object) -> None:
    assert Repair.parse(text) == Repair(path, value)


@pytest.mark.parametrize("text", ["data.label", "=x", "data..label=x", ""])
def test_anything_else_is_bad_usage(text: str) -> None:
    with pytest.raises(UsageError) as refused:
        Repair.parse(text)
    assert refused.value.field == "--set"


def test_a_repair_makes_objects_on_the_way_but_never_replaces_a_value_by_one() -> None:
    detail: dict[str, Any] = {"data": {"label": "toil"}}
    Repair(("meta", "extra", "x"), 1).apply(detail)
    assert detail == {"data": {"label": "toil"}, "meta": {"extra": {"x": 1}}}
    with pytest.raises(ContractError) as barred:
        Repair(("data", "label", "x"), 1).apply(detail)
    assert barred.value.field == "data.label.x"


def test_a_repaired_letter_satisfies_its_contract() -> None:
    made = repaired(letter(number="seven"), [Repair(("data", "number"), 8)])
    assert made["detail"]["data"]["number"] == 8


@pytest.mark.parametrize(
    ("body", "field"),
    [("{", "body"), ("[]", "body"), ("[" * 100_000, "body"), (letter(number="seven"), "number")],
)
def test_what_is_still_wrong_is_named_by_its_field(body: str, field: str) -> None:
    with pytest.raises(ContractError) as refused:
        repaired(body, [])
    assert field in str(refused.value.field)


def test_letters_are_sent_to_the_bots_own_queue_and_then_deleted() -> None:
    queues = Queues(*[letter(number="seven")] * 5)
    results = resend(plane(queues), "backlog", [Repair(("data", "number"), 8)])
    assert [result.sent for result in results] == [True] * 5
    assert queues.dead == {}
    assert [data(body)["number"] for body in queues.sent] == [8] * 5
    assert queues.did == ["send", "delete"] * 5


def test_a_letter_that_is_still_wrong_stays_and_says_what_it_was_and_is() -> None:
    queues = Queues(letter(), letter(number="seven"))
    good, bad = resend(plane(queues), "backlog", [])
    assert (good.sent, bad.sent) == (True, False)
    assert list(queues.dead) == ["m1"]
    assert queues.hidden == {"m0"}
    said = bad.document()
    assert said["was"]["code"] == "contract.invalid"
    assert "number" in said["problem"]["field"]


def test_a_dry_run_sends_and_deletes_nothing() -> None:
    queues = Queues(letter(), letter())
    results = resend(plane(queues), "backlog", [], dry_run=True)
    assert [(result.type, result.sent, result.code) for result in results] == [
        ("IssueLabelled.v1", False, None)
    ] * 2
    assert (queues.did, queues.hidden, len(queues.dead)) == ([], set(), 2)


def test_a_bot_without_queues_is_an_error() -> None:
    with pytest.raises(CommandError) as raised:
        resend(plane(Queues()), "nobody", [])
    assert raised.value.code == "not_found"
