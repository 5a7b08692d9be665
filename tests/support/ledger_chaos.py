"""A log under several sequencers, faults at every port call, and the oracle that judges what is left."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from functools import cache
from hashlib import sha256

from tests.support.interleave import Death, Gate, Schedule
from tests.support.log_forge import NOW, ORIGIN, Entry, Forge, an_action
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
from writ.contracts.errors import TransientError
from writ.ledger.checkpoint import Checkpoint, open_checkpoint
from writ.ledger.evidence import EvidenceChecker
from writ.ledger.leaf import decode_leaf
from writ.ledger.sequencer import Sequencer, SequencerPorts
from writ.ledger.session import Session
from writ.ledger.tiles import ENTRIES, Edge, decode_bundle, edge_tiles, grow, tiles_of
from writ.ports.ledger import StoredEntry

SCHEDULES = int(os.environ.get("WRIT_CHAOS_SCHEDULES", "250"))
_POOL = 150


@cache
def pool() -> tuple[Forge, Session, Sequence[Entry]]:
    """Signed entries, made once: schedules differ in their order, not in their content."""
    forge = Forge()
    session = forge.session()
    return forge, session, forge.actions(_POOL, session)


@cache
def checker() -> EvidenceChecker:
    return EvidenceChecker(pool()[0].trust)


_passed: set[bytes] = set()


def check(entry_id: str, encoded: bytes, leaf: bytes) -> None:
    """The real check; what passed once is not checked again."""
    digest = sha256(encoded + leaf).digest()
    if digest not in _passed:
        checker().check(entry_id, encoded, decode_leaf(leaf))
        _passed.add(digest)


@dataclass
class World:
    """Stores shared by every sequencer of a schedule, and what was acknowledged to writers."""

    schedule: Schedule
    sequencer: type[Sequencer] = Sequencer
    clock: ManualClock = field(default_factory=lambda: ManualClock(NOW))
    entries: MemoryEntries = field(default_factory=MemoryEntries)
    heads: MemoryHeads = field(default_factory=MemoryHeads)
    files: MemoryFiles = field(default_factory=MemoryFiles)
    anchors: MemoryAnchors = field(default_factory=MemoryAnchors)
    index: MemoryIndex = field(default_factory=MemoryIndex)
    certificates: MemoryCertificates = field(default_factory=MemoryCertificates)
    stream: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        forge, session, _ = pool()
        self.signer = MemorySigner(forge.log_key)
        self.certificates.certificates[session.fingerprint] = session.certificate_pem

    def ports(self, gate: Gate | None) -> SequencerPorts:
        def guarded(port: object) -> object:
            return gate.guard(port) if gate else port

        return SequencerPorts(
            guarded(self.entries),  # type: ignore[arg-type]
            guarded(self.certificates),  # type: ignore[arg-type]
            guarded(self.heads),  # type: ignore[arg-type]
            guarded(self.files),  # type: ignore[arg-type]
            guarded(self.anchors),  # type: ignore[arg-type]
            guarded(self.index),  # type: ignore[arg-type]
            guarded(self.signer),  # type: ignore[arg-type]
            self.clock,
            check,
        )

    def write(self, gate: Gate) -> None:
        """Append entries one by one; what is appended reaches the stream, at times twice or late."""
        random = self.schedule.random
        entries = list(pool()[2])
        start = random.randrange(0, len(entries) - 60) & ~1
        for entry in entries[start : start + random.randrange(2, 60)]:
            if random.random() < 0.3:
                gate.wait()
            self.entries.append(stored(entry))
            for _ in range(random.choice((1, 1, 1, 2))):
                late = random.randrange(5)
                self.stream.insert(max(0, len(self.stream) - late), entry.id)

    def sequence(self, gate: Gate) -> None:
        """Take batches off the stream for a while; a batch that failed is delivered again."""
        random = self.schedule.random
        for _ in range(random.randrange(2, 6)):
            batch = self.stream[-random.randrange(1, 40) :]
            sequencer = self.sequencer(ORIGIN, self.ports(gate))
            try:
                if random.random() < 0.2:
                    sequencer.sweep(timedelta(0))
                else:
                    sequencer.integrate(batch)
            except (Death, TransientError):
                continue

    def settle(self) -> None:
        """All is well again: the stream delivers what it has, twice, to one sequencer."""
        for _ in range(2):
            self.sequencer(ORIGIN, self.ports(None)).integrate(self.stream)


def stored(entry: Entry) -> StoredEntry:
    number = next(i for i, other in enumerate(pool()[2]) if other.id == entry.id)
    action = an_action(number // 2)
    return StoredEntry(
        entry_id=entry.id,
        envelope=entry.signed.encoded,
        certificate=pool()[1].fingerprint,
        actor="backlog",
        type="https://writ.example/action/v1",
        stream=action.id,
        previous=f"{action.id}.intent" if number % 2 else None,
        subjects=(action.target.subject_digest(),),
        time=NOW,
        appended_at=NOW - timedelta(minutes=2),
    )


def run(seed: int, sequencer: type[Sequencer] = Sequencer) -> World:
    """One schedule from start to rest."""
    schedule = Schedule(seed, fault_rate=(seed % 5) * 0.04)
    world = World(schedule, sequencer)
    schedule.add(world.write)
    for _ in range(1 + seed % 5):
        schedule.add(world.sequence)
    schedule.run()
    world.settle()
    return world


def judge(world: World) -> None:
    """I4 and I5: every acknowledged entry is one leaf, and all that was ever signed is consistent."""
    leaves = logged(world)
    names = {entry.leaf: entry.id for entry in pool()[2]}
    order = [names[leaf] for leaf in leaves]
    assert sorted(order) == sorted(world.entries.entries), "I4: lost, altered or duplicated"
    assert {name: entry.index for name, entry in world.index.locations.items()} == {
        name: index for index, name in enumerate(order)
    }, "I4: the index names other leaves"
    for index, name in enumerate(order):
        previous = world.entries.entries[name].previous
        assert previous is None or order.index(previous) < index, "a statement precedes the one it follows"
    for text in world.signer.signed:
        origin, size, _ = text.decode().split("\n")[:3]
        edge = grow(Edge(), leaves[: int(size)]).edge
        assert Checkpoint(origin, edge.size, edge.root()).text() == text, "I5: another history was signed"
    assert world.files.checkpoint is not None or not leaves
    if world.files.checkpoint is not None:
        standing = open_checkpoint(world.files.checkpoint[0], ORIGIN, world.signer.public_key())
        assert (standing.size, standing.root) == (len(leaves), world.heads.head.root)
        assert max(world.anchors.copies) == (standing.size, standing.root)


def logged(world: World) -> list[bytes]:
    """The leaves of the log as its files have them, after checking that its tiles are theirs."""
    size = world.heads.head.size
    leaves = [
        leaf for tile in tiles_of(ENTRIES, size) for leaf in decode_bundle(world.files.files[tile.path])
    ]
    whole = grow(Edge(), leaves)
    assert (whole.edge.size, whole.edge.root()) == (size, world.heads.head.root or whole.edge.root())
    for tile in edge_tiles(size):
        assert world.files.files[tile.path] == whole.files[tile]
    return leaves
