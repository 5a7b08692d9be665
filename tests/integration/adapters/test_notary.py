"""Asking the notary: what each of its answers means."""

from __future__ import annotations

import io
import json
from base64 import b64encode
from typing import Any

import pytest

from tests.support.log_forge import NOW
from writ.adapters import aws
from writ.adapters.notary import LambdaNotary
from writ.contracts.errors import ConflictError, NotFoundError, WritError
from writ.ports.ledger import KeptPromise

SECONDS = int(NOW.timestamp())
GOOD = {"integrated_at": SECONDS, "signature": b64encode(b"signed").decode()}


def ask(monkeypatch: pytest.MonkeyPatch, answer: object, **more: str) -> KeptPromise:
    class Function:
        def invoke(self, FunctionName: str, Payload: bytes) -> dict[str, Any]:
            assert (FunctionName, json.loads(Payload)) == ("writ-test-notary", {"index": 3})
            return {"Payload": io.BytesIO(json.dumps(answer).encode()), **more}

    monkeypatch.setattr(aws, "client", lambda _name: Function())
    return LambdaNotary("writ-test-notary").promise(3)


def test_promise_comes_back(monkeypatch: pytest.MonkeyPatch) -> None:
    assert ask(monkeypatch, GOOD) == KeptPromise(NOW, b"signed")


@pytest.mark.parametrize(
    ("answer", "kind", "code"),
    [
        ({"error": {"code": "conflict.late", "message": "late"}}, ConflictError, "conflict.late"),
        ({"error": {"code": "not_found", "message": "no", "field": "index"}}, NotFoundError, "not_found"),
        ({"error": {"code": "ledger.corrupt", "message": "gone"}}, WritError, "ledger.corrupt"),
        ({**GOOD, "integrated_at": "soon"}, WritError, "notary.failed"),
        ({**GOOD, "integrated_at": 10**20}, WritError, "notary.failed"),
        ({**GOOD, "signature": 7}, WritError, "notary.failed"),
        ({**GOOD, "signature": "é"}, WritError, "notary.failed"),
        ({}, WritError, "notary.failed"),
        (None, WritError, "notary.failed"),
    ],
    ids=str,
)
def test_anything_else_is_an_error_of_ours(
    monkeypatch: pytest.MonkeyPatch, answer: object, kind: type[WritError], code: str
) -> None:
    with pytest.raises(kind) as refused:
        ask(monkeypatch, answer)
    assert (refused.value.code, refused.value.retryable) == (code, code == "notary.failed")


def test_crash_of_the_function_may_pass(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(WritError, match=r"notary\.failed"):
        ask(monkeypatch, GOOD, FunctionError="Unhandled")
