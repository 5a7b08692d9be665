"""What a rollout does next. Pure: a state, what was seen of it, and the time give one move.

Three rules come before all others. A breach is answered at once, whatever the rollout waits for. What is not
known never leads on: it waits, and when it has waited long enough it leads back. What has begun is finished
before anything else begins, except that the way back may begin at any time.
"""

from collections.abc import Mapping
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Annotated, Final

from pydantic import AwareDatetime, Field

from writ.rollout.kept import Judged, Verdict
from writ.rollout.plan import Hook, Value
from writ.rollout.state import BASELINE, CANDIDATE, Goal, Kind, Result, Rollout, seconds


class Health(StrEnum):
    """Whether the service keeps its objectives: `breached` is a hard stop."""

    OK = "ok"
    BREACHED = "breached"
    UNKNOWN = "unknown"


class Gate(StrEnum):
    """What a person said of the gate that the rollout stands at."""

    WAITING = "waiting"
    REFUSED = "refused"


# A gate that no person may open, in a freeze say, is asked for so often, over all of its patience. In between
# its flow is told to wait: one that is denied again and again takes the rollout back.
ASKS: Final = 30
_ASK_S: Final = 60
_HEALTHY: Final[Mapping[Health, tuple[bool | None, str]]] = {
    Health.OK: (True, "is healthy"),
    Health.BREACHED: (False, "is unhealthy too"),
    Health.UNKNOWN: (None, "is in place; nothing is seen of it"),
}


class Look(Value):
    """What was seen at one time; without data everything is unknown. `judged` is the verdict at length.

    `asked` is how often the gate was asked for and no person was let answer; `denied` is why the last time,
    at `denied_at`.
    """

    health: Health = Health.UNKNOWN
    verdict: Verdict = Verdict.UNKNOWN
    gate: Gate = Gate.WAITING
    asked: int = 0
    denied: str = ""
    denied_at: AwareDatetime | None = None
    reasons: tuple[str, ...] = ()
    judged: Judged | None = None


class Move(Value):
    """The next transition; `until` is given for none, and says when something is due at the latest.

    `judged` is the judgement that decided it: that let it lead out of a step, or had it lead back. `asked` is
    how often a gate was asked for before.
    """

    kind: Kind | None
    reason: Annotated[str, Field(max_length=1000)]
    goal: Goal = BASELINE
    stage: int = -1
    hook: Hook | None = None
    until: AwareDatetime | None = None
    final: Result | None = None
    healthy: bool | None = None
    judged: Judged | None = None
    asked: int = 0

    @property
    def key(self) -> str:
        """Names the hook of a move: one call for all attempts."""
        return f"{self.stage}/{'before' if self.goal.candidate else 'after'}"


def next_move(rollout: Rollout, look: Look, now: datetime) -> Move:
    """What follows from a state, an observation and the time."""
    if rollout.final is not None:
        return Move(kind=None, reason="it is over")
    if rollout.way == "back":
        return _back(rollout, look, now)
    if rollout.reverting:
        return _reversal(rollout, look, now)
    return _stop(rollout, look, now) or _onward(rollout, look, now)


def _onward(rollout: Rollout, look: Look, now: datetime) -> Move:
    if rollout.stage < 0:
        return _enter(rollout, 0, now, rollout.goal_at + seconds(rollout.plan.patience_s))
    if rollout.applied_at is None:
        kind, reason = Kind.PROMOTE if rollout.promoting else Kind.SHIFT, "what was begun is finished"
        return Move(kind=kind, reason=reason, goal=rollout.goal, stage=rollout.stage)
    return _bake(rollout, look, now) if rollout.promoting else _step(rollout, look, now)


def watched_until(rollout: Rollout) -> datetime:
    """When the pause of the state that a rollout is in is over, and its next move is due."""
    plan, since = rollout.plan, rollout.applied_at or rollout.goal_at
    if rollout.applied_at is None:
        return since
    if rollout.reverting or (rollout.way == "back" and rollout.promoting):
        return since + seconds(plan.verify_s)
    if rollout.promoting:
        return since + seconds(plan.bake_s)
    return since + seconds(plan.steps[rollout.stage].pause_s if 0 <= rollout.stage < len(plan.steps) else 0)


