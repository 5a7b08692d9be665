"""One answer to one action: who may give it, when, and what a repeat or a crash in between comes to."""

from __future__ import annotations

import os
import random
from contextlib import suppress
from dataclasses import replace
from itertools import pairwise

import pytest

from functions.approvals.answer import GRACE, take
from tests.support.approvals import calm_plane, desk_of, published, said, waiting
from tests.support.faults import Crash, Faults
from tests.support.plane import Plane
from tests.support.records import an_action, claimed
from writ.contracts.action import ASKED_BY, Action, Status
from writ.contracts.errors import BusyError, ConflictError, NotFoundError, TransientError, WritError
from writ.ports.actions import Cause, Phase
from writ.runtime.testimony import approval_id, intent_id, outcome_id

SCHEDULES = int(os.environ.get("WRIT_CHAOS_SCHEDULES", "300"))


@pytest.fixture
def plane() -> Plane:
    return calm_plane()


def resume(plane: Plane, action: Action) -> Status | None:
    outcome = plane.worker().resume(action.id).outcome
    return outcome.status if outcome else None


@pytest.mark.parametrize(
    ("approved", "status", "effects"), [(True, Status.SUCCEEDED, 1), (False, Status.DENIED, 0)]
)
def test_answer_is_on_record_and_on_the_bus_and_the_bot_acts_on_it(
    plane: Plane, approved: bool, status: Status, effects: int
) -> None:
    action = waiting(plane)
    given = said(plane, approved)
    taken = take(action.id, given, {"ann"}, desk_of(plane))
    assert (taken.answer, taken.record.action) == (given, action)
    assert published(plane, "ApprovalDecided.v1") == [f"{action.id}.approval"]
    assert resume(plane, action) is status
    assert plane.world.done[action.effect_key] == effects
    order = [intent_id(action.id), approval_id(action.id), outcome_id(action.id)]
    assert plane.evidence.order == order
    for before, after in pairwise(order):
        assert plane.evidence.entries[after]["predicate"]["prev"]["entry"] == before
    stated = plane.evidence.entries[approval_id(action.id)]["predicate"]["approval"]
    assert (stated["approved"], stated["by"], stated["reason"]) == (approved, "ann", "looked at it")


def test_answer_in_hand_brings_the_reconciler_soon(plane: Plane) -> None:
    action = waiting(plane)
    take(action.id, said(plane), {"ann"}, desk_of(plane))
    assert plane.actions.records[action.id].lease_until == plane.clock.now() + GRACE


@pytest.mark.parametrize("known_as", [{"ann"}, {"sub-1", "ann"}])
def test_nobody_approves_what_he_asked_for(plane: Plane, known_as: set[str]) -> None:
    action = waiting(plane, by="ann")
    before = plane.actions.records[action.id]
    with pytest.raises(WritError) as refused:
        take(action.id, said(plane, by=min(known_as)), known_as, desk_of(plane))
    assert refused.value.code == "forbidden.four_eyes"
    assert plane.actions.records[action.id] == before
    assert plane.approvals.requests[action.id].answer is None
    assert published(plane, "ApprovalDecided.v1") == []


def test_nobody_approves_what_a_flow_asks_for_in_his_name(plane: Plane) -> None:
    action = an_action(name="high").model_copy(update={"parameters": {ASKED_BY: "ann"}})
    plane.worker().run(action, Cause("Probed.v1", "event-0", "bot", ""))
    with pytest.raises(WritError) as refused:
        take(action.id, said(plane), {"sub-1", "ann"}, desk_of(plane))
    assert refused.value.code == "forbidden.four_eyes"
    assert take(action.id, said(plane, by="bob"), {"bob"}, desk_of(plane)).answer.by == "bob"


def test_whoever_asked_may_withdraw_and_another_may_approve(plane: Plane) -> None:
    withdrawn, approved = waiting(plane, 1, by="ann"), waiting(plane, 2, by="ann")
    take(withdrawn.id, said(plane, approved=False), {"ann"}, desk_of(plane))
    take(approved.id, said(plane, by="bob"), {"bob"}, desk_of(plane))
    assert resume(plane, withdrawn) is Status.DENIED
    assert resume(plane, approved) is Status.SUCCEEDED


def test_bot_of_the_same_name_as_a_person_does_not_bar_that_person(plane: Plane) -> None:
    action = an_action(name="high")
    plane.worker().run(action, Cause("Probed.v1", "event-0", "bot", "ann"))
    assert take(action.id, said(plane), {"ann"}, desk_of(plane)).answer.approved


@pytest.mark.parametrize(("by", "approved"), [("bob", True), ("bob", False), ("ann", False)])
def test_first_answer_stands_against_any_other(plane: Plane, by: str, approved: bool) -> None:
    action = waiting(plane)
    first = said(plane)
    take(action.id, first, {"ann"}, desk_of(plane))
    plane.clock.forward(minutes=1)
    with pytest.raises(ConflictError) as settled:
        take(action.id, said(plane, approved, by=by), {by}, desk_of(plane))
    assert settled.value.code == "approval.settled"
    assert plane.approvals.requests[action.id].answer == first
    assert len(published(plane, "ApprovalDecided.v1")) == 1


