"""A log whose head a test moves, GitHub in memory, and the anchor bot on both."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

from functions.anchor.memory import Memory
from functions.anchor.statuses import Posted
from tests.support.log_forge import Forge
from tests.support.memory_ledger import MemoryFiles
from writ.contracts.errors import TransientError
from writ.contracts.event import AnyEvent, parse_event
from writ.ledger.logcopy import TRUST_ROOT

REPOSITORY = "acme/releases"
NEWEST = "a" * 40
HOURLY = "rate(1 hour)"


@dataclass
class MovingLog:
    """The files of a log of which only the newest checkpoint is read."""

    forge: Forge = field(default_factory=Forge)
    files: MemoryFiles = field(default_factory=MemoryFiles)

    def grow(self, size: int) -> None:
        self.files.files[TRUST_ROOT] = self.forge.trust.encode()
        note = self.forge.note(size, root_at(size))
        self.files.checkpoint = (note, str(size))


def root_at(size: int) -> bytes:
    """The root that a test's log has at a size."""
    return size.to_bytes(32, "big")


@dataclass
class MemoryStatuses:
    """See Statuses. `fails` are what the next posts raise; `late`: only once they have had their effect."""

    posted: list[tuple[str, str, str, str]] = field(default_factory=list)
    fails: list[Exception] = field(default_factory=list)
    late: bool = False
    asked: int = 0
    head: str = NEWEST

    def newest_commit(self, repository: str) -> str:
        self.asked += 1
        if self.fails:
            raise self.fails.pop(0)
        return self.head

    def find(self, repository: str, commit: str, context: str, description: str) -> Posted | None:
        self.asked += 1
        wanted = (repository, commit, context, description)
        return _as_posted(self.posted.index(wanted)) if wanted in self.posted else None

    def post(self, repository: str, commit: str, context: str, description: str) -> Posted:
        self.asked += 1
        if self.fails and not self.late:
            raise self.fails.pop(0)
        self.posted.append((repository, commit, context, description))
        if self.fails:
            raise self.fails.pop(0)
        return _as_posted(len(self.posted) - 1)


@dataclass
class MemoryMemory:
    """See MemoryStore."""

    kept: dict[str, Memory] = field(default_factory=dict)

    def read(self, origin: str) -> Memory:
        return self.kept.get(origin, Memory())

    def replace(self, origin: str, before: Memory, after: Memory) -> None:
        if self.read(origin) != before:
            raise TransientError("another attempt is at it")
        self.kept[origin] = after


def tick(id: str, at: datetime) -> AnyEvent:
    """The schedule coming due."""
    meta = {"id": id, "time": at.isoformat(), "producer": "scheduler"}
    return parse_event("ScheduleTicked.v1", {"meta": meta, "data": {"schedule": HOURLY}})


def _as_posted(number: int) -> Posted:
    return Posted(number, f"https://api.github.com/repos/{REPOSITORY}/statuses/{number}")
