"""What happened, as evidence tells it: the actions in a verified copy of the log, and their events."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Final

from cli.local.replay import Receipt
from writ.contracts.statement import ACTION, Phase, Statement
from writ.ledger.dsse import decode
from writ.ledger.evidence import read_statement
from writ.ledger.logcopy import LogCopy, entry_of

WAITING: Final = "waiting"


@dataclass(frozen=True, slots=True)
class ActionStory:
    """One action: what called for it, what policy said, and what came of it (`waiting` until then)."""

    id: str
    bot: str
    name: str
    event_id: str
    event_type: str
    verdict: str
    status: str


@dataclass(frozen=True, slots=True)
class EventLine:
    """Events of one type: how many, how many of them for the first time, and what they led to."""

    type: str
    count: int
    fresh: int
    bots: tuple[str, ...]
    actions: int


@dataclass(frozen=True, slots=True)
class Story:
    """Everything one run has to tell."""

    receipts: Sequence[Receipt]
    actions: Sequence[ActionStory]
    entries: int

    @property
    def accepted(self) -> list[Receipt]:
        return [receipt for receipt in self.receipts if receipt.accepted]

    @property
    def refused(self) -> list[Receipt]:
        return [receipt for receipt in self.receipts if not receipt.accepted]

    def from_webhooks(self) -> list[ActionStory]:
        """The actions that the webhooks of this run led to, now or when they came first."""
        events = {receipt.event_id for receipt in self.accepted}
        return [action for action in self.actions if action.event_id in events]

    def by_type(self) -> list[EventLine]:
        """Types of events, those that led to most actions first."""
        lines = []
        caused = self.from_webhooks()
        for kind, receipts in _grouped(self.accepted).items():
            ids = {receipt.event_id for receipt in receipts}
            led = [action for action in caused if action.event_id in ids]
            fresh = sum(not receipt.duplicate for receipt in receipts)
            bots = tuple(sorted({action.bot for action in led}))
            lines.append(EventLine(kind, len(receipts), fresh, bots, len(led)))
        return sorted(lines, key=lambda line: (-line.actions, -line.count, line.type))

    def decisions(self) -> Counter[tuple[str, str, str, str]]:
        """How often: (bot, action, verdict, status)."""
        return Counter((action.bot, action.name, action.verdict, action.status) for action in self.actions)

    def counts(self) -> dict[str, Any]:
        """The figures of `.writ/run.json`."""
        accepted = self.accepted
        return {
            "webhooks": {
                "sent": len(self.receipts),
                "new": sum(not receipt.duplicate for receipt in accepted),
                "repeated": sum(receipt.duplicate for receipt in accepted),
                "refused": len(self.refused),
            },
            "events": dict(sorted(Counter(receipt.type for receipt in accepted).items())),
            "actions": {
                "all": len(self.actions),
                "from_webhooks": len(self.from_webhooks()),
                "by_bot": _tally(action.bot for action in self.actions),
                "by_decision": _tally(action.verdict for action in self.actions),
                "by_status": _tally(action.status for action in self.actions),
            },
            "entries": self.entries,
        }


def read_actions(copy: LogCopy) -> list[ActionStory]:
    """Every action in a copy, in order of id. The copy has been verified: what does not read raises.

    Raises VerificationError.
    """
    intents: dict[str, Statement] = {}
    outcomes: dict[str, str] = {}
    for name in sorted(copy.statement_files()):
        statement = read_statement(decode(copy.statement(entry_of(name))).payload)
        predicate = statement.predicate
        if statement.predicate_type != ACTION:
            continue
        if predicate.phase is Phase.INTENT:
            intents[predicate.stream] = statement
        elif predicate.outcome is not None:
            outcomes[predicate.stream] = predicate.outcome.status.value
    return [_story(stream, intent, outcomes.get(stream, WAITING)) for stream, intent in intents.items()]


def _story(stream: str, intent: Statement, status: str) -> ActionStory:
    predicate = intent.predicate
    said: dict[str, Any] = predicate.model_extra or {}
    event: dict[str, Any] = said.get("event") or {}
    return ActionStory(
        id=stream,
        bot=predicate.actor.bot,
        name=str((said.get("action") or {}).get("name", "")),
        event_id=str(event.get("id", "")),
        event_type=str(event.get("type", "")),
        verdict=predicate.decision.verdict.value if predicate.decision else "unknown",
        status=status,
    )


def _grouped(receipts: Iterable[Receipt]) -> dict[str, list[Receipt]]:
    groups: dict[str, list[Receipt]] = {}
    for receipt in receipts:
        groups.setdefault(receipt.type or "unknown", []).append(receipt)
    return groups


def _tally(values: Iterable[str]) -> dict[str, int]:
    return dict(sorted(Counter(values).items()))
