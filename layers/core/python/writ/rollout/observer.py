"""Looks at a rollout: its metrics, and what a person said at its gate."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from writ.contracts.action import Status
from writ.contracts.errors import WritError
from writ.rollout.acting import gate_id
from writ.rollout.decide import ASKS, Gate, Look

if TYPE_CHECKING:
    from writ.ports.actions import ActionStore
    from writ.rollout.ports import Clock, Metrics
    from writ.rollout.state import Rollout

# How a person's answer, or its absence, closes an action.
_REFUSED: Final = frozenset({"approval.rejected", "approval.expired"})


class Observer:
    """Looks in the name of a bot, whose actions its gates are."""

    def __init__(self, bot: str, metrics: Metrics, actions: ActionStore, clock: Clock) -> None:
        self._bot = bot
        self._metrics = metrics
        self._actions = actions
        self._clock = clock

    def look(self, rollout: Rollout) -> Look:
        """What is seen of a rollout now. What cannot be read is unknown: it stops nothing but promotion."""
        from writ.rollout.watch import look  # the judge; what drives nothing that is open never needs it

        try:
            seen = look(rollout, rollout.watch, self._metrics, self._clock.now())
        except WritError as error:
            seen = Look(reasons=(f"the metrics cannot be read: {error.code}",))
        return seen.model_copy(update=self._gate(rollout))

    def vitals(self, rollout: Rollout) -> Look:
        """What is seen of a release whose rollout is over. What cannot be read is unknown."""
        from writ.rollout.watch import vitals

        try:
            return vitals(rollout, rollout.watch, self._metrics, self._clock.now())
        except WritError as error:
            return Look(reasons=(f"the metrics cannot be read: {error.code}",))

    def _gate(self, rollout: Rollout) -> dict[str, Any]:
        """What became of the gate. Only a person refuses; a freeze, a budget or an unknown fact passes."""
        steps = rollout.plan.steps
        gated = 0 <= rollout.stage < len(steps) and steps[rollout.stage].gate
        if not gated or rollout.stage in rollout.gates:
            return {}
        denied: dict[str, Any] = {}
        for asked in range(ASKS):
            record = self._actions.get(gate_id(self._bot, rollout, asked))
            outcome = None if record is None else record.outcome
            if record is None:
                return {"asked": asked, **denied}
            if outcome is None or outcome.status is Status.SUCCEEDED:
                return {"asked": asked}
            if outcome.code in _REFUSED:
                return {"gate": Gate.REFUSED}
            denied = {"denied": outcome.code or outcome.status.value, "denied_at": record.updated_at}
        return {"asked": ASKS, **denied}