def deadline(rollout: Rollout) -> datetime:
    """When the state a rollout is in has to be over; past it, nobody drives it any more."""
    plan, due = rollout.plan, watched_until(rollout)
    if rollout.applied_at is None:
        return due + seconds(plan.apply_s)
    return due if rollout.reverting else due + seconds(plan.patience_s)


def is_urgent(rollout: Rollout, move: Move) -> bool:
    """Whether a move waits for no flow: one that takes users off a release that is not wanted, and, of a
    rollout that was stopped, the one that lets go of the lock, for a flow in its pause has not heard of that.
    """
    if move.kind is Kind.CLOSE:
        return rollout.reverting and rollout.stop is not None
    return move.kind is Kind.REVERT or (rollout.way == "back" and move.kind is Kind.PROMOTE)


def is_late(rollout: Rollout, now: datetime, grace: timedelta) -> bool:
    """Whether a move was due for so long that whoever should have made it is asleep."""
    return now >= watched_until(rollout) + grace


def is_abandoned(rollout: Rollout, now: datetime, grace: timedelta) -> bool:
    """Whether the bot that drives a rollout has been silent for longer than it may."""
    return rollout.final is None and now >= deadline(rollout) + grace


def _stop(rollout: Rollout, look: Look, now: datetime) -> Move | None:
    """What ends a rollout now, whatever it waits for. Before the first step nobody meets the candidate."""
    if rollout.stop is not None:
        return _revert(rollout, rollout.stop)
    if rollout.stage < 0:
        return None
    if look.health is Health.BREACHED:
        return _seen(look, _revert(rollout, _because("the service breaches its objectives", look)))
    if look.verdict is Verdict.FAIL:
        return _seen(look, _revert(rollout, _because("the candidate is worse than the baseline", look)))
    if look.gate is Gate.REFUSED:
        return _revert(rollout, "a person refused to go on")
    late = rollout.applied_at is None and now >= rollout.goal_at + seconds(rollout.plan.apply_s)
    return _revert(rollout, "the functions did not all get their weight in time") if late else None


def _revert(rollout: Rollout, reason: str) -> Move:
    return Move(kind=Kind.REVERT, reason=reason[:1000], stage=max(rollout.stage, 0))


def _reversal(rollout: Rollout, look: Look, now: datetime) -> Move:
    """The way back: until every alias has the baseline, then a look at whether that helped."""
    if rollout.applied_at is None:
        return _revert(rollout, rollout.stop or "what was begun is finished")
    until = rollout.applied_at + seconds(rollout.plan.verify_s)
    if now < until:
        return Move(kind=None, reason="the baseline is watched", until=until)
    healthy, seen = _HEALTHY[look.health]
    return _close(f"the baseline {seen}", Result.REVERTED, healthy)


def _back(rollout: Rollout, look: Look, now: datetime) -> Move:
    """To an earlier release at once; nowhere leads on from there, so its calls are tried without end."""
    if rollout.applied_at is None or rollout.stage < 0:
        return Move(kind=Kind.PROMOTE, reason="an earlier release takes everything", goal=CANDIDATE, stage=0)
    until = rollout.applied_at + seconds(rollout.plan.verify_s)
    if now < until:
        return Move(kind=None, reason="the earlier release is watched", until=until)
    healthy, seen = _HEALTHY[look.health]
    return _close(f"the earlier release {seen}", Result.PROMOTED, healthy)


