"""What became of the demands for flags that a migration made."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from writ.contracts.action import Action, Status, Target
from writ.migration.decide import Demand
from writ.runtime.notices import announced_id

if TYPE_CHECKING:
    from writ.ports.actions import ActionStore

# What the flags bot may make of a demand, one action a demand: by what there is, and by the flag's risk.
_BOT: Final = "flags"
_CHANGES: Final = ("widen-flag", "narrow-flag", "widen-risky-flag")
# How a person's answer, or its absence, closes an action: nobody is asked again for that.
_ANSWERED: Final = frozenset({"approval.rejected", "approval.expired"})


class Demands:
    """Finds the actions of the flags bot by the events that asked for them."""

    def __init__(self, actions: ActionStore) -> None:
        self._actions = actions

    def find(self, flag: str, asking: str) -> Demand | None:
        """What became of the demand that the action `asking` announced; None while there is nothing."""
        for name in _CHANGES:
            record = self._actions.get(action_id(name, flag, asking))
            if record is None:
                continue
            outcome = record.outcome
            if outcome is None:
                return Demand(action=record.action.id, state=record.phase.value, at=record.updated_at)
            return Demand(
                action=record.action.id,
                state=outcome.status.value,
                at=record.updated_at,
                denied=outcome.status is Status.DENIED and outcome.code not in _ANSWERED,
                code=outcome.code,
            )
        return None


def action_id(name: str, flag: str, asking: str) -> str:
    """The id of the change of a flag that the first event of an action asked for."""
    once_per = (announced_id(asking, 0),)
    return Action.of(_BOT, name, Target(kind="flag", id=flag), reason="looked up", once_per=once_per).id
