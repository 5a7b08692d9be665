"""What a verified copy of the log says of a rollout: its transitions, and the judgement that decided one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from writ.contracts.statement import Phase, entry_id
from writ.ledger.dsse import decode
from writ.ledger.errors import VerificationError
from writ.ledger.evidence import read_statement
from writ.ledger.logcopy import LogCopy
from writ.rollout.kept import KeptLook


@dataclass(frozen=True, slots=True)
class Signed:
    """How many transitions of a trail the log has intent and outcome of, and whether all looks are signed."""

    transitions: int
    of: int
    looks: int
    looks_of: int

    @property
    def whole(self) -> bool:
        return (self.transitions, self.looks) == (self.of, self.looks_of)

    @property
    def words(self) -> str:
        return f"{self.transitions} of {self.of} transitions, {self.looks} of {self.looks_of} judgements"


def signed(copy: LogCopy, rollout: Mapping[str, Any]) -> Signed:
    """Hold a rollout, as the API gives it, against a copy that has been verified.

    What something else overtook has no outcome of its own worth waiting for, so it counts by its intent.
    """
    trail: Sequence[Mapping[str, Any]] = rollout["trail"]
    looks = [KeptLook.model_validate(look) for look in rollout["looks"]]
    return Signed(
        transitions=sum(_stated(copy, entry) for entry in trail),
        of=len(trail),
        looks=sum(_judged(copy, look) for look in looks),
        looks_of=len(looks),
    )


def _stated(copy: LogCopy, entry: Mapping[str, Any]) -> bool:
    phases = (Phase.INTENT,) if entry["end"] == "superseded" else (Phase.INTENT, Phase.OUTCOME)
    return all(_said(copy, entry["action"], phase) is not None for phase in phases)


def _judged(copy: LogCopy, look: KeptLook) -> bool:
    said = _said(copy, look.action, Phase.INTENT) or {}
    move = said.get("action", {}).get("parameters", {}).get("move", {})
    kept = look.judgement.model_dump(mode="json", exclude_defaults=True)
    return bool(move.get("judged") == kept)


def _said(copy: LogCopy, action: str, phase: Phase) -> Mapping[str, Any] | None:
    try:
        envelope = copy.statement(entry_id(action, phase))
    except VerificationError:
        return None
    return read_statement(decode(envelope).payload).predicate.model_extra or {}