def _enter(rollout: Rollout, stage: int, now: datetime, last: datetime) -> Move:
    """Into a step, by way of its hook; past the last one everything is wanted."""
    steps = rollout.plan.steps
    if stage >= len(steps):
        return Move(kind=Kind.PROMOTE, reason="every step was passed", goal=CANDIDATE, stage=len(steps))
    goal, number = Goal(candidate=steps[stage].weight), stage + 1
    hook = Move(
        kind=Kind.HOOK, reason=f"before step {number}", goal=goal, stage=stage, hook=steps[stage].before
    )
    if _is_open(rollout, hook):
        return hook if now < last else _revert(rollout, f"the hook before step {number} did not answer")
    reason = f"step {number} of {len(steps)}: {goal.candidate:.0%}"
    return Move(kind=Kind.SHIFT, reason=reason, goal=goal, stage=stage)


def _step(rollout: Rollout, look: Look, now: datetime) -> Move:
    """Out of a step: when its pause is over, the candidate is proven harmless, and hook and person agree."""
    stage, since = rollout.stage, rollout.applied_at or rollout.goal_at
    step, number = rollout.plan.steps[stage], stage + 1
    due = since + seconds(step.pause_s)
    if now < due:
        return Move(kind=None, reason=f"step {number} is watched", until=due)
    last = due + seconds(rollout.plan.patience_s)
    if look.verdict is not Verdict.PASS or look.health is not Health.OK:
        return _unsettled(rollout, look, now, last)
    hook = Move(kind=Kind.HOOK, reason=f"after step {number}", stage=stage, hook=step.after)
    if _is_open(rollout, hook):
        late = f"the hook after step {number} did not answer"
        return _seen(look, hook) if now < last else _revert(rollout, late)
    if step.gate and stage not in rollout.gates:
        return _gate(rollout, look, now, last)
    entering = _enter(rollout, stage + 1, now, last)
    return entering if entering.kind is Kind.REVERT else _seen(look, entering)


def _gate(rollout: Rollout, look: Look, now: datetime, last: datetime) -> Move:
    """A person is asked to let it leave its step, again where policy did not let anybody answer."""
    denied = f"the gate after step {rollout.stage + 1} may not be opened: {look.denied}"
    if now >= last:
        return _revert(rollout, denied if look.denied else "nobody opened the gate in time")
    if look.asked >= ASKS:
        return Move(kind=None, reason=denied, until=last)
    pause = seconds(max(_ASK_S, rollout.plan.patience_s // ASKS))
    if look.denied_at is not None and now < look.denied_at + pause:
        return Move(kind=None, reason=denied, until=look.denied_at + pause)
    reason = f"a person agrees to leave step {rollout.stage + 1}"
    gate = Move(kind=Kind.GATE, reason=reason, goal=rollout.goal, stage=rollout.stage, asked=look.asked)
    return _seen(look, gate)


def _is_open(rollout: Rollout, move: Move) -> bool:
    """Whether a hook is there and has not agreed yet."""
    return move.hook is not None and move.key not in rollout.hooks


def _close(reason: str, final: Result, healthy: bool | None) -> Move:
    return Move(kind=Kind.CLOSE, reason=reason, final=final, healthy=healthy)


def _bake(rollout: Rollout, look: Look, now: datetime) -> Move:
    """With everything on the candidate there is nothing to compare it with: its objectives are watched."""
    since = rollout.applied_at or rollout.goal_at
    due = since + seconds(rollout.plan.bake_s)
    if now < due:
        return Move(kind=None, reason="everything is on the candidate, and watched", until=due)
    if look.health is not Health.OK:
        return _unsettled(rollout, look, now, due + seconds(rollout.plan.patience_s))
    return _close("it is healthy with everything", Result.PROMOTED, True)


def _unsettled(rollout: Rollout, look: Look, now: datetime, last: datetime) -> Move:
    if now >= last:
        reason = _because("it is still not known whether the candidate is harmless", look)
        return _seen(look, _revert(rollout, reason))
    return Move(kind=None, reason=_because("not settled yet", look), until=last)


def _seen(look: Look, move: Move) -> Move:
    """A move that a look decided."""
    return move.model_copy(update={"judged": look.judged})


def _because(what: str, look: Look) -> str:
    return f"{what}: {'; '.join(look.reasons)}"[:1000] if look.reasons else what
