"""Checkpoints: signed notes, read only after their signature."""

from __future__ import annotations

import string
from base64 import b64decode, b64encode

import pytest

from tests.support.log_forge import ORIGIN, Forge
from writ.ledger.checkpoint import Checkpoint, key_id, open_checkpoint
from writ.ledger.dsse import ECDSA
from writ.ledger.errors import VerificationError
from writ.ledger.session import new_session_key

ROOT = bytes(range(32))
BASE64 = (string.ascii_letters + string.digits + "+/").encode()


@pytest.fixture(scope="module")
def forge() -> Forge:
    return Forge()


def opened(forge: Forge, note: bytes) -> Checkpoint:
    return open_checkpoint(note, ORIGIN, forge.log_key.public_key())


def signed(forge: Forge, text: bytes) -> bytes:
    blob = key_id(forge.log_key.public_key())[:4] + forge.log_key.sign(text, ECDSA)
    return text + f"\n\u2014 {ORIGIN} {b64encode(blob).decode()}\n".encode()


def test_note_has_origin_size_and_root_above_the_signature(forge: Forge) -> None:
    note = forge.note(12, ROOT).decode()
    assert note.split("\n")[:4] == [ORIGIN, "12", b64encode(ROOT).decode(), ""]
    assert opened(forge, note.encode()) == Checkpoint(ORIGIN, 12, ROOT)


def test_further_lines_are_kept_out_of_the_way(forge: Forge) -> None:
    witness = "\u2014 witness.example/w1 jWbPPwAAAABkGFDL\n".encode()
    assert opened(forge, forge.note(3, ROOT) + witness).size == 3


@pytest.mark.parametrize(
    "text",
    [
        b"log.writ.example\n012\n%b\n",
        b"log.writ.example\n-1\n%b\n",
        b"log.writ.example\n1\n%b\nextra\n",
        b"other.example\n1\n%b\n",
        b"log.writ.example\n1\nAAAA\n",
        b"log.writ.example\n99999999999999999999\n%b\n",
    ],
)
def test_signed_text_is_refused_when_it_is_no_checkpoint_of_ours(forge: Forge, text: bytes) -> None:
    body = text % b64encode(ROOT) if b"%b" in text else text
    with pytest.raises(VerificationError, match=r"ledger\.checkpoint"):
        opened(forge, signed(forge, body))


def test_note_is_refused_when_another_key_signed_it(forge: Forge) -> None:
    with pytest.raises(VerificationError, match="no signature"):
        open_checkpoint(forge.note(1, ROOT), ORIGIN, new_session_key().public_key())


def test_note_is_refused_when_any_byte_changes(forge: Forge) -> None:
    note = forge.note(12, ROOT)
    for position in range(len(note)):
        for bit in (1, 0x80):
            changed = bytearray(note)
            changed[position] ^= bit
            with pytest.raises(VerificationError):
                opened(forge, bytes(changed))


def test_note_is_refused_when_its_signature_is_spelled_another_way(forge: Forge) -> None:
    note = forge.note(12, ROOT)
    while not note.endswith(b"=\n"):  # an unpadded signature has no second spelling
        note = forge.note(12, ROOT)
    body, padding = note.rstrip(b"=\n"), note[len(note.rstrip(b"=\n")) :]
    others = [body[:-1] + bytes([digit]) + padding for digit in BASE64 if digit != body[-1]]
    signature = b64decode(body.split(b" ")[-1] + padding)
    assert any(b64decode(other.split(b" ")[-1]) == signature for other in others)
    for other in others:
        with pytest.raises(VerificationError):
            opened(forge, other)
