"""I1, I2 and I3 in a burst: 500 events on a bot limited to three at once, nothing lost and nothing twice."""

from __future__ import annotations

import json
import os
from collections import Counter, deque
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import pytest

from tests.support.interleave import Death, Gate, Schedule
from tests.support.memory import (
    ManualClock,
    MemoryActions,
    MemoryApprovals,
    MemoryBus,
    MemoryEvidence,
    MemoryFlows,
    MemoryGuards,
)
from tests.support.plane import IDENTITY, LEASE, SPECS, RiskPolicy, World
from tests.support.tasks import event
from writ.contracts.action import Action, Target
from writ.contracts.errors import WritError
from writ.contracts.event import AnyEvent
from writ.runtime.batch import process
from writ.runtime.bot import Bot
from writ.runtime.effect import Effect
from writ.runtime.judge import Judge
from writ.runtime.loop import Loop
from writ.runtime.testimony import intent_id, outcome_id
from writ.runtime.wiring import LoopPorts, Wiring

EVENTS = int(os.environ.get("WRIT_BURST", "500"))
AT_ONCE = 3
BATCH = 10


@dataclass
class Queue:
    """A queue that delivers at least once: what was not handled comes again, some comes twice anyway."""

    waiting: deque[tuple[str, str, int]] = field(default_factory=deque)
    dead: list[tuple[str, WritError]] = field(default_factory=list)
    in_flight: int = 0

    def put(self, name: str, body: str) -> None:
        self.waiting.append((name, body, 1))

    def take(self) -> list[tuple[str, str, int]]:
        self.in_flight += 1
        return [self.waiting.popleft() for _ in range(min(BATCH, len(self.waiting)))]

    def settle(self, batch: list[tuple[str, str, int]], failed: set[str]) -> None:
        """Give back what failed, counting the delivery."""
        self.in_flight -= 1
        self.waiting.extend((name, body, count + 1) for name, body, count in batch if name in failed)

    def send(self, body: str, error: WritError, event_type: str) -> None:
        self.dead.append((body, error))


@dataclass
class Burst:
    """One bot's queue, its workers and the world they change."""

    schedule: Schedule
    queue: Queue = field(default_factory=Queue)
    clock: ManualClock = field(default_factory=ManualClock)
    actions: MemoryActions = field(default_factory=MemoryActions)
    evidence: MemoryEvidence = field(default_factory=MemoryEvidence)
    bus: MemoryBus = field(default_factory=MemoryBus)
    most_at_once: int = 0

    def __post_init__(self) -> None:
        self.world = World(intents=self.evidence)
        for number in range(EVENTS):
            tick = event("ScheduleTicked.v1", f"tick-{number}", schedule="rate(1 hour)")
            body = json.dumps({"detail-type": tick.type, "detail": tick.detail()})
            for _ in range(2 if number % 10 == 0 else 1):
                self.queue.put(f"m-{len(self.queue.waiting)}", body)
        for _ in range(AT_ONCE):
            self.schedule.add(self.work)

    def work(self, gate: Gate) -> None:
        """An execution environment: takes batches, and dies at times with one in hand."""
        while self.queue.waiting or self.queue.in_flight:
            gate.wait()
            batch = self.queue.take()
            self.most_at_once = max(self.most_at_once, self.queue.in_flight)
            records = [
                {"messageId": name, "body": body, "attributes": {"ApproximateReceiveCount": str(count)}}
                for name, body, count in batch
            ]
            try:
                answer = process("probe", {"Records": records}, None, self.bot(gate).run, self.queue)
                failed = {failure["itemIdentifier"] for failure in answer["batchItemFailures"]}
            except Death:
                failed = {name for name, _, _ in batch}
            self.queue.settle(batch, failed)
            if failed:
                self.clock.forward(seconds=20)

    def bot(self, gate: Gate) -> Bot[Any, None]:
        ports = LoopPorts(
            actions=gate.guard(self.actions),
            approvals=gate.guard(MemoryApprovals()),
            evidence=gate.guard(self.evidence),
            bus=gate.guard(self.bus),
            judge=Judge(RiskPolicy(), gate.guard(MemoryGuards(self.actions))),
            clock=self.clock,
            entropy=lambda size: b"\x01" * size,
            replies=MemoryFlows(),
        )
        effect: Effect[Any] = Effect(
            perform=lambda action, world: world.perform(action),
            observe=lambda action, world: world.observe(action),
        )
        world = _Once(gate, self.world)
        bot: Bot[Any, None] = Bot(
            "probe", facts=lambda *_: None, plan=_plan, perform={"low": effect}, ports=lambda _: world
        )
        loop = Loop(IDENTITY, SPECS, {"low": effect}, ports, world, lease=LEASE)
        bot.__dict__["wiring"] = Wiring(loop, world, self.clock)
        return bot


class _Once:
    """The world behind a gate that never calls twice by itself: only the kernel could."""

    def __init__(self, gate: Gate, world: World) -> None:
        self._gate, self._world = gate, world

    def perform(self, action: Action) -> dict[str, Any]:
        self._gate.wait()
        result = self._world.perform(action)
        self._gate.wait()
        return result

    def observe(self, action: Action) -> dict[str, Any] | None:
        self._gate.wait()
        return self._world.observe(action)


def _plan(given: AnyEvent, _: None, now: datetime) -> list[Action]:
    target = Target(kind="thing", id=given.id)
    return [Action.of("probe", "low", target, reason="because", once_per=(given.id,))]


@pytest.mark.parametrize("seed", range(3))
def test_burst_loses_nothing_and_does_nothing_twice(seed: int) -> None:
    burst = Burst(Schedule(seed, fault_rate=(0.0, 0.01, 0.03)[seed]))
    burst.schedule.run()
    dead = [body for body, _ in burst.queue.dead]
    assert burst.most_at_once == AT_ONCE
    assert not burst.world.without_intent, "I1"
    assert max(burst.world.done.values()) == 1, "I2"
    wanted = {f"tick-{number}" for number in range(EVENTS)}
    buried = {json.loads(body)["detail"]["meta"]["id"] for body in dead}
    done = {record.action.target.id for record in burst.actions.records.values() if record.outcome}
    assert done | buried == wanted, "lost"
    assert all(error.retryable for _, error in burst.queue.dead)
    assert len(buried) <= EVENTS // 20
    entries = Counter(burst.evidence.order)
    for record in burst.actions.records.values():
        if record.outcome is not None:
            assert entries[intent_id(record.action.id)] == entries[outcome_id(record.action.id)] == 1, "I3"
    assert burst.actions.statistics == {"succeeded": len(done)}
    if seed == 0:
        assert not dead
        assert burst.actions.counters.popitem()[1] == EVENTS
    else:
        assert burst.schedule.faults > EVENTS // 50
