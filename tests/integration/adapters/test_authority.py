"""Asking for a certificate: what the proof binds, and what each answer of the authority means."""

from __future__ import annotations

import io
import json
from base64 import b64decode
from typing import Any
from urllib.parse import parse_qs

import pytest
from botocore.exceptions import ClientError

from writ.adapters import aws
from writ.adapters.authority import AUDIENCE_HEADER, KEY_HEADER, LambdaAuthority, bound_headers, prove
from writ.contracts.errors import WritError
from writ.ledger.session import new_session_key, public_der

KEY = public_der(new_session_key())


class Function:
    """The invocation of the authority, answering as it is told."""

    def __init__(self, answer: object, error: Exception | None = None, **more: str) -> None:
        self.answer, self.error, self.more = answer, error, more
        self.requests: list[dict[str, Any]] = []

    def invoke(self, FunctionName: str, Payload: bytes) -> dict[str, Any]:
        self.requests.append({"function": FunctionName, **json.loads(Payload)})
        if self.error:
            raise self.error
        raw = self.answer if isinstance(self.answer, bytes) else json.dumps(self.answer).encode()
        return {"Payload": io.BytesIO(raw), **self.more}


def certify(monkeypatch: pytest.MonkeyPatch, function: Function) -> bytes:
    real = aws.client
    monkeypatch.setattr(aws, "client", lambda name: function if name == "lambda" else real(name))
    return LambdaAuthority("writ-test-authority").certify(KEY)


def test_proof_is_short_lived_and_signs_authority_and_key(account: None) -> None:
    query = parse_qs(prove("writ-test-authority", KEY))
    assert query["Action"] == ["GetCallerIdentity"]
    assert query["X-Amz-Expires"] == ["60"]
    assert {AUDIENCE_HEADER, KEY_HEADER, "host"} <= set(query["X-Amz-SignedHeaders"][0].split(";"))


def test_proof_for_another_key_or_authority_is_another(account: None) -> None:
    def signature(audience: str, key: bytes) -> str:
        query = parse_qs(prove(audience, key))
        return query["X-Amz-Date"][0] + query["X-Amz-Signature"][0]

    other = public_der(new_session_key())
    assert len({signature("a", KEY), signature("b", KEY), signature("a", other)}) == 3
    assert bound_headers("a", KEY) != bound_headers("a", other)


def test_key_and_proof_are_sent_and_the_certificate_comes_back(
    account: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    function = Function({"certificate": "-----BEGIN CERTIFICATE-----"})
    assert certify(monkeypatch, function) == b"-----BEGIN CERTIFICATE-----"
    [request] = function.requests
    assert request["function"] == "writ-test-authority"
    assert b64decode(request["public_key"]) == KEY
    assert "X-Amz-Signature" in parse_qs(request["proof"])


def client_error(code: str) -> ClientError:
    return ClientError({"Error": {"Code": code}}, "Invoke")


@pytest.mark.parametrize(
    ("function", "code", "retryable"),
    [
        (
            Function({"error": {"code": "authority.refused", "message": "no"}}),
            "authority.refused",
            False,
        ),
        (
            Function({"error": {"code": "dependency.unavailable", "message": "later", "retryable": True}}),
            "dependency.unavailable",
            True,
        ),
        (Function({"errorMessage": "boom"}, FunctionError="Unhandled"), "authority.failed", True),
        (Function({"certificate": "x"}, FunctionError="Unhandled"), "authority.failed", True),
        (Function(b"<html>"), "authority.failed", True),
        (Function([]), "authority.failed", True),
        (Function(None), "authority.failed", True),
        (Function("certificate"), "authority.failed", True),
        (Function({"certificate": 7}), "authority.failed", True),
        (Function({}, error=client_error("TooManyRequestsException")), "dependency.unavailable", True),
        (Function({}, error=client_error("AccessDeniedException")), "dependency.refused", False),
    ],
    ids=lambda value: str(getattr(value, "answer", value))[:30],
)
def test_anything_but_a_certificate_is_an_error_of_ours(
    account: None, monkeypatch: pytest.MonkeyPatch, function: Function, code: str, retryable: bool
) -> None:
    with pytest.raises(WritError) as refused:
        certify(monkeypatch, function)
    assert (refused.value.code, refused.value.retryable) == (code, retryable)


def test_process_without_credentials_cannot_prove_anything(
    account: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    aws.client("sts")
    monkeypatch.setattr(aws.session(), "get_credentials", lambda: None)
    with pytest.raises(WritError) as refused:
        prove("writ-test-authority", KEY)
    assert refused.value.code == "authority.no_credentials"
