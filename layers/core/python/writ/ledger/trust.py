"""The trust root: everything a verifier must hold beforehand."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, Self

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, load_der_public_key
from pydantic import Base64Bytes, BaseModel, ConfigDict, Field, ValidationError

from writ.contracts.errors import from_validation
from writ.ledger.checkpoint import spki
from writ.ledger.errors import VerificationError


class _File(BaseModel):
    """`trust-root.json`: keys are base64 of DER SubjectPublicKeyInfo, certificates base64 of DER."""

    model_config = ConfigDict(extra="forbid", defer_build=True)

    version: Literal[1] = 1
    origin: str = Field(min_length=1, max_length=256)
    log_key: Base64Bytes
    ct_key: Base64Bytes
    authorities: list[Base64Bytes] = Field(min_length=1)
    identity_base: str = Field(min_length=1)
    issuer: str = Field(min_length=1)


@dataclass(frozen=True, slots=True)
class TrustRoot:
    """The log's origin and key, the certificate authorities, the timestamping key, and whom they name.

    A bot's identity is the URI `identity_base` followed by its name.
    """

    origin: str
    log_key: ec.EllipticCurvePublicKey
    ct_key: ec.EllipticCurvePublicKey
    authorities: tuple[x509.Certificate, ...]
    identity_base: str
    issuer: str

    @classmethod
    def decode(cls, data: bytes) -> Self:
        """Read `trust-root.json`.

        Raises
        ------
        VerificationError
            `ledger.trust_root`: malformed.
        """
        try:
            file = _File.model_validate_json(data)
        except ValidationError as error:
            problem = from_validation(error, "trust root")
            raise VerificationError(problem.message, code="ledger.trust_root", field=problem.field) from None
        return cls(
            file.origin,
            load_key(file.log_key),
            load_key(file.ct_key),
            tuple(_load_authority(der) for der in file.authorities),
            file.identity_base,
            file.issuer,
        )

    def encode(self) -> bytes:
        """The trust root as `trust-root.json`."""
        file = _File.model_construct(
            version=1,
            origin=self.origin,
            log_key=spki(self.log_key),
            ct_key=spki(self.ct_key),
            authorities=[certificate.public_bytes(Encoding.DER) for certificate in self.authorities],
            identity_base=self.identity_base,
            issuer=self.issuer,
        )
        return file.model_dump_json(indent=2).encode() + b"\n"


def load_key(der: bytes) -> ec.EllipticCurvePublicKey:
    """A P-256 public key from its DER SubjectPublicKeyInfo.

    Raises
    ------
    VerificationError
        `ledger.key`: malformed, or of another kind.
    """
    try:
        key = load_der_public_key(der)
    except (ValueError, UnsupportedAlgorithm):
        raise VerificationError("not a DER public key", code="ledger.key") from None
    return require_p256(key)


def require_p256(key: object) -> ec.EllipticCurvePublicKey:
    """The key, if it is a P-256 one: the only kind every Sigstore client accepts everywhere."""
    if not isinstance(key, ec.EllipticCurvePublicKey) or not isinstance(key.curve, ec.SECP256R1):
        raise VerificationError("not a P-256 key", code="ledger.key")
    return key


def _load_authority(der: bytes) -> x509.Certificate:
    try:
        certificate = x509.load_der_x509_certificate(der)
        require_p256(certificate.public_key())
    except (ValueError, UnsupportedAlgorithm):
        raise VerificationError("not a certificate", code="ledger.trust_root", field="authorities") from None
    return certificate
