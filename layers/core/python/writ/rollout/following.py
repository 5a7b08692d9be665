"""The flow that follows a rollout: how it is started, what it is told, and what is left to it.

A flow makes the moves that lead on, when they are due. Whatever takes users off a bad release waits for no
flow, and what a flow is late with is made by the minute's tick; so a flow that died, hangs or was never
started costs time and nothing else. Both drive by the row of the service: the second finds it moved.
"""

import math
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, Final

from pydantic import JsonValue

from writ.contracts.action import Action, Target
from writ.contracts.errors import NotFoundError, WritError
from writ.ports.flows import RunState
from writ.rollout.acting import action_of
from writ.rollout.decide import Look, is_late, is_urgent, next_move, watched_until
from writ.rollout.plan import Value
from writ.rollout.state import Rollout, word

if TYPE_CHECKING:
    from writ.ports.flows import Flows

FLOWS: Final[Mapping[str, str]] = {"canary": "canary-release", "rollback": "rollback"}
# A move that a running flow has not made for so long is made by the tick.
LATE: Final = timedelta(seconds=90)
# A flow that ends so often before its rollout does would end once more; ticks go on without it.
ATTEMPTS: Final = 5
# Seconds to the next look of a flow: in a pause, and while a verdict is not settled.
_IN_A_PAUSE: Final = 60
_UNSETTLED: Final = 20


class Following(Value):
    """The latest attempt of a rollout's flow, 0 where there was none, and whether it goes on."""

    attempt: int = 0
    running: bool = False


class Watched(Value):
    """An open rollout, what was seen of it, and its flow; None where that asks itself, or is not seen."""

    rollout: Rollout
    look: Look
    following: Following | None = None


def following(bot: str, rollout: Rollout, flows: "Flows") -> Following | None:
    """How the flow of a rollout that a bot drives is; None where that cannot be seen: nobody waits for it."""
    try:
        run = flows.find(FLOWS[bot], rollout.id)
    except WritError:
        return None
    if run is None:
        return Following()
    return Following(attempt=run.attempt, running=run.state is RunState.RUNNING)


def actions_for(bot: str, watched: Watched, event_id: str, *, ticked: bool, now: datetime) -> list[Action]:
    """The next move of a rollout unless its flow makes it, and the start of a flow where none goes on.

    `ticked`: somebody looks at all that is open, so that what is late, and a flow that died, is noticed.
    """
    rollout, seen = watched.rollout, watched.following
    move = next_move(rollout, watched.look, now)
    left = seen is not None and seen.running and not is_urgent(rollout, move)
    if left and ticked:
        left = not is_late(rollout, now, LATE)
    made = [] if move.kind is None or left else [action_of(bot, rollout, move, event_id)]
    if seen is not None and not seen.running and seen.attempt < (ATTEMPTS if ticked else 1):
        made.append(_follow(bot, rollout, seen.attempt + 1))
    return made


def _follow(bot: str, rollout: Rollout, attempt: int) -> Action:
    return Action.of(
        bot,
        "follow-rollout",
        Target(kind="rollout", id=rollout.id),
        reason=f"the flow {FLOWS[bot]} makes the moves of {rollout.id} when they are due",
        once_per=(rollout.id, str(attempt)),
        parameters={"attempt": attempt},
    )


def follow(action: Action, flows: "Flows") -> dict[str, Any]:
    """Start the flow."""
    attempt = int(str(action.parameters["attempt"]))
    flows.start(FLOWS[action.bot], action.target.id, {"rollout": action.target.id}, attempt)
    return {"flow": FLOWS[action.bot], "attempt": attempt}


def followed(action: Action, flows: "Flows") -> dict[str, Any] | None:
    """The flow, if it was started."""
    attempt, run = int(str(action.parameters["attempt"])), flows.find(FLOWS[action.bot], action.target.id)
    return None if run is None or run.attempt < attempt else {"flow": FLOWS[action.bot], "attempt": attempt}


def standing(bot: str, rollout: Rollout | None, look: Look, now: datetime) -> dict[str, JsonValue]:
    """What a flow is told where no move is due: the state in a word, why, and in how many seconds to look.

    The word is `over` for a rollout that ended, whoever ended it, and `handed` for one that another bot
    drives. Raises NotFoundError for one that there never was.
    """
    if rollout is None:
        raise NotFoundError("there is no such rollout", field="rollout")
    if rollout.final is not None:
        return {"state": "over", "final": rollout.final.value}
    if rollout.driver != bot:
        return {"state": "handed"}
    reason, due = next_move(rollout, look, now).reason, watched_until(rollout)
    wait_s = min(_IN_A_PAUSE, math.ceil((due - now).total_seconds())) if now < due else _UNSETTLED
    return {"state": word(rollout), "reason": reason, "wait_s": wait_s}
