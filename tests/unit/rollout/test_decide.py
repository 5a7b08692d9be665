"""What a rollout does next."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from tests.support.memory import START
from tests.support.rollouts import PLAN, rollout
from writ.rollout.decide import Gate, Health, Look, Move, is_abandoned, next_move
from writ.rollout.kept import Verdict
from writ.rollout.plan import AT_ONCE, Hook, Plan, Step
from writ.rollout.state import BASELINE, CANDIDATE, Goal, Kind, Result, Rollout

GOOD = Look(health=Health.OK, verdict=Verdict.PASS)
BAD_LOOKS = [
    Look(health=Health.BREACHED),
    Look(health=Health.OK, verdict=Verdict.FAIL),
    Look(health=Health.OK, verdict=Verdict.PASS, gate=Gate.REFUSED),
]
HALF = Goal(candidate=0.5)


def after(state: Rollout, look: Look, seconds: float) -> Move:
    return next_move(state, look, START + timedelta(seconds=seconds))


def at(stage: int, goal: Goal, *, applied: bool = True, **more: Any) -> Rollout:
    return rollout(stage=stage, goal=goal, goal_at=START, applied_at=START if applied else None, **more)


def with_step(**more: Any) -> Plan:
    return Plan(steps=(Step(weight=0.5, pause_s=60, **more),), patience_s=300)


def test_it_begins_with_the_first_weight() -> None:
    move = after(rollout(), Look(), 0)
    assert (move.kind, move.goal, move.stage) == (Kind.SHIFT, Goal(candidate=0.1), 0)


def test_it_waits_for_the_pause_to_end_however_good_it_looks() -> None:
    move = after(at(0, Goal(candidate=0.1)), GOOD, 59)
    assert (move.kind, move.until) == (None, START + timedelta(seconds=60))


def test_a_passed_step_leads_to_the_next_and_the_last_one_to_everything() -> None:
    assert after(at(0, Goal(candidate=0.1)), GOOD, 60).goal == HALF
    last = after(at(1, HALF), GOOD, 60)
    assert (last.kind, last.goal, last.stage) == (Kind.PROMOTE, CANDIDATE, 2)


@pytest.mark.parametrize("look", BAD_LOOKS, ids=["breach", "worse", "refused"])
@pytest.mark.parametrize("seconds", [1, 30, 60, 5000])
@pytest.mark.parametrize("applied", [True, False])
def test_a_hard_stop_reverts_at_any_moment_also_while_waiting(
    look: Look, seconds: float, applied: bool
) -> None:
    move = after(at(0, Goal(candidate=0.1), applied=applied), look, seconds)
    assert (move.kind, move.goal) == (Kind.REVERT, BASELINE)


@pytest.mark.parametrize("verdict", [Verdict.UNKNOWN, Verdict.PASS])
@pytest.mark.parametrize("stage", [0, 1, 2])
def test_what_is_not_known_never_leads_on_and_leads_back_in_the_end(stage: int, verdict: Verdict) -> None:
    goal = CANDIDATE if stage == 2 else Goal(candidate=PLAN.steps[stage].weight)
    look = Look(health=Health.UNKNOWN, verdict=verdict)
    assert after(at(stage, goal), look, 359).kind is None
    assert after(at(stage, goal), look, 360).kind is Kind.REVERT


def test_what_was_begun_is_finished_before_anything_else() -> None:
    move = after(at(0, Goal(candidate=0.1), applied=False), GOOD, 100)
    assert (move.kind, move.goal) == (Kind.SHIFT, Goal(candidate=0.1))


def test_functions_that_do_not_get_their_weight_in_time_lead_back() -> None:
    assert after(at(0, Goal(candidate=0.1), applied=False), GOOD, 120).kind is Kind.REVERT


def test_a_stop_that_somebody_asked_for_leads_back_even_before_the_first_step() -> None:
    assert after(rollout(stop="wrong release"), GOOD, 0).kind is Kind.REVERT


@pytest.mark.parametrize(
    ("health", "healthy"), [(Health.OK, True), (Health.BREACHED, False), (Health.UNKNOWN, None)]
)
def test_after_a_reversal_the_baseline_is_watched_and_then_the_lock_let_go(
    health: Health, healthy: bool | None
) -> None:
    state = at(1, BASELINE, stop="errors")
    assert after(state, Look(health=health), 29).kind is None
    closing = after(state, Look(health=health), 30)
    assert (closing.kind, closing.final, closing.healthy) == (Kind.CLOSE, Result.REVERTED, healthy)


def test_a_reversal_that_was_not_finished_is_tried_without_end() -> None:
    assert after(at(1, BASELINE, applied=False), GOOD, 1_000_000).kind is Kind.REVERT


def test_everything_is_watched_before_it_is_final() -> None:
    assert after(at(2, CANDIDATE), GOOD, 59).kind is None
    closing = after(at(2, CANDIDATE), GOOD, 60)
    assert (closing.kind, closing.final, closing.healthy) == (Kind.CLOSE, Result.PROMOTED, True)


def test_a_breach_with_everything_on_the_candidate_still_leads_back() -> None:
    assert after(at(2, CANDIDATE), Look(health=Health.BREACHED), 30).kind is Kind.REVERT


def test_hooks_run_before_and_after_a_step_once() -> None:
    hook = Hook(function="service-smoke")
    plan = with_step(before=hook, after=hook)
    before = after(rollout(plan=plan), GOOD, 0)
    assert (before.kind, before.key) == (Kind.HOOK, "0/before")
    assert after(rollout(plan=plan, hooks=("0/before",)), GOOD, 0).kind is Kind.SHIFT
    later = after(at(0, HALF, plan=plan, hooks=("0/before",)), GOOD, 60)
    assert (later.kind, later.key) == (Kind.HOOK, "0/after")
    assert after(at(0, HALF, plan=plan, hooks=("0/before", "0/after")), GOOD, 60).kind is Kind.PROMOTE


def test_a_hook_that_never_answers_leads_back() -> None:
    plan = with_step(before=Hook(function="service-smoke"))
    assert after(rollout(plan=plan), GOOD, 300).kind is Kind.REVERT


def test_a_gate_is_asked_for_and_leads_back_when_nobody_opens_it() -> None:
    gated = at(0, HALF, plan=with_step(gate=True))
    assert after(gated, GOOD, 60).kind is Kind.GATE
    assert after(gated, GOOD, 360).kind is Kind.REVERT
    assert after(gated.after(gates=(0,)), GOOD, 60).kind is Kind.PROMOTE


def test_the_way_back_is_taken_at_once_and_never_turns() -> None:
    back = rollout(plan=AT_ONCE, way="back", driver="rollback")
    assert after(back, Look(health=Health.BREACHED), 0).kind is Kind.PROMOTE
    there = back.after(stage=0, goal=CANDIDATE, applied_at=START)
    assert after(there, Look(health=Health.BREACHED), 60).kind is None
    closing = after(there, Look(health=Health.BREACHED), 120)
    assert (closing.kind, closing.final, closing.healthy) == (Kind.CLOSE, Result.PROMOTED, False)


def test_a_rollout_whose_driver_is_silent_past_its_time_is_abandoned() -> None:
    state = at(0, Goal(candidate=0.1))
    grace = timedelta(minutes=10)
    assert not is_abandoned(state, START + timedelta(seconds=959), grace)
    assert is_abandoned(state, START + timedelta(seconds=960), grace)


def test_an_ended_rollout_does_nothing() -> None:
    assert after(rollout(final=Result.PROMOTED), Look(health=Health.BREACHED), 0).kind is None
