"""`writ replay`: payloads become webhooks as GitHub sends them, and every one gets a receipt."""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Callable
from pathlib import Path

import httpx
import pytest

from cli.local.replay import ROUNDS, SENT_AT_ONCE, Receipt, Sender, Webhook, webhooks
from cli.output import UsageError

SECRET = b"a secret of forty-eight characters or thereabouts"
Answer = Callable[[httpx.Request], httpx.Response]


def sent(answer: Answer, batch: list[Webhook]) -> tuple[list[Receipt], list[float], list[httpx.Request]]:
    """Receipts, pauses between rounds, and requests of one delivery."""
    pauses: list[float] = []
    requests: list[httpx.Request] = []

    def recording(request: httpx.Request) -> httpx.Response:
        requests.append(request)
        return answer(request)

    with httpx.Client(base_url="http://plane/", transport=httpx.MockTransport(recording)) as client:
        receipts = Sender(client, SECRET, pauses.append).send(batch)
    return receipts, pauses, requests


def hook(number: int) -> Webhook:
    return Webhook(Path(f"push/{number}.json"), "push", json.dumps({"number": number}).encode())


def accepted(request: httpx.Request) -> httpx.Response:
    delivery = request.headers["X-GitHub-Delivery"]
    return httpx.Response(202, json={"event_id": f"gh-{delivery}", "type": "CodePushed.v1"})


def test_every_payload_below_a_folder_is_a_webhook_of_its_folders_event(tmp_path: Path) -> None:
    for name in ("push/one.json", "issues/deep/../two.json", "push/notes.txt"):
        path = tmp_path / name
        (tmp_path / "issues/deep").mkdir(parents=True, exist_ok=True)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("{}")
    found = webhooks([tmp_path, tmp_path / "push" / "one.json"])
    assert [(webhook.event, webhook.path.name) for webhook in found] == [
        ("issues", "two.json"),
        ("push", "one.json"),
    ]


@pytest.mark.parametrize("name", ["nowhere", "empty", "Not-An-Event/x.json"])
def test_a_path_without_payloads_of_events_is_refused(tmp_path: Path, name: str) -> None:
    (tmp_path / "empty").mkdir()
    if name.endswith(".json"):
        (tmp_path / name).parent.mkdir()
        (tmp_path / name).write_text("{}")
    with pytest.raises(UsageError) as refused:
        webhooks([tmp_path / name])
    assert refused.value.field == "PATH"
    assert refused.value.hint


def test_a_webhook_is_signed_over_its_raw_bytes() -> None:
    _, _, (request,) = sent(accepted, [hook(1)])
    expected = hmac.new(SECRET, request.content, hashlib.sha256).hexdigest()
    assert request.headers["X-Hub-Signature-256"] == f"sha256={expected}"
    assert request.headers["X-GitHub-Event"] == "push"
    assert request.url == "http://plane/v1/webhooks/github"


def test_the_same_payload_has_the_same_delivery_id_and_another_has_another() -> None:
    assert hook(1).delivery == hook(1).delivery
    assert hook(1).delivery != hook(2).delivery
    assert Webhook(Path("x"), "issues", hook(1).body).delivery != hook(1).delivery


def test_receipts_come_in_the_order_of_the_batch() -> None:
    batch = [hook(number) for number in range(3 * SENT_AT_ONCE)]
    receipts, pauses, _ = sent(accepted, batch)
    assert [receipt.delivery for receipt in receipts] == [webhook.delivery for webhook in batch]
    assert all(receipt.accepted and receipt.type == "CodePushed.v1" for receipt in receipts)
    assert pauses == []


@pytest.mark.parametrize("status", [429, 503])
def test_only_what_failed_in_passing_is_delivered_again(status: int) -> None:
    tries: dict[str, int] = {}

    def once_busy(request: httpx.Request) -> httpx.Response:
        delivery = request.headers["X-GitHub-Delivery"]
        tries[delivery] = tries.get(delivery, 0) + 1
        busy = delivery == hook(1).delivery and tries[delivery] == 1
        return httpx.Response(status) if busy else accepted(request)

    receipts, pauses, _ = sent(once_busy, [hook(0), hook(1), hook(2)])
    assert all(receipt.accepted for receipt in receipts)
    assert tries == {hook(0).delivery: 1, hook(1).delivery: 2, hook(2).delivery: 1}
    assert len(pauses) == 1


def test_a_plane_that_stays_away_ends_after_the_last_round_with_a_code() -> None:
    def away(request: httpx.Request) -> httpx.Response:
        raise httpx.ConnectError("refused", request=request)

    (receipt,), pauses, requests = sent(away, [hook(1)])
    assert (receipt.status, receipt.code, receipt.accepted) == (0, "plane.down", False)
    assert len(requests) == ROUNDS
    assert pauses == sorted(pauses)


def test_every_webhook_is_counted_once_however_often_it_is_sent() -> None:
    counted: list[None] = []
    transport = httpx.MockTransport(lambda _: httpx.Response(503))
    with httpx.Client(base_url="http://plane/", transport=transport) as client:
        Sender(client, SECRET, lambda _: None).send([hook(1), hook(2)], lambda: counted.append(None))
    assert len(counted) == 2


def test_a_refusal_keeps_the_problems_code_field_and_detail() -> None:
    problem = {"code": "webhook.signature", "field": "X-Hub-Signature-256", "detail": "is not ours"}
    (receipt,), pauses, _ = sent(lambda _: httpx.Response(401, json=problem), [hook(1)])
    assert receipt.document() == {
        "path": "push/1.json",
        "event": "push",
        "delivery": hook(1).delivery,
        "status": 401,
        "code": "webhook.signature",
        "field": "X-Hub-Signature-256",
        "message": "is not ours",
    }
    assert pauses == []


@pytest.mark.parametrize("body", [b"<html>", b"[]", b""])
def test_an_answer_that_is_no_problem_document_still_has_a_code(body: bytes) -> None:
    (receipt,), _, _ = sent(lambda _: httpx.Response(500, content=body), [hook(1)])
    assert (receipt.code, receipt.message) == ("http.500", "Internal Server Error")


def test_a_redelivery_is_told_from_a_first_delivery() -> None:
    def known(_: httpx.Request) -> httpx.Response:
        return httpx.Response(200, json={"event_id": "gh-1", "type": "CodePushed.v1", "duplicate": True})

    (receipt,), _, _ = sent(known, [hook(1)])
    assert receipt.accepted
    assert receipt.duplicate
