"""DSSE envelopes (https://github.com/secure-systems-lab/dsse) around in-toto statements."""

from __future__ import annotations

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
_HEAD: Final = b'{"payload":"'
_MIDDLE: Final = b'","payloadType":"%b","signatures":[{"sig":"' % PAYLOAD_TYPE.encode()
_TAIL: Final = b'"}]}'


_PAE: Final = b"DSSEv1 %d %b " % (len(PAYLOAD_TYPE), PAYLOAD_TYPE.encode())


def pre_authentication_encoding(payload: bytes) -> bytes:
    """PAE(payloadType, payload): the bytes a DSSE signature covers."""
    return b"%b%d %b" % (_PAE, len(payload), payload)


@dataclass(frozen=True, slots=True)
class Envelope:
    """A payload with its one signature (DER ECDSA over P-256 and SHA-256)."""

    payload: bytes
    signature: bytes

    def encode(self) -> bytes:
        """The RFC 8785 form of the envelope: what is stored, hashed and handed out."""
        return b"".join((_HEAD, b64encode(self.payload), _MIDDLE, b64encode(self.signature), _TAIL))

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
    payload, signature, _ = split(data)
    return Envelope(payload, signature)


def split(data: bytes) -> tuple[bytes, bytes, bytes]:
    """The payload of an envelope, its signature, and the signature's base64; raises what `decode` raises."""
    end = data.find(b'"', len(_HEAD))
    start = end + len(_MIDDLE)
    if not (data.startswith(_HEAD) and data.startswith(_MIDDLE, end) and data.endswith(_TAIL, start)):
        raise VerificationError("not a canonical envelope of one statement", code="ledger.envelope")
    try:
        signature = data[start : -len(_TAIL)]
        return b64decode_exact(data[len(_HEAD) : end]), b64decode_exact(signature), signature
    except ValueError as error:
        raise VerificationError(f"envelope: {error}", code="ledger.envelope") from None


def verify(envelope: Envelope, key: ec.EllipticCurvePublicKey) -> None:
    """Check the envelope's signature.

    Raises
    ------
    VerificationError
        `ledger.signature`: the key did not sign these bytes.
    """
    verify_parts(envelope.payload, envelope.signature, key)


def verify_parts(payload: bytes, signature: bytes, key: ec.EllipticCurvePublicKey) -> None:
    """The same of an envelope in parts."""
    try:
        key.verify(signature, pre_authentication_encoding(payload), ECDSA)
    except InvalidSignature:
        raise VerificationError("the signature is not over this statement", code="ledger.signature") from None
