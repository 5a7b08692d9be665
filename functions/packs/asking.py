"""From a command to its question. Pure."""

from __future__ import annotations

from writ.contracts.events.evidence import EvidencePackRequested
from writ.ledger.question import Question


def question_of(command: EvidencePackRequested) -> Question:
    """The question of a command. Raises ContractError that names the field."""
    return Question.of(subject=command.subject, name=command.name, since=command.since, until=command.until)
