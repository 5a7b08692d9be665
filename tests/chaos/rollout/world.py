"""Two bots, their loops and everything they touch in memory, where every port call and event may fail."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, ClassVar, Final

from functions.canary import facts as canary_facts
from functions.canary import perform as canary_perform
from functions.canary import plan as canary_plan
from functions.canary import ports as canary_ports
from functions.rollback import facts as rollback_facts
from functions.rollback import perform as rollback_perform
from functions.rollback import plan as rollback_plan
from functions.rollback import ports as rollback_ports
from tests.chaos.harness import campaign
from tests.chaos.harness.world import BotWorld
from tests.chaos.rollout.after import NEXT
from tests.chaos.rollout.flows import Drivers
from tests.chaos.rollout.seeing import PASSING, STORIES, Checks, Seen
from tests.chaos.rollout.watching import Watching
from tests.support.controls import manifest
from tests.support.faults import Crash
from tests.support.rollouts import (
    NEW,
    OLD,
    MemoryAliases,
    MemoryHooks,
    MemoryIncidents,
    MemoryRollouts,
    Proven,
)
from tests.support.tasks import event
from writ.contracts.errors import WritError
from writ.contracts.event import AnyEvent
from writ.rollout.coordinator import Coordinator
from writ.rollout.decide import Look
from writ.rollout.plan import Release
from writ.rollout.state import Rollout
from writ.runtime.bot import Bot

ROUNDS: Final = 120
BOTS: Final = ("canary", "rollback")
_RECEIVED: Final = 5
_MANIFESTS: Final = {name: manifest(name) for name in BOTS}


def as_seen(look: Look) -> Look:
    """The same."""
    return look


@dataclass(frozen=True)
class Build(campaign.Build):
    """The parts of a rollout; a variant replaces one by a part without a safeguard."""

    coordinator: type[Coordinator] = Coordinator
    rollouts: type[MemoryRollouts] = MemoryRollouts
    aliases: type[MemoryAliases] = MemoryAliases
    sees: Callable[[Look], Look] = as_seen
    ticks: bool = True


@dataclass
class World(BotWorld):
    """One seeded run.

    `kind` is that of its rollouts. `story` is what the first candidate turns out to be at `turns`, in seconds
    from the start; `burning` are releases that breach their objectives after their end. `mode` is what
    becomes of flows; see tests.chaos.rollout.flows. `hasty`: somebody may stop it while a call hangs;
    `strict`: people may say no at gates. `interfered` is what people and hooks did to it. `trouble` is what a
    promoted release meets in its guard, `troubled` the rollout that has to be answered for. `acting`: more is
    to come.
    """

    build: Build = field(default_factory=Build)
    kind: str = "steps"
    story: str = "good"
    turns: float = 0.0
    mode: str = "drives"
    hasty: bool = False
    strict: bool = True
    acting: bool = False
    trouble: str = ""
    troubled: str | None = None
    wanted: dict[str, Any] = field(default_factory=dict)
    hooks: MemoryHooks = field(default_factory=Checks)
    incidents: MemoryIncidents = field(default_factory=MemoryIncidents)
    burning: set[str] = field(default_factory=set)
    interfered: list[str] = field(default_factory=list)
    releases: tuple[Release, ...] = (OLD, NEW, NEXT)
    queue: list[tuple[str, AnyEvent]] = field(default_factory=list)
    received: Counter[tuple[str, str]] = field(default_factory=Counter)
    delivered: int = 0

    LEASE: ClassVar = timedelta(seconds=35)

    def __post_init__(self) -> None:
        super().__post_init__()
        self.rollouts, self.aliases = self.build.rollouts(), self.build.aliases()
        self.watching = Watching(self)
        self.began = self.clock.now()
        self.drivers = Drivers(self)

    def seen(self, rollout: Rollout) -> Look:
        since = (self.clock.now() - self.began).total_seconds()
        turned = since >= self.turns and rollout.candidate.versions == NEW.versions
        return STORIES[self.story] if turned else PASSING

    def bot(self, name: str) -> Bot[Any, Any]:
        """A fresh worker of a bot, every port of which may fail."""
        wrap = self.faults.wrap
        rollouts, aliases = wrap(self.rollouts, "Rollouts"), wrap(self.aliases, "Aliases")
        hooks, flows = wrap(self.hooks, "Hooks"), wrap(self.flows, "Flows")
        coordinator = self.build.coordinator(rollouts, aliases, hooks, self.clock, self.LEASE)
        observer = Seen(name, self.actions, self)
        if name == "canary":
            own: Any = canary_ports.Ports(rollouts, coordinator, observer, flows)
            effects: Any = canary_perform.ACTIONS
            made: Bot[Any, Any] = Bot(
                name,
                facts=canary_facts.gather,
                plan=canary_plan.plan,
                perform=effects,
                ports=canary_ports.connect,
                standing=canary_plan.standing,
            )
        else:
            incidents = wrap(self.incidents, "Incidents")
            own = rollback_ports.Ports(
                rollouts, coordinator, observer, flows, hooks, Proven(), incidents, self.clock
            )
            effects = rollback_perform.ACTIONS
            made = Bot(
                name,
                facts=rollback_facts.gather,
                plan=rollback_plan.plan,
                perform=effects,
                ports=rollback_ports.connect,
                standing=rollback_plan.standing,
            )
        return self.wired(made, _MANIFESTS[name].actions, effects, own)

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
        self.ticks += 1
        at = self.clock.now()
        data = {"schedule": "rate(1 minute)"}
        self.deliver(name, event("ScheduleTicked.v1", f"tick-{self.ticks}", at, producer="platform", **data))

    def route(self) -> None:
        """Take what was published off the bus; unless it is calm some is lost, doubled or late."""
        fresh, self.delivered = self.bus.events[self.delivered :], len(self.bus.events)
        for each in fresh:
            for name in _readers(each):
                self.send(name, each)

    def send(self, name: str, what: AnyEvent) -> None:
        """To the queue of a bot, unless it gets lost."""
        fate = "once" if self.calm else self.chance.choice(["once"] * 6 + ["lost", "twice"])
        self.queue += [(name, what)] * {"lost": 0, "once": 1, "twice": 2}[fate]

    def step(self) -> None:
        """One round: some of the queue, perhaps a tick of each bot, perhaps a person, and some time."""
        self.rounds, self.hung = self.rounds + 1, 0
        self.route()
        self.chance.shuffle(self.queue)
        now, self.queue = self.queue, []
        for name, each in now:
            if self.calm or self.chance.random() < 0.8:
                self.deliver(name, each)
            else:
                self.queue.append((name, each))
        for name in BOTS:
            if self.build.ticks and (self.calm or self.chance.random() < 0.7):
                self.tick(name)
        self.drivers.go_on()
        self.answer()
        self.reconcile()
        self.clock.forward(seconds=self.chance.choice([5, 20, 60]))

    def is_settled(self) -> bool:
        return (
            not self.rollouts.open()
            and not self.acting
            and self.at_rest()
            and not self.queue
            and self.delivered == len(self.bus.events)
            and not self.drivers.driving
        )

    def ask(self, type: str, name: str, **data: Any) -> None:
        id = f"ask-{len(self.queue)}-{self.rounds}"
        self.queue.append((name, event(type, id, self.clock.now(), **data)))

    def alarm(self, name: str, at: datetime) -> None:
        """An alarm that went off at some time reaches both bots, or one, or none, and maybe twice."""
        self.ticks += 1
        data = {"alarm": name, "reason": "Threshold Crossed", "previous": "OK"}
        for bot in BOTS:
            self.send(bot, event("AlarmRaised.v1", f"alarm-{self.ticks}", at, **data))

    def meanwhile(self) -> None:
        often = 0.5 if self.hanging.startswith("Aliases") else 0.1
        if self.hasty and self.rollouts.open() and self.chance.random() < often:
            self.interfered.append("a person stopped it")  # just now
            stop = {"rollout": self.rollouts.open()[0], "reason": "it looks wrong"}
            self.ticks += 1
            self.deliver("canary", event("RolloutAbortRequested.v1", f"now-{self.ticks}", **stop))
        self.tick(self.chance.choice(BOTS))
        self.clock.forward(seconds=self.chance.choice([1, 20, 40]))

    def choice(self) -> str:
        said = self.chance.choice(["approve", "approve", "wait", *(["reject", "expire"] * self.strict)])
        if said in ("reject", "expire"):
            self.interfered.append("the gate stayed shut")
        return said


def _readers(each: AnyEvent) -> list[str]:
    """Who is triggered, as the manifests say."""
    found = []
    for name, made in _MANIFESTS.items():
        for trigger in made.triggers:
            if trigger.event == each.type and all(
                getattr(each.data, field) in allowed for field, allowed in trigger.where.items()
            ):
                found.append(name)
    return found
