"""What a round does, case by case; see test_chaos for all of them at once under faults."""

from __future__ import annotations

import random
from dataclasses import dataclass, replace
from typing import Any

import pytest

from functions.approvals.answer import Desk, take
from functions.reconciler import reconcile as module
from functions.reconciler.reconcile import Ports, Report, reconcile
from tests.support.faults import Crash, Faults
from tests.support.plane import LEASE, Plane
from writ.contracts.action import Action, Approval, Status, Target
from writ.contracts.errors import TransientError
from writ.ports.actions import ActionRecord, Cause, Phase
from writ.runtime.attempts import LAST_ATTEMPT
from writ.runtime.identity import Identity
from writ.runtime.loop import Loop
from writ.runtime.outcomes import ABANDONED
from writ.runtime.testimony import approval_id, outcome_id

CAUSE = Cause("Probed.v1", "event")


@pytest.fixture
def plane() -> Plane:
    return Plane(Faults(random.Random(0), rate=0))


def action(name: str, number: int = 0) -> Action:
    return Action.of(
        "probe", name, Target(kind="thing", id=str(number)), reason="because", once_per=(str(number),)
    )


def a_round(plane: Plane) -> Report:
    who = Identity("reconciler", "platform", "1", "3" * 64)
    loop: Loop[None] = Loop(who, {}, {}, plane.ports(), None, lease=LEASE)
    answers = plane.answers("reconciler")
    return reconcile(Ports(plane.actions, plane.approvals, answers, plane.clock, loop.abandon))


def claimed(plane: Plane, name: str = "low", number: int = 0) -> ActionRecord:
    """An action whose bot died right after its claim."""
    with pytest.raises(Crash):
        plane.worker(evidence=Dying()).run(action(name, number), CAUSE)
    return plane.actions.records[action(name, number).id]


def waiting(plane: Plane) -> ActionRecord:
    return plane.worker().run(action("high"), CAUSE)


def approve(plane: Plane, *, attested: bool = True) -> Approval:
    given = Approval(approved=True, by="ann", at=plane.clock.now(), reason="looked at it")
    answers = plane.answers()
    desk = Desk(plane.actions, plane.approvals, answers if attested else replace(answers, evidence=Dying()))
    try:
        take(action("high").id, given, {"ann"}, desk)
    except Crash:
        assert not attested
    return given


@dataclass
class Dying:
    """Evidence whose first call ends the process."""

    def __getattr__(self, name: str) -> Any:
        raise Crash


def kinds(plane: Plane) -> list[str]:
    return [event.type for event in plane.bus.events]


def test_a_stalled_claim_is_announced_to_its_bot_with_the_same_id_until_it_moves(plane: Plane) -> None:
    record = claimed(plane)
    for _ in range(2):
        plane.clock.forward(minutes=2)
        a_round(plane)
    first, second = plane.bus.events
    assert first.id == second.id == f"{record.action.id}.stalled.1"
    assert first.type == "ActionStalled.v1"
    assert (first.meta.producer, first.data.model_dump()["bot"]) == ("reconciler", "probe")
    settled = plane.worker().resume(record.action.id)
    assert settled.outcome is not None
    assert settled.outcome.status is Status.SUCCEEDED
    assert a_round(plane).remedies.total() == 0


def test_a_request_that_nobody_answers_expires_and_its_bot_closes_it(plane: Plane) -> None:
    record = waiting(plane)
    plane.clock.forward(hours=72)
    a_round(plane)
    assert kinds(plane)[-1] == "ActionStalled.v1"
    closed = plane.worker().resume(record.action.id)
    assert closed.outcome is not None
    assert closed.outcome.status is Status.EXPIRED


def test_an_answer_in_the_last_moment_wins_against_expiry(plane: Plane) -> None:
    waiting(plane)
    plane.clock.forward(hours=71, minutes=59, seconds=59)
    given = approve(plane, attested=False)
    expire = plane.approvals.expire
    stale = dict(plane.approvals.requests)
    stale_request = replace(stale[action("high").id], answer=None)
    reads = iter([stale_request])

    class Late:
        """The round's first read was before the answer."""

        def get(self, action_id: str) -> Any:
            return next(reads, plane.approvals.requests[action_id])

        def expire(self, action_id: str) -> bool:
            return expire(action_id)

    plane.clock.forward(seconds=2)
    loop: Loop[None] = Loop(
        Identity("reconciler", "p", "1", "3" * 64), {}, {}, plane.ports(), None, lease=LEASE
    )
    reconcile(Ports(plane.actions, Late(), plane.answers("reconciler"), plane.clock, loop.abandon))  # type: ignore[arg-type]
    decided = plane.bus.events[-1]
    assert (decided.type, decided.data.model_dump()["by"]) == ("ApprovalDecided.v1", given.by)


