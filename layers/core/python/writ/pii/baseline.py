"""What was found before and is known: a file of fingerprints, from which no value can be read back.

A fingerprint is scrypt (RFC 7914) of path, kind and value under the file's own salt. It is slow on purpose: a
number of nine digits could be guessed from a fast one in a second. Who has months can guess it from this one,
so a baseline of such numbers is not to be published, and a leaked secret is to be replaced, not only listed.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Final

from writ.contracts.errors import ContractError

VERSION: Final = 1
_SALT: Final = 16
_FINGERPRINT: Final = 32
_COST: Final = 2**12


@dataclass(frozen=True)
class Baseline:
    """The salt of a file, and its fingerprints."""

    salt: bytes
    fingerprints: frozenset[str]

    def knows(self, path: str, kind: str, value: str) -> bool:
        """Whether this value, of this kind, in this file, was there before; some ten milliseconds."""
        return bool(self.fingerprints) and fingerprint(self.salt, path, kind, value) in self.fingerprints

    def text(self) -> str:
        """The file: one fingerprint a line, in order, so that two branches merge."""
        document = {"version": VERSION, "salt": self.salt.hex(), "fingerprints": sorted(self.fingerprints)}
        return json.dumps(document, indent=2) + "\n"


def fingerprint(salt: bytes, path: str, kind: str, value: str) -> str:
    """What stands for a finding in a baseline."""
    told = json.dumps([path, kind, value]).encode()
    return hashlib.scrypt(told, salt=salt, n=_COST, r=8, p=1, dklen=_FINGERPRINT).hex()


def made(salt: bytes, found: Iterable[tuple[str, str, str]]) -> Baseline:
    """The baseline of findings, each its path, kind and value; the salt is 16 random bytes of a new file."""
    if len(salt) != _SALT:
        raise ContractError(f"a salt has {_SALT} bytes", field="salt", code="pii.baseline")
    return Baseline(salt, frozenset(fingerprint(salt, *item) for item in found))


def read(text: str) -> Baseline:
    """The baseline of a file. Raises ContractError, with the field at fault, for any other text."""
    try:
        document: Any = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise ContractError("the baseline is not JSON", field="baseline", code="pii.baseline") from error
    if not isinstance(document, dict) or document.get("version") != VERSION:
        raise ContractError(f"a baseline of version {VERSION} is read", field="version", code="pii.baseline")
    salt = _bytes(document.get("salt"), _SALT, "salt")
    listed = document.get("fingerprints")
    if not isinstance(listed, list):
        raise ContractError("fingerprints are a list", field="fingerprints", code="pii.baseline")
    known = (_bytes(item, _FINGERPRINT, f"fingerprints.{place}") for place, item in enumerate(listed))
    return Baseline(salt, frozenset(item.hex() for item in known))


def _bytes(value: Any, length: int, field: str) -> bytes:
    try:
        made = bytes.fromhex(value) if isinstance(value, str) else b""
    except ValueError:
        made = b""
    if len(made) != length:
        raise ContractError(f"{length} bytes in hexadecimal are wanted", field=field, code="pii.baseline")
    return made
