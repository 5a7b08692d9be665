"""The function as the HTTP API calls it, over in-memory ports."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from functions.intake import api
from tests.support.memory_intake import (
    DELIVERY,
    PAYLOADS,
    SAMPLES,
    SECRET,
    MemoryIntake,
    headers,
    http_event,
)
from writ.contracts.errors import TransientError


def refuse(*_: object) -> None:
    raise TransientError("throttled")


class Secrets:
    def valid(self) -> tuple[bytes, ...]:
        return (SECRET,)


@pytest.fixture
def memory(monkeypatch: pytest.MonkeyPatch) -> MemoryIntake:
    memory = MemoryIntake()
    monkeypatch.setattr(api, "connect", lambda: (memory.ports, Secrets()))
    return memory


def answered(body: bytes, *, encoded: bool = False, **given: Any) -> tuple[int, dict[str, Any]]:
    answer = api.handler(http_event(body, headers(body, **given), encoded=encoded), None)
    return answer["statusCode"], json.loads(answer["body"])


@pytest.mark.parametrize("encoded", [False, True])
@pytest.mark.parametrize("path", PAYLOADS[::6], ids=lambda path: str(path.relative_to(SAMPLES)))
def test_new_delivery_is_accepted_and_a_repeat_answered_alike(
    memory: MemoryIntake, path: Path, encoded: bool
) -> None:
    first = answered(path.read_bytes(), event=path.parent.name, encoded=encoded)
    again = answered(path.read_bytes(), event=path.parent.name, encoded=encoded)
    [event] = memory.events
    body = {"delivery": DELIVERY, "event_id": f"gh-{DELIVERY}", "type": event.type}
    assert first == (202, {**body, "duplicate": False})
    assert again == (200, {**body, "duplicate": True})


@pytest.mark.parametrize(
    ("body", "given", "status", "code"),
    [
        (b"{}", {"secret": b"wrong"}, 401, "authentication.bad_signature"),
        (b"{}", {"x_hub_signature_256": None}, 401, "authentication.unsigned"),
        (b"x" * (1024 * 1024 + 1), {}, 413, "too_large"),
        (b"nonsense", {}, 400, "contract.not_json"),
        (b"{}", {"x_github_delivery": None}, 400, "contract.bad_header"),
        (b"{}", {}, 400, "contract.missing_field"),
    ],
)
def test_bad_input_is_a_problem_document_and_writes_nothing(
    memory: MemoryIntake, body: bytes, given: dict[str, Any], status: int, code: str
) -> None:
    """I10"""
    found, problem = answered(body, **given)
    assert (found, problem["status"], problem["code"]) == (status, status, code)
    assert problem["field"]
    assert memory.is_empty()


def test_other_body_under_a_used_delivery_id_is_a_conflict(memory: MemoryIntake) -> None:
    path = PAYLOADS[0]
    answered(path.read_bytes(), event=path.parent.name)
    status, problem = answered(path.read_bytes() + b" ", event=path.parent.name)
    assert (status, problem["code"]) == (409, "conflict.delivery")
    assert len(memory.events) == 1


def test_refused_dependency_asks_to_come_again(memory: MemoryIntake, monkeypatch: pytest.MonkeyPatch) -> None:
    path = PAYLOADS[0]
    with monkeypatch.context() as broken:
        broken.setattr(MemoryIntake, "publish", refuse)
        assert answered(path.read_bytes(), event=path.parent.name)[0] == 503
    assert answered(path.read_bytes(), event=path.parent.name)[0] == 202


def test_log_lines_hold_no_payload(memory: MemoryIntake, capsys: pytest.CaptureFixture[str]) -> None:
    """I9"""
    for path in PAYLOADS:
        answered(path.read_bytes(), event=path.parent.name, delivery=f"delivery-{len(memory.events)}")
    written = capsys.readouterr()
    assert "@" not in written.out + written.err
    assert SECRET.decode() not in written.out + written.err
