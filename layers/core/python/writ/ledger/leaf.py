"""The log's leaf: the canonical body Sigstore clients know as kind dsse, version 0.0.1."""

from __future__ import annotations

import re
from base64 import b64encode
from dataclasses import dataclass
from hashlib import sha256
from typing import Final

from writ.ledger.canonical import b64decode_exact
from writ.ledger.dsse import Envelope
from writ.ledger.errors import VerificationError

_HASH: Final = rb'\{"algorithm":"sha256","value":"([0-9a-f]{64})"\}'
_BASE64: Final = rb"([A-Za-z0-9+/]+={0,2})"
_LEAF: Final = re.compile(
    rb'\{"apiVersion":"0\.0\.1","kind":"dsse","spec":\{"envelopeHash":%b,"payloadHash":%b,'
    rb'"signatures":\[\{"signature":"%b","verifier":"%b"\}\]\}\}' % (_HASH, _HASH, _BASE64, _BASE64)
)
_FORM: Final = (
    b'{"apiVersion":"0.0.1","kind":"dsse","spec":{"envelopeHash":{"algorithm":"sha256","value":"%b"},'
    b'"payloadHash":{"algorithm":"sha256","value":"%b"},"signatures":[{"signature":"%b","verifier":"%b"}]}}'
)


@dataclass(frozen=True, slots=True)
class Leaf:
    """What a leaf says: digests of an envelope and its payload, the signature, and who signed (PEM)."""

    envelope_sha256: str
    payload_sha256: str
    signature: bytes
    certificate_pem: bytes

    def matches(self, envelope: Envelope) -> bool:
        """Whether payload and signature are those of this envelope."""
        return self.signature == envelope.signature and self.payload_sha256 == envelope.payload_sha256


def encode_leaf(envelope: Envelope, encoded: bytes, verifier: bytes) -> bytes:
    """The leaf of an envelope, in RFC 8785 form.

    Parameters
    ----------
    envelope, encoded
        The envelope and its stored bytes.
    verifier
        Base64 of the signing certificate's PEM (`verifier_of`).
    """
    signature = b64encode(envelope.signature)
    return compose_leaf(sha256(encoded).hexdigest(), envelope.payload_sha256, signature, verifier)


def compose_leaf(envelope_sha256: str, payload_sha256: str, signature: bytes, verifier: bytes) -> bytes:
    """The leaf with these hashes, in hex, and signature and verifier, in base64."""
    return _FORM % (envelope_sha256.encode(), payload_sha256.encode(), signature, verifier)


def verifier_of(certificate_pem: bytes) -> bytes:
    """The `verifier` field for a certificate."""
    return b64encode(certificate_pem)


def decode_leaf(data: bytes) -> Leaf:
    """Read a leaf in exactly the form `encode_leaf` writes.

    Raises
    ------
    VerificationError
        `ledger.leaf`: any other bytes.
    """
    match = _LEAF.fullmatch(data)
    if match is None:
        raise VerificationError("not a canonical leaf", code="ledger.leaf")
    try:
        signature, pem = b64decode_exact(match[3]), b64decode_exact(match[4])
    except ValueError as error:
        raise VerificationError(f"leaf: {error}", code="ledger.leaf") from None
    return Leaf(match[1].decode(), match[2].decode(), signature, pem)
