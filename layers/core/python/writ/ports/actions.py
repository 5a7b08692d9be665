"""Where the state of every action is kept, and with it the promise of one effect per effect key."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from typing import Any, Protocol

from writ.contracts.action import Action, Approval, Decision, Outcome


class Phase(StrEnum):
    """CLAIMED: an attempt holds the lease. WAITING: for a person. CLOSED: has its outcome, for good."""

    CLAIMED = "claimed"
    WAITING = "waiting"
    CLOSED = "closed"


@dataclass(frozen=True, slots=True)
class Cause:
    """The event an action was planned from, and whoever stands behind it."""

    event_type: str
    event_id: str
    actor_kind: str = "bot"
    actor_id: str = ""
    trace: str | None = None


@dataclass(frozen=True, slots=True)
class ActionRecord:
    """One action's permanent record; its key is the action id, which is its effect key.

    `attempt` counts claims, and `lease_until` ends the present one. `version` rises with every write.
    """

    action: Action
    decision: Decision
    cause: Cause
    phase: Phase
    attempt: int
    lease_until: datetime
    created_at: datetime
    updated_at: datetime
    version: int = 1
    approval: Approval | None = None
    outcome: Outcome | None = None

    def after(self, now: datetime, **changes: Any) -> ActionRecord:
        """The record as it is written next, at `now`."""
        return replace(self, updated_at=now, version=self.version + 1, **changes)


@dataclass(frozen=True, slots=True)
class Reservation:
    """One unit of a counter, to be taken only while it stands below `limit`; counts anyway without one."""

    counter: str
    slot: str
    limit: int | None


class ActionStore(Protocol):
    """Conditional writes only. Every method may fail after its effect; calling again is safe."""

    def get(self, action_id: str) -> ActionRecord | None:
        """Strongly consistent read."""

    def claim(self, record: ActionRecord, reservations: Sequence[Reservation]) -> None:
        """Write a new record and take the reservations, all or nothing.

        Raises ConflictError when the record exists, LimitExceededError when a counter is full.
        """

    def advance(
        self, before: ActionRecord, after: ActionRecord, reservations: Sequence[Reservation] = ()
    ) -> None:
        """Replace a record that is still at `before.version`, and take the reservations with it.

        Raises ConflictError when somebody else was faster, LimitExceededError when a counter is full.
        """

    def close(self, before: ActionRecord, after: ActionRecord) -> None:
        """Like advance to CLOSED, and count the outcome in the bot's hourly statistics, once."""

    def stale(self, phase: Phase, before: datetime, limit: int) -> Sequence[ActionRecord]:
        """Records of a phase whose lease (or approval deadline, for WAITING) ended before an instant."""

    def count(self, phase: Phase) -> int:
        """How many records are in an open phase, as of a moment ago."""
