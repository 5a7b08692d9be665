"""Puts the envelopes of a copy beside their leaves, however they come."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path
from types import TracebackType
from typing import Self

from writ.ledger.errors import VerificationError
from writ.ledger.leaf import decode_leaf
from writ.ledger.packed import encode_pack, pack_path
from writ.ledger.tiles import ENTRIES, decode_bundle, tiles_of


class Packer:
    """Takes envelopes in any order and writes those that a leaf names into packs; memory stays flat."""

    def __init__(self) -> None:
        # An empty name makes a private file that SQLite deletes.
        self._database = sqlite3.connect("", isolation_level=None)
        self._database.execute(
            "CREATE TABLE envelope (digest TEXT, entry TEXT, data BLOB, packed INTEGER NOT NULL DEFAULT 0)"
        )
        self._database.execute("BEGIN")

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._database.close()

    def add(self, entry: str, envelope: bytes) -> None:
        self._database.execute(
            "INSERT INTO envelope (digest, entry, data) VALUES (?, ?, ?)",
            (sha256(envelope).hexdigest(), entry, envelope),
        )

    def write(self, folder: Path, size: int) -> None:
        """Write a pack beside every entry bundle of a copy of `size` leaves."""
        self._database.execute("CREATE INDEX envelope_digest ON envelope (digest)")
        for tile in tiles_of(ENTRIES, size):
            bundle = folder / tile.path
            held = [self._of(leaf) for leaf in _leaves(bundle.read_bytes() if bundle.is_file() else b"")]
            pack = folder / pack_path(tile)
            pack.parent.mkdir(parents=True, exist_ok=True)
            pack.write_bytes(encode_pack((held + [None] * tile.width)[: tile.width]))

    def rest(self) -> Iterator[tuple[str, bytes]]:
        """Entries and envelopes that no leaf names: they are not what was logged, and must be seen."""
        rows = self._database.execute("SELECT entry, data FROM envelope WHERE NOT packed ORDER BY entry")
        return ((str(entry), bytes(data)) for entry, data in rows)

    def _of(self, leaf: bytes) -> bytes | None:
        try:
            digest = decode_leaf(leaf).envelope_sha256
        except VerificationError:
            return None
        query = "SELECT rowid, data FROM envelope WHERE digest = ? ORDER BY packed LIMIT 1"
        row = self._database.execute(query, (digest,)).fetchone()
        if row is None:
            return None
        self._database.execute("UPDATE envelope SET packed = 1 WHERE rowid = ?", (row[0],))
        return bytes(row[1])


def _leaves(bundle: bytes) -> Iterator[bytes]:
    """The leaves of a bundle as far as it can be read; verification says where it cannot."""
    try:
        yield from decode_bundle(bundle)
    except VerificationError:
        return
