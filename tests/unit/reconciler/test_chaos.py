"""I3 with the reconciler: no message comes twice, some never, and still every intent gets one outcome."""

from __future__ import annotations

import os
import random
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta
from functools import partial
from typing import Any

import pytest

from functions.approvals.answer import Desk, take
from functions.reconciler.reconcile import Ports, reconcile
from tests.support.faults import Crash, Faults
from tests.support.plane import LEASE, Plane
from writ.contracts.action import Action, Approval, Status, Target
from writ.contracts.errors import WritError
from writ.ports.actions import Cause, Phase
from writ.runtime.identity import Identity
from writ.runtime.loop import Loop
from writ.runtime.outcomes import ABANDONED
from writ.runtime.testimony import approval_id, intent_id, outcome_id

SCHEDULES = int(os.environ.get("WRIT_CHAOS_SCHEDULES", "80"))
BLOCKS = 4
CALM = 0.05  # so few faults that a living bot settles everything itself
NAMES = ("low", "low", "high", "high", "never")
MINUTE = timedelta(minutes=1)
WAKING = {"ActionStalled.v1", "ApprovalDecided.v1"}


ACTIONS = [
    Action.of("probe", name, Target(kind="thing", id=str(n)), reason="because", once_per=(f"event-{n}",))
    for n, name in enumerate(NAMES)
]


@dataclass
class Life:
    """A plane whose queues deliver once and never again, with a reconciler that ticks every minute."""

    plane: Plane
    chance: random.Random
    bot_lives: bool = True
    delivered: int = 0
    closed_by_reconciler: Counter[str] = field(default_factory=Counter)

    def deliver(self) -> None:
        """Hand the events of this minute to the bot, each once, in any order, whatever comes of it."""
        events = self.plane.bus.events
        fresh, self.delivered = events[self.delivered :], len(events)
        ids = {e.data.action_id for e in fresh if e.type in WAKING}  # type: ignore[attr-defined]
        for action_id in self.chance.sample(sorted(ids), k=len(ids)):
            if self.bot_lives:
                attempt(partial(self.plane.worker().resume, action_id))

    def tick(self) -> None:
        attempt(self._reconcile)

    def _reconcile(self) -> None:
        ports = self.plane.ports()
        loop: Loop[None] = Loop(
            Identity("reconciler", "platform", "1", "3" * 64), {}, {}, ports, None, lease=LEASE
        )
        answers = self.plane.answers("reconciler")
        report = reconcile(Ports(ports.actions, ports.approvals, answers, self.plane.clock, loop.abandon))
        for record in report.closed:
            assert record.outcome is not None
            self.closed_by_reconciler[record.outcome.code or record.outcome.status] += 1

    def answer(self, action: Action) -> None:
        """A person answers once, or never; he does not come back to see what came of it."""
        if self.chance.random() < 0.3:
            return
        ports = self.plane.ports()
        desk = Desk(ports.actions, ports.approvals, self.plane.answers())
        given = Approval(
            approved=self.chance.random() < 0.6, by="ann", at=self.plane.clock.now(), reason="looked at it"
        )
        attempt(lambda: take(action.id, given, {"ann"}, desk))

    def open(self) -> list[Action]:
        records = self.plane.actions.records
        return [a for a in ACTIONS if a.id in records and records[a.id].phase is not Phase.CLOSED]


def attempt(step: Callable[[], object]) -> None:
    try:
        step()
    except (Crash, WritError):
        return


def live(life: Life, minutes: int = 24 * 60) -> None:
    plane, chance = life.plane, life.chance
    plane.faults.meanwhile = chance.choice([None, life.tick, life.deliver])
    for action in ACTIONS:
        attempt(partial(plane.worker().run, action, Cause("Probed.v1", "event")))
    answered: set[str] = set()
    for minute in range(minutes):
        if minute == 60:
            plane.faults.rate = 0.0
        life.deliver()
        for action in life.open():
            if plane.actions.records[action.id].phase is Phase.WAITING and action.id not in answered:
                answered.add(action.id)
                life.answer(action)
        life.tick()
        open_actions = life.open()
        if not open_actions:
            return
        plane.clock.forward(minutes=1)
        if minute > 70 and minute % 10 == 0:  # nothing but waiting for a person: let days pass
            plane.clock.forward(hours=24)
    raise AssertionError(f"not settled: {life.open()}; faults: {plane.faults.log[-20:]}")


def check(plane: Plane, context: str) -> None:
    assert not plane.world.without_intent, f"I1 {context}"
    assert max(plane.world.done.values(), default=0) <= 1, f"I2 {context}"
    for action in ACTIONS:
        record = plane.actions.get(action.id)
        order = [entry for entry in plane.evidence.order if entry.startswith(action.id)]
        if record is None:  # the first message died before its claim: no intent, so nothing to close
            assert order == [], context
            continue
        assert record.outcome is not None, context
        assert (order[0], order[-1]) == (intent_id(action.id), outcome_id(action.id)), f"I3 {context}"
        assert len(order) == len(set(order)), context
        approval = plane.evidence.entries.get(approval_id(action.id))
        before = approval_id(action.id) if approval else intent_id(action.id)
        prev = plane.evidence.entries[outcome_id(action.id)]["predicate"]["prev"]
        assert prev["entry"] == before, f"one chain {context}"
        assert (record.approval is None) == (approval is None), context
        if record.outcome != ABANDONED:
            done = plane.world.done[action.effect_key] == 1
            assert (record.outcome.status is Status.SUCCEEDED) == done, f"truthful {context}"
    closed = sum(record.phase is Phase.CLOSED for record in plane.actions.records.values())
    assert sum(plane.actions.statistics.values()) == closed == len(plane.actions.records), context


def build(seed: int, **options: Any) -> Life:
    chance = random.Random(seed)
    return Life(Plane(Faults(random.Random(seed), rate=chance.choice([CALM, 0.15, 0.3]))), chance, **options)


@pytest.mark.parametrize("block", range(BLOCKS))
def test_every_intent_gets_one_outcome_though_no_message_comes_twice(block: int) -> None:
    for seed in range(block, SCHEDULES, BLOCKS):
        life = build(seed)
        calm = life.plane.faults.rate == CALM
        live(life)
        check(life.plane, f"seed {seed}: {life.plane.faults.log}")
        assert not (calm and life.closed_by_reconciler["action.abandoned"]), f"given up on: seed {seed}"


@pytest.mark.parametrize("block", range(BLOCKS))
def test_every_intent_gets_one_outcome_though_the_bot_never_comes_back(block: int) -> None:
    closed: Counter[str] = Counter()
    for seed in range(block, SCHEDULES // 2, BLOCKS):
        life = build(seed, bot_lives=False)
        live(life)
        check(life.plane, f"seed {seed}: {life.plane.faults.log}")
        closed += life.closed_by_reconciler
    assert {"action.abandoned", "approval.rejected", "approval.expired"} <= set(closed)
