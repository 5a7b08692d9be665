"""Cosignatures: a witness says when it saw a tree head that is consistent with all it saw before.

https://c2sp.org/tlog-cosignature, the Ed25519 form (signature type 4, `cosignature/v1`).
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Final

from writ.ledger.errors import VerificationError
from writ.ledger.note import KeyType, Note, Signature, VerifierKey

_TIME_SIZE: Final = 8
_SIGNED_SIZE: Final = _TIME_SIZE + 64
_LATEST: Final = int(datetime(9999, 12, 31, tzinfo=UTC).timestamp())


def cosignature_key(name: str, material: bytes) -> VerifierKey:
    """The verifier key of a witness from its 32-byte Ed25519 public key."""
    return VerifierKey(name, KeyType.COSIGNATURE, material)


def cosigned_message(text: bytes, seconds: int) -> bytes:
    """What a witness signs for a note text at a POSIX time."""
    return f"cosignature/v1\ntime {seconds}\n".encode() + text


def cosign(text: bytes, key: VerifierKey, at: datetime, sign: Callable[[bytes], bytes]) -> Signature:
    """The cosignature of a note text; `sign` returns the 64-byte Ed25519 signature of what it is given."""
    seconds = int(at.timestamp())
    signature = sign(cosigned_message(text, seconds))
    return Signature(key.name, key.key_id, seconds.to_bytes(_TIME_SIZE, "big") + signature)


def verify_cosignature(line: Signature, text: bytes, key: VerifierKey) -> datetime:
    """When the witness cosigned the text.

    Raises
    ------
    VerificationError
        `ledger.cosignature`: malformed, or not the key's.
    """
    if len(line.data) != _SIGNED_SIZE:
        raise VerificationError(f"cosignature of {key.name} has the wrong length", code="ledger.cosignature")
    seconds = int.from_bytes(line.data[:_TIME_SIZE], "big")
    if seconds > _LATEST:
        raise VerificationError(f"cosignature of {key.name} is of no time", code="ledger.cosignature")
    try:
        key.verify(line.data[_TIME_SIZE:], cosigned_message(text, seconds))
    except VerificationError:
        raise VerificationError(f"cosignature of {key.name} is bad", code="ledger.cosignature") from None
    return datetime.fromtimestamp(seconds, UTC)


def cosigned_at(note: Note, key: VerifierKey) -> datetime | None:
    """When a witness cosigned the note most recently, or None.

    Raises
    ------
    VerificationError
        `ledger.cosignature`: the note carries a line of this key that does not hold.
    """
    return max((verify_cosignature(line, note.text, key) for line in key.lines_in(note)), default=None)
