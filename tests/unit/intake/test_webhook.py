"""The checks of a request, in their order, and what each refusal says."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from functions.intake.webhook import MAX_BYTES, MAX_DEPTH, Webhook, open_webhook, sign
from tests.support.memory_intake import DELIVERY, PAYLOADS, SECRET, headers
from writ.contracts.errors import WritError

PREVIOUS = b"previous-secret-of-the-tests"
BODY = b'{"action": "opened"}'
SIGNATURE = "X-Hub-Signature-256"


def opened(body: bytes, **given: Any) -> Webhook:
    return open_webhook(headers(body, **given), body, (SECRET, PREVIOUS))


@pytest.mark.parametrize("secret", [SECRET, PREVIOUS])
def test_either_secret_opens_a_webhook_when_secrets_rotate(secret: bytes) -> None:
    for path in PAYLOADS[::10]:
        body = path.read_bytes()
        webhook = opened(body, secret=secret)
        assert (webhook.body, webhook.payload, webhook.delivery) == (body, json.loads(body), DELIVERY)


def test_signature_is_the_one_of_githubs_documentation() -> None:
    expected = "sha256=757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17"
    assert sign(b"Hello, World!", b"It's a Secret to Everybody") == expected


REFUSED: list[tuple[bytes, dict[str, Any], str, str]] = [
    (BODY, {"x_hub_signature_256": None}, "authentication.unsigned", SIGNATURE),
    (BODY, {"x_hub_signature_256": ""}, "authentication.unsigned", SIGNATURE),
    (BODY, {"secret": b"another"}, "authentication.bad_signature", SIGNATURE),
    (BODY, {"x_hub_signature_256": "sha1=00"}, "authentication.bad_signature", SIGNATURE),
    (b"{" + b" " * MAX_BYTES + b"}", {}, "too_large", "body"),
    (BODY, {"content_length": "9" * 40}, "too_large", "body"),
    (b"", {}, "contract.not_json", "body"),
    (BODY[:-3], {}, "contract.not_json", "body"),
    (b"[]", {}, "contract.not_json", "body"),
    (b'{"n": NaN}', {}, "contract.not_json", "body"),
    (b'{"n": ' + b"9" * 5000 + b"}", {}, "contract.not_json", "body"),
    (b'{"t": "\\ud800"}', {}, "contract.not_json", "body"),
    (b'{"t": "\xff"}', {}, "contract.not_json", "body"),
    (b'{"a":' + b"[" * 200_000, {}, "contract.too_deep", "body"),
    (b'{"a":' + b"[" * MAX_DEPTH + b"]" * MAX_DEPTH + b"}", {}, "contract.too_deep", "body"),
    (BODY, {"x_github_event": None}, "contract.bad_header", "X-GitHub-Event"),
    (BODY, {"event": "Bad Event!"}, "contract.bad_header", "X-GitHub-Event"),
    (BODY, {"x_github_delivery": None}, "contract.bad_header", "X-GitHub-Delivery"),
    (BODY, {"delivery": "../../etc"}, "contract.bad_header", "X-GitHub-Delivery"),
]


@pytest.mark.parametrize(("body", "given", "code", "field"), REFUSED, ids=lambda value: str(value)[:30])
def test_refusal_has_a_code_and_names_its_place(
    body: bytes, given: dict[str, Any], code: str, field: str
) -> None:
    with pytest.raises(WritError) as refused:
        opened(body, **given)
    assert (refused.value.code, refused.value.field) == (code, field)


def test_nesting_is_taken_up_to_its_limit() -> None:
    depth = MAX_DEPTH - 1
    body = b'{"a":' + b"[" * depth + b"1" + b"]" * depth + b"}"
    assert opened(body).body == body


def test_body_is_taken_up_to_its_limit() -> None:
    assert len(opened(b'{"a":"' + b"x" * (MAX_BYTES - 8) + b'"}').body) == MAX_BYTES


def test_nothing_passes_when_no_secret_is_valid() -> None:
    with pytest.raises(WritError, match="bad_signature"):
        open_webhook(headers(BODY), BODY, ())


def test_junk_without_a_signature_is_refused_before_it_is_parsed() -> None:
    with pytest.raises(WritError, match="unsigned"):
        opened(b"{" * 100_000, x_hub_signature_256=None)


@given(position=st.integers(0, len(BODY) - 1), flip=st.integers(1, 255))
def test_any_changed_byte_breaks_the_signature(position: int, flip: int) -> None:
    changed = bytearray(BODY)
    changed[position] ^= flip
    with pytest.raises(WritError, match="bad_signature"):
        open_webhook(headers(BODY), bytes(changed), (SECRET, PREVIOUS))


@pytest.mark.parametrize("place", range(len("sha256="), len("sha256=") + 64))
def test_any_changed_digit_of_the_signature_breaks_it(place: int) -> None:
    good = sign(BODY, SECRET)
    changed = good[:place] + ("0" if good[place] != "0" else "1") + good[place + 1 :]
    with pytest.raises(WritError, match="bad_signature"):
        opened(BODY, x_hub_signature_256=changed)


@given(body=st.binary(max_size=64), sent=st.dictionaries(st.sampled_from(sorted(headers(b""))), st.text()))
def test_arbitrary_requests_are_refused_in_our_own_terms(body: bytes, sent: dict[str, str]) -> None:
    with pytest.raises(WritError):
        open_webhook(sent, body, (SECRET,))


@given(body=st.binary(max_size=64))
def test_signed_junk_is_refused_or_is_an_object(body: bytes) -> None:
    problem: WritError | None = None
    try:
        webhook = opened(body)
    except WritError as error:
        problem = error
    assert problem.code == "contract.not_json" if problem else isinstance(webhook.payload, dict)
