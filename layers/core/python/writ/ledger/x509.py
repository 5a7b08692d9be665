"""Certificates in the Fulcio profile (https://github.com/sigstore/fulcio/blob/main/docs/certificate-specification.md).

The authority signs short-lived code-signing certificates for session keys, each with one embedded signed
certificate timestamp (RFC 6962 section 3.2) so that stock Sigstore clients accept it.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from cryptography import x509
from cryptography.hazmat import asn1
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from writ.ledger.checkpoint import key_id
from writ.ledger.dsse import ECDSA
from writ.ports.ledger import IssuedCertificate

ISSUER_RAW: Final = x509.ObjectIdentifier("1.3.6.1.4.1.57264.1.1")
ISSUER_UTF8: Final = x509.ObjectIdentifier("1.3.6.1.4.1.57264.1.8")
SCT_LIST: Final = x509.ObjectIdentifier("1.3.6.1.4.1.11129.2.4.2")
LIFETIME: Final = timedelta(minutes=60)
# Clocks differ, and a statement may be dated shortly before its session asked for a certificate.
BACKDATED: Final = timedelta(minutes=5)
# The first leaf is issued right after the root is made, and begins earlier than it was issued.
_ROOT_BACKDATED: Final = timedelta(days=1)
_ROOT_LIFETIME: Final = timedelta(days=3650)
_LEAF_USES: Final = frozenset({"digital_signature"})
_ROOT_USES: Final = frozenset({"key_cert_sign", "crl_sign"})
_ALL_USES: Final = (
    "digital_signature",
    "content_commitment",
    "key_encipherment",
    "data_encipherment",
    "key_agreement",
    "key_cert_sign",
    "crl_sign",
    "encipher_only",
    "decipher_only",
)


def create_root(key: ec.EllipticCurvePrivateKey, name: str, now: datetime) -> x509.Certificate:
    """The self-signed root of a private Sigstore: P-256, CA with path length 0, ten years."""
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    public = key.public_key()
    builder = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(public)
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - _ROOT_BACKDATED)
        .not_valid_after(now + _ROOT_LIFETIME)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(_key_usage(_ROOT_USES), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(public), critical=False)
    )
    return builder.sign(key, hashes.SHA256())


@dataclass(frozen=True, slots=True)
class CertificateIssuer:
    """Issues certificates under one root.

    `ca_key` and `ct_key` may be keys whose `sign` runs elsewhere (KMS); `issuer` is the OIDC issuer the
    certificates name.
    """

    root: x509.Certificate
    ca_key: ec.EllipticCurvePrivateKey
    ct_key: ec.EllipticCurvePrivateKey
    issuer: str

    def issue(self, public_key: ec.EllipticCurvePublicKey, identity: str, now: datetime) -> x509.Certificate:
        """A certificate that binds `public_key` to the URI `identity` for an hour from `now` on."""
        issued = now.replace(microsecond=0)
        names = x509.SubjectAlternativeName([x509.UniformResourceIdentifier(identity)])
        issuer_utf8 = asn1.encode_der(self.issuer)
        builder = (
            x509.CertificateBuilder()
            .subject_name(x509.Name([]))
            .issuer_name(self.root.subject)
            .public_key(public_key)
            .serial_number(x509.random_serial_number())
            .not_valid_before(issued - BACKDATED)
            .not_valid_after(issued + LIFETIME)
            .add_extension(_key_usage(_LEAF_USES), critical=True)
            .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.CODE_SIGNING]), critical=False)
            .add_extension(x509.SubjectKeyIdentifier.from_public_key(public_key), critical=False)
            .add_extension(
                x509.AuthorityKeyIdentifier.from_issuer_public_key(self.ca_key.public_key()), critical=False
            )
            .add_extension(names, critical=True)
            .add_extension(x509.UnrecognizedExtension(ISSUER_RAW, self.issuer.encode()), critical=False)
            .add_extension(x509.UnrecognizedExtension(ISSUER_UTF8, issuer_utf8), critical=False)
        )
        # The timestamp covers the certificate without it; a throwaway key makes those bytes without
        # spending a signature of the CA on a certificate nobody sees.
        bare = builder.sign(ec.generate_private_key(ec.SECP256R1()), hashes.SHA256())
        timestamps = self._timestamp_list(bare.tbs_certificate_bytes, int(issued.timestamp() * 1000))
        stamped = builder.add_extension(x509.UnrecognizedExtension(SCT_LIST, timestamps), critical=False)
        return stamped.sign(self.ca_key, hashes.SHA256())

    def _timestamp_list(self, tbs: bytes, milliseconds: int) -> bytes:
        signature = self.ct_key.sign(timestamped(tbs, key_id(self.ca_key.public_key()), milliseconds), ECDSA)
        timestamp = (
            b"\x00"
            + key_id(self.ct_key.public_key())
            + milliseconds.to_bytes(8, "big")
            + b"\x00\x00\x04\x03"
            + _sized(signature)
        )
        return asn1.encode_der(_sized(_sized(timestamp)))


def timestamped(tbs: bytes, issuer_key_id: bytes, milliseconds: int) -> bytes:
    """What a certificate timestamp signs: RFC 6962 section 3.2, precertificate entry, no extensions."""
    return (
        b"\x00\x00"
        + milliseconds.to_bytes(8, "big")
        + b"\x00\x01"
        + issuer_key_id
        + len(tbs).to_bytes(3, "big")
        + tbs
        + b"\x00\x00"
    )


def fingerprint(certificate: x509.Certificate) -> str:
    """SHA-256 of the DER certificate, in hex: the name under which it is stored."""
    return certificate.fingerprint(hashes.SHA256()).hex()


def issued_certificate(certificate: x509.Certificate, bot: str) -> IssuedCertificate:
    """The certificate as it is stored."""
    return IssuedCertificate(
        fingerprint(certificate),
        certificate.public_bytes(Encoding.PEM),
        bot,
        certificate.not_valid_before_utc,
        certificate.not_valid_after_utc,
    )


def _sized(data: bytes) -> bytes:
    return len(data).to_bytes(2, "big") + data


def _key_usage(uses: frozenset[str]) -> x509.KeyUsage:
    return x509.KeyUsage(**{use: use in uses for use in _ALL_USES})
