"""In-memory ports for the loop, with the same conditional semantics as the real ones."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from writ.contracts.action import Approval
from writ.contracts.errors import ConflictError, LimitExceededError, NotFoundError
from writ.contracts.event import AnyEvent
from writ.ledger.canonical import canonical
from writ.ports.actions import ActionRecord, Phase, Reservation
from writ.ports.approvals import ApprovalRequest
from writ.ports.evidence import Adopted
from writ.ports.flows import Run, RunState
from writ.ports.guards import GuardFacts

if TYPE_CHECKING:
    from pydantic import JsonValue, SecretStr

    from writ.contracts.step import StepReport

START = datetime(2026, 3, 2, 10, 0, tzinfo=UTC)


@dataclass
class ManualClock:
    """A clock that only moves when told."""

    instant: datetime = START

    def now(self) -> datetime:
        return self.instant

    def forward(self, **delta: float) -> None:
        self.instant += timedelta(**delta)


@dataclass
class MemoryLimits:
    """See writ.ports.forge_limits.ForgeLimits. `fails`: what the next call raises."""

    until: datetime | None = None
    fails: list[Exception] = field(default_factory=list)

    def waiting_until(self) -> datetime | None:
        self._fail()
        return self.until

    def wait(self, until: datetime) -> None:
        self._fail()
        self.until = max(until, self.until or until)

    def _fail(self) -> None:
        if self.fails:
            raise self.fails.pop(0)


@dataclass
class MemoryActions:
    """Records by action id; the check of `version` is the conditional write."""

    counters: dict[tuple[str, str], int] = field(default_factory=dict)
    records: dict[str, ActionRecord] = field(default_factory=dict)
    statistics: dict[str, int] = field(default_factory=dict)

    def get(self, action_id: str) -> ActionRecord | None:
        return self.records.get(action_id)

    def claim(self, record: ActionRecord, reservations: Sequence[Reservation]) -> None:
        if record.action.id in self.records:
            raise ConflictError("record exists")
        self._reserve(reservations)
        self.records[record.action.id] = record

    def advance(
        self, before: ActionRecord, after: ActionRecord, reservations: Sequence[Reservation] = ()
    ) -> None:
        self._same(before)
        self._reserve(reservations)
        self.records[after.action.id] = after

    def close(self, before: ActionRecord, after: ActionRecord) -> None:
        self._same(before)
        assert after.outcome is not None
        self.records[after.action.id] = after
        self.statistics[after.outcome.status] = self.statistics.get(after.outcome.status, 0) + 1

    def stale(self, phase: Phase, before: datetime, limit: int) -> Sequence[ActionRecord]:
        found = [r for r in self.records.values() if r.phase is phase and r.lease_until <= before]
        return sorted(found, key=lambda record: record.lease_until)[:limit]

    def count(self, phase: Phase) -> int:
        return sum(record.phase is phase for record in self.records.values())

    def _same(self, before: ActionRecord) -> None:
        current = self.records.get(before.action.id)
        if current is None or current.version != before.version or current.phase is Phase.CLOSED:
            raise ConflictError("record changed")

    def _reserve(self, reservations: Sequence[Reservation]) -> None:
        for item in reservations:
            if item.limit is not None and self.counters.get((item.counter, item.slot), 0) >= item.limit:
                raise LimitExceededError("counter is full")
        for item in reservations:
            key = (item.counter, item.slot)
            self.counters[key] = self.counters.get(key, 0) + 1


@dataclass
class MemoryApprovals:
    """Approval requests by action id; the first answer stands."""

    requests: dict[str, ApprovalRequest] = field(default_factory=dict)

    def ask(self, request: ApprovalRequest) -> None:
        self.requests.setdefault(request.action_id, request)

    def get(self, action_id: str) -> ApprovalRequest | None:
        return self.requests.get(action_id)

    def attend(self, action_id: str, token: SecretStr) -> None:
        if action_id not in self.requests:
            raise NotFoundError("no such request")
        self.requests[action_id] = replace(self.requests[action_id], token=token)

    def answer(self, action_id: str, approval: Approval) -> ApprovalRequest:
        request = self.requests.get(action_id)
        if request is None:
            raise NotFoundError("no such request")
        if request.expired or request.answer is not None or approval.at >= request.expires_at:
            raise ConflictError("answered or expired")
        self.requests[action_id] = replace(request, answer=approval)
        return self.requests[action_id]

    def forget(self, action_id: str, mark: str) -> None:
        request = self.requests.get(action_id)
        if request is None or (request.answer is None and not request.expired):
            return
        answer = request.answer and request.answer.model_copy(update={"by": mark, "reason": mark})
        self.requests[action_id] = replace(request, reason=mark, answer=answer)

    def expire(self, action_id: str) -> bool:
        request = self.requests[action_id]
        if request.answer is not None:
            return False
        self.requests[action_id] = replace(request, expired=True)
        return True


@dataclass
class MemoryEvidence:
    """Entries by id; written once, never replaced."""

    entries: dict[str, Mapping[str, Any]] = field(default_factory=dict)
    order: list[str] = field(default_factory=list)
    digests: dict[str, str] = field(default_factory=dict)

    def append_or_adopt(self, entry_id: str, statement: Mapping[str, Any]) -> Adopted:
        fresh = entry_id not in self.entries
        if fresh:
            self.entries[entry_id] = statement
            self.order.append(entry_id)
        return self._adopted(entry_id, fresh)

    def get(self, entry_id: str) -> Adopted | None:
        return self._adopted(entry_id, False) if entry_id in self.entries else None

    def _adopted(self, entry_id: str, fresh: bool) -> Adopted:
        payload, digest = self.entries[entry_id], self.digests.get(entry_id)
        if digest is None:
            digest = self.digests[entry_id] = hashlib.sha256(canonical(dict(payload))).hexdigest()
        return Adopted(entry_id, digest, payload, fresh)


@dataclass
class MemoryFlows:
    """Runs by flow, name and attempt, and what was sent back by token."""

    runs: dict[tuple[str, str, int], Run] = field(default_factory=dict)
    inputs: dict[tuple[str, str, int], Mapping[str, Any]] = field(default_factory=dict)
    replies: list[tuple[str, StepReport]] = field(default_factory=list)

    def start(self, flow: str, name: str, given: Mapping[str, JsonValue], attempt: int = 1) -> None:
        self.runs.setdefault((flow, name, attempt), Run(attempt, RunState.RUNNING))
        self.inputs.setdefault((flow, name, attempt), given)

    def find(self, flow: str, name: str) -> Run | None:
        attempts = [run for (of, thing, _), run in self.runs.items() if (of, thing) == (flow, name)]
        return max(attempts, key=lambda run: run.attempt, default=None)

    def reply(self, token: SecretStr, report: StepReport) -> None:
        self.replies.append((token.get_secret_value(), report))

    def end(self, flow: str, name: str, state: RunState, code: str = "", message: str = "") -> None:
        """The latest attempt is over."""
        run = self.find(flow, name)
        assert run is not None
        self.runs[flow, name, run.attempt] = Run(run.attempt, state, code or None, message or None)


@dataclass
class MemoryBus:
    """Everything published, in order, repeats included."""

    events: list[AnyEvent] = field(default_factory=list)

    def publish(self, events: Sequence[AnyEvent]) -> None:
        self.events.extend(events)


@dataclass
class MemoryGuards:
    """Guard facts over the counters of `MemoryActions`."""

    actions: MemoryActions
    paused: bool | None = False
    action_paused: bool | None = False
    freezes: list[dict[str, Any]] | None = field(default_factory=list)
    exceptions: list[dict[str, Any]] | None = field(default_factory=list)

    def read(self, bot: str, action: str, target_digest: str, now: datetime) -> GuardFacts:
        counter = f"counter#{bot}#{action}"
        hour = now.strftime("%Y%m%d%H")
        usage = {
            "hour": self.actions.counters.get((counter, hour), 0),
            "target_hour": self.actions.counters.get((counter, f"{hour}#{target_digest[:16]}"), 0),
        }
        return GuardFacts(self.paused, self.action_paused, usage, self.freezes, self.exceptions)
