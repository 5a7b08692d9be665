"""A control plane in memory: loops of the bot `probe` over ports that may fail, and the world they act on."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

from tests.support.faults import Faults
from tests.support.memory import (
    ManualClock,
    MemoryActions,
    MemoryApprovals,
    MemoryBus,
    MemoryEvidence,
    MemoryFlows,
    MemoryGuards,
)
from writ.contracts.action import Action, Decision, Obligation, Reason, Verdict
from writ.contracts.action_spec import ActionSpec, Limits
from writ.runtime.answers import Answers
from writ.runtime.effect import Effect
from writ.runtime.identity import Identity
from writ.runtime.judge import Judge
from writ.runtime.loop import Loop
from writ.runtime.testimony import intent_id
from writ.runtime.wiring import LoopPorts

LEASE = timedelta(seconds=35)
IDENTITY = Identity("probe", "platform", "1", "0" * 64)
SPECS = {
    "low": ActionSpec(risk="low", limits=Limits(per_hour=1000)),
    "high": ActionSpec(risk="high"),
    "never": ActionSpec(risk="low"),
}


@dataclass
class World:
    """What effects do to the world: a count by effect key, which no fault may bring above one."""

    done: Counter[str] = field(default_factory=Counter)
    intents: MemoryEvidence = field(default_factory=MemoryEvidence)
    without_intent: list[str] = field(default_factory=list)

    def perform(self, action: Action) -> dict[str, Any]:
        if intent_id(action.id) not in self.intents.entries:
            self.without_intent.append(action.id)
        self.done[action.effect_key] += 1
        return {"done": True}

    def observe(self, action: Action) -> dict[str, Any] | None:
        return {"done": True} if self.done[action.effect_key] else None


_REASONS = {verdict: (Reason(code="test", message=str(verdict)),) for verdict in Verdict}


class RiskPolicy:
    """Low is allowed within its limit, high is reviewed, and the action `never` is denied."""

    def decide(self, document: Mapping[str, Any], now: datetime) -> Decision:
        action, approval = document["action"], document["approval"]
        verdict = Verdict.ALLOW
        if action["name"] == "never":
            verdict = Verdict.DENY
        elif action["risk"] == "high" and approval is None:
            verdict = Verdict.REVIEW
        obligations = (
            (Obligation(counter="hour", limit=document["limits"]["per_hour"]),)
            if "per_hour" in document["limits"] and verdict is Verdict.ALLOW
            else ()
        )
        return Decision(
            verdict=verdict,
            reasons=_REASONS[verdict],
            obligations=obligations,
            bundle_digest="1" * 64,
            decided_at=now,
        )


@dataclass
class Plane:
    """One control plane of memory ports; `worker` connects a loop to it through faults."""

    faults: Faults
    clock: ManualClock = field(default_factory=ManualClock)
    actions: MemoryActions = field(default_factory=MemoryActions)
    approvals: MemoryApprovals = field(default_factory=MemoryApprovals)
    evidence: MemoryEvidence = field(default_factory=MemoryEvidence)
    bus: MemoryBus = field(default_factory=MemoryBus)
    flows: MemoryFlows = field(default_factory=MemoryFlows)
    awaited: set[str] = field(default_factory=set)

    def __post_init__(self) -> None:
        self.world = World(intents=self.evidence)

    def ports(self) -> LoopPorts:
        """The ports of a loop, each of whose calls may fail."""
        wrap = self.faults.wrap
        return LoopPorts(
            actions=wrap(self.actions, "actions"),
            approvals=wrap(self.approvals, "approvals"),
            evidence=wrap(self.evidence, "evidence"),
            bus=wrap(self.bus, "bus"),
            judge=Judge(RiskPolicy(), wrap(MemoryGuards(self.actions), "guards")),
            clock=self.clock,
            entropy=lambda size: b"\x01" * size,
            replies=wrap(self.flows, "flows"),
        )

    def worker(self, **replaced: Any) -> Loop[Any]:
        """An execution environment of the bot, with some of its ports replaced."""
        effect: Effect[Any] = Effect(
            perform=lambda action, ports: ports.perform(action),
            observe=lambda action, ports: ports.observe(action),
        )
        world = self.faults.wrap(self.world, "world")
        return Loop(
            IDENTITY,
            SPECS,
            dict.fromkeys(SPECS, effect),
            replace(self.ports(), **replaced) if replaced else self.ports(),
            world,
            lease=LEASE,
        )

    def answers(self, bot: str = "approvals") -> Answers:
        """What puts people's answers on record, through faults as well."""
        ports = self.ports()
        who = Identity(bot, "platform", "1", "2" * 64)
        return Answers(who, ports.evidence, ports.bus, self.clock, ports.entropy)
