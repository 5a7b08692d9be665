"""Keys in KMS: what they sign verifies with the public half, and nothing else of them is to be had."""

from __future__ import annotations

import copy

import pytest
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from tests.support.log_forge import BOTS, ISSUER, NOW, ORIGIN, an_action, an_intent
from writ.adapters import aws
from writ.adapters.kms import MAX_RAW, KmsPrivateKey, KmsSigner
from writ.contracts.errors import WritError
from writ.ledger.checkpoint import Checkpoint, open_checkpoint, sign_checkpoint
from writ.ledger.dsse import ECDSA
from writ.ledger.evidence import EvidenceChecker
from writ.ledger.leaf import decode_leaf
from writ.ledger.session import Session, new_session_key
from writ.ledger.trust import TrustRoot
from writ.ledger.x509 import CertificateIssuer, create_root

ROOT = b"\x07" * 32


@pytest.fixture
def signer(account: None) -> KmsSigner:
    return KmsSigner(new_key())


def new_key() -> str:
    made = aws.client("kms").create_key(KeySpec="ECC_NIST_P256", KeyUsage="SIGN_VERIFY")
    return str(made["KeyMetadata"]["KeyId"])


@pytest.mark.parametrize("length", [0, 1, 200, MAX_RAW])
def test_signature_verifies_and_only_over_what_was_signed(signer: KmsSigner, length: int) -> None:
    data = b"x" * max(length, 1)
    signature = signer.sign(data)
    signer.public_key().verify(signature, data, ECDSA)
    with pytest.raises(InvalidSignature):
        signer.public_key().verify(signature, data + b"y", ECDSA)


def test_longer_than_kms_takes_is_refused_before_the_call(signer: KmsSigner) -> None:
    with pytest.raises(WritError) as refused:
        signer.sign(b"x" * (MAX_RAW + 1))
    assert refused.value.code == "ledger.too_long"


def test_checkpoint_signed_in_kms_opens_with_the_logs_key(signer: KmsSigner) -> None:
    note = sign_checkpoint(Checkpoint(ORIGIN, 3, ROOT), signer.public_key(), signer.sign)
    assert open_checkpoint(note, ORIGIN, signer.public_key()) == Checkpoint(ORIGIN, 3, ROOT)


def test_certificates_of_keys_in_kms_pass_the_whole_check(signer: KmsSigner) -> None:
    ca, ct = KmsPrivateKey(KmsSigner(new_key())), KmsPrivateKey(KmsSigner(new_key()))
    root = create_root(ca, "Writ root", NOW)
    key = new_session_key()
    certificate = CertificateIssuer(root, ca, ct, ISSUER).issue(key.public_key(), BOTS + "backlog", NOW)
    session = Session(key, certificate)
    signed = session.sign(an_intent(an_action()))
    trust = TrustRoot(ORIGIN, signer.public_key(), ct.public_key(), (root,), BOTS, ISSUER)
    entry = f"{an_action().id}.intent"
    EvidenceChecker(trust).check(entry, signed.encoded, decode_leaf(session.leaf(signed)))


def test_private_half_does_not_come_out(signer: KmsSigner) -> None:
    key = KmsPrivateKey(signer)
    for attempt in (
        key.private_numbers,
        lambda: key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()),
        lambda: key.exchange(ec.ECDH(), signer.public_key()),
    ):
        with pytest.raises(WritError) as kept:
            attempt()
        assert kept.value.code == "ledger.key_kept"
    assert copy.deepcopy(key) is copy.copy(key) is key


def test_other_algorithm_is_refused(signer: KmsSigner) -> None:
    with pytest.raises(WritError) as refused:
        KmsPrivateKey(signer).sign(b"x", ec.ECDSA(hashes.SHA384()))
    assert refused.value.code == "ledger.algorithm"


def test_missing_key_is_refused_in_our_terms(account: None) -> None:
    absent = KmsSigner("00000000-0000-0000-0000-000000000000")
    for call in (lambda: absent.sign(b"x"), absent.public_key):
        with pytest.raises(WritError) as refused:
            call()
        assert refused.value.code == "dependency.refused"
