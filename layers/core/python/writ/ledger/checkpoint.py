"""Checkpoints: a tree head as a C2SP signed note (https://c2sp.org/tlog-checkpoint).

The log signs with ECDSA (signature type 2, whose key id is the start of SHA-256 over the SPKI, which is
what Sigstore clients look for), and with Ed25519 (type 1) where it has such a key, for plain C2SP tools.
Further lines, such as witness cosignatures, may follow and are kept.
"""

from __future__ import annotations

import re
from base64 import b64encode
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import Final

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from writ.ledger.errors import VerificationError
from writ.ledger.note import KEY_ID_SIZE, KeyType, Note, Signature, VerifierKey, decode_root

_MAX_SIZE: Final = 2**63 - 1
_HEAD: Final = re.compile(r"([^\n]+)\n(0|[1-9][0-9]{0,18})\n([A-Za-z0-9+/]{43}=)\n((?:[^\n]+\n)*)")


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """A tree head: the log's origin, its size in leaves, its root."""

    origin: str
    size: int
    root: bytes

    def text(self) -> bytes:
        """The note text: what is signed."""
        return f"{self.origin}\n{self.size}\n{b64encode(self.root).decode()}\n".encode()

    def label(self) -> str:
        """What tells it from another of the same log, for people."""
        return f"has {self.size} leaves under {self.root.hex()}"


def spki(key: ec.EllipticCurvePublicKey) -> bytes:
    """The key's DER SubjectPublicKeyInfo."""
    return key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)


def key_id(key: ec.EllipticCurvePublicKey) -> bytes:
    """SHA-256 of the key's SPKI: Sigstore's log id; its first four bytes are the note key id."""
    return sha256(spki(key)).digest()


def sign_checkpoint(
    checkpoint: Checkpoint,
    key: ec.EllipticCurvePublicKey,
    sign: Callable[[bytes], bytes],
    *,
    second: tuple[VerifierKey, Callable[[bytes], bytes]] | None = None,
) -> bytes:
    """A signed note of the checkpoint.

    `sign` returns the DER ECDSA signature, over SHA-256, of the bytes it is given; `second` is an Ed25519
    key and what signs with it, for a second line.
    """
    text = checkpoint.text()
    lines = [Signature(checkpoint.origin, key_id(key)[:KEY_ID_SIZE], sign(text))]
    if second is not None:
        other, sign_other = second
        lines.append(Signature(other.name, other.key_id, sign_other(text)))
    return Note(text, tuple(lines)).encode()


def log_verifier(origin: str, key: ec.EllipticCurvePublicKey) -> VerifierKey:
    """The log's ECDSA key as a verifier key."""
    return VerifierKey(origin, KeyType.ECDSA, spki(key))


def open_checkpoint(
    note: bytes, origin: str, key: ec.EllipticCurvePublicKey, second: VerifierKey | None = None
) -> Checkpoint:
    """The checkpoint inside a note, read only after the log's signature over it holds.

    A line of the log's second key need not be there; one that is there must hold.

    Raises
    ------
    VerificationError
        `ledger.checkpoint`: malformed, of another log, or not signed by `key`.
    """
    parsed = Note.parse(note)
    if not log_verifier(origin, key).has_signed(parsed):
        raise VerificationError(f"no signature of {origin} on the checkpoint", code="ledger.checkpoint")
    if second is not None:
        second.has_signed(parsed)
    checkpoint, extensions = read_head(parsed.text)
    if extensions or checkpoint.origin != origin or checkpoint.text() != parsed.text:
        raise VerificationError(f"checkpoint is not one of {origin}", code="ledger.checkpoint")
    return checkpoint


def carry_over(signed: bytes, before: bytes, former: Sequence[ec.EllipticCurvePublicKey]) -> bytes:
    """A note signed again, with the lines of others and of `former` keys of the log below the same text."""
    note, old = Note.parse(signed), Note.parse(before)
    own = {line.key_id for line in note.signatures}
    kept = {key_id(key)[:KEY_ID_SIZE] for key in former} - own
    others = [line for line in old.signatures if line.name != note.origin or line.key_id in kept]
    return note.signed_with(others).encode()


def read_head(text: bytes) -> tuple[Checkpoint, Sequence[str]]:
    """The tree head in a note text whose signature was verified, and the extension lines below it.

    Raises
    ------
    VerificationError
        `ledger.checkpoint`: it does not start with origin, size and root.
    """
    match = _HEAD.fullmatch(text.decode())
    try:
        root = decode_root(match[3]) if match else b""
    except ValueError:
        match = None
    if match is None or int(match[2]) > _MAX_SIZE:
        raise VerificationError("checkpoint text is not origin, size, root", code="ledger.checkpoint")
    return Checkpoint(match[1], int(match[2]), root), match[4].split("\n")[:-1]
