"""One round: find what stands still and do what helps. All may be repeated, by two rounds at once as well."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final

from functions.reconciler.diagnosis import MARGIN, Remedy, diagnose
from writ.contracts.errors import WritError
from writ.contracts.event import AnyEvent
from writ.ports.actions import ActionRecord, ActionStore, Phase
from writ.ports.approvals import ApprovalRequest, ApprovalStore
from writ.ports.clock import Clock
from writ.runtime import notices
from writ.runtime.answers import Answers
from writ.trace import recording
from writ.trace.span import ACTION

# A minute has room for both; what is left over has its turn in the next.
FOUND_A_ROUND: Final = 500
ABANDONED_A_ROUND: Final = 50


@dataclass(frozen=True, slots=True)
class Ports:
    """What a round needs from outside; `abandon` is that of a loop which acts as the reconciler."""

    actions: ActionStore
    approvals: ApprovalStore
    answers: Answers
    clock: Clock
    abandon: Callable[[str], ActionRecord]


@dataclass(slots=True)
class Report:
    """Remedies by count, the actions that were closed, and the error code of what failed, by action."""

    remedies: Counter[Remedy] = field(default_factory=Counter)
    closed: list[ActionRecord] = field(default_factory=list)
    failures: dict[str, str] = field(default_factory=dict)


def reconcile(ports: Ports) -> Report:
    """Treat what stands still now, the longest first.

    A remedy that fails is reported, and tried again in the next round. Raises what finding them raises.
    """
    now = ports.clock.now()
    found = [
        *ports.actions.stale(Phase.CLAIMED, now - MARGIN, FOUND_A_ROUND),
        *ports.actions.stale(Phase.WAITING, now, FOUND_A_ROUND),
    ]
    current = _Round(ports)
    for record in found:
        current.guarded(record, current.treat)
    current.wake()
    for record in current.hopeless[:ABANDONED_A_ROUND]:
        current.guarded(record, current.abandon)
    return current.report


class _Round:
    def __init__(self, ports: Ports) -> None:
        self._ports = ports
        self._now = ports.clock.now()
        self._sleepers: list[ActionRecord] = []
        self.hopeless: list[ActionRecord] = []
        self.report = Report()

    def guarded(self, record: ActionRecord, remedy: Callable[[ActionRecord], None]) -> None:
        """One action that resists must not keep the others from theirs."""
        try:
            with recording.elsewhere(record.cause.trace, "reconcile", {ACTION: record.action.id}):
                remedy(record)
        except WritError as error:
            self.report.failures[record.action.id] = error.code

    def treat(self, record: ActionRecord) -> None:
        request = self._request(record)
        remedy = diagnose(record, request, self._now)
        self.report.remedies[remedy] += 1
        match remedy:
            case Remedy.WAKE:
                self._sleepers.append(record)
            case Remedy.ABANDON:
                self.hopeless.append(record)
            case Remedy.EXPIRE:
                self._expire(record)
            case Remedy.MAKE_KNOWN if request is not None:
                self._make_known(record, request)
            case Remedy.REARM if request is not None:
                after = record.after(self._now, lease_until=request.expires_at)
                self._ports.actions.advance(record, after)

    def wake(self) -> None:
        """Tell the bots of actions that only they can settle."""
        answers = self._ports.answers
        events: list[AnyEvent] = [
            notices.action_stalled(record, self._now, answers.identity.bot) for record in self._sleepers
        ]
        try:
            answers.bus.publish(events)
        except WritError as error:
            self.report.failures |= {record.action.id: error.code for record in self._sleepers}

    def abandon(self, record: ActionRecord) -> None:
        request = self._request(record)
        if request is not None and request.answer is not None:
            self._ports.answers.attest(record, request.answer)
        closed = self._ports.abandon(record.action.id)
        if closed.phase is Phase.CLOSED:
            self.report.closed.append(closed)

    def _expire(self, record: ActionRecord) -> None:
        if self._ports.approvals.expire(record.action.id):
            self._sleepers.append(record)
            return
        request = self._request(record)  # somebody answered in the last moment
        if request is not None:
            self._make_known(record, request)

    def _make_known(self, record: ActionRecord, request: ApprovalRequest) -> None:
        if request.answer is not None:
            self._ports.answers.publish(record, request.answer)

    def _request(self, record: ActionRecord) -> ApprovalRequest | None:
        waiting = record.phase is Phase.WAITING
        return self._ports.approvals.get(record.action.id) if waiting else None
