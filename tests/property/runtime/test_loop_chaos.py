"""Invariants I1–I3 of the loop under faults at every port call, repeats, restarts and two workers."""

from __future__ import annotations

import os
import random
from dataclasses import replace
from functools import partial

import pytest
from pydantic import SecretStr

from tests.support.faults import Crash, Faults
from tests.support.plane import Plane
from writ.contracts.action import Action, Approval, Target
from writ.contracts.errors import ConflictError, TransientError
from writ.ports.actions import Cause, Phase
from writ.runtime.attempts import MAX_ATTEMPTS
from writ.runtime.testimony import intent_id, outcome_id

SCHEDULES = int(os.environ.get("WRIT_CHAOS_SCHEDULES", "160"))


def _actions(count: int) -> list[Action]:
    names = ["low", "low", "high", "never"]
    return [
        Action.of(
            "probe",
            names[n % len(names)],
            Target(kind="thing", id=str(n)),
            reason="because",
            once_per=(f"event-{n}",),
        )
        for n in range(count)
    ]


def _drive(plane: Plane, seed: int) -> None:
    """Deliver, redeliver and reconcile until everything is settled, then stop injecting faults."""
    chance = random.Random(seed)
    actions = _actions(6)
    for round_number in range(60):
        calm = round_number >= 30
        plane.faults.rate = 0.0 if calm else plane.faults.rate
        for action in chance.sample(actions * 2, k=len(actions) * 2):
            plane.faults.meanwhile = partial(_deliver, plane, action, chance)
            _deliver(plane, action, chance)
        plane.clock.forward(seconds=chance.choice([1, 20, 40]))
        if all((r := plane.actions.get(a.id)) and r.phase is Phase.CLOSED for a in actions):
            return
    raise AssertionError(f"not settled; faults: {plane.faults.log[-20:]}")


def _deliver(plane: Plane, action: Action, chance: random.Random) -> None:
    try:
        record = plane.actions.get(action.id)
        if record is not None and record.phase is Phase.WAITING:
            if chance.random() < 0.5:
                plane.worker().waiting.attend(action.id, SecretStr(action.id))
                plane.awaited.add(action.id)
            _answer(plane, action.id, chance)
            plane.worker().resume(action.id)
        else:
            plane.worker().run(action, Cause("Probed.v1", "event"))
    except (Crash, TransientError, ConflictError):
        return


def _answer(plane: Plane, action_id: str, chance: random.Random) -> None:
    request = plane.approvals.get(action_id)
    if request is None or request.answer is not None or request.expired:
        return
    choice = chance.choice(["approve", "reject", "expire"])
    if choice == "expire":
        plane.approvals.expire(action_id)
        return
    answer = Approval(approved=choice == "approve", by="ann", at=plane.clock.now(), reason="looked at it")
    plane.approvals.answer(action_id, answer)
    attested = replace(plane.answers(), evidence=plane.evidence)
    attested.attest(plane.actions.records[action_id], answer)


@pytest.mark.parametrize("block", range(4))
def test_invariants_hold_when_every_port_call_may_fail(block: int) -> None:
    for seed in range(block * SCHEDULES // 4, (block + 1) * SCHEDULES // 4):
        plane = Plane(Faults(random.Random(seed), rate=random.Random(seed).choice([0.05, 0.15, 0.3])))
        _drive(plane, seed)
        context = f"seed {seed}: {plane.faults.log}"
        assert not plane.world.without_intent, f"I1 {context}"
        assert max(plane.world.done.values(), default=0) <= 1, f"I2 {context}"
        for action in _actions(6):
            entries = [entry for entry in plane.evidence.order if entry.startswith(action.id)]
            assert entries.count(intent_id(action.id)) == 1, f"I3 {context}"
            assert entries.count(outcome_id(action.id)) == 1, f"I3 {context}"
            record = plane.actions.get(action.id)
            assert record is not None
            assert record.outcome is not None
            assert record.attempt <= MAX_ATTEMPTS * 20, context
            succeeded = record.outcome.status == "succeeded"
            assert succeeded == (plane.world.done[action.effect_key] == 1), f"truthful outcome {context}"
            payload = plane.evidence.entries[outcome_id(action.id)]
            assert payload["predicate"]["outcome"]["status"] == record.outcome.status, context
            told = [report.status.value for token, report in plane.flows.replies if token == action.id]
            assert set(told) <= {record.outcome.status.value}, f"a flow was told otherwise {context}"
            assert told or action.id not in plane.awaited, f"a flow waits for ever {context}"
        assert sum(plane.actions.statistics.values()) == 6, f"counted once {context}"
