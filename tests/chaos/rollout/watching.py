"""What has to be true of every write of an alias, and what becomes of the lock of a service."""

from __future__ import annotations

from typing import TYPE_CHECKING

from writ.rollout.ports import Alias
from writ.rollout.state import Row

if TYPE_CHECKING:
    from tests.chaos.rollout.world import World


class Watching:
    """Sees every write of aliases and rows in a world.

    `dead` counts locks that were taken over from holders whose lease was over, `overtaken` those that a
    reversal did not wait for.
    """

    def __init__(self, world: World) -> None:
        self._world = world
        self.dead = self.overtaken = 0
        world.aliases.watch, world.rollouts.watch = self._alias, self._row

    def _alias(self, function: str, there: Alias, wanted: Alias) -> None:
        """Nobody who has lost the lock undoes what a later holder did: so a version came back, or stayed."""
        if wanted.token < there.token and not there.serves(wanted.version, wanted.weights):
            self._world.broken.append(
                f"{function} got {_split(wanted)} from a holder that had lost its lock, token {wanted.token},"
                f" after {_split(there)} from a later one, token {there.token}"
            )

    def _row(self, there: Row | None, after: Row) -> None:
        if there is None or there.worker is None or after.worker in (None, there.worker):
            return
        over = there.lease_until is None or there.lease_until <= self._world.clock.now()
        self.dead, self.overtaken = self.dead + over, self.overtaken + (not over)


def _split(alias: Alias) -> str:
    others = "".join(f" and version {name} at {weight:.0%}" for name, weight in alias.weights.items())
    return f"version {alias.version}{others}"
