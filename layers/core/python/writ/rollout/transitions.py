"""How a rollout is changed by a move that begins or ends. Pure."""

from __future__ import annotations

from datetime import datetime
from typing import Final

from writ.rollout.decide import Move
from writ.rollout.state import CANDIDATE, End, Entry, Goal, Kind, Result, Rollout

_KEPT: Final = 200


def split(rollout: Rollout, function: str) -> tuple[str, dict[str, float]]:
    """The version of a function's alias under the goal of a rollout, and the weights of others."""
    old, new = rollout.baseline.versions[function], rollout.candidate.versions[function]
    if rollout.goal == CANDIDATE or old == new:
        return new, {}
    return old, {new: rollout.goal.candidate} if rollout.goal.candidate else {}


def is_stopped(rollout: Rollout, move: Move) -> bool:
    """Whether somebody stopped a rollout after a move that leads on was decided."""
    leads_back = move.kind is Kind.REVERT or move.final is Result.REVERTED
    return rollout.way == "forward" and rollout.stop is not None and not leads_back


def begun(rollout: Rollout, move: Move, by: tuple[str, str], now: datetime) -> Rollout:
    """The rollout with a move in its trail, by a bot and its action; what had not ended is superseded."""
    moves_aliases = move.kind in (Kind.SHIFT, Kind.PROMOTE, Kind.REVERT)
    goal: Goal = move.goal if moves_aliases else rollout.goal
    entry = Entry(
        seq=rollout.seq + 1,
        kind=move.kind or Kind.CLOSE,
        by=by[0],
        action=by[1],
        goal=goal,
        reason=move.reason[:1000],
        at=now,
    )
    changes: dict[str, object] = {"seq": rollout.seq + 1, "trail": (*_kept(_closed(rollout, now)), entry)}
    if moves_aliases:
        again = goal == rollout.goal and move.stage == rollout.stage and rollout.applied_at is None
        changes |= {
            "goal": goal,
            "stage": move.stage,
            "applied_at": None,
            "goal_at": rollout.goal_at if again else now,
        }
    if move.kind is Kind.REVERT:
        changes["stop"] = rollout.stop or move.reason[:500]
    return rollout.after(**changes)


def _closed(rollout: Rollout, now: datetime) -> tuple[Entry, ...]:
    return tuple(
        entry if entry.end is not None else entry.model_copy(update={"end": End.SUPERSEDED, "ended_at": now})
        for entry in rollout.trail
    )


def _kept(trail: tuple[Entry, ...]) -> tuple[Entry, ...]:
    """The start and the newest: every transition is in the ledger, and a row has room for 400 KB."""
    return trail if len(trail) < _KEPT else (trail[0], *trail[2 - _KEPT :])


def ended(rollout: Rollout, end: End, now: datetime) -> Rollout:
    """The rollout with the end of its latest entry."""
    last = rollout.trail[-1].model_copy(update={"end": end, "ended_at": now})
    return rollout.after(trail=(*rollout.trail[:-1], last))
