"""I6 in the loop, over the project's own policies: an action whose facts are not all known never happens."""

from __future__ import annotations

import random
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from tests.support.faults import Crash, Faults
from tests.support.memory import MemoryGuards
from tests.support.plane import IDENTITY, LEASE, Plane
from tests.support.records import an_action
from tests.unit.policy.facts import engine
from writ.contracts.action import Approval, Decision, Status, Verdict
from writ.contracts.action_spec import ActionSpec
from writ.contracts.errors import TransientError, WritError
from writ.ports.actions import Cause, Phase
from writ.ports.guards import GuardFacts
from writ.runtime.effect import Effect
from writ.runtime.judge import Judge
from writ.runtime.loop import Loop

LISTS: tuple[Any, ...] = (None, [None], [7], [{}], [{"id": 7}], [{"id": "x", "scope": None}])
GARBAGE: dict[str, tuple[Any, ...]] = {
    "paused": (None,),
    "action_paused": (None,),
    "usage": (None, {}, {"hour": None}, {"hour": "many", "target_hour": 0}, {"hour": -1, "target_hour": 0}),
    "freezes": LISTS,
    "exceptions": LISTS,
    "break_glass": LISTS,
    "windows": LISTS,
    "budget": (
        None,
        {},
        {"bot": "normal"},
        {"bot": "normal", "target": "calm"},
        {"bot": None, "target": "normal"},
    ),
}
CAUSE = Cause("Probed.v1", "event-1")
SPEC = {"limits": {"per_hour": 100, "per_target_per_hour": 100}}


@dataclass
class Spoiled:
    """Guard facts of which some are not what they should be, for the first `reads` readings."""

    guards: MemoryGuards
    spoiled: dict[str, Any]
    reads: int = 1_000_000

    def read(self, bot: str, action: str, target_digest: str, now: datetime) -> GuardFacts:
        facts = self.guards.read(bot, action, target_digest, now)
        self.reads -= 1
        return replace(facts, **self.spoiled) if self.reads >= 0 else facts


def loop_of(plane: Plane, guards: Any, risk: str) -> Loop[Any]:
    ports = replace(plane.ports(), judge=Judge(engine(), guards))
    specs = {"low": ActionSpec.model_validate({"risk": risk, **SPEC})}
    effect: Effect[Any] = Effect(
        perform=lambda action, ports: ports.perform(action),
        observe=lambda action, ports: ports.observe(action),
    )
    world = plane.faults.wrap(plane.world, "world")
    return Loop(IDENTITY, specs, {"low": effect}, ports, world, lease=LEASE)


def deliver(plane: Plane, loop: Loop[Any]) -> None:
    with suppress(Crash, WritError):
        loop.run(an_action(), CAUSE)
    plane.clock.forward(seconds=40)


# One or more facts that are gone, or that no store should hold.
spoilings = st.fixed_dictionaries(
    {}, optional={name: st.sampled_from(values) for name, values in GARBAGE.items()}
).filter(bool)


@given(
    spoiled=spoilings,
    risk=st.sampled_from(["low", "medium", "high"]),
    seed=st.integers(0, 2**32),
    rate=st.sampled_from([0.0, 0.2]),
)
def test_missing_fact_never_performs_whatever_fails(
    spoiled: dict[str, Any], risk: str, seed: int, rate: float
) -> None:
    plane = Plane(Faults(random.Random(seed), rate))
    loop = loop_of(plane, Spoiled(MemoryGuards(plane.actions), spoiled), risk)
    for _ in range(6):
        deliver(plane, loop)
    plane.faults.rate = 0.0
    deliver(plane, loop)
    record = plane.actions.records[an_action().id]
    assert record.decision.verdict is Verdict.UNKNOWN
    assert record.outcome is not None
    assert (record.outcome.status, record.outcome.code) == (Status.DENIED, "facts_missing")
    assert plane.world.done.total() == 0
    assert not plane.actions.counters


@given(spoiled=spoilings, seed=st.integers(0, 2**32))
def test_approval_does_not_stand_in_for_a_fact_that_went_missing(spoiled: dict[str, Any], seed: int) -> None:
    plane = Plane(Faults(random.Random(seed), 0.0))
    loop = loop_of(plane, MemoryGuards(plane.actions), "high")
    record = loop.run(an_action(), CAUSE)
    assert record.phase is Phase.WAITING
    answer = Approval(approved=True, by="ann", at=plane.clock.now(), reason="fine")
    plane.approvals.answer(record.action.id, answer)
    plane.answers().attest(record, answer)
    blind = loop_of(plane, Spoiled(MemoryGuards(plane.actions), spoiled), "high")
    settled = blind.resume(record.action.id)
    assert settled.outcome is not None
    assert (settled.outcome.status, settled.outcome.code) == (Status.DENIED, "facts_missing")
    assert plane.world.done.total() == 0


@given(spoiled=spoilings.filter(lambda spoiled: spoiled.keys() != {"usage"}))
def test_retry_looks_at_the_facts_again_before_an_effect_that_did_not_happen(spoiled: dict[str, Any]) -> None:
    """All but the usage, for what the first attempt has reserved is its own."""
    plane = Plane(Faults(random.Random(0), 0.0))

    class Dying(type(plane.world)):  # type: ignore[misc]
        def perform(self, action: object) -> None:
            raise TransientError("not now")

    world, plane.world = plane.world, Dying(intents=plane.evidence)
    deliver(plane, loop_of(plane, MemoryGuards(plane.actions), "low"))
    plane.world = world
    deliver(plane, loop_of(plane, Spoiled(MemoryGuards(plane.actions), spoiled), "low"))
    record = plane.actions.records[an_action().id]
    assert record.outcome is not None
    assert record.outcome.status is Status.DENIED
    assert plane.world.done.total() == 0


def test_guard_store_that_is_away_is_tried_again_and_performs_nothing_meanwhile() -> None:
    plane = Plane(Faults(random.Random(0), 0.0))

    class Away:
        def read(self, *_: object) -> GuardFacts:
            raise TransientError("throttled")

    deliver(plane, loop_of(plane, Away(), "low"))
    assert not plane.actions.records
    assert not plane.evidence.entries
    deliver(plane, loop_of(plane, MemoryGuards(plane.actions), "low"))
    assert plane.world.done.total() == 1


def test_policy_that_answers_unknown_for_a_reason_of_its_own_performs_nothing() -> None:
    plane = Plane(Faults(random.Random(0), 0.0))

    class Silent:
        def decide(self, document: object, now: datetime) -> Decision:
            return Decision(verdict=Verdict.UNKNOWN, bundle_digest="1" * 64, decided_at=now)

    loop = loop_of(plane, MemoryGuards(plane.actions), "low")
    loop._ports = replace(loop._ports, judge=Judge(Silent(), MemoryGuards(plane.actions)))
    deliver(plane, loop)
    record = plane.actions.records[an_action().id]
    assert record.outcome is not None
    assert (record.outcome.status, record.outcome.code) == (Status.DENIED, "policy.unknown")
    assert plane.world.done.total() == 0
