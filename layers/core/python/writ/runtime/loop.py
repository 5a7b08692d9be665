"""The loop for one action: decide, claim, intent, perform, outcome, event, close.

Every step may be the last one that an attempt completes, and any step may be repeated by the next
attempt. What makes that safe is the order and three facts: the record is claimed by one conditional
write per effect key, the intent is durable before the effect, and entry ids are derived from the
action, so that a second attempt adopts the statement of the first instead of making another.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import suppress
from datetime import datetime, timedelta
from functools import cached_property
from typing import TYPE_CHECKING, Any, Final, Generic, NoReturn

from writ.contracts.action import Action, Approval, Decision, Outcome, Status, Verdict
from writ.contracts.errors import (
    ConflictError,
    ContendedError,
    LimitExceededError,
    NotFoundError,
    PermanentError,
    WritError,
)
from writ.ports.actions import ActionRecord, Cause, Phase, Reservation
from writ.ports.approvals import ApprovalRequest
from writ.runtime import attempts, notices
from writ.runtime.attempts import LAST_ATTEMPT
from writ.runtime.effect import Effect, PortsT
from writ.runtime.identity import Identity
from writ.runtime.judge import Question, reservations_of
from writ.runtime.outcomes import ABANDONED, EXPIRED, denial, failed, given_up, refusal, succeeded
from writ.runtime.waiting import WaitingFlows
from writ.runtime.wiring import LoopPorts

if TYPE_CHECKING:
    from writ.contracts.action_spec import ActionSpec
    from writ.contracts.event import AnyEvent
    from writ.ports.evidence import Adopted
    from writ.runtime.testimony import Testimony

_DECISION_ROUNDS: Final = 3


class Loop(Generic[PortsT]):
    """Carries planned actions of one bot to their outcomes.

    Parameters
    ----------
    lease
        How long an attempt may live. It must be longer than the function's timeout: an attempt whose
        lease has ended is taken for dead, and another one takes over.
    """

    def __init__(
        self,
        identity: Identity,
        specs: Mapping[str, ActionSpec],
        effects: Mapping[str, Effect[PortsT]],
        ports: LoopPorts,
        bot_ports: PortsT,
        *,
        lease: timedelta,
    ) -> None:
        self._identity, self._specs, self._effects = identity, specs, effects
        self._ports, self._bot_ports, self._lease = ports, bot_ports, lease
        self.waiting = WaitingFlows(ports.actions, ports.approvals, ports.replies)

    @cached_property
    def _testimony(self) -> Testimony:
        return self._ports.testimony(self._identity)

    def run(self, action: Action, cause: Cause) -> ActionRecord:
        """Carry one planned action as far as it goes now: to its outcome, or to waiting for a person.

        Planning the same effect again is harmless: the record that exists is taken further or returned.

        Raises
        ------
        BusyError
            Another attempt holds the lease; deliver again later.
        TransientError
            A dependency or the effect failed in a way that may pass; deliver again later.
        """
        for _ in range(_DECISION_ROUNDS):
            now = self._ports.clock.now()
            decision = self.decide(action, cause, now, None)
            record = ActionRecord(
                action=action,
                decision=decision,
                cause=cause,
                phase=Phase.CLAIMED,
                attempt=1,
                lease_until=now + self._lease,
                created_at=now,
                updated_at=now,
            )
            try:
                self._ports.actions.claim(record, reservations_of(action, decision, now))
            except LimitExceededError:
                continue  # the counter filled up between reading it and claiming: decide again
            except ConflictError:
                return self.resume(action.id)
            return self._proceed(record)
        raise ContendedError("a limit kept moving while the action was decided", code="limit.contended")

    def decide(
        self, action: Action, cause: Cause, now: datetime, said: Approval | None, *, counted: bool = False
    ) -> Decision:
        """How policy decides on an action, which is neither taken nor recorded. See Judge.decide."""
        question = Question(self._identity, self._spec(action), action, cause, said)
        return self._ports.judge.decide(question, now, counted=counted)

    def resume(self, action_id: str) -> ActionRecord:
        """Take an existing action further: after a crash, an answer, or the end of its waiting time.

        Raises NotFoundError for an unknown action, BusyError while another attempt holds the lease.
        """
        record = self._ports.actions.get(action_id)
        if record is None:
            raise NotFoundError(f"no action {action_id}", field="action_id")
        if record.phase is Phase.CLOSED:
            return record
        if record.phase is Phase.WAITING:
            return self._answered(record)
        now = self._ports.clock.now()
        if record.lease_until > now:
            raise attempts.held(record)
        taken = self._advance(record, attempt=record.attempt + 1, lease_until=now + self._lease)
        return self._proceed(taken)

    def abandon(self, action_id: str) -> ActionRecord:
        """Close an action that its bot does not settle, without a look at its effect; the bot may be another.

        An outcome that is durable already stands, and so does a rejection or the end of the waiting time;
        else the action fails as `action.abandoned`. One that waits for a person is returned as it is.

        Raises NotFoundError for an unknown action, BusyError while an attempt holds the lease.
        """
        record = self._ports.actions.get(action_id)
        if record is None:
            raise NotFoundError(f"no action {action_id}", field="action_id")
        answer = record.approval
        now = self._ports.clock.now()
        if record.phase is Phase.CLOSED:
            return record
        if record.phase is Phase.WAITING:
            request = self._ports.approvals.get(action_id)
            answer = request.answer if request is not None else None
            if request is not None and (answer is None or not answer.approved):
                return self._answered(record)
        elif record.lease_until > now:
            raise attempts.held(record)
        # Past its last attempt for good, so that a crash below leads back here and not to another round.
        attempt = max(record.attempt, LAST_ATTEMPT) + 1
        lease_until = now + self._lease
        taken = self._advance(
            record, phase=Phase.CLAIMED, attempt=attempt, approval=answer, lease_until=lease_until
        )
        intent = self._testimony.intent(taken)
        settled = self._testimony.settled(action_id)
        if settled is not None:
            return self._finish(taken, intent, settled)
        refused = None if answer is not None and answer.approved else refusal(taken)
        return self._finish(taken, intent, refused or ABANDONED)

    def _answered(self, record: ActionRecord) -> ActionRecord:
        request = self._ports.approvals.get(record.action.id)
        if request is None or (request.answer is None and not request.expired):
            return record
        if request.answer is not None and not self._testimony.answered(record.action.id):
            return record  # an answer counts from its statement on, which the outcome has to follow
        lease_until = (now := self._ports.clock.now()) + self._lease
        if request.answer is None or not request.answer.approved:
            taken = self._advance(
                record, phase=Phase.CLAIMED, lease_until=lease_until, approval=request.answer
            )
            return self._proceed(taken)
        action = record.action
        decision = self.decide(action, record.cause, now, request.answer)
        taken = self._advance(
            record,
            reservations=reservations_of(action, decision, now),
            phase=Phase.CLAIMED,
            lease_until=lease_until,
            approval=request.answer,
            decision=decision,
        )
        return self._proceed(taken)

    def _proceed(self, record: ActionRecord) -> ActionRecord:
        """From a held claim to the outcome, doing again whatever an earlier attempt may have done."""
        intent = self._testimony.intent(record)
        if record.attempt > 1 and (settled := self._testimony.settled(record.action.id)) is not None:
            return self._finish(record, intent, settled)
        if (refused := refusal(record)) is not None:
            return self._finish(record, intent, refused)
        if record.decision.verdict is Verdict.ALLOW:
            return self._finish(record, intent, self._perform(record))
        request = self._ports.approvals.get(record.action.id)
        if request is None or not request.expired:
            return self._wait(record)
        return self._finish(record, intent, EXPIRED)

    def _wait(self, record: ActionRecord) -> ActionRecord:
        now = self._ports.clock.now()
        expires = record.created_at + timedelta(hours=self._spec(record.action).approval_hours)
        request = ApprovalRequest(
            action_id=record.action.id,
            bot=record.action.bot,
            action=record.action.name,
            target=f"{record.action.target.kind}:{record.action.target.id}",
            reason=record.action.reason,
            requested_at=now,
            expires_at=expires,
        )
        self._ports.approvals.ask(request)
        self._ports.bus.publish([notices.approval_requested(record, expires, now)])
        return self._advance(record, phase=Phase.WAITING, lease_until=expires)

    def _perform(self, record: ActionRecord) -> Outcome:
        effect = self._effects.get(record.action.name)
        if effect is None:
            return failed("effect.missing", f"{record.action.bot} has no effect {record.action.name}")
        try:
            if record.attempt > 1 and (seen := effect.observe(record.action, self._bot_ports)) is not None:
                return succeeded(seen)
            if record.attempt > 1 and (refused := self._refused_since(record)) is not None:
                return refused
            return succeeded(effect.carry_out(record.action, self._bot_ports))
        except PermanentError as error:
            return failed(error.code, error.message)
        except Exception as error:  # noqa: BLE001
            # Whatever an effect raises, it may have happened all the same: only observing can tell.
            return self._after_failure(record, effect, error)

    def _after_failure(self, record: ActionRecord, effect: Effect[PortsT], error: Exception) -> Outcome:
        try:
            seen = effect.observe(record.action, self._bot_ports)
        except Exception as blind:  # noqa: BLE001 - it is down for reads too: left to the next attempt
            self._leave(record, error, blind)
        if seen is not None:
            return succeeded(seen)
        if attempts.are_spent(record, error, self._ports.clock.now()):
            return given_up(error)
        return self._leave(record, error)

    def _refused_since(self, record: ActionRecord) -> Outcome | None:
        """A pause or freeze that came after the claim also stops an effect that has not happened yet."""
        now = self._ports.clock.now()
        decision = self.decide(record.action, record.cause, now, record.approval, counted=True)
        return None if decision.verdict is Verdict.ALLOW else denial(decision)

    def _finish(self, record: ActionRecord, intent: Adopted, outcome: Outcome) -> ActionRecord:
        now = self._ports.clock.now()
        settled = self._testimony.outcome(record, outcome, intent, now)
        closed = record.after(now, phase=Phase.CLOSED, outcome=settled)
        self._ports.bus.publish(self._news(closed, now))
        self.waiting.tell(closed)
        try:
            self._ports.actions.close(record, closed)
        except ConflictError:
            current = self._ports.actions.get(record.action.id)
            if current is None or current.phase is not Phase.CLOSED:
                raise
            return current
        return closed

    def _news(self, record: ActionRecord, now: datetime) -> list[AnyEvent]:
        completed = notices.action_completed(record, now, self._identity.bot)
        effect, outcome = self._effects.get(record.action.name), record.outcome
        if effect is None or outcome is None or outcome.status is not Status.SUCCEEDED:
            return [completed]
        news = effect.announce(record.action, outcome.observed)
        return [completed, *(notices.announced(record, data, n, now) for n, data in enumerate(news))]

    def _leave(self, record: ActionRecord, *errors: Exception) -> NoReturn:
        """Leave it to the next attempt, by an error that says so; by the forge's own where that is busy."""
        now = self._ports.clock.now()
        busy = attempts.busy(record, errors, now)
        with suppress(WritError):  # the lease then simply runs out
            self._advance(record, **attempts.released(record, busy, now))
        if busy is not None:
            raise busy
        raise attempts.unsettled(record, errors) from errors[-1]

    def _advance(
        self, record: ActionRecord, reservations: Sequence[Reservation] = (), **changes: Any
    ) -> ActionRecord:
        after = record.after(self._ports.clock.now(), **changes)
        self._ports.actions.advance(record, after, reservations)
        return after

    def _spec(self, action: Action) -> ActionSpec:
        spec = self._specs.get(action.name)
        if action.bot != self._identity.bot or spec is None:
            message = f"{self._identity.bot} may not take the action {action.bot}/{action.name}"
            raise PermanentError(message, code="action.undeclared", field="name")
        return spec
