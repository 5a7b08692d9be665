"""What every process of a schedule shares: the stores, the stream, the bus, the keys."""

from __future__ import annotations

import random
from dataclasses import dataclass, field
from datetime import timedelta
from functools import cache
from typing import Final

from tests.support.log_forge import NOW
from tests.support.memory import ManualClock, MemoryBus
from tests.support.memory_ledger import (
    MemoryAnchors,
    MemoryCertificates,
    MemoryEntries,
    MemoryFiles,
    MemoryHeads,
    MemoryIndex,
    MemorySigner,
)
from tests.support.sts import Sts
from writ.contracts.errors import TransientError
from writ.ledger.session import new_session_key
from writ.ports.ledger import StoredEntry

# botocore as `writ.adapters.aws` configures it: four attempts of 2 s to connect and 10 s to read, and the
# waits between them. A request that is older has been given up and is never carried out.
REQUEST_LIFE: Final = timedelta(seconds=55)


@dataclass(frozen=True)
class Keys:
    """The keys of the plane; made once a process, for schedules differ in order, not in keys."""

    log: MemorySigner
    ca: MemorySigner
    ct: MemorySigner


@cache
def keys() -> Keys:
    return Keys(*(MemorySigner(new_session_key()) for _ in range(3)))


@dataclass
class Streamed(MemoryEntries):
    """Entries whose stream brings each append at least once, at times twice, at times late."""

    clock: ManualClock = field(default_factory=ManualClock)
    random: random.Random = field(default_factory=random.Random)
    stream: list[str] = field(default_factory=list)

    def append(self, entry: StoredEntry) -> None:
        if self.clock.now() - entry.appended_at > REQUEST_LIFE:
            raise TransientError("the request was given up long ago")
        super().append(entry)
        for _ in range(self.random.choice((1, 1, 1, 2))):
            late = self.random.randrange(5)
            self.stream.insert(max(0, len(self.stream) - late), entry.entry_id)


@dataclass
class Stores:
    """All of it. `signed` is every text the log's key was asked to sign, in order."""

    clock: ManualClock = field(default_factory=lambda: ManualClock(NOW))
    entries: Streamed = field(default_factory=Streamed)
    heads: MemoryHeads = field(default_factory=MemoryHeads)
    files: MemoryFiles = field(default_factory=MemoryFiles)
    anchors: MemoryAnchors = field(default_factory=MemoryAnchors)
    index: MemoryIndex = field(default_factory=MemoryIndex)
    certificates: MemoryCertificates = field(default_factory=MemoryCertificates)
    bus: MemoryBus = field(default_factory=MemoryBus)
    sts: Sts = field(default_factory=Sts)

    def __post_init__(self) -> None:
        self.entries.clock = self.anchors.clock = self.clock
        self.signer = MemorySigner(keys().log.key)

    @property
    def signed(self) -> list[bytes]:
        return self.signer.signed

    def copy(self) -> Stores:
        """The same state, to go on from more than once."""
        made = Stores(
            clock=ManualClock(self.clock.now()),
            entries=Streamed(dict(self.entries.entries), stream=list(self.entries.stream)),
            heads=MemoryHeads(self.heads.head, self.heads.swept),
            files=MemoryFiles(dict(self.files.files), self.files.checkpoint, list(self.files.published)),
            anchors=MemoryAnchors(copies=dict(self.anchors.copies), times=dict(self.anchors.times)),
            index=MemoryIndex(
                dict(self.index.locations), {edge: dict(found) for edge, found in self.index.edges.items()}
            ),
            certificates=MemoryCertificates(
                dict(self.certificates.certificates), dict(self.certificates.roots)
            ),
            bus=MemoryBus(list(self.bus.events)),
        )
        made.signer.signed = list(self.signed)
        return made
