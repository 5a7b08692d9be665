"""What erasing is about: keys, the entries they seal, holds."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from writ.ports.ledger import IndexedEntry


class KeyState(StrEnum):
    """ACTIVE: it seals. ERASING: it seals nothing new. DESTROYED: it opens nothing. ERASED: all is done."""

    ACTIVE = "active"
    ERASING = "erasing"
    DESTROYED = "destroyed"
    ERASED = "erased"


@dataclass(frozen=True, slots=True)
class KeyRecord:
    """The data key of a person; who that is, is known until it is destroyed.

    `action` and `since` are of the erasure that fenced it, `entries` is how many it erased in the end. Once
    it is destroyed, `part` of `parts` batches are done, up to the entry `after`, with `done` erased entries.
    """

    ref: str
    state: KeyState
    person: str | None = None
    action: str | None = None
    since: datetime | None = None
    entries: int | None = None
    part: int = 0
    parts: int = 0
    after: str = ""
    done: int = 0


@dataclass(frozen=True, slots=True)
class Member:
    """An entry that a key seals, or that a retention takes.

    `nodes` are what the graph finds it by, read out of it as long as it opens.
    """

    entry_id: str
    stream: str
    nodes: tuple[str, ...] | None = None


@dataclass(frozen=True, slots=True)
class Kept:
    """What is stored of an entry beside its payload, and the erasure that took that, if one did.

    The index of `entry` is not known here and -1.
    """

    entry: IndexedEntry
    payload_sha256: str
    appended_at: datetime
    erased_by: str | None = None


@dataclass(frozen=True, slots=True)
class Hold:
    """A legal hold; `scope` is `everything`, the reference of a person's key, or a predicate type."""

    id: str
    scope: str
    placed_at: datetime
    action: str
    lifted_by: str | None = None


FLOW = "erasure"
EVERYTHING = "everything"
ERASED_MARK = "[erased]"
