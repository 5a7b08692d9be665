"""Checkpoints: a tree head as a C2SP signed note (https://c2sp.org/tlog-checkpoint).

The log signs with ECDSA (signature type 2, whose key id is the start of SHA-256 over the SPKI, which is
what Sigstore clients look for). Further lines, such as witness cosignatures, may follow and are kept.
"""

from __future__ import annotations

import re
from base64 import b64decode, b64encode
from collections.abc import Callable
from dataclasses import dataclass
from hashlib import sha256
from typing import Final

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from writ.ledger.canonical import b64decode_exact
from writ.ledger.dsse import ECDSA
from writ.ledger.errors import VerificationError

_MAX_NOTE: Final = 64 * 1024
_LINE: Final = re.compile("\u2014 ([^ +\n]+) ([A-Za-z0-9+/]+={0,2})\n")
_BODY: Final = re.compile(r"([^\n]+)\n(0|[1-9][0-9]{0,18})\n([A-Za-z0-9+/]{43}=)\n")


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """A tree head: the log's origin, its size in leaves, its root."""

    origin: str
    size: int
    root: bytes

    def text(self) -> bytes:
        """The note text: what is signed."""
        return f"{self.origin}\n{self.size}\n{b64encode(self.root).decode()}\n".encode()


def spki(key: ec.EllipticCurvePublicKey) -> bytes:
    """The key's DER SubjectPublicKeyInfo."""
    return key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)


def key_id(key: ec.EllipticCurvePublicKey) -> bytes:
    """SHA-256 of the key's SPKI: Sigstore's log id; its first four bytes are the note key id."""
    return sha256(spki(key)).digest()


def sign_checkpoint(
    checkpoint: Checkpoint, key: ec.EllipticCurvePublicKey, sign: Callable[[bytes], bytes]
) -> bytes:
    """A signed note of the checkpoint.

    `sign` returns the DER ECDSA signature, over SHA-256, of the bytes it is given.
    """
    text = checkpoint.text()
    line = b64encode(key_id(key)[:4] + sign(text)).decode()
    return text + f"\n\u2014 {checkpoint.origin} {line}\n".encode()


def open_checkpoint(note: bytes, origin: str, key: ec.EllipticCurvePublicKey) -> Checkpoint:
    """The checkpoint inside a note, read only after the log's signature over it holds.

    Raises
    ------
    VerificationError
        `ledger.checkpoint`: malformed, of another log, or not signed by `key`.
    """
    text = _verified_text(note, origin, key)
    match = _BODY.fullmatch(text)
    if match is None:
        raise VerificationError("checkpoint text is not origin, size, root", code="ledger.checkpoint")
    root = b64decode(match[3])
    checkpoint = Checkpoint(match[1], int(match[2]), root)
    if checkpoint.origin != origin or checkpoint.text() != text.encode():
        raise VerificationError(f"checkpoint is not one of {origin}", code="ledger.checkpoint")
    return checkpoint


def _verified_text(note: bytes, origin: str, key: ec.EllipticCurvePublicKey) -> str:
    if len(note) > _MAX_NOTE:
        raise VerificationError("checkpoint is longer than 64 KiB", code="ledger.checkpoint")
    try:
        decoded = note.decode()
    except UnicodeDecodeError:
        raise VerificationError("checkpoint is not UTF-8", code="ledger.checkpoint") from None
    text, separator, lines = decoded.rpartition("\n\n")
    text += "\n"
    matches = list(_LINE.finditer(lines))
    if not separator or not matches or "".join(match[0] for match in matches) != lines:
        raise VerificationError("checkpoint is not a signed note", code="ledger.checkpoint")
    ours = [match[2] for match in matches if match[1] == origin]
    if not any(_is_signed(text.encode(), line, key) for line in ours):
        raise VerificationError(f"no signature of {origin} on the checkpoint", code="ledger.checkpoint")
    return text


def _is_signed(text: bytes, line: str, key: ec.EllipticCurvePublicKey) -> bool:
    """Whether the line is our key's; a line under our key id that does not verify spoils the note."""
    try:
        blob = b64decode_exact(line.encode())
    except ValueError as error:
        raise VerificationError(f"checkpoint signature: {error}", code="ledger.checkpoint") from None
    if blob[:4] != key_id(key)[:4]:
        return False
    try:
        key.verify(blob[4:], text, ECDSA)
    except InvalidSignature:
        raise VerificationError("the checkpoint's signature is bad", code="ledger.checkpoint") from None
    return True
