"""What one commit does to a log of any size: requests, bytes and CPU, which must not grow with the log."""

from __future__ import annotations

import statistics
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from functools import partial
from typing import Any, Final

from tests.support.log_forge import NOW, ORIGIN, Entry, Forge
from tests.support.memory import ManualClock
from tests.support.memory_ledger import (
    MemoryAnchors,
    MemoryCertificates,
    MemoryEntries,
    MemoryFiles,
    MemoryHeads,
    MemoryIndex,
    MemorySigner,
)
from writ.contracts.statement import ACTION
from writ.ledger.evidence import EvidenceChecker
from writ.ledger.leaf import decode_leaf
from writ.ledger.merkle import inclusion_proof
from writ.ledger.sequencer import Sequencer, SequencerPorts
from writ.ledger.tiles import ENTRIES, Edge, TiledNodes, grow
from writ.ports.ledger import Head, StoredEntry

SIZES: Final = (1_000, 10_000, 100_000, 1_000_000)
BATCH: Final = 100
_LEAF_BYTES: Final = 1_700
_AT_ONCE: Final = 2_560


@dataclass(frozen=True, slots=True)
class Work:
    """What the commits of a batch took at one size of the log; counts are of one commit, CPU of one entry.

    `proof_hashes` and `proof_us` are of an inclusion proof at that size.
    """

    leaves: int
    files_read: float
    files_written: float
    bytes_read: float
    bytes_written: float
    cpu_us_per_entry: float
    proof_hashes: int
    proof_us: float


@dataclass
class _Counted(MemoryFiles):
    """Files that count what is read and written."""

    read_sizes: list[int] = field(default_factory=list)
    written_sizes: list[int] = field(default_factory=list)

    def read(self, path: str) -> bytes | None:
        data = super().read(path)
        self.read_sizes.append(len(data or b""))
        return data

    def create(self, path: str, data: bytes) -> None:
        super().create(path, data)
        self.written_sizes.append(len(data))


def measure(sizes: Sequence[int], *, commits: int) -> list[Work]:
    """Let a sequencer commit batches to logs of these sizes, which grow out of each other."""
    forge = Forge()
    session = forge.session()
    entries = forge.actions(len(sizes) * commits * BATCH // 2, session)
    files, edge, found = _Counted(), Edge(), list[Work]()
    certificates = MemoryCertificates({session.fingerprint: session.certificate_pem})
    for number, size in enumerate(sorted(sizes)):
        edge = _grown(edge, size, files)
        batch = entries[number * commits * BATCH : (number + 1) * commits * BATCH]
        stored = MemoryEntries({entry.id: as_stored(entry, session.fingerprint) for entry in batch})
        heads = MemoryHeads(Head(size=edge.size, root=edge.root(), base=edge.size, applied=True))
        ports = SequencerPorts(
            entries=stored,
            certificates=certificates,
            heads=heads,
            files=files,
            anchors=MemoryAnchors(),
            index=MemoryIndex(),
            signer=MemorySigner(forge.log_key),
            clock=ManualClock(NOW),
            check=partial(check_evidence, EvidenceChecker(forge.trust)),
        )
        files.checkpoint = None
        found.append(_work(Sequencer(ORIGIN, ports), files, batch, edge))
        edge = Edge.read(heads.head.size, lambda tile: files.files[tile.path])
    return found


def document(found: Sequence[Work]) -> dict[str, Any]:
    """The figures, and for each the largest over the smallest: 1 is flat."""
    rows = [asdict(work) for work in found]
    per_commit = ("files_read", "files_written", "bytes_read", "bytes_written", "cpu_us_per_entry")
    spread = {name: round(_spread([row[name] for row in rows]), 3) for name in per_commit}
    return {"batch": BATCH, "sizes": rows, "largest_over_smallest": spread}


def _spread(values: Sequence[float]) -> float:
    return max(values) / max(min(values), 1e-9)


def _work(sequencer: Sequencer, files: _Counted, batch: Sequence[Entry], edge: Edge) -> Work:
    seconds, commits = list[float](), len(batch) // BATCH
    files.read_sizes.clear()
    files.written_sizes.clear()
    for start in range(0, len(batch), BATCH):
        names = [entry.id for entry in batch[start : start + BATCH]]
        started = time.process_time()
        sequencer.integrate(names)
        seconds.append((time.process_time() - started) / BATCH)
    reads, writes = list(files.read_sizes), list(files.written_sizes)
    started = time.process_time()
    proof = inclusion_proof(
        TiledNodes(edge.size, lambda tile: files.files[tile.path]), edge.size // 3, edge.size
    )
    return Work(
        leaves=edge.size,
        files_read=round(len(reads) / commits, 2),
        files_written=round(len(writes) / commits, 2),
        bytes_read=round(sum(reads) / commits),
        bytes_written=round(sum(writes) / commits),
        cpu_us_per_entry=round(statistics.median(seconds) * 1e6, 1),
        proof_hashes=len(proof),
        proof_us=round((time.process_time() - started) * 1e6, 1),
    )


def _grown(edge: Edge, size: int, files: _Counted) -> Edge:
    """Grow a log to a size with leaves of the usual length; of the bundles only the last one is kept."""
    while edge.size < size:
        count = min(_AT_ONCE - edge.size % _AT_ONCE, size - edge.size)
        growth = grow(edge, [_filler(edge.size + number) for number in range(count)])
        for tile, data in growth.files.items():
            if tile.level != ENTRIES or tile.width < 256:
                files.files[tile.path] = data
        edge = growth.edge
    return edge


def check_evidence(checker: EvidenceChecker, name: str, envelope: bytes, leaf: bytes) -> None:
    checker.check(name, envelope, decode_leaf(leaf))


def _filler(index: int) -> bytes:
    return b"%d" % index + bytes(_LEAF_BYTES - len(str(index)))


def as_stored(entry: Entry, certificate: str) -> StoredEntry:
    stream, _, phase = entry.id.rpartition(".")
    previous = f"{stream}.intent" if phase == "outcome" else None
    return StoredEntry(
        entry.id, entry.signed.encoded, certificate, "backlog", ACTION, stream, previous, (), NOW, NOW
    )
