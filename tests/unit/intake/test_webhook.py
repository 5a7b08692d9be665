"""The checks of a request, in their order, and what each refusal says."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from functions.intake.webhook import MAX_BYTES, MAX_DEPTH, open_webhook, sign
from tests.support.memory_intake import DELIVERY, PAYLOADS, SECRET, request
from writ.contracts.errors import ContractError

PREVIOUS = b"previous-secret-of-the-tests"
BODY = b'{"action": "opened"}'


def refusal(made: dict[str, Any]) -> tuple[str, str | None]:
    with pytest.raises(ContractError) as refused:
        open_webhook(made, (SECRET, PREVIOUS))
    return refused.value.code, refused.value.field


@pytest.mark.parametrize("encoded", [False, True])
@pytest.mark.parametrize("secret", [SECRET, PREVIOUS])
def test_either_secret_opens_a_webhook_when_secrets_rotate(secret: bytes, encoded: bool) -> None:
    for path in PAYLOADS[::10]:
        body = path.read_bytes()
        webhook = open_webhook(request(body, secret=secret, encoded=encoded), (SECRET, PREVIOUS))
        assert (webhook.body, webhook.payload, webhook.delivery) == (body, json.loads(body), DELIVERY)


def test_signature_is_the_one_of_githubs_documentation() -> None:
    expected = "sha256=757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17"
    assert sign(b"Hello, World!", b"It's a Secret to Everybody") == expected


@pytest.mark.parametrize(
    ("made", "code", "field"),
    [
        (request(BODY, headers={"x-hub-signature-256": None}), "webhook.unsigned", "X-Hub-Signature-256"),
        (request(BODY, headers={"x-hub-signature-256": ""}), "webhook.unsigned", "X-Hub-Signature-256"),
        (request(BODY, secret=b"another"), "webhook.bad_signature", "X-Hub-Signature-256"),
        (
            request(BODY, headers={"x-hub-signature-256": "00"}),
            "webhook.bad_signature",
            "X-Hub-Signature-256",
        ),
        (request(b"{" + b" " * MAX_BYTES + b"}"), "webhook.too_large", "body"),
        (request(b"x" * (MAX_BYTES + 1), encoded=True), "webhook.too_large", "body"),
        (request(BODY, headers={"content-length": "9" * 40}), "webhook.too_large", "body"),
        (request(b""), "webhook.not_json", "body"),
        (request(BODY[:-3]), "webhook.not_json", "body"),
        (request(b"[]"), "webhook.not_json", "body"),
        (request(b'{"n": NaN}'), "webhook.not_json", "body"),
        (request(b'{"n": ' + b"9" * 5000 + b"}"), "webhook.not_json", "body"),
        (request(b'{"t": "\\ud800"}'), "webhook.not_json", "body"),
        (request(b'{"t": "\xff"}', encoded=True), "webhook.not_json", "body"),
        (request(b'{"a":' + b"[" * 200_000), "webhook.too_deep", "body"),
        (request(b'{"a":' + b"[" * MAX_DEPTH + b"]" * MAX_DEPTH + b"}"), "webhook.too_deep", "body"),
        (request(BODY, headers={"x-github-event": None}), "webhook.bad_header", "X-GitHub-Event"),
        (request(BODY, event="Bad Event!"), "webhook.bad_header", "X-GitHub-Event"),
        (request(BODY, headers={"x-github-delivery": None}), "webhook.bad_header", "X-GitHub-Delivery"),
        (request(BODY, delivery="../../etc"), "webhook.bad_header", "X-GitHub-Delivery"),
        (request(BODY) | {"body": "%%%", "isBase64Encoded": True}, "webhook.not_json", "body"),
        (request(BODY) | {"body": None}, "webhook.bad_signature", "X-Hub-Signature-256"),
        (request(BODY) | {"headers": None}, "webhook.unsigned", "X-Hub-Signature-256"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_refusal_has_a_code_and_names_its_place(made: dict[str, Any], code: str, field: str) -> None:
    assert refusal(made) == (code, field)


def test_nesting_is_taken_up_to_its_limit() -> None:
    depth = MAX_DEPTH - 1
    body = b'{"a":' + b"[" * depth + b"]" * depth + b"}"
    assert open_webhook(request(body), (SECRET,)).body == body


def test_body_is_taken_up_to_its_limit() -> None:
    body = b'{"a":"' + b"x" * (MAX_BYTES - 8) + b'"}'
    assert len(open_webhook(request(body, encoded=True), (SECRET,)).body) == MAX_BYTES


def test_nothing_passes_when_no_secret_is_valid() -> None:
    with pytest.raises(ContractError, match="bad_signature"):
        open_webhook(request(BODY), ())


def test_unsigned_junk_is_refused_before_it_is_parsed() -> None:
    made = request(b"{" * 100_000, headers={"x-hub-signature-256": None})
    assert refusal(made)[0] == "webhook.unsigned"


@given(position=st.integers(0, len(BODY) - 1), flip=st.integers(1, 127))
def test_any_changed_byte_breaks_the_signature(position: int, flip: int) -> None:
    made = request(BODY)
    changed = bytearray(BODY)
    changed[position] ^= flip
    assert refusal(made | {"body": changed.decode("latin-1")})[0] == "webhook.bad_signature"


@given(body=st.binary(max_size=64), encoded=st.booleans(), signature=st.text(max_size=80))
def test_arbitrary_requests_never_crash(body: bytes, encoded: bool, signature: str) -> None:
    text = body.decode("latin-1")
    made = request(b"") | {"body": text, "isBase64Encoded": encoded}
    made["headers"]["x-hub-signature-256"] = signature
    assert refusal(made)[0].startswith("webhook.")


@given(body=st.binary(max_size=64))
def test_signed_junk_is_refused_or_is_an_object(body: bytes) -> None:
    problem: ContractError | None = None
    try:
        webhook = open_webhook(request(body, encoded=True), (SECRET,))
    except ContractError as error:
        problem = error
    assert (
        problem.code in {"webhook.not_json", "webhook.too_deep"} if problem else webhook.payload is not None
    )
