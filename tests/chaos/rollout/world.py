"""Two bots, their loops and everything they touch in memory, where every port call and event may fail."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any, Final

import yaml

from functions.canary import facts as canary_facts
from functions.canary import perform as canary_perform
from functions.canary import plan as canary_plan
from functions.canary import ports as canary_ports
from functions.rollback import facts as rollback_facts
from functions.rollback import perform as rollback_perform
from functions.rollback import plan as rollback_plan
from functions.rollback import ports as rollback_ports
from tests.chaos.rollout.flows import Drivers
from tests.support.faults import Crash, Faults
from tests.support.memory import (
    ManualClock,
    MemoryActions,
    MemoryApprovals,
    MemoryBus,
    MemoryEvidence,
    MemoryFlows,
    MemoryGuards,
)
from tests.support.rollouts import (
    SERVICE,
    MemoryAliases,
    MemoryHooks,
    MemoryIncidents,
    MemoryMetrics,
    MemoryRollouts,
    Proven,
    judged,
)
from tests.support.tasks import RiskPolicy, event
from writ.contracts.action import Approval
from writ.contracts.errors import WritError
from writ.contracts.event import AnyEvent
from writ.contracts.manifest import Manifest
from writ.ports.actions import Phase
from writ.rollout.coordinator import Coordinator
from writ.rollout.decide import Health, Look
from writ.rollout.kept import Verdict
from writ.rollout.observer import Observer
from writ.rollout.state import Rollout
from writ.runtime.answers import Answers
from writ.runtime.bot import Bot
from writ.runtime.identity import Identity
from writ.runtime.judge import Judge
from writ.runtime.loop import Loop
from writ.runtime.wiring import LoopPorts, Wiring

LEASE: Final = timedelta(seconds=35)
ROUNDS: Final = 150
_RECEIVED: Final = 5
_SWEPT: Final = 10
_ROOT: Final = Path(__file__).parents[3] / "functions"
_MANIFESTS: Final = {
    name: Manifest.model_validate(yaml.safe_load((_ROOT / name / "bot.yaml").read_text()))
    for name in ("canary", "rollback")
}
_PASSING: Final = Look(health=Health.OK, verdict=Verdict.PASS, judged=judged(Verdict.PASS))
STORIES: Final[Mapping[str, Look]] = {
    "good": _PASSING,
    "worse": Look(health=Health.OK, verdict=Verdict.FAIL, reasons=("errors",), judged=judged(Verdict.FAIL)),
    "burning": Look(
        health=Health.BREACHED, reasons=("errors burn the budget",), judged=judged(Verdict.UNKNOWN)
    ),
    "unknown": Look(),
}


@dataclass(frozen=True)
class Build:
    """What is put to the test: the code as it is, or with one safeguard taken out."""

    name: str = "as it is"
    coordinator: type[Coordinator] = Coordinator
    rollouts: type[MemoryRollouts] = MemoryRollouts
    aliases: type[MemoryAliases] = MemoryAliases
    sees: Callable[[Look], Look] = lambda look: look
    ticks: bool = True


class _Seen(Observer):
    """Sees what the story says, which turns at some time."""

    world: World

    def look(self, rollout: Rollout) -> Look:
        seen = self.world.build.sees(self.world.seen())
        return seen.model_copy(update=self._gate(rollout))


@dataclass
class World:
    """One seeded run. `story` is what the candidate turns out to be at `turns`, in seconds from the start.

    `mode` is what becomes of flows; see tests.chaos.rollout.flows.
    """

    seed: int
    build: Build
    story: str = "good"
    turns: float = 0.0
    clock: ManualClock = field(default_factory=ManualClock)
    actions: MemoryActions = field(default_factory=MemoryActions)
    approvals: MemoryApprovals = field(default_factory=MemoryApprovals)
    evidence: MemoryEvidence = field(default_factory=MemoryEvidence)
    bus: MemoryBus = field(default_factory=MemoryBus)
    hooks: MemoryHooks = field(default_factory=MemoryHooks)
    flows: MemoryFlows = field(default_factory=MemoryFlows)
    incidents: MemoryIncidents = field(default_factory=MemoryIncidents)
    queue: list[tuple[str, AnyEvent]] = field(default_factory=list)
    received: Counter[tuple[str, str]] = field(default_factory=Counter)
    delivered: int = 0
    rounds: int = 0
    calm: bool = False

    mode: str = "drives"

    def __post_init__(self) -> None:
        self.chance = random.Random(self.seed)
        self.rollouts, self.aliases = self.build.rollouts(), self.build.aliases()
        self.faults = Faults(random.Random(self.seed + 1), rate=self.chance.choice([0.03, 0.08, 0.15]))
        self.faults.meanwhile = self._meanwhile
        self.began = self.clock.now()
        self._ticks = 0
        self.drivers = Drivers(self)

    def seen(self) -> Look:
        since = (self.clock.now() - self.began).total_seconds()
        return STORIES[self.story] if since >= self.turns else _PASSING

    def bot(self, name: str) -> Bot[Any, Any]:
        """A fresh worker of a bot, every port of which may fail."""
        wrap, clock = self.faults.wrap, self.clock
        rollouts, aliases = wrap(self.rollouts, "Rollouts"), wrap(self.aliases, "Aliases")
        coordinator = self.build.coordinator(rollouts, aliases, wrap(self.hooks, "Hooks"), clock, LEASE)
        observer = _Seen(name, MemoryMetrics(), self.actions, clock)
        observer.world = self
        flows = wrap(self.flows, "Flows")
        own: Any = canary_ports.Ports(rollouts, coordinator, observer, flows)
        facts, plan, effects = canary_facts.gather, canary_plan.plan, canary_perform.ACTIONS
        bot: Bot[Any, Any]
        if name == "canary":
            bot = Bot(
                name,
                facts=facts,
                plan=plan,
                perform=effects,
                ports=canary_ports.connect,
                standing=canary_plan.standing,
            )
            wired: Any = effects
        else:
            own = rollback_ports.Ports(
                rollouts,
                coordinator,
                observer,
                flows,
                wrap(self.hooks, "Hooks"),
                Proven(),
                wrap(self.incidents, "Incidents"),
                clock,
            )
            wired = rollback_perform.ACTIONS
            bot = Bot(
                name,
                facts=rollback_facts.gather,
                plan=rollback_plan.plan,
                perform=wired,
                ports=rollback_ports.connect,
                standing=rollback_plan.standing,
            )
        loop = Loop(self._identity(name), _MANIFESTS[name].actions, wired, self._ports(), own, lease=LEASE)
        bot.__dict__["wiring"] = Wiring(loop, own, clock)
        return bot

    def deliver(self, name: str, what: AnyEvent) -> None:
        """One delivery; a failed one comes again, some times."""
        self.received[name, what.id] += 1
        if self.received[name, what.id] > _RECEIVED:
            return  # the dead-letter queue has it
        try:
            self.bot(name).run(what)
        except Crash:
            self.queue.append((name, what))
        except WritError as error:
            if error.retryable:
                self.queue.append((name, what))

    def tick(self, name: str) -> None:
        self._ticks += 1
        at = self.clock.now()
        tick = event(
            "ScheduleTicked.v1", f"tick-{self._ticks}", at, producer="platform", schedule="rate(1 minute)"
        )
        self.deliver(name, tick)

    def route(self) -> None:
        """Take what was published off the bus; unless it is calm some is lost, doubled or late."""
        fresh, self.delivered = self.bus.events[self.delivered :], len(self.bus.events)
        for each in fresh:
            for name in _readers(each):
                fate = "once" if self.calm else self.chance.choice(["once"] * 6 + ["lost", "twice"])
                self.queue += [(name, each)] * {"lost": 0, "once": 1, "twice": 2}[fate]

    def step(self) -> None:
        """One round: some of the queue, perhaps a tick of each bot, perhaps a person, and some time."""
        self.rounds += 1
        self.route()
        self.chance.shuffle(self.queue)
        now, self.queue = self.queue, []
        for name, each in now:
            if self.calm or self.chance.random() < 0.8:
                self.deliver(name, each)
            else:
                self.queue.append((name, each))
        for name in ("canary", "rollback"):
            if self.build.ticks and (self.calm or self.chance.random() < 0.7):
                self.tick(name)
        self.drivers.go_on()
        self._answer()
        self._reconcile()
        self.clock.forward(seconds=self.chance.choice([5, 20, 60]))

    def is_settled(self) -> bool:
        closed = all(record.phase is Phase.CLOSED for record in self.actions.records.values())
        return (
            not self.rollouts.open()
            and closed
            and not self.queue
            and self.delivered == len(self.bus.events)
            and not self.drivers.driving
        )

    def ask(self, type: str, name: str, **data: Any) -> None:
        id = f"ask-{len(self.queue)}-{self.rounds}"
        self.queue.append((name, event(type, id, self.clock.now(), **data)))

    def _meanwhile(self) -> None:
        """Others go on while a call hangs: for a moment, or for longer than its worker may live."""
        for _ in range(self.chance.choice([1, 1, 4, 8])):
            if self.chance.random() < 0.05:  # somebody stops it just now
                stop = {"rollout": f"{SERVICE}-1", "reason": "it looks wrong"}
                self.deliver("canary", event("RolloutAbortRequested.v1", f"now-{self._ticks}", **stop))
            self.tick(self.chance.choice(["canary", "rollback"]))
            self.clock.forward(seconds=self.chance.choice([1, 20, 40]))

    def _answer(self) -> None:
        for record in list(self.actions.records.values()):
            request = self.approvals.get(record.action.id)
            if record.phase is not Phase.WAITING or request is None or request.answer or request.expired:
                continue
            if (choice := self.chance.choice(["approve", "approve", "reject", "expire", "wait"])) == "expire":
                self.approvals.expire(record.action.id)
            elif choice != "wait":
                approved, now = choice == "approve", self.clock.now()
                answer = Approval(approved=approved, by="ann", at=now, reason="looked at it")
                self.approvals.answer(record.action.id, answer)
                identity = self._identity("approvals")
                answers = Answers(
                    identity=identity,
                    evidence=self.evidence,
                    bus=self.bus,
                    clock=self.clock,
                    entropy=_entropy,
                )
                answers.attest(record, answer)

    def _reconcile(self) -> None:
        """What the reconciler does: actions that nobody holds are taken up by their bot."""
        taken = 0
        for record in list(self.actions.records.values()):
            if taken == _SWEPT:  # what waits for a lock that nobody frees would be tried ever more often
                return
            request = self.approvals.get(record.action.id)
            answered = request is not None and (request.answer is not None or request.expired)
            waiting = record.phase is Phase.WAITING and not answered
            if record.phase is Phase.CLOSED or waiting:
                continue
            if record.phase is Phase.CLAIMED and record.lease_until > self.clock.now():
                continue
            taken += 1
            try:
                self.bot(record.action.bot).wiring.loop.resume(record.action.id)
            except (Crash, WritError):
                continue

    def _ports(self) -> LoopPorts:
        wrap = self.faults.wrap
        return LoopPorts(
            actions=wrap(self.actions, "Actions"),
            approvals=wrap(self.approvals, "Approvals"),
            evidence=wrap(self.evidence, "Evidence"),
            bus=wrap(self.bus, "Bus"),
            judge=Judge(RiskPolicy(), MemoryGuards(self.actions)),
            clock=self.clock,
            entropy=_entropy,
            replies=self.flows,
        )

    def _identity(self, name: str) -> Identity:
        return Identity(name, "platform", "1", "0" * 64)


def _readers(each: AnyEvent) -> list[str]:
    """Who is triggered, as the manifests say."""
    found = []
    for name, manifest in _MANIFESTS.items():
        for trigger in manifest.triggers:
            if trigger.event == each.type and all(
                getattr(each.data, field) in allowed for field, allowed in trigger.where.items()
            ):
                found.append(name)
    return found


def _entropy(size: int) -> bytes:
    return b"\x01" * size
