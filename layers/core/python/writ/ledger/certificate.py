"""Checking a signing certificate against the trust root: chain, profile, timestamp, identity."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final

from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat import asn1
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.utils import CryptographyDeprecationWarning
from cryptography.x509.oid import ExtendedKeyUsageOID

from writ.ledger.checkpoint import key_id
from writ.ledger.dsse import ECDSA
from writ.ledger.errors import VerificationError
from writ.ledger.trust import TrustRoot, require_p256
from writ.ledger.x509 import BACKDATED, ISSUER_RAW, ISSUER_UTF8, LIFETIME, timestamped

_CODE: Final = "ledger.certificate"
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_KNOWN_CRITICAL: Final = frozenset(
    kind.oid
    for kind in (x509.KeyUsage, x509.SubjectAlternativeName, x509.ExtendedKeyUsage, x509.BasicConstraints)
)
_MALFORMED: Final = (
    ValueError,
    TypeError,
    UnsupportedAlgorithm,
    x509.DuplicateExtension,
    x509.ExtensionNotFound,
    x509.InvalidVersion,
    x509.UnsupportedGeneralNameType,
    # Only a warning so far, and an error wherever warnings are: a serial number that is not positive.
    CryptographyDeprecationWarning,
)


@dataclass(frozen=True, slots=True)
class Signer:
    """A certificate that passed: its key, the URI it names, and when it is valid (inclusive)."""

    key: ec.EllipticCurvePublicKey
    identity: str
    not_before: datetime
    not_after: datetime

    def check_time(self, at: datetime) -> None:
        """Raise VerificationError unless the certificate is valid at `at`."""
        if not self.not_before <= at <= self.not_after:
            raise VerificationError("the certificate was not valid at the statement's time", code=_CODE)


def check_certificate(pem: bytes, trust: TrustRoot, at: datetime | None = None) -> Signer:
    """Check a PEM certificate against the trust root, except for whether it is valid when it is used.

    Parameters
    ----------
    pem, trust
        The certificate, and what it must have been issued under.
    at
        When what it signed was integrated, if that is proved: by then its authority must not have been
        retired. Else the certificate's own timestamp stands for it.

    Raises
    ------
    VerificationError
        `ledger.certificate`: malformed, not issued under the trust root, outside the profile, or
        without a good certificate timestamp.
    """
    try:
        certificate = x509.load_pem_x509_certificate(pem)
        _check_spelling(certificate, pem)
        authority, end = _authority(certificate, trust)
        identity = _check_profile(certificate, trust)
        stamped = _check_timestamp(certificate, authority, trust)
        _check_retired(end, max(stamped, at or stamped), "authority")
        key = require_p256(certificate.public_key())
    except _MALFORMED:
        raise VerificationError("certificate is malformed or outside the profile", code=_CODE) from None
    return Signer(key, identity, certificate.not_valid_before_utc, certificate.not_valid_after_utc)


def _check_spelling(certificate: x509.Certificate, pem: bytes) -> None:
    """One certificate has one spelling, so that a statement has one leaf.

    The signature is a bit string, whose count of unused bits no parser in use holds to be zero.
    """
    signature = b"\x00" + certificate.signature
    if certificate.public_bytes(Encoding.PEM) != pem or not certificate.public_bytes(Encoding.DER).endswith(
        signature
    ):
        raise VerificationError("certificate is not in canonical form", code=_CODE)


def _authority(certificate: x509.Certificate, trust: TrustRoot) -> tuple[x509.Certificate, datetime | None]:
    """Who issued it, and until when that counts."""
    for authority, end in trust.every_authority():
        try:
            certificate.verify_directly_issued_by(authority)
        except (ValueError, TypeError, InvalidSignature):
            continue
        usage = authority.extensions.get_extension_for_class(x509.KeyUsage).value
        constraints = authority.extensions.get_extension_for_class(x509.BasicConstraints).value
        if not constraints.ca or not usage.key_cert_sign:
            break
        if not (
            authority.not_valid_before_utc <= certificate.not_valid_before_utc
            and certificate.not_valid_after_utc <= authority.not_valid_after_utc
        ):
            break
        return authority, end
    raise VerificationError("certificate was not issued by a trusted authority", code=_CODE)


def _check_profile(certificate: x509.Certificate, trust: TrustRoot) -> str:
    extensions = certificate.extensions
    unknown = [item.oid for item in extensions if item.critical and item.oid not in _KNOWN_CRITICAL]
    usage = extensions.get_extension_for_class(x509.KeyUsage).value
    purposes = extensions.get_extension_for_class(x509.ExtendedKeyUsage).value
    names = extensions.get_extension_for_class(x509.SubjectAlternativeName)
    issuers = [
        extensions.get_extension_for_oid(oid).value.public_bytes() for oid in (ISSUER_RAW, ISSUER_UTF8)
    ]
    if (
        unknown
        or certificate.version is not x509.Version.v3
        or certificate.subject.rdns
        or certificate.serial_number <= 0
        or not usage.digital_signature
        or usage.key_cert_sign
        or list(purposes) != [ExtendedKeyUsageOID.CODE_SIGNING]
        or not names.critical
        or len(list(names.value)) != 1
        or certificate.not_valid_after_utc - certificate.not_valid_before_utc > LIFETIME + BACKDATED
        or any(isinstance(item.value, x509.BasicConstraints) and item.value.ca for item in extensions)
        or issuers != [trust.issuer.encode(), asn1.encode_der(trust.issuer)]
    ):
        raise VerificationError("certificate is outside the profile", code=_CODE)
    uris = names.value.get_values_for_type(x509.UniformResourceIdentifier)
    if len(uris) != 1:
        raise VerificationError("certificate does not name exactly one URI", code=_CODE)
    return uris[0]


def _check_timestamp(
    certificate: x509.Certificate, authority: x509.Certificate, trust: TrustRoot
) -> datetime:
    """When the certificate was issued: exactly one timestamp, by a timestamping key that counted then."""
    extension = certificate.extensions.get_extension_for_class(x509.PrecertificateSignedCertificateTimestamps)
    timestamps = list(extension.value)
    keys = {key_id(key): (key, end) for key, end in trust.every_ct_key()}
    if len(timestamps) != 1 or timestamps[0].log_id not in keys:
        raise VerificationError("certificate does not carry one timestamp of a trusted key", code=_CODE)
    stamp = timestamps[0]
    key, end = keys[stamp.log_id]
    stamped_at: datetime = stamp.timestamp.replace(tzinfo=UTC)
    _check_retired(end, stamped_at, "timestamping key")
    if not isinstance(stamp.signature_hash_algorithm, hashes.SHA256) or stamp.extension_bytes:
        raise VerificationError("certificate timestamp is of another kind", code=_CODE)
    milliseconds = (stamped_at - _EPOCH) // timedelta(milliseconds=1)
    signed = timestamped(
        certificate.tbs_precertificate_bytes,
        key_id(require_p256(authority.public_key())),
        milliseconds,
    )
    try:
        key.verify(stamp.signature, signed, ECDSA)
    except InvalidSignature:
        raise VerificationError("certificate timestamp does not verify", code=_CODE) from None
    return stamped_at


def _check_retired(end: datetime | None, at: datetime, what: str) -> None:
    if end is not None and at > end:
        raise VerificationError(f"the certificate's {what} was retired by then", code=_CODE)
