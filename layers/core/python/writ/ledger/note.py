"""Signed notes: a text, the signatures under it, and the keys that verify them.

https://c2sp.org/signed-note. A signature is known by the name and the id of its key; signatures of keys that
nobody holds are carried along and mean nothing, one of a known key that does not verify spoils the note.
"""

from __future__ import annotations

import re
from base64 import b64decode, b64encode
from collections.abc import Iterable
from dataclasses import dataclass
from enum import IntEnum
from hashlib import sha256
from typing import Final, Self

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import load_der_public_key

from writ.ledger.canonical import b64decode_exact
from writ.ledger.dsse import ECDSA
from writ.ledger.errors import VerificationError

MAX_NOTE: Final = 64 * 1024
KEY_ID_SIZE: Final = 4
_LINE: Final = re.compile("\u2014 ([^\\s+]+) ([A-Za-z0-9+/]+={0,2})\n")
_CONTROL: Final = re.compile("[\x00-\x09\x0b-\x1f]")
_VKEY: Final = re.compile(r"([^\s+]+)\+([0-9a-f]{8})\+([A-Za-z0-9+/]+={0,2})")
_ED25519_KEY: Final = 32


class KeyType(IntEnum):
    """Signature types of https://c2sp.org/signed-note that are used here."""

    ED25519 = 0x01
    ECDSA = 0x02
    COSIGNATURE = 0x04


@dataclass(frozen=True, slots=True)
class Signature:
    """One line under a note: the name and id of a key, and what it signed with."""

    name: str
    key_id: bytes
    data: bytes

    def encode(self) -> bytes:
        """The line, with its newline."""
        return f"\u2014 {self.name} {b64encode(self.key_id + self.data).decode()}\n".encode()


@dataclass(frozen=True, slots=True)
class Note:
    """A text, which ends in a newline, and its signatures."""

    text: bytes
    signatures: tuple[Signature, ...]

    @classmethod
    def parse(cls, data: bytes) -> Self:
        """Split a note; that says nothing about whether any signature holds.

        Raises
        ------
        VerificationError
            `ledger.checkpoint`: it is not a signed note, or longer than 64 KiB.
        """
        if len(data) > MAX_NOTE:
            raise _malformed("checkpoint is longer than 64 KiB")
        try:
            decoded = data.decode()
        except UnicodeDecodeError:
            raise _malformed("checkpoint is not UTF-8") from None
        text, separator, lines = decoded.rpartition("\n\n")
        if not separator or _CONTROL.search(decoded):
            raise _malformed("checkpoint is not a signed note")
        return cls(f"{text}\n".encode(), parse_signatures(lines))

    @property
    def origin(self) -> str:
        """The first line, which in a checkpoint names the log; believe it once that log's signature holds."""
        return self.text.split(b"\n", 1)[0].decode()

    def encode(self) -> bytes:
        """The note as it is stored and sent."""
        return self.text + b"\n" + b"".join(line.encode() for line in self.signatures)

    def signed_with(self, signatures: Iterable[Signature]) -> Note:
        """The note with more signatures below those it has; one of the same key takes the old one's place."""
        added = {(line.name, line.key_id): line for line in signatures}
        kept = tuple(line for line in self.signatures if (line.name, line.key_id) not in added)
        return Note(self.text, (*kept, *added.values()))


def parse_signatures(lines: str) -> tuple[Signature, ...]:
    """One or more signature lines and nothing else.

    Raises
    ------
    VerificationError
        `ledger.checkpoint`: there is anything else.
    """
    matches = list(_LINE.finditer(lines))
    if not matches or "".join(match[0] for match in matches) != lines:
        raise _malformed("checkpoint is not a signed note")
    return tuple(_signature(match[1], match[2]) for match in matches)


def _signature(name: str, text: str) -> Signature:
    try:
        blob = b64decode_exact(text.encode())
    except ValueError as error:
        raise _malformed(f"checkpoint signature: {error}") from None
    if len(blob) <= KEY_ID_SIZE:
        raise _malformed("checkpoint signature: too short")
    return Signature(name, blob[:KEY_ID_SIZE], blob[KEY_ID_SIZE:])