def test_an_answer_that_was_recorded_and_no_more_is_made_known_within_two_minutes(plane: Plane) -> None:
    record = waiting(plane)
    approve(plane, attested=False)
    assert plane.worker().resume(record.action.id).phase is Phase.WAITING, "no statement, no effect"
    for _ in range(2):
        plane.clock.forward(minutes=1)
        a_round(plane)
    statement = plane.evidence.entries[approval_id(record.action.id)]
    assert statement["predicate"]["actor"]["bot"] == "reconciler"
    assert kinds(plane)[-1] == "ApprovalDecided.v1"
    assert plane.worker().resume(record.action.id).phase is Phase.CLOSED


def test_an_answer_that_was_begun_and_never_given_leaves_the_action_waiting(plane: Plane) -> None:
    record = waiting(plane)
    begun = replace(record, lease_until=plane.clock.now(), version=record.version + 1)
    plane.actions.advance(record, begun)
    plane.clock.forward(minutes=1)
    a_round(plane)
    rearmed = plane.actions.records[record.action.id]
    assert (rearmed.phase, rearmed.lease_until) == (Phase.WAITING, record.lease_until)
    assert kinds(plane) == ["ApprovalRequested.v1"]


def test_what_stalls_for_an_hour_is_closed_as_abandoned_by_the_reconciler(plane: Plane) -> None:
    record = claimed(plane)
    plane.clock.forward(hours=1, minutes=2)
    (closed,) = a_round(plane).closed
    assert closed.outcome == ABANDONED
    entry = plane.evidence.entries[outcome_id(record.action.id)]
    assert entry["predicate"]["actor"]["bot"] == "reconciler"
    assert entry["predicate"]["action"]["bot"] == "probe"
    assert plane.bus.events[-1].meta.producer == "reconciler"
    assert plane.actions.statistics == {"failed": 1}


def test_what_policy_denied_is_closed_as_denied_even_when_its_bot_is_gone(plane: Plane) -> None:
    claimed(plane, "never")
    plane.clock.forward(hours=2)
    (closed,) = a_round(plane).closed
    assert closed.outcome is not None
    assert closed.outcome.status is Status.DENIED


def test_an_approved_action_whose_bot_is_gone_keeps_its_approval_in_the_chain(plane: Plane) -> None:
    record = waiting(plane)
    approve(plane, attested=False)
    plane.clock.forward(hours=3)
    (closed,) = a_round(plane).closed
    assert closed.outcome == ABANDONED
    prev = plane.evidence.entries[outcome_id(record.action.id)]["predicate"]["prev"]
    assert prev["entry"] == approval_id(record.action.id)


def test_an_action_whose_request_is_lost_is_closed_all_the_same(plane: Plane) -> None:
    waiting(plane)
    plane.approvals.requests.clear()
    plane.clock.forward(hours=74)
    (closed,) = a_round(plane).closed
    assert closed.outcome == ABANDONED


def test_abandoning_that_dies_halfway_goes_on_in_the_next_round(
    plane: Plane,
) -> None:
    record = claimed(plane)
    plane.clock.forward(hours=2)
    evidence, plane.evidence = plane.evidence, Dying()  # type: ignore[assignment]
    with pytest.raises(Crash):
        a_round(plane)
    plane.evidence = evidence
    assert plane.actions.records[record.action.id].attempt > LAST_ATTEMPT
    plane.clock.forward(minutes=2)
    assert len(a_round(plane).closed) == 1


def test_a_bot_that_wrote_its_outcome_before_it_died_is_taken_at_its_word(plane: Plane) -> None:
    worker = plane.worker()
    worker._ports = replace(worker._ports, bus=Dying())
    with pytest.raises(Crash):
        worker.run(action("low"), CAUSE)
    plane.clock.forward(hours=2)
    (closed,) = a_round(plane).closed
    assert closed.outcome is not None
    assert closed.outcome.status is Status.SUCCEEDED


def test_one_that_fails_does_not_keep_the_others(plane: Plane) -> None:
    records = [claimed(plane, number=number) for number in range(3)]
    plane.clock.forward(hours=2)
    broken = records[1].action.id
    get = plane.evidence.get

    def fail(entry_id: str) -> Any:
        if entry_id.startswith(broken):
            raise TransientError("throttled")
        return get(entry_id)

    plane.evidence.get = fail  # type: ignore[method-assign]
    report = a_round(plane)
    assert report.failures == {broken: "dependency.unavailable"}
    assert len(report.closed) == 2


def test_a_round_is_bounded_and_the_rest_has_its_turn_in_the_next(
    plane: Plane, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "FOUND_A_ROUND", 5)
    monkeypatch.setattr(module, "ABANDONED_A_ROUND", 2)
    for number in range(6):
        claimed(plane, number=number)
    plane.clock.forward(hours=2)
    closed = []
    while report := a_round(plane).closed:
        assert len(report) <= 2
        closed += report
        plane.clock.forward(minutes=1)
    assert len(closed) == 6
