"""What erasing needs from outside."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Protocol

from functions.erasures.model import Hold, Kept, KeyRecord, Member
from functions.erasures.payloads import PayloadTable
from functions.erasures.records import ActionRecords
from functions.erasures.vault import VaultTable
from writ.adapters.index_table import IndexTable
from writ.adapters.log_bucket import AnchorBucket
from writ.adapters.step_functions import StepFunctions
from writ.adapters.system import SystemClock
from writ.ports.clock import Clock
from writ.ports.evidence import Evidence
from writ.ports.flows import Flows
from writ.ports.ledger import AnchorTimes, LogIndex
from writ.runtime.connect import recorder
from writ.runtime.environment import Environment
from writ.runtime.identity import Identity, own_identity


class Vault(Protocol):
    """Data keys and holds. Every method may be repeated; a write raises ConflictError `conflict.held` for
    what a legal hold keeps.
    """

    def lookup(self, person: str) -> str | None:
        """The reference of a person's present key."""

    def read(self, ref: str) -> KeyRecord | None: ...

    def members(self, ref: str) -> Sequence[Member]:
        """Every entry that the key ever sealed; complete once it is fenced."""

    def page(self, ref: str, after: str, limit: int) -> Sequence[Member]:
        """Some of them, in the order of their names, from after one of them on."""

    def seals(self, ref: str, stream: str) -> bool:
        """Whether an entry of a stream is among them."""

    def fence(self, ref: str, action_id: str, now: datetime) -> None:
        """From here on nothing is sealed with the key: whoever states something gets another one."""

    def note(self, ref: str, member: Member) -> None:
        """Keep the nodes of an entry until the erasure is done."""

    def destroy(self, ref: str, parts: int) -> None:
        """Delete the key, and whose it was; its entries are to be erased in so many parts."""

    def advance(self, ref: str, part: int, after: str, entries: int) -> None:
        """A part is done, up to an entry; raises ConflictError unless it is the next one."""

    def forget(self, ref: str, members: Sequence[Member]) -> None:
        """Entries that are done are no longer kept beside the key."""

    def finish(self, ref: str, entries: int) -> None:
        """Mark the erasure as done, and forget what is left of what the key sealed."""

    def erasures(self) -> Sequence[KeyRecord]:
        """Keys that were ever fenced."""

    def holds(self) -> Sequence[Hold]:
        """Every hold that is in force."""

    def hold(self, id: str) -> Hold | None: ...

    def place(self, hold: Hold) -> None:
        """Raises ConflictError when there is one of this id."""

    def lift(self, id: str, action_id: str) -> None:
        """Raises NotFoundError when there is none of this id in force."""

    def expired_until(self, predicate_type: str) -> date | None:
        """The last day whose payloads retention has erased."""

    def expire(self, predicate_type: str, day: date) -> None: ...


class Payloads(Protocol):
    """The stored entries, seen by who erases them."""

    def read(self, entry_ids: Sequence[str]) -> Mapping[str, Kept]:
        """Strongly consistent."""

    def erase(self, kept: Kept, by: str) -> None:
        """Delete payload and subjects; the erasure that came first stays the one that is named."""


class Records(Protocol):
    """The working copies of what evidence says: records of actions and the answers to them."""

    def is_open(self, action_id: str) -> bool: ...

    def opened(self) -> Sequence[str]:
        """Actions that are open, as of a moment ago; a thousand of each kind at most."""

    def forget(self, action_id: str) -> None:
        """Take out of a closed action what people are named by and what it was about."""


@dataclass(frozen=True, slots=True)
class Ports:
    """The bot's own ports."""

    vault: Vault
    payloads: Payloads
    records: Records
    index: LogIndex
    anchors: AnchorTimes
    evidence: Evidence
    identity: Identity
    entropy: Callable[[int], bytes]
    clock: Clock
    flows: Flows


def connect(environment: Environment) -> Ports:
    """The ports of a deployed function."""
    return Ports(
        vault=VaultTable(environment.table("subjects")),
        payloads=PayloadTable(environment.table("entries")),
        records=ActionRecords(
            environment.table("actions"), environment.table("usage"), environment.table("approvals")
        ),
        index=IndexTable(environment.table("index")),
        anchors=AnchorBucket(environment.bucket("anchors")),
        evidence=recorder(environment),
        identity=own_identity(environment),
        entropy=secrets.token_bytes,
        clock=SystemClock(),
        flows=StepFunctions(environment.flows),
    )
