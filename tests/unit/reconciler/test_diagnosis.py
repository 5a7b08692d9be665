from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from functions.reconciler.diagnosis import MARGIN, PATIENCE, Remedy, diagnose
from tests.support.memory import START
from writ.contracts.action import Action, Approval, Decision, Target, Verdict
from writ.ports.actions import ActionRecord, Cause, Phase
from writ.ports.approvals import ApprovalRequest
from writ.runtime.attempts import LAST_ATTEMPT

SECOND = timedelta(seconds=1)
EXPIRES = START + timedelta(hours=72)
ANSWER = Approval(approved=True, by="ann", at=START, reason="looked at it")


def record(phase: Phase, attempt: int = 1) -> ActionRecord:
    return ActionRecord(
        action=Action.of("probe", "high", Target(kind="thing", id="1"), reason="because", once_per=("1",)),
        decision=Decision(verdict=Verdict.REVIEW, bundle_digest="1" * 64, decided_at=START),
        cause=Cause("Probed.v1", "event"),
        phase=phase,
        attempt=attempt,
        lease_until=START,
        created_at=START,
        updated_at=START,
    )


def request(**state: Any) -> ApprovalRequest:
    return ApprovalRequest("act", "probe", "high", "thing:1", "because", START, EXPIRES, **state)


@pytest.mark.parametrize(
    ("after", "attempt", "remedy"),
    [
        (-SECOND, 1, Remedy.LEAVE),
        (MARGIN - SECOND, LAST_ATTEMPT + 1, Remedy.LEAVE),
        (MARGIN, 1, Remedy.WAKE),
        (PATIENCE, LAST_ATTEMPT, Remedy.WAKE),
        (PATIENCE + SECOND, 1, Remedy.ABANDON),
        (MARGIN, LAST_ATTEMPT + 1, Remedy.ABANDON),
    ],
)
def test_a_claim_is_taken_over_after_a_margin_and_given_up_after_its_chances(
    after: timedelta, attempt: int, remedy: Remedy
) -> None:
    assert diagnose(record(Phase.CLAIMED, attempt), None, START + after) is remedy


@pytest.mark.parametrize(
    ("asked", "after", "remedy"),
    [
        (request(), SECOND, Remedy.REARM),
        (request(), timedelta(hours=72), Remedy.EXPIRE),
        (request(expired=True), SECOND, Remedy.WAKE),
        (request(expired=True), PATIENCE + SECOND, Remedy.ABANDON),
        (request(answer=ANSWER), SECOND, Remedy.MAKE_KNOWN),
        (request(answer=ANSWER), PATIENCE + SECOND, Remedy.ABANDON),
        (None, SECOND, Remedy.LEAVE),
        (None, PATIENCE + SECOND, Remedy.ABANDON),
    ],
)
def test_what_a_waiting_action_needs_depends_on_what_people_said(
    asked: ApprovalRequest | None, after: timedelta, remedy: Remedy
) -> None:
    assert diagnose(record(Phase.WAITING), asked, START + after) is remedy


def test_a_closed_action_is_left_alone() -> None:
    assert diagnose(record(Phase.CLOSED), None, START + PATIENCE * 2) is Remedy.LEAVE
