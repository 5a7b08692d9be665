"""What bots see of releases in a world: how the candidate does, and how a promoted release does after."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from tests.support.memory import MemoryActions
from tests.support.rollouts import MemoryHooks, MemoryMetrics, judged
from writ.rollout.decide import Health, Look
from writ.rollout.kept import Verdict
from writ.rollout.observer import Observer
from writ.rollout.ports import HookAnswer

if TYPE_CHECKING:
    from tests.chaos.rollout.world import World
    from writ.rollout.plan import Hook
    from writ.rollout.state import Rollout

PASSING: Final = Look(health=Health.OK, verdict=Verdict.PASS, judged=judged(Verdict.PASS))
# What a candidate turns out to be.
STORIES: Final[Mapping[str, Look]] = {
    "good": PASSING,
    "worse": Look(health=Health.OK, verdict=Verdict.FAIL, reasons=("errors",), judged=judged(Verdict.FAIL)),
    "burning": Look(
        health=Health.BREACHED, reasons=("errors burn the budget",), judged=judged(Verdict.UNKNOWN)
    ),
    "unknown": Look(),
}


@dataclass
class Checks(MemoryHooks):
    """Hooks of steps, and the health of a guarded release: releases in `sick` have none."""

    sick: set[str] = field(default_factory=set)

    def call(self, hook: Hook, rollout: Rollout, key: str) -> HookAnswer:
        answer = super().call(hook, rollout, key)
        unwell = key == "guard" and rollout.candidate.id in self.sick
        return HookAnswer(False, "no stock") if unwell else answer


class Seen(Observer):
    """Sees what the story of a world says, which turns at some time, and releases that burn after the end."""

    def __init__(self, bot: str, actions: MemoryActions, world: World) -> None:
        super().__init__(bot, MemoryMetrics(), actions, world.clock)
        self._world = world

    def look(self, rollout: Rollout) -> Look:
        seen = self._world.build.sees(self._world.seen(rollout))
        return seen.model_copy(update=self._gate(rollout))

    def vitals(self, rollout: Rollout) -> Look:
        burns = rollout.candidate.id in self._world.burning
        return STORIES["burning"] if burns else Look(health=Health.OK)
