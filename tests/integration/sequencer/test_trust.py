"""The trust root that the sequencer publishes: once, and extended by a second key that a plane gets later."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest
from cryptography.hazmat.primitives.serialization import Encoding

from functions.sequencer.trust import Trust
from tests.support.ed25519_kms import add_ed25519_key
from tests.support.log_forge import NOW
from tests.support.memory import ManualClock
from tests.support.moto_aws import moto_aws
from writ.adapters import aws
from writ.adapters.certificate_table import CertificateTable
from writ.adapters.kms import KmsEd25519, KmsPrivateKey, KmsSigner
from writ.adapters.log_bucket import LogBucket
from writ.contracts.errors import TransientError
from writ.ledger.logcopy import TRUST_ROOT
from writ.ledger.rotation import RotationError
from writ.ledger.trust import TrustRoot
from writ.ledger.x509 import create_root

BUCKET = "writ-test-log"


@pytest.fixture
def keys() -> Iterator[dict[str, str]]:
    """The keys of a plane by name, its root certificate and its bucket."""
    with moto_aws("certificates"):
        aws.client("s3").create_bucket(Bucket=BUCKET)
        made = {}
        for name in ("ca", "ct", "log"):
            key = aws.client("kms").create_key(KeySpec="ECC_NIST_P256", KeyUsage="SIGN_VERIFY")
            made[name] = key["KeyMetadata"]["KeyId"]
        root = create_root(KmsPrivateKey(KmsSigner(made["ca"])), "Writ root", NOW)
        CertificateTable("certificates").put_root(1, root.public_bytes(Encoding.PEM))
        yield made


def trust(keys: dict[str, str], note: str | None = None) -> Trust:
    return Trust(
        origin="log.writ.example/test",
        identity_base="https://writ.example/bots/",
        issuer="https://writ.example/test/authority",
        certificates=CertificateTable("certificates"),
        files=LogBucket(BUCKET),
        log=KmsSigner(keys["log"]),
        ct=KmsSigner(keys["ct"]),
        clock=ManualClock(NOW),
        note=KmsEd25519(note) if note else None,
    )


def published() -> TrustRoot:
    data = LogBucket(BUCKET).read(TRUST_ROOT)
    assert data is not None
    return TrustRoot.decode(data)


def test_a_plane_that_gets_a_second_key_adds_it_to_its_trust_root(keys: dict[str, str]) -> None:
    trust(keys).publish()
    before = published()
    add_ed25519_key("alias/note")
    for _ in range(2):
        again = trust(keys, "alias/note")
        again.settle(lambda: None)
        again.publish()
    assert published().note_key is not None
    assert replace(published(), note_key=None) == before


def test_a_trust_root_of_other_keys_is_never_replaced(keys: dict[str, str]) -> None:
    add_ed25519_key("alias/note")
    trust(keys, "alias/note").publish()
    before = published()
    add_ed25519_key("alias/other")
    for other in ("alias/other", None):
        with pytest.raises(RotationError, match=r"retired\.note"):
            trust(keys, other).settle(lambda: None)
        with pytest.raises(TransientError):
            trust(keys, other).publish()
    assert published() == before
