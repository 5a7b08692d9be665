"""A copy of a log on disk: what an auditor holds.

checkpoint                  the signed note
checkpoints/*               earlier signed notes, where there are any (Object Lock copies)
tile/<L>/<N>[.p/<W>]        hash tiles
tile/entries/<N>[.p/<W>]    entry bundles
statements/<entry id>.json  envelopes, byte for byte
envelopes/<N>[.p/<W>]       the same, 256 leaves to a file: what a copy of a large log has in their place;
                            see `packs`
certificates/<SHA-256>.pem  every certificate that the authority issued, where the copy has them
trust-root.json             keys and authorities; take it from elsewhere to trust less
witness-policy              the witnesses that the log asks, where there are any; likewise
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from writ.ledger.errors import VerificationError
from writ.ledger.packed import pack_path
from writ.ledger.tiles import Tile

CHECKPOINT: Final = "checkpoint"
TRUST_ROOT: Final = "trust-root.json"
_CERTIFICATES: Final = "certificates"
WITNESS_POLICY: Final = "witness-policy"
_STATEMENT: Final = re.compile(r"([A-Za-z0-9][A-Za-z0-9._-]{0,127})\.json")
MAX_FILE: Final = 256 * 1024 * 1024


def entry_of(file_name: str) -> str:
    """The entry a statement file is named after.

    Raises
    ------
    VerificationError
        `ledger.copy`: it is not named after one.
    """
    match = _STATEMENT.fullmatch(file_name)
    if match is None:
        raise VerificationError(f"statements: {file_name!a} is no entry's name", code="ledger.copy")
    return match[1]


class LogCopy:
    """Reads a log copy in a folder; nothing in it is trusted.

    One that lies elsewhere overrides `place`, `has_certificates`, `_names` and `_read`.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def read(self, path: str) -> bytes | None:
        """A file of the log; see LogReader."""
        return self._read(path)

    def read_checkpoint(self) -> tuple[bytes, str] | None:
        """See LogReader; a copy has one version."""
        note = self._read(CHECKPOINT)
        return None if note is None else (note, "")

    def checkpoint(self) -> bytes:
        return self._required(CHECKPOINT)

    def trust_root(self) -> bytes:
        return self._required(TRUST_ROOT)

    def tile(self, tile: Tile) -> bytes | None:
        """The bytes of a tile or bundle, or None where the copy lacks it."""
        return self._read(tile.path)

    def pack(self, bundle: Tile) -> bytes | None:
        """The envelopes of a bundle's leaves, or None where the copy has no such file."""
        return self._read(pack_path(bundle))

    def statement(self, entry_id: str) -> bytes:
        return self._required(f"statements/{entry_id}.json")

    def statement_files(self) -> Iterator[str]:
        """Names of the files that hold statements, in no particular order."""
        return self._names("statements")

    def earlier_checkpoint_files(self) -> list[str]:
        """Names of the files that hold earlier signed notes."""
        return sorted(self._names("checkpoints"))

    def earlier_checkpoint(self, file_name: str) -> bytes:
        return self._required(f"checkpoints/{file_name}")

    def has_certificates(self) -> bool:
        """Whether the copy says which certificates were issued."""
        return (self.folder / _CERTIFICATES).is_dir()

    def certificates(self) -> Iterator[tuple[str, bytes]]:
        """Fingerprints and PEM of the certificates that were issued, as the copy has them."""
        for name in sorted(self._names(_CERTIFICATES)):
            yield name.removesuffix(".pem"), self._required(f"{_CERTIFICATES}/{name}")

    @property
    def place(self) -> str:
        """Where the copy is, for people, and to tell it from others."""
        return str(self.folder)

    def _names(self, name: str) -> Iterator[str]:
        """Names of the files in one of its folders."""
        folder = self.folder / name
        try:
            yield from (path.name for path in folder.iterdir()) if folder.is_dir() else ()
        except OSError as error:
            raise VerificationError(f"{name!a}: {error.strerror}", code="ledger.copy") from None

    def _required(self, path: str) -> bytes:
        data = self._read(path)
        if data is None:
            raise VerificationError(f"the copy has no {path!a}", code="ledger.copy")
        return data

    def _read(self, path: str) -> bytes | None:
        file = self.folder / path
        try:
            if not file.is_file():
                return None
            if file.stat().st_size > MAX_FILE:
                raise VerificationError(f"{path!a} is larger than any file of a log", code="ledger.copy")
            return file.read_bytes()
        except OSError as error:
            raise VerificationError(f"{path!a}: {error.strerror}", code="ledger.copy") from None
