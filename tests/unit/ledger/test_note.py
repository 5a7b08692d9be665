"""Signed notes and verifier keys, as other tools read and write them."""

from __future__ import annotations

from base64 import b64encode

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from tests.support.log_forge import ORIGIN, Forge
from tests.support.witnesses import log_key, note_key
from writ.ledger.checkpoint import Checkpoint, open_checkpoint, sign_checkpoint
from writ.ledger.dsse import ECDSA
from writ.ledger.errors import VerificationError
from writ.ledger.note import KeyType, Note, Signature, VerifierKey, ed25519_material, signers

# The example of Go's own implementation: https://pkg.go.dev/golang.org/x/mod/sumdb/note
GO_KEY = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW"
GO_NOTE = (
    "If you think cryptography is the answer to your problem,\n"
    "then you don't know what your problem is.\n"
    "\n"
    "\u2014 PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNX"
    "gKvqfqdngotpRZb6KE6RyyBwJnAM=\n"
).encode()
ROOT = b"\x07" * 32
SECOND = Ed25519PrivateKey.generate()


@pytest.fixture(scope="module")
def forge() -> Forge:
    return Forge()


def two_lines(forge: Forge) -> bytes:
    return sign_checkpoint(
        Checkpoint(ORIGIN, 5, ROOT),
        forge.log_key.public_key(),
        lambda text: forge.log_key.sign(text, ECDSA),
        second=(note_key(SECOND), SECOND.sign),
    )


def test_note_and_key_of_another_implementation_verify() -> None:
    key = VerifierKey.parse(GO_KEY)
    assert (key.name, key.type, key.encode()) == ("PeterNeumann", KeyType.ED25519, GO_KEY)
    assert key.has_signed(Note.parse(GO_NOTE))
    assert Note.parse(GO_NOTE).encode() == GO_NOTE


def test_note_is_refused_when_its_text_changes_under_a_known_key() -> None:
    changed = Note.parse(GO_NOTE.replace(b"cryptography", b"obscurity"))
    with pytest.raises(VerificationError, match="signature is bad"):
        VerifierKey.parse(GO_KEY).has_signed(changed)


def test_empty_lines_belong_to_the_text() -> None:
    note = Note.parse(b"one\n\ntwo\n\n\xe2\x80\x94 k AAAAAAA=\n")
    assert (note.text, note.origin) == (b"one\n\ntwo\n", "one")


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\n\n",
        b"text\n",
        b"text\n\n",
        b"text\n\n\xe2\x80\x94 k AAAAAAA=",
        b"text\n\n- k AAAAAAA=\n",
        b"text\n\n\xe2\x80\x94 k AAAA\n",
        b"text\n\n\xe2\x80\x94 k AAAAAA=\n",
        b"text\n\n\xe2\x80\x94 k AAAAAAB=\n",
        b"text\n\n\xe2\x80\x94 a b AAAAAAA=\n",
        b"text\n\n\xe2\x80\x94 a+b AAAAAAA=\n",
        b"text\n\n\xe2\x80\x94 a\xc2\xa0b AAAAAAA=\n",
        b"text\n\n\xe2\x80\x94 k AAAAAAA=\nmore\n",
        b"te\txt\n\n\xe2\x80\x94 k AAAAAAA=\n",
        b"te\x00xt\n\n\xe2\x80\x94 k AAAAAAA=\n",
        b"te\r\nxt\n\n\xe2\x80\x94 k AAAAAAA=\n",
        b"te\xffxt\n\n\xe2\x80\x94 k AAAAAAA=\n",
        b"x" * 70_000 + b"\n\n\xe2\x80\x94 k AAAAAAA=\n",
    ],
)
def test_what_is_no_signed_note_is_refused(data: bytes) -> None:
    with pytest.raises(VerificationError, match=r"ledger\.checkpoint"):
        Note.parse(data)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "not a verifier key"),
        (GO_KEY + "\n", "not a verifier key"),
        (GO_KEY.replace("+c74f", "+C74F"), "not a verifier key"),
        (GO_KEY.replace("Peter", "Pe ter"), "not a verifier key"),
        (GO_KEY.replace("Peter", "\udcff"), "not a verifier key"),
        (GO_KEY.replace("c74f20a3", "c74f20a4"), "not that of the key"),
        (GO_KEY.replace("Peter", "Paul"), "not that of the key"),
        (GO_KEY[:-1] + "X", "stray bits|not that of the key"),
        (GO_KEY[:-4], "32 bytes"),
        ("k+00000000+A", "Base64|base64|padding"),
        ("k+00000000+Bg==", "type 6 are not supported"),
        ("k+00000000+Ag==", "not a DER public key"),
    ],
)
def test_what_is_no_verifier_key_is_refused(text: str, said: str) -> None:
    with pytest.raises(VerificationError, match=said) as refused:
        VerifierKey.parse(text)
    assert refused.value.code == "ledger.key"


def test_ecdsa_verifier_key_must_be_p256() -> None:
    der = ec.generate_private_key(ec.SECP384R1()).public_key()
    material = der.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    with pytest.raises(VerificationError, match="not a P-256 key"):
        VerifierKey.parse(VerifierKey("k", KeyType.ECDSA, material).encode())


def test_ed25519_key_comes_out_of_its_der_form() -> None:
    public = SECOND.public_key()
    der = public.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    assert ed25519_material(der) == public.public_bytes_raw()
    p256 = ec.generate_private_key(ec.SECP256R1()).public_key()
    for other in (b"", p256.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)):
        with pytest.raises(VerificationError, match=r"ledger\.key"):
            ed25519_material(other)


def test_log_signs_with_both_keys_and_sigstore_finds_its_line_first(forge: Forge) -> None:
    note = Note.parse(two_lines(forge))
    first, second = note.signatures
    assert first.key_id == log_key(forge).key_id
    assert second.key_id == note_key(SECOND).key_id
    assert VerifierKey.parse(note_key(SECOND).encode()).has_signed(note)
    assert VerifierKey.parse(log_key(forge).encode()).has_signed(note)
    assert signers(note, [log_key(forge), note_key(SECOND)]) == [log_key(forge), note_key(SECOND)]


def test_second_line_need_not_be_there_but_must_hold_where_it_is(forge: Forge) -> None:
    key = forge.log_key.public_key()
    signed = two_lines(forge)
    assert open_checkpoint(signed, ORIGIN, key, note_key(SECOND)).size == 5
    assert open_checkpoint(forge.note(5, ROOT), ORIGIN, key, note_key(SECOND)).size == 5
    lie = Signature(ORIGIN, note_key(SECOND).key_id, SECOND.sign(b"another text"))
    spoilt = Note.parse(forge.note(5, ROOT)).signed_with([lie]).encode()
    assert open_checkpoint(spoilt, ORIGIN, key).size == 5
    with pytest.raises(VerificationError, match="signature is bad"):
        open_checkpoint(spoilt, ORIGIN, key, note_key(SECOND))


def test_a_second_signature_of_one_key_takes_the_place_of_the_first(forge: Forge) -> None:
    note = Note.parse(two_lines(forge))
    again = note.signed_with([Signature("w", b"1234", b"old")]).signed_with([Signature("w", b"1234", b"new")])
    assert [line.data for line in again.signatures[2:]] == [b"new"]
    assert again.signatures[:2] == note.signatures
    assert b64encode(b"1234new") in again.encode()
