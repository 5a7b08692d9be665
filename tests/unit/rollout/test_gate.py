"""A gate that a person may not open for a while, and one that a person refuses."""

from __future__ import annotations

from datetime import timedelta

import pytest

from functions.canary.commands import expected
from tests.support.memory import START, ManualClock, MemoryActions
from tests.support.records import changed, claimed
from tests.support.rollouts import PLAN, MemoryMetrics, rollout
from writ.contracts.action import Outcome, Status
from writ.rollout.acting import gate_id
from writ.rollout.decide import ASKS, Gate, Health, Look, Move, next_move
from writ.rollout.kept import Verdict
from writ.rollout.observer import Observer
from writ.rollout.plan import Step
from writ.rollout.state import Goal, Kind

GATED = PLAN.model_copy(update={"steps": (Step(weight=0.1, pause_s=60, gate=True),)})
ROLLOUT = rollout(plan=GATED, stage=0, goal=Goal(candidate=0.1), applied_at=START)


def seen(*codes: str, status: Status = Status.DENIED) -> Look:
    """What is seen of a gate whose actions came to these ends, one after another; one without waits."""
    actions = MemoryActions()
    for asked, code in enumerate(codes):
        end = Outcome(status=status, code=code) if code else None
        record = changed(claimed(), outcome=end, updated_at=START + timedelta(seconds=61))
        actions.records[gate_id("canary", ROLLOUT, asked)] = record
    look = Observer("canary", MemoryMetrics(), actions, ManualClock()).look(ROLLOUT)
    return look.model_copy(update={"health": Health.OK, "verdict": Verdict.PASS})


def after(look: Look, seconds: int) -> Move:
    return next_move(ROLLOUT, look, START + timedelta(seconds=seconds))


@pytest.mark.parametrize(
    ("code", "status"), [("approval.rejected", Status.DENIED), ("approval.expired", Status.EXPIRED)]
)
def test_only_a_person_refuses(code: str, status: Status) -> None:
    look = seen(code, status=status)
    assert look.gate is Gate.REFUSED
    assert after(look, 61).reason == "a person refused to go on"


def test_what_policy_denies_is_asked_for_again_by_another_action() -> None:
    look = seen("freeze.active", "limit.errors")
    soon, move = after(look, 61), after(look, 61 + 60)
    assert (soon.kind, soon.until) == (None, START + timedelta(seconds=61 + 60))
    assert (move.kind, move.asked, look.denied) == (Kind.GATE, 2, "limit.errors")
    ids = {gate_id("canary", ROLLOUT, asked) for asked in range(3)}
    assert len(ids) == 3
    assert gate_id("canary", ROLLOUT) in ids


def test_a_gate_is_shown_with_the_action_that_a_person_answers_or_with_what_denies_it() -> None:
    waiting = expected(ROLLOUT, seen("freeze.active", ""), START + timedelta(seconds=200))
    assert (waiting["what"], waiting["action"]) == ("gate", gate_id("canary", ROLLOUT, 1))
    denied = expected(ROLLOUT, seen("freeze.active"), START + timedelta(seconds=70))
    assert (denied["what"], denied["action"]) == (None, None)
    assert denied["reason"] == "the gate after step 1 may not be opened: freeze.active"


def test_a_person_may_refuse_what_was_denied_before() -> None:
    assert seen("freeze.active", "approval.rejected").gate is Gate.REFUSED


def test_a_person_who_may_answer_at_last_and_does_not_is_the_reason() -> None:
    look = seen("freeze.active", "")
    assert (look.asked, look.denied) == (1, "")
    assert after(look, 60 + PLAN.patience_s).reason == "nobody opened the gate in time"


def test_a_gate_that_opens_no_more_leads_back_with_the_true_reason_when_patience_ends() -> None:
    look = seen(*["freeze.active"] * ASKS)
    waiting = after(look, 61)
    assert (waiting.kind, "freeze.active" in waiting.reason) == (None, True)
    move = after(look, 60 + PLAN.patience_s)
    assert (move.kind, "freeze.active" in move.reason) == (Kind.REVERT, True)
    assert after(seen(), 60 + PLAN.patience_s).reason == "nobody opened the gate in time"
