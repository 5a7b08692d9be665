"""Builds with one safeguard taken out. An oracle that passes one of them would be worth nothing."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from tests.chaos.rollout.world import Build
from tests.support.rollouts import MemoryAliases, MemoryRollouts
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


def hopeful(look: Look) -> Look:
    """Takes what is not known for a pass."""
    unknown = look.verdict is Verdict.UNKNOWN and look.health is Health.UNKNOWN
    return look.model_copy(update={"verdict": Verdict.PASS, "health": Health.OK}) if unknown else look


VARIANTS: Final = (
    Build("without the fencing token", coordinator=WithoutToken),
    Build("without the alias's revision", aliases=WithoutRevision),
    Build("without the row's condition", rollouts=WithoutCondition),
    Build("one function of the group alone", coordinator=OneAtATime),
    Build("a stop comes too late", coordinator=Headstrong),
    Build("unknown is a pass", sees=hopeful),
    Build("without ticks", ticks=False),
)
