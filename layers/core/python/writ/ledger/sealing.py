"""Payloads kept sealed for the people they are about: unreadable once the key of any one of them is gone.

A payload has a key of its own, derived from the data keys of all its data subjects (HKDF, RFC 5869) and
the id of its entry, so nothing has to be wrapped or unwrapped for it. It is sealed with AES-256-GCM (NIST
SP 800-38D); the entry's id and the references of the keys are associated data. The log holds hashes of
the plain envelope only, so a proof is the same whether the payload can still be read or not.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from writ.contracts.errors import WritError
from writ.ports.ledger import SubjectKey

KEY_BYTES: Final = 32
NONCE_BYTES: Final = 12
_PURPOSE: Final = b"writ sealed payload v1\0"


def seal(payload: bytes, entry_id: str, keys: Sequence[SubjectKey], nonce: bytes) -> bytes:
    """The nonce, the ciphertext and its tag. `nonce` is 12 random bytes, never used before.

    Raises ValueError without a key, or for a nonce of another length.
    """
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM

    if len(nonce) != NONCE_BYTES:
        raise ValueError(f"a nonce has {NONCE_BYTES} bytes")
    ciphertext = AESGCM(_payload_key(entry_id, keys)).encrypt(nonce, payload, _bound_to(entry_id, keys))
    return nonce + ciphertext


def unseal(sealed: bytes, entry_id: str, keys: Sequence[SubjectKey]) -> bytes:
    """What `seal` sealed.

    Raises
    ------
    WritError
        `ledger.unsealing`: other keys, another entry, or changed bytes.
    """
    from cryptography.exceptions import InvalidTag
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM

    cipher = AESGCM(_payload_key(entry_id, keys))
    try:
        return cipher.decrypt(sealed[:NONCE_BYTES], sealed[NONCE_BYTES:], _bound_to(entry_id, keys))
    except (InvalidTag, ValueError):
        message = f"the payload of {entry_id} does not open with its keys"
        raise WritError(message, code="ledger.unsealing") from None


def _payload_key(entry_id: str, keys: Sequence[SubjectKey]) -> bytes:
    from cryptography.hazmat.primitives.hashes import SHA256
    from cryptography.hazmat.primitives.kdf.hkdf import HKDF

    if not keys:
        raise ValueError("nothing is sealed for nobody")
    material = b"".join(key.secret for key in _ordered(keys))
    return HKDF(SHA256(), KEY_BYTES, salt=None, info=_PURPOSE + entry_id.encode()).derive(material)


def _bound_to(entry_id: str, keys: Sequence[SubjectKey]) -> bytes:
    return "\0".join((entry_id, *(key.ref for key in _ordered(keys)))).encode()


def _ordered(keys: Sequence[SubjectKey]) -> list[SubjectKey]:
    return sorted(keys, key=lambda key: key.ref)
