"""What follows for a pack: its start, its next part, or its seal. Pure."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Final

from functions.packs.asking import question_of
from functions.packs.facts import Facts
from writ.contracts.action import Action, Target
from writ.contracts.errors import NotFoundError
from writ.contracts.event import AnyEvent
from writ.contracts.events.evidence import EvidencePackAdvanced, EvidencePackRequested

BOT: Final = "packs"


def plan(event: AnyEvent, facts: Facts, _now: datetime) -> list[Action]:
    """The action a command or a part calls for.

    Raises ContractError for a question that makes no sense, NotFoundError for one that nothing answers.
    """
    match event.data:
        case EvidencePackRequested() as command:
            return [_start(command, facts)]
        case EvidencePackAdvanced(pack=pack, part=part, last=last):
            return [seal_of(pack) if last else part_of(pack, part + 1)]
        case _:
            return []


def part_of(pack: str, number: int) -> Action:
    """The action that makes a part; the first one is 1."""
    reason = f"{pack} goes on with part {number}"
    return _action("export-part", pack, reason, once_per=(str(number),), part=number)


def seal_of(pack: str) -> Action:
    """The action that makes one file of all parts."""
    return _action("seal-pack", pack, f"All parts of {pack} are there", once_per=())


def _start(command: EvidencePackRequested, facts: Facts) -> Action:
    question = question_of(command)
    if not facts.found:
        about = "name" if question.name else "subject" if question.subject else "since"
        raise NotFoundError("no statement in the log answers this", code="not_found.evidence", field=about)
    reason = f"{command.by} asked for the evidence about {question.name or question.subject or 'a time'}"
    return _action(
        "start-export",
        command.pack,
        reason[:1000],
        once_per=(),
        question=question.document(),
        by=command.by,
    )


def _action(name: str, pack: str, reason: str, *, once_per: tuple[str, ...], **parameters: Any) -> Action:
    target = Target(kind="pack", id=pack)
    return Action.of(BOT, name, target, reason=reason, once_per=once_per, parameters=parameters)
