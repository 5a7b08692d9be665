"""What the flow of a rollout is left, what is made without it, and what it is told."""

from __future__ import annotations

from datetime import timedelta

import pytest

from tests.support.memory import START, MemoryFlows
from tests.support.rollouts import PLAN, rollout
from writ.contracts.action import ASKED_BY
from writ.contracts.errors import NotFoundError, TransientError
from writ.ports.flows import Run, RunState
from writ.rollout.acting import gate_id
from writ.rollout.decide import Health, Look
from writ.rollout.following import (
    ATTEMPTS,
    Following,
    Watched,
    actions_for,
    follow,
    followed,
    following,
    standing,
)
from writ.rollout.kept import Verdict
from writ.rollout.plan import AT_ONCE, Step
from writ.rollout.state import BASELINE, Goal, Result, Rollout

GOOD = Look(health=Health.OK, verdict=Verdict.PASS)
RUNNING = Following(attempt=1, running=True)
DEAD = Following(attempt=1)


def step(**changes: object) -> Rollout:
    """In its first step, whose pause of a minute is over at 60."""
    return rollout(**{"stage": 0, "goal": Goal(candidate=0.1), "applied_at": START, **changes})


def planned(
    watched: Rollout, look: Look, seen: Following | None, seconds: float, *, ticked: bool = True
) -> list[str]:
    now = START + timedelta(seconds=seconds)
    each = Watched(rollout=watched, look=look, following=seen)
    return [action.name for action in actions_for("canary", each, "event-1", ticked=ticked, now=now)]


def test_a_running_flow_makes_what_leads_on() -> None:
    assert planned(step(), GOOD, RUNNING, 61) == []
    assert planned(step(), GOOD, RUNNING, 61, ticked=False) == []


def test_what_a_flow_is_late_with_is_made_by_the_tick() -> None:
    assert planned(step(), GOOD, RUNNING, 60 + 89) == []
    assert planned(step(), GOOD, RUNNING, 60 + 90) == ["shift-weight"]


@pytest.mark.parametrize(
    ("by", "by_id", "named"),
    [("ann", "", {ASKED_BY: "ann"}), ("[e-mail]", "sub-1", {ASKED_BY: "sub-1"}), ("", "", {})],
)
def test_a_gate_names_who_asked_for_the_rollout_and_is_one_whoever_that_was(
    by: str, by_id: str, named: dict[str, str]
) -> None:
    plan = PLAN.model_copy(update={"steps": (Step(weight=0.1, pause_s=60, gate=True),)})
    gated, now = step(plan=plan, by=by, by_id=by_id), START + timedelta(seconds=61)
    (gate,) = actions_for("canary", Watched(rollout=gated, look=GOOD), "event-1", ticked=False, now=now)
    assert (gate.name, gate.id) == ("open-gate", gate_id("canary", gated))
    assert {name: value for name, value in gate.parameters.items() if name == ASKED_BY} == named


@pytest.mark.parametrize("ticked", [True, False])
def test_what_takes_users_off_a_bad_release_waits_for_no_flow(ticked: bool) -> None:
    breach = Look(health=Health.BREACHED)
    assert planned(step(), breach, RUNNING, 1, ticked=ticked) == ["revert"]
    back = rollout(plan=AT_ONCE, way="back", driver="rollback")
    assert planned(back, Look(), RUNNING, 1, ticked=ticked) == ["promote"]


@pytest.mark.parametrize("ticked", [True, False])
def test_the_lock_of_what_was_stopped_waits_for_no_flow_either(ticked: bool) -> None:
    """Its flow may sleep in a pause that began before; that of a reversal of its own is awake."""
    plan = PLAN.model_copy(update={"verify_s": 5})
    aborted = step(goal=BASELINE, plan=plan, stop="ann: wrong release")
    assert planned(aborted, GOOD, RUNNING, 4, ticked=ticked) == []
    assert planned(aborted, GOOD, RUNNING, 5, ticked=ticked) == ["close-rollout"]
    assert planned(step(goal=BASELINE, plan=plan), GOOD, RUNNING, 5, ticked=ticked) == []


def test_a_flow_that_asks_itself_or_is_not_seen_is_not_waited_for() -> None:
    assert planned(step(), GOOD, None, 61) == ["shift-weight"]


def test_the_first_flow_is_started_after_the_first_move_and_another_by_the_tick() -> None:
    assert planned(rollout(), Look(), Following(), 0, ticked=False) == ["shift-weight", "follow-rollout"]
    assert planned(step(), GOOD, DEAD, 61, ticked=False) == ["shift-weight"]
    assert planned(step(), GOOD, DEAD, 30) == ["follow-rollout"]
    assert planned(step(), GOOD, Following(attempt=ATTEMPTS), 30) == []


def test_a_flow_is_started_once_an_attempt() -> None:
    flows = MemoryFlows()
    [action] = actions_for(
        "canary", Watched(rollout=step(), look=GOOD, following=DEAD), "event-1", ticked=True, now=START
    )
    flows.start("canary-release", "shop-1", {})
    assert followed(action, flows) is None
    assert follow(action, flows) == followed(action, flows) == {"flow": "canary-release", "attempt": 2}
    assert following("canary", step(), flows) == Following(attempt=2, running=True)
    flows.end("canary-release", "shop-1", RunState.FAILED)
    assert following("canary", step(), flows) == Following(attempt=2)


def test_flows_that_cannot_be_asked_after_are_not_waited_for() -> None:
    class Gone(MemoryFlows):
        def find(self, flow: str, name: str) -> Run | None:
            raise TransientError("no answer")

    assert following("canary", step(), Gone()) is None
    assert following("canary", step(), MemoryFlows()) == Following()


@pytest.mark.parametrize(
    ("seconds", "wait_s"), [(0, 60), (20.5, 40), (59.9, 1), (60, 20), (300, 20)], ids=str
)
def test_a_flow_is_told_when_to_look_again(seconds: float, wait_s: int) -> None:
    told = standing("canary", step(), Look(health=Health.OK), START + timedelta(seconds=seconds))
    assert (told["state"], told["wait_s"]) == ("watching", wait_s)


def test_a_flow_is_told_that_it_is_no_longer_needed() -> None:
    over = step(final=Result.REVERTED, goal=BASELINE)
    assert standing("canary", over, Look(), START) == {"state": "over", "final": "reverted"}
    assert standing("canary", step(driver="rollback"), Look(), START) == {"state": "handed"}
    with pytest.raises(NotFoundError) as refused:
        standing("canary", None, Look(), START)
    assert refused.value.field == "rollout"
