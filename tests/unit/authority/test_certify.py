"""Who gets a certificate, in whose name, and who does not."""

from __future__ import annotations

from base64 import b64encode
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, ed25519
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from functions.authority.certify import certify, root_certificate
from functions.authority.proof import RefusedError
from tests.support.log_forge import BOTS, ISSUER, NOW, ORIGIN
from tests.support.sts import ACCOUNT, World
from writ.contracts.errors import ConflictError, ContractError, TransientError, WritError
from writ.ledger.certificate import check_certificate
from writ.ledger.session import new_session_key, public_der
from writ.ledger.trust import TrustRoot
from writ.ledger.x509 import create_root


@pytest.fixture
def world() -> World:
    return World()


def trust(world: World) -> TrustRoot:
    root = world.certificates.root
    assert root is not None
    log_key = new_session_key().public_key()
    authorities = (x509.load_pem_x509_certificate(root),)
    return TrustRoot(ORIGIN, log_key, world.ports.ct_key.public_key(), authorities, BOTS, ISSUER)


def test_a_role_is_certified_as_its_bot(world: World) -> None:
    pem = certify(world.request(), ACCOUNT, world.ports)
    signer = check_certificate(pem, trust(world))
    assert signer.identity == BOTS + "backlog"
    assert signer.not_before <= NOW <= signer.not_after
    assert pem in world.certificates.certificates.values()


def test_the_root_is_made_once(world: World) -> None:
    certify(world.request(), ACCOUNT, world.ports)
    first = world.certificates.root
    certify(world.request(), ACCOUNT, world.ports)
    assert world.certificates.root == first


def test_of_two_first_calls_the_earlier_root_counts(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    other = create_root(world.ports.ca_key, "Writ root", NOW).public_bytes(Encoding.PEM)

    def lost(_generation: int, _pem: bytes) -> None:
        world.certificates.roots[1] = other
        raise ConflictError("there is a root")

    monkeypatch.setattr(world.certificates, "put_root", lost)
    pem = certify(world.request(), ACCOUNT, world.ports)
    assert check_certificate(pem, trust(world)).identity == BOTS + "backlog"


def test_each_generation_of_the_key_has_a_root_and_the_old_one_is_kept(world: World) -> None:
    first = root_certificate(world.ports)
    world.ports = replace(world.ports, ca_key=new_session_key(), generation=2)
    second = root_certificate(world.ports)
    kept = [world.certificates.roots[number] for number in (1, 2)]
    assert [x509.load_pem_x509_certificate(pem) for pem in kept] == [first, second]
    assert second.public_key() == world.ports.ca_key.public_key()


def test_root_of_another_key_certifies_nobody(world: World) -> None:
    certify(world.request(), ACCOUNT, world.ports)
    world.ports = replace(world.ports, ca_key=new_session_key())
    with pytest.raises(WritError, match=r"authority\.other_key"):
        certify(world.request(), ACCOUNT, world.ports)
    assert len(world.certificates.certificates) == 1


@pytest.mark.parametrize("kind", ["ca", "ct"])
def test_nobody_is_certified_by_a_key_that_the_log_does_not_vouch_for(world: World, kind: str) -> None:
    certify(world.request(), ACCOUNT, world.ports)
    published = trust(world)
    new: dict[str, Any] = {f"{kind}_key": new_session_key(), "generation": 2 if kind == "ca" else 1}
    world.ports = replace(world.ports, **new, trust_root=published.encode)
    with pytest.raises(TransientError, match=r"authority\.not_published"):
        certify(world.request(), ACCOUNT, world.ports)
    assert len(world.certificates.certificates) == 1


@pytest.mark.parametrize(
    "how",
    [
        {"role": "writ-test-nobody"},
        {"account": "999999999999"},
        {"audience": "writ-prod-authority"},
        {"at": NOW - timedelta(seconds=61)},
        {"at": NOW + timedelta(seconds=61)},
        {"arn": "arn:aws:iam::123456789012:user/ann"},
        {"arn": "arn:aws:iam::123456789012:root"},
        {"arn": "arn:aws:sts::123456789012:federated-user/writ-test-backlog"},
        {"Action": "AssumeRole"},
        {"Version": "2010-01-01"},
        {"X-Amz-Expires": "3600"},
        {"X-Amz-SignedHeaders": "host"},
        {"X-Amz-SignedHeaders": "host;x-writ-key"},
        {"X-Amz-SignedHeaders": "host;x-writ-authority"},
        {"X-Amz-Date": "yesterday"},
        {"RoleArn": "arn:aws:iam::123456789012:role/writ-test-backlog"},
    ],
)
def test_anything_else_is_refused_and_leaves_nothing(world: World, how: dict[str, Any]) -> None:
    with pytest.raises(RefusedError) as refused:
        certify(world.request(**how), ACCOUNT, world.ports)
    assert (refused.value.field or "").startswith("proof")
    assert world.certificates.certificates == {}


def test_a_proof_for_one_key_certifies_no_other(world: World) -> None:
    stolen = world.request()["proof"]
    other = b64encode(public_der(new_session_key())).decode()
    with pytest.raises(RefusedError):
        certify({"public_key": other, "proof": stolen}, ACCOUNT, world.ports)
    assert world.certificates.certificates == {}


def test_a_parameter_given_twice_is_refused(world: World) -> None:
    request = world.request()
    request["proof"] += "&Action=GetCallerIdentity"
    with pytest.raises(RefusedError):
        certify(request, ACCOUNT, world.ports)


@pytest.mark.parametrize(
    "key",
    [
        None,
        7,
        "",
        "not Base64!",
        b64encode(b"not DER").decode(),
        b64encode(b"\x30" * 1000).decode(),
        b64encode(
            ed25519.Ed25519PrivateKey.generate()
            .public_key()
            .public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
        ).decode(),
        b64encode(
            ec.generate_private_key(ec.SECP384R1())
            .public_key()
            .public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
        ).decode(),
    ],
    ids=["absent", "number", "empty", "not Base64", "not DER", "too long", "Ed25519", "P-384"],
)
def test_a_bad_key_is_named(world: World, key: Any) -> None:
    with pytest.raises(ContractError) as refused:
        certify({**world.request(), "public_key": key}, ACCOUNT, world.ports)
    assert refused.value.field == "public_key"
    assert world.certificates.certificates == {}


@pytest.mark.parametrize("proof", [None, 7, ["x"]])
def test_a_proof_that_is_no_text_is_named(world: World, proof: Any) -> None:
    with pytest.raises(ContractError) as refused:
        certify({**world.request(), "proof": proof}, ACCOUNT, world.ports)
    assert refused.value.field == "proof"
