"""Certificates: the Fulcio profile, and every deviation from it refused."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import ExtendedKeyUsageOID

from tests.support.log_forge import BOTS, ISSUER, NOW, Forge
from writ.ledger.certificate import check_certificate
from writ.ledger.errors import VerificationError
from writ.ledger.session import RENEW_AFTER, new_session_key
from writ.ledger.trust import TrustRoot
from writ.ledger.x509 import ISSUER_RAW, ISSUER_UTF8, CertificateIssuer

IDENTITY = BOTS + "backlog"


@pytest.fixture(scope="module")
def forge() -> Forge:
    return Forge()


def issued(forge: Forge, **changes: object) -> bytes:
    issuer = replace(forge.issuer, **changes)  # type: ignore[arg-type]
    return issuer.issue(new_session_key().public_key(), IDENTITY, NOW).public_bytes(Encoding.PEM)


def test_issued_certificate_has_the_profile(forge: Forge) -> None:
    certificate = x509.load_pem_x509_certificate(issued(forge))
    critical = {extension.oid for extension in certificate.extensions if extension.critical}
    assert critical == {x509.KeyUsage.oid, x509.SubjectAlternativeName.oid}
    assert not certificate.subject.rdns
    raw = certificate.extensions.get_extension_for_oid(ISSUER_RAW).value.public_bytes()
    text = certificate.extensions.get_extension_for_oid(ISSUER_UTF8).value.public_bytes()
    assert (raw, text[2:]) == (ISSUER.encode(), ISSUER.encode())
    assert certificate.not_valid_after_utc - certificate.not_valid_before_utc == timedelta(minutes=65)


def test_issued_certificate_passes_and_names_its_bot(forge: Forge) -> None:
    signer = check_certificate(issued(forge), forge.trust)
    assert signer.identity == IDENTITY
    signer.check_time(NOW)
    for outside in (NOW - timedelta(minutes=5, seconds=1), NOW + timedelta(hours=1, seconds=1)):
        with pytest.raises(VerificationError):
            signer.check_time(outside)


def test_root_is_a_certificate_authority_without_intermediates(forge: Forge) -> None:
    constraints = forge.root.extensions.get_extension_for_class(x509.BasicConstraints)
    assert constraints.critical
    assert constraints.value == x509.BasicConstraints(ca=True, path_length=0)


def strangers() -> list[Callable[[Forge], bytes]]:
    return [
        lambda forge: issued(forge, ca_key=new_session_key()),
        lambda forge: issued(forge, ct_key=new_session_key()),
        lambda forge: issued(forge, issuer="https://elsewhere.example"),
        lambda forge: issued(Forge()),
        lambda forge: forge.root.public_bytes(Encoding.PEM),
        lambda forge: issued(forge) + b"\n",
        lambda forge: b"",
        lambda forge: b"-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n",
    ]


@pytest.mark.parametrize("make", strangers())
def test_certificate_is_refused_when_it_is_not_of_this_trust_root(
    forge: Forge, make: Callable[[Forge], bytes]
) -> None:
    with pytest.raises(VerificationError, match=r"ledger\.certificate"):
        check_certificate(make(forge), forge.trust)


def rebuilt(
    forge: Forge, drop: x509.ObjectIdentifier | None, *added: x509.Extension[x509.ExtensionType]
) -> bytes:
    """A certificate re-signed by the real authority with extensions dropped or added."""
    original = x509.load_pem_x509_certificate(issued(forge))
    builder = x509.CertificateBuilder(
        issuer_name=original.issuer,
        subject_name=original.subject,
        public_key=original.public_key(),
        serial_number=original.serial_number,
        not_valid_before=original.not_valid_before_utc,
        not_valid_after=original.not_valid_after_utc,
    )
    replaced = {extension.oid for extension in added} | {drop}
    for extension in [*(item for item in original.extensions if item.oid not in replaced), *added]:
        builder = builder.add_extension(extension.value, extension.critical)
    return builder.sign(forge.ca_key, hashes.SHA256()).public_bytes(Encoding.PEM)


def an_extension(value: x509.ExtensionType, critical: bool) -> x509.Extension[x509.ExtensionType]:
    return x509.Extension(value.oid, critical, value)


@pytest.mark.parametrize(
    ("drop", "added"),
    [
        (x509.KeyUsage.oid, None),
        (x509.ExtendedKeyUsage.oid, None),
        (x509.SubjectAlternativeName.oid, None),
        (ISSUER_RAW, None),
        (x509.PrecertificateSignedCertificateTimestamps.oid, None),
        (None, an_extension(x509.BasicConstraints(ca=True, path_length=None), True)),
        (None, an_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), False)),
        (None, an_extension(x509.SubjectAlternativeName([x509.DNSName("writ.example")]), True)),
        (None, an_extension(x509.UnrecognizedExtension(x509.ObjectIdentifier("1.2.3.4"), b"x"), True)),
    ],
)
def test_certificate_is_refused_when_it_leaves_the_profile(
    forge: Forge, drop: x509.ObjectIdentifier | None, added: x509.Extension[x509.ExtensionType] | None
) -> None:
    with pytest.raises(VerificationError, match=r"ledger\.certificate"):
        check_certificate(rebuilt(forge, drop, *([added] if added else [])), forge.trust)


def test_certificate_is_refused_when_any_byte_changes(forge: Forge) -> None:
    pem = issued(forge)
    for position in range(len(pem)):
        for bit in (1, 4):
            changed = bytearray(pem)
            changed[position] ^= bit
            with pytest.raises(VerificationError):
                check_certificate(bytes(changed), forge.trust)


def test_trust_root_round_trips_and_refuses_malformed_files(forge: Forge) -> None:
    encoded = forge.trust.encode()
    assert TrustRoot.decode(encoded).encode() == encoded
    for data in (b"", b"{}", encoded.replace(b'"log_key": "', b'"log_key": "AA'), encoded[:-5], b"\xff"):
        with pytest.raises(VerificationError):
            TrustRoot.decode(data)


def test_session_is_renewed_at_half_of_its_hour(forge: Forge) -> None:
    session = forge.session(now=NOW)
    assert session.is_fresh(NOW)
    assert session.is_fresh(NOW + RENEW_AFTER - timedelta(seconds=1))
    assert session.is_fresh(NOW - timedelta(seconds=30))
    assert not session.is_fresh(NOW + RENEW_AFTER)
    assert isinstance(forge.issuer, CertificateIssuer)