def test_same_answer_again_is_made_known_again_and_is_the_first(plane: Plane) -> None:
    action = waiting(plane)
    first = said(plane)
    take(action.id, first, {"ann"}, desk_of(plane))
    plane.clock.forward(minutes=1)
    assert take(action.id, said(plane), {"ann"}, desk_of(plane)).answer == first
    assert published(plane, "ApprovalDecided.v1") == [f"{action.id}.approval"] * 2
    assert plane.evidence.order.count(approval_id(action.id)) == 1
    resume(plane, action)
    assert take(action.id, said(plane), {"ann"}, desk_of(plane)).record.phase is Phase.CLOSED
    assert len(published(plane, "ApprovalDecided.v1")) == 2


@pytest.mark.parametrize("hours", [72, 1000])
def test_answer_after_the_deadline_is_refused(plane: Plane, hours: int) -> None:
    action = waiting(plane)
    plane.clock.forward(hours=hours)
    with pytest.raises(ConflictError) as late:
        take(action.id, said(plane), {"ann"}, desk_of(plane))
    assert late.value.code == "approval.expired"
    assert plane.approvals.requests[action.id].answer is None


def test_answer_after_the_expiry_was_recorded_is_refused(plane: Plane) -> None:
    action = waiting(plane)
    plane.approvals.expire(action.id)
    with pytest.raises(ConflictError) as late:
        take(action.id, said(plane), {"ann"}, desk_of(plane))
    assert late.value.code == "approval.expired"


def test_action_that_is_not_there_or_needs_no_answer_is_named(plane: Plane) -> None:
    with pytest.raises(NotFoundError):
        take(an_action().id, said(plane), {"ann"}, desk_of(plane))
    low = plane.worker().run(an_action(name="low"), Cause("Probed.v1", "event-0"))
    with pytest.raises(ConflictError) as needless:
        take(low.action.id, said(plane), {"ann"}, desk_of(plane))
    assert needless.value.code == "approval.not_asked"


def test_action_whose_bot_is_still_at_it_is_busy(plane: Plane) -> None:
    action = waiting(plane)
    record = plane.actions.records[action.id]
    plane.actions.records[action.id] = replace(record, phase=Phase.CLAIMED)
    with pytest.raises(BusyError):
        take(action.id, said(plane), {"ann"}, desk_of(plane))
    assert plane.approvals.requests[action.id].answer is None


def test_action_that_never_stands_still_is_to_be_tried_again(plane: Plane) -> None:
    action = waiting(plane)

    class Moving(type(plane.actions)):  # type: ignore[misc]
        def advance(self, *_: object) -> None:
            raise ConflictError("moved")

    desk = replace(desk_of(plane), actions=Moving(records=plane.actions.records))
    with pytest.raises(TransientError) as contended:
        take(action.id, said(plane), {"ann"}, desk)
    assert contended.value.code == "approval.contended"


def test_answer_without_a_readable_intent_is_not_published(plane: Plane) -> None:
    record = replace(claimed(name="high"), phase=Phase.WAITING)
    action = waiting(plane)
    plane.actions.records[action.id] = replace(record, action=action)
    plane.evidence.entries.clear()
    with pytest.raises(TransientError) as unreadable:
        take(action.id, said(plane), {"ann"}, desk_of(plane))
    assert unreadable.value.code == "approval.no_intent"
    assert published(plane, "ApprovalDecided.v1") == []


@pytest.mark.parametrize("block", range(3))
def test_one_answer_and_one_effect_when_every_port_call_may_fail(block: int) -> None:
    """I2 and I3: two people answer differently, again and again, while anything may crash."""
    for seed in range(block * SCHEDULES // 3, (block + 1) * SCHEDULES // 3):
        chance = random.Random(seed)
        plane = Plane(Faults(random.Random(seed), rate=0.0))
        action = waiting(plane)
        plane.faults.rate = chance.choice([0.1, 0.3, 0.5])
        answers = [("ann", True), ("bob", chance.random() < 0.5)]
        for _ in range(12):
            person, approved = chance.choice(answers)
            with suppress(Crash, WritError):
                take(action.id, said(plane, approved, by=person), {person}, desk_of(plane))
            plane.clock.forward(seconds=1)
        plane.faults.rate = 0.0
        for person, approved in answers:
            with suppress(ConflictError):
                take(action.id, said(plane, approved, by=person), {person}, desk_of(plane))
        context = f"seed {seed}: {plane.faults.log}"
        stands = plane.approvals.requests[action.id].answer
        assert stands is not None, context
        assert (stands.by, stands.approved) in answers, context
        stated = plane.evidence.entries[approval_id(action.id)]["predicate"]["approval"]
        assert (stated["by"], stated["approved"]) == (stands.by, stands.approved), context
        assert set(published(plane, "ApprovalDecided.v1")) == {f"{action.id}.approval"}, context
        expected = Status.SUCCEEDED if stands.approved else Status.DENIED
        assert resume(plane, action) is expected, context
        assert plane.world.done[action.effect_key] == int(stands.approved), context
