"""Inclusion promises: the log's signature over when an entry was integrated, as Sigstore clients want it.

They call it a signed entry timestamp (SET): ECDSA by the log's key over the RFC 8785 form of body, time,
log id and index (https://github.com/sigstore/rekor/blob/main/types.md).
"""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric import ec

from writ.ledger.canonical import canonical
from writ.ledger.checkpoint import key_id
from writ.ledger.dsse import ECDSA
from writ.ledger.errors import VerificationError


@dataclass(frozen=True, slots=True)
class Promised:
    """What a promise says: these bytes became leaf `index` at `integrated_at`, a whole second."""

    leaf: bytes
    index: int
    integrated_at: datetime

    def text(self, log_id: bytes) -> bytes:
        """The bytes that the key whose SHA-256 is `log_id` signs."""
        return canonical(
            {
                "body": b64encode(self.leaf).decode(),
                "integratedTime": int(self.integrated_at.timestamp()),
                "logID": log_id.hex(),
                "logIndex": self.index,
            }
        )


def sign_promise(promised: Promised, key: ec.EllipticCurvePublicKey, sign: Callable[[bytes], bytes]) -> bytes:
    """A signature of the promise; `sign` returns the DER ECDSA over SHA-256 of the bytes it is given."""
    return sign(promised.text(key_id(key)))


def verify_promise(promised: Promised, signature: bytes, key: ec.EllipticCurvePublicKey) -> None:
    """Check a promise's signature.

    Raises
    ------
    VerificationError
        `ledger.promise`: the key did not promise this.
    """
    try:
        key.verify(signature, promised.text(key_id(key)), ECDSA)
    except InvalidSignature:
        raise VerificationError("the log did not promise this entry", code="ledger.promise") from None
