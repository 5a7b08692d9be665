"""Batches fail by record: retried, or sent to the dead-letter queue with the reason, never lost."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any

import pytest

from writ.contracts.errors import PermanentError, TransientError, WritError
from writ.contracts.event import AnyEvent
from writ.runtime.batch import MAX_RECEIVES, process


@dataclass
class Letters:
    sent: list[tuple[str, WritError, str]] = field(default_factory=list)

    def send(self, body: str, error: WritError, event_type: str) -> None:
        self.sent.append((body, error, event_type))


def _record(number: int, body: str, receives: int = 1) -> dict[str, Any]:
    return {
        "messageId": f"m{number}",
        "body": body,
        "attributes": {"ApproximateReceiveCount": str(receives)},
    }


def _tick(**data: Any) -> str:
    meta = {"id": "tick-1", "time": "2026-03-02T10:00:00Z", "producer": "scheduler"}
    detail = {"meta": meta, "data": {"schedule": "rate(1 hour)", **data}}
    return json.dumps({"detail-type": "ScheduleTicked.v1", "detail": detail})


def _run(event: AnyEvent) -> list[Any]:
    outcome = getattr(event.data, "outcome", "fine")
    if outcome == "transient":
        raise TransientError("not now")
    if outcome == "permanent":
        raise PermanentError("never")
    if outcome == "bug":
        raise KeyError("whoops")
    return []


def _process(*records: dict[str, Any]) -> tuple[list[str], Letters]:
    letters = Letters()
    answer = process("probe", {"Records": list(records)}, None, _run, letters)
    return [failure["itemIdentifier"] for failure in answer["batchItemFailures"]], letters


def test_only_the_failing_record_is_delivered_again_when_a_batch_is_mixed() -> None:
    failed, letters = _process(
        _record(1, _tick()), _record(2, _tick(outcome="transient")), _record(3, _tick(outcome="bug"))
    )
    assert failed == ["m2", "m3"]
    assert letters.sent == []


def test_a_record_moves_to_the_dead_letters_when_its_tries_are_used_up() -> None:
    failed, letters = _process(_record(1, _tick(outcome="transient"), receives=MAX_RECEIVES))
    assert failed == []
    assert [(error.code, kind) for _, error, kind in letters.sent] == [
        ("dependency.unavailable", "ScheduleTicked.v1")
    ]


@pytest.mark.parametrize(
    ("body", "code", "field"),
    [
        ("{", "contract.not_json", "body"),
        ("[" * 100_000, "contract.not_json", "body"),
        ("[]", "contract.invalid", "body"),
        ('{"detail": {}}', "contract.invalid", "detail-type"),
        ('{"detail-type": "Nothing.v1", "detail": {}}', "contract.unknown_type", "detail-type"),
        ('{"detail-type": "ScheduleTicked.v9", "detail": {}}', "contract.unknown_version", "detail-type"),
        ('{"detail-type": "ScheduleTicked.v1", "detail": 7}', "contract.invalid", "detail"),
        (
            '{"detail-type": "ScheduleTicked.v1", "detail": {"meta": {}}}',
            "contract.missing_field",
            "detail.data",
        ),
        (_tick(schedule=7), "contract.invalid", "detail.data.schedule"),
    ],
)
def test_what_breaks_its_contract_goes_to_the_dead_letters_at_once(body: str, code: str, field: str) -> None:
    failed, letters = _process(_record(1, body))
    assert failed == []
    [(sent, error, _)] = letters.sent
    assert (sent, error.code, error.field) == (body, code, field)


def test_what_cannot_succeed_goes_to_the_dead_letters_at_once() -> None:
    failed, letters = _process(_record(1, _tick(outcome="permanent")))
    assert failed == []
    assert letters.sent[0][1].code == "effect.failed"
