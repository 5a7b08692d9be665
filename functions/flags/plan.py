"""What the flags bot does about a command or a tick. Pure."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any, Final

from pydantic import ValidationError

from functions.flags import book
from functions.flags.debt import debt
from functions.flags.facts import Facts
from writ.contracts.action import Action, Target
from writ.contracts.errors import ContractError, NotFoundError, from_validation
from writ.contracts.event import AnyEvent
from writ.contracts.events.flags import FlagChangeRequested, FlagControl, FlagKillRequested
from writ.contracts.events.platform import ScheduleTicked
from writ.contracts.flags import Flag, Rollout

BOT: Final = "flags"


def plan(event: AnyEvent, facts: Facts, now: datetime) -> list[Action]:
    """The action a command calls for, and once a day the report of debt.

    Raises NotFoundError for a flag that is not in the catalogue, ContractError for a rollout that makes no
    sense; each names the field.
    """
    match event.data:
        case FlagKillRequested() as command:
            _find(command, facts)
            return [_act(event, command, "kill-flag", f"{command.by} turned it off", now)]
        case FlagChangeRequested() as command:
            return [_change(event, command, facts, now)]
        case ScheduleTicked():
            return [_report(facts, now)]
        case _:
            return []


def _change(event: AnyEvent, command: FlagChangeRequested, facts: Facts, now: datetime) -> Action:
    flag = _find(command, facts)
    before = book.rollout_of(flag, facts.settings)
    wanted = command.model_dump(include={"percent", "on_for", "off_for"}, exclude_none=True)
    try:
        after = Rollout.model_validate({**before.model_dump(), **wanted})
    except ValidationError as error:
        problem = from_validation(error, "rollout")
        raise ContractError(problem.message, field=problem.field or "off_for") from None
    widens = after.widens(before, flag.name)
    name = "narrow-flag"
    if widens:
        # Whoever killed it did not expect another bot to turn it on again.
        against = event.meta.producer != BOT and book.killed(flag, facts.settings)
        name = "widen-risky-flag" if flag.risk == "high" or against else "widen-flag"
    because = f"{command.by} set {flag.name} from {_shown(before)} to {_shown(after)}"
    was = before.model_dump(mode="json")
    return _act(event, command, name, because, now, **after.model_dump(mode="json"), was=was)


def _report(facts: Facts, now: datetime) -> Action:
    items = debt(facts.catalogue, facts.settings, now)
    day = now.astimezone(UTC).date().isoformat()
    return Action.of(
        BOT,
        "report-debt",
        Target(kind="flags", id="catalogue"),
        reason=f"{len({item.flag for item in items})} of {len(facts.catalogue.flags)} flags are in debt",
        once_per=(day,),
        parameters={
            "flags": len(facts.catalogue.flags),
            "items": [item.model_dump(mode="json") for item in items],
        },
    )


def _find(command: FlagControl, facts: Facts) -> Flag:
    flag = facts.catalogue.flags.get(command.flag)
    if flag is None:
        raise NotFoundError(f"there is no flag {command.flag}", field="flag")
    return flag


def _act(
    event: AnyEvent, command: FlagControl, name: str, because: str, now: datetime, **parameters: Any
) -> Action:
    return Action.of(
        BOT,
        name,
        Target(kind="flag", id=command.flag),
        reason=f"{because}: {command.reason}"[:1000],
        once_per=(event.id,),
        parameters={**parameters, "by": command.by, "reason": command.reason, "at": now.isoformat()},
    )


def _shown(rollout: Rollout) -> str:
    named = f", {len(rollout.on_for)} named on, {len(rollout.off_for)} named off"
    return f"{rollout.percent} %{named if rollout.on_for or rollout.off_for else ''}"
