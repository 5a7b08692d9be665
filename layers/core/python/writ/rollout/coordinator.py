"""Carries one move of a rollout out: each is safe to repeat, to duplicate, to lose and to overtake.

A move is written into the row of its service first, with its entry in the trail, by one conditional write
that also takes the lock and whose version is the fencing token. Then the aliases are brought to the goal.
Then the row says so, and lets go of the lock. Whoever dies in between leaves an entry without an end, which
the next attempt of the same action takes up, or which another move supersedes.

Two attempts never fight. A later one has a higher token: an alias that carries it refuses what is older, and
an alias that does not carry it yet is written by the later one after the older one in any case. Between
reading an alias and writing it nobody else has written it: Lambda checks its revision.
https://docs.aws.amazon.com/lambda/latest/api/API_UpdateAlias.html
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final

from writ.contracts.errors import BusyError, ConflictError, ContendedError, NotFoundError, PermanentError
from writ.rollout.decide import Move
from writ.rollout.kept import look_of
from writ.rollout.plan import Group, Release
from writ.rollout.ports import Alias, Aliases, Clock, Hooks, Rollouts
from writ.rollout.state import (
    BASELINE,
    End,
    Entry,
    Guard,
    Kind,
    Result,
    Rollout,
    Row,
    service_of,
)
from writ.rollout.transitions import begun, ended, is_stopped, split

_TRIES: Final = 3


@dataclass(frozen=True, slots=True)
class Attempt:
    """Who makes a move: the bot, and the action it makes it by."""

    bot: str
    action: str


class Coordinator:
    """Moves rollouts. `lease` is longer than an attempt can live."""

    def __init__(
        self, rollouts: Rollouts, aliases: Aliases, hooks: Hooks, clock: Clock, lease: timedelta
    ) -> None:
        self._rollouts = rollouts
        self._aliases = aliases
        self._hooks = hooks
        self._clock = clock
        self._lease = lease

    def start(self, wanted: Rollout, attempt: Attempt, leaves: str | None = None) -> Rollout:
        """Take the lock of a service for a rollout, whose id, baseline and times are set here.

        Raises PermanentError: `conflict.rollout` while another one is open, `rollout.split` where the aliases
        of the group do not each serve one version alone, `conflict.release` where they serve this one
        already, `rollout.moved` where `leaves`, a rollout, is no longer the one whose release is guarded.
        """
        service = wanted.group.service
        row = self._rollouts.read(service) or Row(service=service)
        if row.rollout is not None:
            if row.rollout.entry_of(attempt.action) is not None:
                return row.rollout
            message = f"{row.rollout.id} is under way for {service}"
            raise PermanentError(message, code="conflict.rollout", field="service")
        if leaves is not None and (row.guard is None or row.guard.rollout != leaves):
            raise PermanentError(f"{service} has moved on since {leaves}", code="rollout.moved")
        baseline = self._serving(wanted, row)
        if baseline.versions == wanted.candidate.versions:
            message = f"{service} serves {wanted.candidate.id} already"
            raise PermanentError(message, code="conflict.release", field="release")
        now = self._clock.now()
        first = Entry(
            seq=0,
            kind=Kind.START,
            by=attempt.bot,
            action=attempt.action,
            goal=BASELINE,
            reason=f"{baseline.id} is to become {wanted.candidate.id}",
            at=now,
            ended_at=now,
            end=End.DONE,
        )
        rollout = wanted.after(
            id=f"{service}-{row.number + 1}",
            baseline=baseline,
            started_at=now,
            goal_at=now,
            trail=(first,),
        )
        after = row.after(
            number=row.number + 1, group=wanted.group, watch=wanted.watch, rollout=rollout, guard=None
        )
        self._rollouts.write(row if row.version else None, after)
        return rollout

    def serving(self, group: Group) -> dict[str, str | None]:
        """The version that each function's alias serves now; None where there is no such alias."""
        return {function: self._version(function, group.alias) for function in group.functions}

    def move(self, rollout_id: str, seq: int, move: Move, attempt: Attempt) -> Rollout:
        """Make the move that was decided on transition `seq` of a rollout.

        Raises
        ------
        PermanentError
            `rollout.moved`: something else was done meanwhile. `rollout.superseded`: something else was begun
            after this had. Neither is made better by trying again; what follows is decided anew.
        BusyError
            Another attempt is at it. A reversal does not wait for it.
        TransientError
            A call failed, or somebody else changed an alias meanwhile.
        """
        row = self._held(rollout_id, seq, move, attempt)
        rollout = _of(row)
        entry = rollout.entry_of(attempt.action)
        if entry is not None and entry.end is not None:
            return rollout
        if move.kind is Kind.CLOSE:
            return self._close(row, move)
        if move.kind is Kind.HOOK:
            return self._hook(row, move)
        if move.kind is Kind.GATE:
            return self._settle(row, {"gates": (*rollout.gates, move.stage)}, End.DONE)
        self._align(rollout, row.version)
        return self._settle(row, {"applied_at": self._clock.now()}, End.DONE)

    def stop(self, rollout_id: str, reason: str, driver: str, then: tuple[str, ...] = ()) -> Rollout:
        """Have a rollout reverted by its next move; the rollback bot drives it from the time it asks.

        `then` are services that go back after it.

        Raises NotFoundError for one that is not open, ConflictError where a canary would stop a rollback. To
        ask again changes nothing.
        """
        for _ in range(_TRIES):
            row = self._rollouts.read(service_of(rollout_id))
            if row is None or row.rollout is None or row.rollout.id != rollout_id:
                raise NotFoundError("there is no open rollout of this id", field="id")
            rollout = row.rollout
            if rollout.way == "back" and driver != "rollback":
                raise ConflictError("a rollback is not aborted", code="conflict.rollback", field="id")
            driver = "rollback" if rollout.driver == "rollback" else driver
            rest = tuple(dict.fromkeys((*rollout.then, *then)))
            if rollout.stop is not None and rollout.driver == driver and rollout.then == rest:
                return rollout
            stopped = rollout.after(stop=rollout.stop or reason[:500], driver=driver, then=rest)
            try:
                self._rollouts.write(row, row.after(rollout=stopped))
            except ConflictError:
                continue
            return stopped
        raise ContendedError("the rollout keeps moving", code="rollout.contended")

    def find_move(self, rollout_id: str, action: str) -> tuple[Rollout, Entry] | None:
        """The transition that an action made, begun or ended; None where it made none."""
        rollout = self._rollouts.find(rollout_id)
        entry = None if rollout is None else rollout.entry_of(action)
        return None if rollout is None or entry is None else (rollout, entry)

    def _held(self, rollout_id: str, seq: int, move: Move, attempt: Attempt) -> Row:
        """The row with the move begun in it and the lock taken, in one write with what decided the move.

        A write that lost against another is not tried again: the row is not what the move was decided on.
        """
        row = self._rollouts.read(service_of(rollout_id))
        if row is None or row.rollout is None or row.rollout.id != rollout_id:
            raise PermanentError(f"{rollout_id} is over", code="rollout.moved")
        rollout, now = row.rollout, self._clock.now()
        entry = rollout.entry_of(attempt.action)
        if entry is not None and entry.end is End.SUPERSEDED:
            raise PermanentError(f"{rollout_id} has moved on since", code="rollout.superseded")
        if entry is not None and entry.end is not None:
            return row
        if (entry is None and rollout.seq != seq) or is_stopped(rollout, move):
            raise PermanentError(f"{rollout_id} has moved since this was decided", code="rollout.moved")
        self._wait_for_lock(row, move, attempt)
        look = None
        if entry is None:
            rollout = begun(rollout, move, (attempt.bot, attempt.action), self._clock.now())
            look = look_of(rollout_id, rollout.trail[-1], move.judged)
        taken = row.after(rollout=rollout, worker=attempt.action, lease_until=now + self._lease)
        try:
            self._rollouts.write(row, taken, look=look)
        except ConflictError:
            raise BusyError(f"{rollout_id} was taken by another attempt", code="rollout.busy") from None
        return taken

    def _wait_for_lock(self, row: Row, move: Move, attempt: Attempt) -> None:
        """A lock whose lease is over belongs to a dead attempt; the way back waits for nobody."""
        held = row.lease_until is not None and row.lease_until > self._clock.now()
        if held and row.worker != attempt.action and move.kind is not Kind.REVERT:
            message = f"{_of(row).id} is held until {row.lease_until}"
            raise BusyError(message, code="rollout.busy", until=row.lease_until)

    def _align(self, rollout: Rollout, token: int) -> None:
        """Bring every alias of the group to the goal, and let none be written by who came before."""
        for function in rollout.group.functions:
            version, weights = split(rollout, function)
            self._bring(function, rollout.group.alias, Alias(version, weights, token))

    def _bring(self, function: str, alias: str, wanted: Alias) -> None:
        for _ in range(_TRIES):
            there = self._aliases.read(function, alias)
            if there.token > wanted.token:
                raise PermanentError(f"{function} was taken by a later move", code="rollout.superseded")
            if there.token == wanted.token and there.serves(wanted.version, wanted.weights):
                return
            try:
                self._aliases.write(function, alias, replace(wanted, revision=there.revision))
            except ConflictError:
                continue
            return
        raise ContendedError(f"the alias of {function} keeps changing", code="rollout.contended")

    def _hook(self, row: Row, move: Move) -> Rollout:
        rollout = _of(row)
        if move.hook is None:
            raise PermanentError("the step has no hook", code="rollout.moved")
        answer = self._hooks.call(move.hook, rollout, move.key)
        if answer.ok:
            return self._settle(row, {"hooks": (*rollout.hooks, move.key)}, End.DONE)
        stop = f"{move.hook.function} refused: {answer.detail}"[:500]
        return self._settle(row, {"stop": stop}, End.FAILED)

    def _settle(self, row: Row, changes: Mapping[str, object], end: End) -> Rollout:
        rollout = ended(_of(row).after(**changes), end, self._clock.now())
        self._write_own(row, row.after(rollout=rollout, worker=None, lease_until=None))
        return rollout

    def _close(self, row: Row, move: Move) -> Rollout:
        """Let go of the lock, and keep the rollout."""
        rollout, now = _of(row), self._clock.now()
        if move.final is None or rollout.applied_at is None:
            raise PermanentError("a rollout closes when every alias has its goal", code="rollout.moved")
        self._align(rollout, row.version)  # what somebody changed by hand meanwhile is not left half
        # Whose id it is only counts while a gate may still be asked for: what is kept names nobody by it.
        over = rollout.after(final=move.final, healthy=move.healthy, closed_at=now, by_id="")
        over = ended(over, End.DONE, self._clock.now())
        serving = over.candidate if move.final is Result.PROMOTED else over.baseline
        free = row.after(
            rollout=None, release=serving, guard=_guard(over, now), worker=None, lease_until=None
        )
        self._write_own(row, free, over)
        return over

    def _write_own(self, row: Row, after: Row, closed: Rollout | None = None) -> None:
        try:
            self._rollouts.write(row, after, closed)
        except ConflictError:
            raise ContendedError("another move was begun meanwhile", code="rollout.contended") from None

    def _version(self, function: str, alias: str) -> str | None:
        try:
            return self._aliases.read(function, alias).version
        except NotFoundError:
            return None

    def _serving(self, wanted: Rollout, row: Row) -> Release:
        versions: dict[str, str] = {}
        for function in wanted.group.functions:
            there = self._aliases.read(function, wanted.group.alias)
            if any(weight > 0 for weight in there.weights.values()):
                message = f"{function} serves several versions, and no rollout says why"
                raise PermanentError(message, code="rollout.split", field="service")
            versions[function] = there.version
        known = row.release
        if known is not None and known.versions == versions:
            return known
        return Release(id="+".join(dict.fromkeys(versions.values()))[:100], versions=versions)


def _guard(over: Rollout, now: datetime) -> Guard | None:
    """Only a release that was led on is guarded: from the way back nothing leads further back."""
    if over.final is not Result.PROMOTED or over.way == "back" or not over.plan.guard_s:
        return None
    return Guard(rollout=over.id, until=now + timedelta(seconds=over.plan.guard_s))


def _of(row: Row) -> Rollout:
    if row.rollout is None:
        raise PermanentError("the rollout is over", code="rollout.moved")
    return row.rollout
