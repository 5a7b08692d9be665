"""Sealed payloads: open with every key of theirs, under their own entry, unchanged, and in no other way."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from writ.contracts.errors import WritError
from writ.ledger.sealing import KEY_BYTES, NONCE_BYTES, seal, unseal
from writ.ports.ledger import SubjectKey

NONCE = b"\x01" * NONCE_BYTES
ANN, BOB, EVE = (SubjectKey(f"ds-{name}", name.encode() * 16) for name in ("aa", "bb", "ee"))


@given(st.binary(max_size=500), st.binary(min_size=NONCE_BYTES, max_size=NONCE_BYTES))
def test_what_was_sealed_opens_with_the_same_keys_in_any_order(payload: bytes, nonce: bytes) -> None:
    sealed = seal(payload, "act-1.intent", [ANN, BOB], nonce)
    assert unseal(sealed, "act-1.intent", [BOB, ANN]) == payload
    assert len(sealed) == NONCE_BYTES + len(payload) + 16
    assert len(payload) < 8 or payload not in sealed[NONCE_BYTES:]


@pytest.mark.parametrize("keys", [[ANN], [BOB], [ANN, EVE], [ANN, BOB, EVE]], ids=repr)
def test_it_does_not_open_without_one_of_its_keys_or_with_one_too_many(keys: list[SubjectKey]) -> None:
    sealed = seal(b"payload", "act-1.intent", [ANN, BOB], NONCE)
    with pytest.raises(WritError, match="unsealing"):
        unseal(sealed, "act-1.intent", keys)


def test_it_does_not_open_under_another_entry_or_under_renamed_keys() -> None:
    sealed = seal(b"payload", "act-1.intent", [ANN], NONCE)
    for entry, key in (("act-2.intent", ANN), ("act-1.intent", SubjectKey("ds-other", ANN.secret))):
        with pytest.raises(WritError, match="unsealing"):
            unseal(sealed, entry, [key])


def test_every_changed_or_missing_byte_is_refused() -> None:
    sealed = seal(b"payload", "act-1.intent", [ANN], NONCE)
    changed = [sealed[:at] + bytes([sealed[at] ^ 1]) + sealed[at + 1 :] for at in range(len(sealed))]
    for wrong in [*changed, *(sealed[:end] for end in range(len(sealed)))]:
        with pytest.raises(WritError, match="unsealing"):
            unseal(wrong, "act-1.intent", [ANN])


def test_nothing_is_sealed_for_nobody_or_with_a_nonce_of_another_length() -> None:
    with pytest.raises(ValueError, match="nobody"):
        seal(b"payload", "act-1.intent", [], NONCE)
    with pytest.raises(ValueError, match="12 bytes"):
        seal(b"payload", "act-1.intent", [ANN], NONCE[:-1])


def test_a_key_does_not_show_its_secret() -> None:
    assert len(ANN.secret) == KEY_BYTES
    assert "aaaa" not in repr(ANN)
