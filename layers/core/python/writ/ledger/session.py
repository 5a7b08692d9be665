"""A session key: what one warm function signs its statements with."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Any, Final

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding

from writ.ledger.canonical import canonical
from writ.ledger.checkpoint import spki
from writ.ledger.dsse import Envelope, sign
from writ.ledger.leaf import encode_leaf, verifier_of
from writ.ledger.x509 import BACKDATED, fingerprint

RENEW_AFTER: Final = timedelta(minutes=30)


@dataclass(frozen=True, slots=True)
class Signed:
    """A signed statement: its envelope and the exact bytes to store."""

    envelope: Envelope
    encoded: bytes

    @property
    def payload_sha256(self) -> str:
        return self.envelope.payload_sha256

    @property
    def envelope_sha256(self) -> str:
        return sha256(self.encoded).hexdigest()


class Session:
    """A P-256 key that never leaves memory, with the certificate that names its holder."""

    def __init__(self, key: ec.EllipticCurvePrivateKey, certificate: x509.Certificate) -> None:
        self._key = key
        self.certificate_pem = certificate.public_bytes(Encoding.PEM)
        self.fingerprint = fingerprint(certificate)
        self._not_before = certificate.not_valid_before_utc
        self._verifier = verifier_of(self.certificate_pem)

    def is_fresh(self, now: datetime) -> bool:
        """Whether the certificate is young enough to sign with: half of its hour is kept for integration."""
        return self._not_before <= now < self._not_before + BACKDATED + RENEW_AFTER

    def sign(self, statement: Mapping[str, Any]) -> Signed:
        """Sign a statement in canonical form.

        Raises
        ------
        ContractError
            `contract.not_canonical`: the statement has no RFC 8785 form.
        """
        envelope = sign(canonical(statement), self._key)
        return Signed(envelope, envelope.encode())

    def leaf(self, signed: Signed) -> bytes:
        """The log leaf of a statement this session signed."""
        return encode_leaf(signed.envelope, signed.encoded, self._verifier)


def new_session_key() -> ec.EllipticCurvePrivateKey:
    """A fresh P-256 key."""
    return ec.generate_private_key(ec.SECP256R1())


def public_der(key: ec.EllipticCurvePrivateKey) -> bytes:
    """The key's public half as DER SubjectPublicKeyInfo."""
    return spki(key.public_key())
