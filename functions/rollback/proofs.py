"""Whether the ledger proves that an action succeeded."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from writ.contracts.action import Status

if TYPE_CHECKING:
    from writ.ports.evidence import Evidence
    from writ.ports.ledger import LogIndex


class Proofs(Protocol):
    """What the ledger says of actions."""

    def succeeded(self, action_id: str) -> bool:
        """Whether the action's outcome is in the log, and is a success."""


class LedgerProofs:
    """Proofs by the statements themselves: the log's index says where, the entry says what."""

    def __init__(self, index: LogIndex, evidence: Evidence) -> None:
        self._index = index
        self._evidence = evidence

    def succeeded(self, action_id: str) -> bool:
        from writ.runtime.testimony import outcome_id  # with what statements are: for a start, too much

        entry = outcome_id(action_id)
        if entry not in self._index.find([(action_id, entry)]):
            return False
        stated = self._evidence.get(entry)
        if stated is None or not stated.payload:
            return False
        outcome = stated.payload.get("predicate", {}).get("outcome", {})
        return bool(outcome.get("status") == Status.SUCCEEDED.value)
