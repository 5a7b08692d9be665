"""Copies a log from the plane, so that anyone can verify it without the plane."""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Final, Protocol

from cli.ledger.packing import Packer
from cli.output import CommandError
from cli.plane import STATE
from writ.ledger.logcopy import CHECKPOINT, TRUST_ROOT, WITNESS_POLICY, LogCopy, entry_of
from writ.ledger.tiles import ENTRIES, Tile, tiles_of

COPIES: Final = STATE / "ledger"
_FINGERPRINT: Final = re.compile(r"[0-9a-f]{64}")

Progress = Callable[[int, int], None]


class LogSource(Protocol):
    """Where a log is read from."""

    def object(self, key: str) -> bytes | None:
        """An object of the log, or None."""

    def objects(self, keys: Iterable[str]) -> Iterator[tuple[str, bytes | None]]:
        """Objects of the log by their keys, in order; None for those that are not there."""

    def anchors(self) -> Iterator[tuple[str, bytes]]:
        """Names and bytes of the checkpoints under Object Lock."""

    def statements(self, size: int) -> Iterator[tuple[str, bytes]]:
        """Entry ids and envelopes of the leaves below `size`, in any order."""

    def certificates(self) -> Iterator[tuple[str, bytes]]:
        """Fingerprints and PEM of every certificate that was issued to a bot."""


def write_copy(
    source: LogSource,
    folder: Path,
    progress: Progress = lambda _done, _all: None,
    *,
    packed: bool = False,
) -> LogCopy:
    """Copy a log as of its newest checkpoint; what was at `folder` before is replaced.

    Each statement is a file under its entry's name or, `packed`, stands with 255 others beside its leaf.

    Raises CommandError when there is no checkpoint yet.
    """
    note = source.object(CHECKPOINT)
    if note is None:
        raise CommandError(
            "the log has no checkpoint yet", code="ledger.no_checkpoint", hint="writ logs sequencer"
        )
    size = size_of(note)
    building = folder.with_name(folder.name + ".part")
    shutil.rmtree(building, ignore_errors=True)
    _write(building / CHECKPOINT, note)
    for name in (TRUST_ROOT, WITNESS_POLICY):
        data = source.object(name)
        if data is not None:
            _write(building / name, data)
    for path, data in source.objects(tile.path for tile in every_tile(size)):
        if data is not None:  # verification names a tile that is missing
            _write(building / path, data)
    for name, anchor in source.anchors():
        if size_of(anchor) <= size:
            _write(building / "checkpoints" / name, anchor)
    statements = _counted(source.statements(size), size, progress)
    for entry, envelope in _pack(statements, building, size) if packed else statements:
        name = f"{entry}.json"
        entry_of(name)  # an id that is no file name must not become one
        _write(building / "statements" / name, envelope)
    # After the statements: whoever signed one of them was certified before.
    (building / "certificates").mkdir(parents=True, exist_ok=True)
    for name, pem in source.certificates():
        if not _FINGERPRINT.fullmatch(name):
            raise CommandError(f"{name!a} is no certificate's fingerprint", code="ledger.copy")
        _write(building / "certificates" / f"{name}.pem", pem)
    shutil.rmtree(folder, ignore_errors=True)
    building.rename(folder)
    return LogCopy(folder)


def every_tile(size: int) -> Iterator[Tile]:
    """The files of a log of `size` leaves: entry bundles, and every level of hash tiles."""
    yield from tiles_of(ENTRIES, size)
    level = 0
    while size >> (8 * level):
        yield from tiles_of(level, size)
        level += 1


def size_of(note: bytes) -> int:
    """The size a signed note claims; whether it may, verification says. -1 for anything else."""
    lines = note.split(b"\n", 2)
    return int(lines[1]) if len(lines) > 1 and lines[1].isdigit() else -1


def _counted(
    statements: Iterator[tuple[str, bytes]], size: int, progress: Progress
) -> Iterator[tuple[str, bytes]]:
    for done, statement in enumerate(statements, 1):
        yield statement
        progress(done, size)


def _pack(statements: Iterator[tuple[str, bytes]], folder: Path, size: int) -> Iterator[tuple[str, bytes]]:
    """Write packs of the statements; yields those that are of no leaf."""
    with Packer() as packer:
        for entry, envelope in statements:
            packer.add(entry, envelope)
        packer.write(folder, size)
        yield from packer.rest()


def _write(path: Path, data: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)
