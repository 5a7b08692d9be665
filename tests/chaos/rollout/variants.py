"""Builds with one safeguard taken out. An oracle that passes one of them would be worth nothing."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Final

from tests.chaos.rollout.world import Build
from tests.support.rollouts import MemoryAliases, MemoryRollouts
from writ.contracts.errors import BusyError
from writ.rollout.coordinator import Attempt, Coordinator
from writ.rollout.decide import Health, Look, Move
from writ.rollout.kept import KeptLook, Verdict
from writ.rollout.ports import Alias
from writ.rollout.state import Kind, Rollout, Row, service_of


class WithoutToken(Coordinator):
    """Writes an alias whoever wrote it later."""

    def _bring(self, function: str, alias: str, wanted: Alias) -> None:
        there = self._aliases.read(function, alias)
        self._aliases.write(function, alias, replace(wanted, revision=there.revision))


class WithoutRevision(MemoryAliases):
    """Lets an alias be written whatever it has become."""

    def write(self, function: str, alias: str, wanted: Alias) -> None:
        super().write(function, alias, replace(wanted, revision=self.held[function].revision))


class WithoutCondition(MemoryRollouts):
    """Lets a row be written whatever it has become."""

    def write(
        self, before: Row | None, after: Row, closed: Rollout | None = None, look: KeptLook | None = None
    ) -> None:
        if look is not None:
            self.looked.pop((look.rollout, look.seq), None)
        if closed is not None:
            self.over.pop(closed.id, None)
        super().write(self.held.get(after.service), after, closed, look)


class OneAtATime(Coordinator):
    """Moves the first function of a group, and trusts that the others follow."""

    def _align(self, rollout: Rollout, token: int) -> None:
        first = rollout.group.model_copy(update={"functions": rollout.group.functions[:1]})
        super()._align(rollout.after(group=first), token)


class Headstrong(Coordinator):
    """Makes a move that was decided before somebody stopped the rollout."""

    def _held(self, rollout_id: str, seq: int, move: Move, attempt: Attempt) -> Row:
        row = self._rollouts.read(service_of(rollout_id))
        stop = None if row is None or row.rollout is None else row.rollout.stop
        if row is None or row.rollout is None or stop is None or move.kind is Kind.REVERT:
            return super()._held(rollout_id, seq, move, attempt)
        self._rollouts.write(row, row.after(rollout=row.rollout.after(stop=None)))
        return super()._held(rollout_id, seq, move, attempt)


class Patient(Coordinator):
    """Waits for whoever holds the lock, though he be dead."""

    def _wait_for_lock(self, row: Row, move: Move, attempt: Attempt) -> None:
        if row.worker not in (None, attempt.action) and move.kind is not Kind.REVERT:
            raise BusyError(f"{row.service} is held by {row.worker}", code="rollout.busy")


class Unguarded(MemoryRollouts):
    """Knows of no release that is guarded."""

    def guarded(self) -> Sequence[Row]:
        return []


class Ageless(MemoryRollouts):
    """Takes whatever goes off for news of the release that is served."""

    def find(self, rollout_id: str) -> Rollout | None:
        found = super().find(rollout_id)
        if found is None or found.final is None:
            return found
        return found.after(applied_at=found.started_at, closed_at=found.started_at)


class Endless(MemoryRollouts):
    """Watches promoted releases for ever."""

    def guarded(self) -> Sequence[Row]:
        return [self._guarded_on(row) for row in super().guarded()]

    def read(self, service: str) -> Row | None:
        row = super().read(service)
        return row if row is None or row.guard is None else self._guarded_on(row)

    @staticmethod
    def _guarded_on(row: Row) -> Row:
        assert row.guard is not None
        on = row.guard.model_copy(update={"until": row.guard.until + timedelta(days=1)})
        return row.model_copy(update={"guard": on})


def hopeful(look: Look) -> Look:
    """Takes what is not known for a pass."""
    unknown = look.verdict is Verdict.UNKNOWN and look.health is Health.UNKNOWN
    return look.model_copy(update={"verdict": Verdict.PASS, "health": Health.OK}) if unknown else look


VARIANTS: Final = (
    Build("without the fencing token", because="a holder that had lost its lock", coordinator=WithoutToken),
    Build("without the alias's revision", because="a holder that had lost its lock", aliases=WithoutRevision),
    Build(
        "without the row's condition",
        because="stopped|is lost|several|promoted|closed more",
        rollouts=WithoutCondition,
    ),
    Build("a dead holder keeps the lock", because="lock held by .* over at", coordinator=Patient),
    Build("one function of the group alone", because="serves several releases", coordinator=OneAtATime),
    Build("a stop comes too late", because="told to stop|was stopped", coordinator=Headstrong),
    Build("unknown is a pass", because="decided by nothing|from the start|nothing was known", sees=hopeful),
    Build("without ticks", because="not over", ticks=False),
    Build("without the guard", because="met trouble after its end", rollouts=Unguarded),
    Build("a guard that asks for no time", because="had no trouble", rollouts=Ageless),
    Build("a guard that never ends", because="had no trouble", rollouts=Endless),
)
