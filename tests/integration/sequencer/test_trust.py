"""The trust root that the sequencer publishes: once, and extended by the second key alone."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace

import pytest
from cryptography.hazmat.primitives.serialization import Encoding

from functions.sequencer.ports import Trust
from tests.support.ed25519_kms import add_ed25519_key
from tests.support.log_forge import NOW
from tests.support.moto_aws import moto_aws
from writ.adapters import aws
from writ.adapters.certificate_table import CertificateTable
from writ.adapters.kms import KmsEd25519, KmsPrivateKey, KmsSigner
from writ.adapters.log_bucket import LogBucket
from writ.contracts.errors import ConflictError
from writ.ledger.logcopy import TRUST_ROOT
from writ.ledger.trust import TrustRoot
from writ.ledger.x509 import create_root
from writ.runtime.environment import Environment

BUCKET = "writ-test-log"


@pytest.fixture
def environment() -> Iterator[Environment]:
    with moto_aws("certificates"):
        aws.client("s3").create_bucket(Bucket=BUCKET)
        keys = {}
        for name in ("ca", "ct", "log"):
            made = aws.client("kms").create_key(KeySpec="ECC_NIST_P256", KeyUsage="SIGN_VERIFY")
            keys[name] = made["KeyMetadata"]["KeyId"]
        root = create_root(KmsPrivateKey(KmsSigner(keys["ca"])), "Writ root", NOW)
        CertificateTable("certificates").put_root(root.public_bytes(Encoding.PEM))
        yield Environment(
            env="test",
            bot="sequencer",
            function="sequencer",
            owner="platform",
            bus="writ-test",
            code_digest="0" * 64,
            keys=json.dumps(keys),
            log_origin="log.writ.example/test",
            identity_base="https://writ.example/bots/",
            issuer="https://writ.example/test/authority",
        )


def trust(environment: Environment, note: str | None = None) -> Trust:
    return Trust(
        environment,
        CertificateTable("certificates"),
        LogBucket(BUCKET),
        KmsSigner(environment.key("log")),
        KmsEd25519(note) if note else None,
    )


def published() -> TrustRoot:
    data = LogBucket(BUCKET).read(TRUST_ROOT)
    assert data is not None
    return TrustRoot.decode(data)


def test_a_plane_that_gets_a_second_key_adds_it_to_its_trust_root(environment: Environment) -> None:
    trust(environment).publish()
    before = published()
    add_ed25519_key("alias/note")
    for _ in range(2):
        trust(environment, "alias/note").publish()
    assert published().note_key is not None
    assert replace(published(), note_key=None) == before


def test_a_trust_root_of_other_keys_is_never_replaced(environment: Environment) -> None:
    add_ed25519_key("alias/note")
    trust(environment, "alias/note").publish()
    before = published()
    add_ed25519_key("alias/other")
    for other in ("alias/other", None):
        with pytest.raises(ConflictError, match=r"ledger\.forked"):
            trust(environment, other).publish()
    assert published() == before
