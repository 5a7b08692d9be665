"""What was found before and is known: a file of fingerprints, from which no value can be read back.

A fingerprint is scrypt (RFC 7914) of path, kind and value under the file's own salt. It is slow on purpose: a
number of nine digits could be guessed from a fast one in a second. Who has months can guess it from this one,
so a baseline of such numbers is not to be published, and a leaked secret is to be replaced, not only listed.
Path and kind stand beside it, so that an entry of which nothing is left can be told to people.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Final

from writ.contracts.errors import ContractError

VERSION: Final = 1
MOST: Final = 5000
_SALT: Final = 16
_FINGERPRINT: Final = 32
_COST: Final = 2**12


@dataclass(frozen=True, order=True)
class Entry:
    """One known finding: of this kind, in this file."""

    path: str
    kind: str
    fingerprint: str


@dataclass(frozen=True)
class Baseline:
    """The salt of a file, and its entries."""

    salt: bytes = field(repr=False)
    entries: frozenset[Entry]

    def entry(self, path: str, kind: str, value: str) -> Entry | None:
        """The entry of this value, of this kind, in this file; some ten milliseconds if it may have one."""
        if (path, kind) not in self._places:
            return None
        found = Entry(path, kind, fingerprint(self.salt, path, kind, value))
        return found if found in self.entries else None

    @cached_property
    def _places(self) -> frozenset[tuple[str, str]]:
        return frozenset((entry.path, entry.kind) for entry in self.entries)

    def text(self) -> str:
        """The file: one entry a line, in order, so that two branches merge."""
        lines = ",\n".join(
            "    " + json.dumps([entry.path, entry.kind, entry.fingerprint]) for entry in sorted(self.entries)
        )
        listed = f"[\n{lines}\n  ]" if lines else "[]"
        return f'{{\n  "version": {VERSION},\n  "salt": "{self.salt.hex()}",\n  "entries": {listed}\n}}\n'


def fingerprint(salt: bytes, path: str, kind: str, value: str) -> str:
    """What stands for a finding in a baseline."""
    told = json.dumps([path, kind, value]).encode()
    return hashlib.scrypt(told, salt=salt, n=_COST, r=8, p=1, dklen=_FINGERPRINT).hex()


def made(salt: bytes, found: Iterable[tuple[str, str, str]]) -> Baseline:
    """The baseline of findings, each its path, kind and value; the salt is 16 random bytes of a new file."""
    if len(salt) != _SALT:
        raise ContractError(f"a salt has {_SALT} bytes", field="salt", code="pii.baseline")
    return Baseline(
        salt,
        frozenset(Entry(path, kind, fingerprint(salt, path, kind, value)) for path, kind, value in found),
    )


def read(text: str) -> Baseline:
    """The baseline of a file. Raises ContractError, with the field at fault, for any other text."""
    try:
        document: Any = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise ContractError("the baseline is not JSON", field="baseline", code="pii.baseline") from error
    if not isinstance(document, dict) or document.get("version") != VERSION:
        raise ContractError(f"a baseline of version {VERSION} is read", field="version", code="pii.baseline")
    salt = _bytes(document.get("salt"), _SALT, "salt")
    listed = document.get("entries")
    if not isinstance(listed, list) or len(listed) > MOST:
        raise ContractError(f"entries are a list, of {MOST} at most", field="entries", code="pii.baseline")
    return Baseline(salt, frozenset(_entry(item, f"entries.{place}") for place, item in enumerate(listed)))


def _entry(item: Any, field: str) -> Entry:
    if not isinstance(item, list) or len(item) != 3 or not all(isinstance(part, str) for part in item):
        raise ContractError("an entry is path, kind and fingerprint", field=field, code="pii.baseline")
    return Entry(item[0], item[1], _bytes(item[2], _FINGERPRINT, field).hex())


def _bytes(value: Any, length: int, field: str) -> bytes:
    try:
        made = bytes.fromhex(value) if isinstance(value, str) else b""
    except ValueError:
        made = b""
    if len(made) != length:
        raise ContractError(f"{length} bytes in hexadecimal are wanted", field=field, code="pii.baseline")
    return made