@dataclass(frozen=True, slots=True)
class VerifierKey:
    """A public key with the name and the type of signature it stands for.

    `material` is what the type says: 32 bytes for Ed25519, a DER SubjectPublicKeyInfo for ECDSA.
    """

    name: str
    type: KeyType
    material: bytes

    @property
    def key_id(self) -> bytes:
        if self.type is KeyType.ECDSA:
            return sha256(self.material).digest()[:KEY_ID_SIZE]
        return sha256(f"{self.name}\n".encode() + bytes([self.type]) + self.material).digest()[:KEY_ID_SIZE]

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read a verifier key as C2SP tools write it: name, key id in hex, type and key in Base64.

        Raises
        ------
        VerificationError
            `ledger.key`: malformed, of a type that is not used here, or under another key's id.
        """
        match = _VKEY.fullmatch(text)
        if match is None or not text.isprintable():
            raise _unusable("not a verifier key: name+id+key")
        try:
            blob = b64decode_exact(match[3].encode())
        except ValueError as error:
            raise _unusable(f"verifier key of {match[1]}: {error}") from None
        if blob[0] not in set(KeyType):
            raise _unusable(f"verifier key of {match[1]}: signatures of type {blob[0]} are not supported")
        key = cls(match[1], KeyType(blob[0]), blob[1:])
        key.check()
        if key.key_id.hex() != match[2]:
            raise _unusable(f"verifier key of {match[1]}: the id is not that of the key")
        return key

    def encode(self) -> str:
        """See `parse`."""
        return f"{self.name}+{self.key_id.hex()}+{b64encode(bytes([self.type]) + self.material).decode()}"

    def check(self) -> None:
        """Raises VerificationError `ledger.key` unless the material is a key of the type."""
        if self.type is KeyType.ECDSA:
            self._ecdsa()
        elif len(self.material) != _ED25519_KEY:
            raise _unusable(f"verifier key of {self.name}: an Ed25519 key has 32 bytes")

    def lines_in(self, note: Note) -> list[Signature]:
        """The signatures that claim to be of this key."""
        key_id = self.key_id
        return [line for line in note.signatures if line.name == self.name and line.key_id == key_id]

    def verify(self, signature: bytes, message: bytes) -> None:
        """Raises VerificationError `ledger.checkpoint` unless the signature is the key's over the message."""
        try:
            if self.type is KeyType.ECDSA:
                self._ecdsa().verify(signature, message, ECDSA)
            else:
                Ed25519PublicKey.from_public_bytes(self.material).verify(signature, message)
        except (InvalidSignature, ValueError):
            raise _malformed("the checkpoint's signature is bad") from None

    def has_signed(self, note: Note) -> bool:
        """Whether the note carries a signature of this key over its text.

        Raises
        ------
        VerificationError
            `ledger.checkpoint`: it carries one that does not verify, which spoils the note.
        """
        lines = self.lines_in(note)
        for line in lines:
            self.verify(line.data, note.text)
        return bool(lines)

    def _ecdsa(self) -> ec.EllipticCurvePublicKey:
        try:
            key = load_der_public_key(self.material)
        except (ValueError, UnsupportedAlgorithm):
            raise _unusable(f"verifier key of {self.name}: not a DER public key") from None
        if not isinstance(key, ec.EllipticCurvePublicKey) or not isinstance(key.curve, ec.SECP256R1):
            raise _unusable(f"verifier key of {self.name}: not a P-256 key")
        return key


def signers(note: Note, keys: Iterable[VerifierKey]) -> list[VerifierKey]:
    """Those of the keys, all of which are looked at, that signed the note under its origin as their name.

    Raises
    ------
    VerificationError
        `ledger.checkpoint`: a line of one of them does not verify, which spoils the note.
    """
    return [key for key in keys if key.name == note.origin and key.has_signed(note)]


def ed25519_material(der: bytes) -> bytes:
    """The 32 bytes of an Ed25519 public key from its DER SubjectPublicKeyInfo.

    Raises
    ------
    VerificationError
        `ledger.key`: malformed, or of another kind.
    """
    try:
        key = load_der_public_key(der)
    except (ValueError, UnsupportedAlgorithm):
        raise _unusable("not a DER public key") from None
    if not isinstance(key, Ed25519PublicKey):
        raise _unusable("not an Ed25519 key")
    return key.public_bytes_raw()


def decode_root(text: str) -> bytes:
    """The 32 bytes of a root or a hash in Base64. Raises ValueError for any other text."""
    decoded = b64decode(text, validate=True)
    if len(decoded) != sha256().digest_size or b64encode(decoded).decode() != text:
        raise ValueError("not 32 bytes in Base64")
    return decoded


def _malformed(message: str) -> VerificationError:
    return VerificationError(message, code="ledger.checkpoint")


def _unusable(message: str) -> VerificationError:
    return VerificationError(message, code="ledger.key")
