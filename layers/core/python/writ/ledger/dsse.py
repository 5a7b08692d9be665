"""DSSE envelopes (https://github.com/secure-systems-lab/dsse) around in-toto statements."""

from __future__ import annotations

import re
from base64 import b64encode
from dataclasses import dataclass
from hashlib import sha256
from typing import Final

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec

from writ.ledger.canonical import b64decode_exact
from writ.ledger.errors import VerificationError

PAYLOAD_TYPE: Final = "application/vnd.in-toto+json"
ECDSA: Final = ec.ECDSA(hashes.SHA256())
_BASE64: Final = rb"(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?"
_ENVELOPE: Final = re.compile(
    rb'\{"payload":"(%b)","payloadType":"application/vnd\.in-toto\+json","signatures":\[\{"sig":"(%b)"\}\]\}'
    % (_BASE64, _BASE64)
)


def pre_authentication_encoding(payload: bytes) -> bytes:
    """PAE(payloadType, payload): the bytes a DSSE signature covers."""
    return b"DSSEv1 %d %b %d %b" % (len(PAYLOAD_TYPE), PAYLOAD_TYPE.encode(), len(payload), payload)


@dataclass(frozen=True, slots=True)
class Envelope:
    """A payload with its one signature (DER ECDSA over P-256 and SHA-256)."""

    payload: bytes
    signature: bytes

    def encode(self) -> bytes:
        """The RFC 8785 form of the envelope: what is stored, hashed and handed out."""
        return b'{"payload":"%b","payloadType":"%b","signatures":[{"sig":"%b"}]}' % (
            b64encode(self.payload),
            PAYLOAD_TYPE.encode(),
            b64encode(self.signature),
        )

    @property
    def payload_sha256(self) -> str:
        return sha256(self.payload).hexdigest()


def sign(payload: bytes, key: ec.EllipticCurvePrivateKey) -> Envelope:
    """Sign a statement's bytes."""
    return Envelope(payload, key.sign(pre_authentication_encoding(payload), ECDSA))


def decode(data: bytes) -> Envelope:
    """Read an envelope that must be in canonical form, so that one statement has one envelope hash.

    Raises
    ------
    VerificationError
        `ledger.envelope`: anything but the exact form `Envelope.encode` writes.
    """
    match = _ENVELOPE.fullmatch(data)
    if match is None:
        raise VerificationError("not a canonical envelope of one statement", code="ledger.envelope")
    try:
        return Envelope(b64decode_exact(match[1]), b64decode_exact(match[2]))
    except ValueError as error:
        raise VerificationError(f"envelope: {error}", code="ledger.envelope") from None


def verify(envelope: Envelope, key: ec.EllipticCurvePublicKey) -> None:
    """Check the envelope's signature.

    Raises
    ------
    VerificationError
        `ledger.signature`: the key did not sign these bytes.
    """
    try:
        key.verify(envelope.signature, pre_authentication_encoding(envelope.payload), ECDSA)
    except InvalidSignature:
        raise VerificationError("the signature is not over this statement", code="ledger.signature") from None
