"""The migration bot, its loop, an application that goes on writing, and all they touch; any call may fail."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, ClassVar, Final

from functions.migration import facts, perform, plan, ports
from functions.migration.demands import Demands
from tests.chaos.harness import campaign
from tests.chaos.harness.world import BotWorld
from tests.chaos.migration.application import SETTLE_S, Application
from tests.chaos.migration.watching import what_is_wrong, what_readers_find
from tests.support.controls import manifest
from tests.support.faults import Crash
from tests.support.migrations import MemoryItems, MemoryMigrations, MemoryReads, document
from tests.support.rollouts import MemoryRollouts, rollout
from tests.support.tasks import event
from writ.contracts.errors import WritError
from writ.contracts.event import AnyEvent
from writ.migration.changes import Edit
from writ.migration.runner import Runner
from writ.migration.state import Record
from writ.ports.flows import Run, RunState
from writ.rollout.state import Row
from writ.runtime.bot import Bot

ROUNDS: Final = 600
ID: Final = "orders-total"
_MANIFEST: Final = manifest("migration")


@dataclass(frozen=True)
class Build(campaign.Build):
    """The parts of a migration; a variant replaces one by a part without a safeguard."""

    runner: type[Runner] = Runner
    items: type[MemoryItems] = MemoryItems
    settle_s: int = SETTLE_S


@dataclass(frozen=True)
class _Ports(ports.Ports):
    build: Build = field(default_factory=Build)

    @property
    def runner(self) -> Runner:
        return self.build.runner(self.migrations, self.items, self.clock)


class _On:
    """Flags that are so as soon as they are asked for."""

    def known(self, flag: str) -> bool:
        return bool(flag)

    def turned(self, flag: str, on: bool) -> bool:
        return bool(flag) or on


@dataclass
class World(BotWorld):
    """One seeded run. `story` is what comes in its way."""

    build: Build = field(default_factory=Build)
    rollouts: MemoryRollouts = field(default_factory=MemoryRollouts)
    migrations: MemoryMigrations = field(default_factory=MemoryMigrations)
    reads: MemoryReads = field(default_factory=MemoryReads)
    queue: list[AnyEvent] = field(default_factory=list)
    turns: dict[int, int] = field(default_factory=dict)
    wanted: dict[str, Any] = field(default_factory=dict)
    story: str = "forth"

    RATES: ClassVar = (0.03, 0.08, 0.2)
    HANGS: ClassVar = (1, 2, 5)

    def __post_init__(self) -> None:
        super().__post_init__()
        self.items = self.build.items(self.migrations, self.rollouts)
        self.items.watch = self._written
        self.application = Application(self)

    @property
    def record(self) -> Record | None:
        return self.migrations.read(ID)

    def document(self, **changes: Any) -> dict[str, Any]:
        made = document(**changes).model_dump(mode="json")
        made["guards"]["settle_s"] = self.build.settle_s
        return made

    def bot(self, name: str = "migration") -> Bot[Any, Any]:
        """A fresh worker, every port of which may fail."""
        wrap, reads = self.faults.wrap, self.reads
        own = _Ports(
            migrations=wrap(self.migrations, "Migrations"),
            items=wrap(self.items, "Items"),
            rollouts=wrap(self.rollouts, "Rollouts"),
            reads=wrap(reads, "OldReads"),
            switches=_On(),  # type: ignore[arg-type]
            demands=Demands(wrap(self.actions, "Actions")),
            flows=wrap(self.flows, "Flows"),
            clock=self.clock,
            build=self.build,
        )
        bot: Bot[Any, Any] = Bot(
            name, facts=facts.gather, plan=plan.plan, perform=perform.ACTIONS, ports=ports.connect
        )
        return self.wired(bot, _MANIFEST.actions, perform.ACTIONS, own)

    def ask(self, type: str, **data: Any) -> None:
        self.ticks += 1
        self.queue.append(event(type, f"ask-{self.ticks}", self.clock.now(), **data))

    def step(self) -> None:
        """One round: what was asked for, a turn of each run of the flow, ticks, people, and some time."""
        self.rounds, self.hung = self.rounds + 1, 0
        self.chance.shuffle(self.queue)
        asked, self.queue = self.queue, []
        for each in asked:
            self._taken(each)
        self._runs()
        for attempt in [*self.turns]:
            if attempt in self.turns:
                self._turn(attempt)
        if self.calm or self.chance.random() < 0.2:
            self.ticks += 1
            self._taken(event("ScheduleTicked.v1", f"tick-{self.ticks}", schedule="rate(5 minutes)"))
        self.answer()
        self.reconcile()
        self.write(3)
        self.clock.forward(seconds=self.chance.choice([1, 8, 30]))

    def write(self, most: int) -> None:
        """The application goes on; what users read and what the fence promises is looked at after it."""
        for _ in range(self.chance.randrange(most + 1)):
            self.application.write()
        self.look()

    def look(self) -> None:
        """See what_readers_find."""
        self.broken += what_readers_find(self)

    def _written(self, id: str, edit: Edit) -> None:
        self.broken += what_is_wrong(self, id, edit)

    def is_settled(self) -> bool:
        record = self.record
        return record is not None and record.final is not None and self.at_rest() and not self.queue

    def rolls(self, open_one: bool) -> None:
        """A rollout of the service begins, or is over."""
        row = self.rollouts.read("shop") or Row(service="shop")
        found = rollout(group=rollout().group) if open_one else None
        self.rollouts.held["shop"] = row.after(rollout=found)

    def _runs(self) -> None:
        for (_, name, attempt), run in self.flows.runs.items():
            if name == ID and run.state is RunState.RUNNING:
                self.turns.setdefault(attempt, 0)

    def _turn(self, attempt: int) -> None:
        turn = self.turns[attempt]
        data = {"migration": ID, "attempt": attempt}
        step = {"flow": "migration", "execution": f"run-{attempt}", "state": "Advance", "turn": turn}
        step |= {"type": "MigrationAdvanced.v1", "data": data}
        try:
            report = self.bot().handler({"step": step}, None)
        except Crash:
            return
        code = (report.get("error") or {}).get("code", "")
        if code in ("migration.paused", "migration.over", "migration.replaced"):
            self.turns.pop(attempt, None)
            self.flows.runs["migration", ID, attempt] = Run(attempt, RunState.SUCCEEDED)
        elif code and report["status"] == "failed":  # what its own rules stopped
            self.turns.pop(attempt, None)
            self.flows.runs["migration", ID, attempt] = Run(attempt, RunState.FAILED)
        elif report["status"] not in ("retry", "waiting") and self.turns.get(attempt) == turn:
            self.turns[attempt] = turn + 1

    def _taken(self, what: AnyEvent) -> None:
        try:
            self.bot().run(what)
        except Crash:
            self.queue.append(what)
        except WritError as error:
            if error.retryable:
                self.queue.append(what)

    def meanwhile(self) -> None:
        """The application goes on, another run, or a person who stops or turns it."""
        self.write(4)
        roll = self.chance.random()
        if roll < 0.06:
            self._now("MigrationPauseRequested.v1")
        elif roll < 0.12:
            self._now("MigrationReverseRequested.v1")
        elif roll < 0.2:
            self.rolls(self.chance.random() < 0.5)
        elif self.turns:
            self._turn(self.chance.choice([*self.turns]))
        self.clock.forward(seconds=self.chance.choice([1, 20, 70]))

    def choice(self) -> str:
        return self.chance.choice(["approve", "wait"])

    def _now(self, type: str) -> None:
        self.ticks += 1
        self._taken(event(type, f"now-{self.ticks}", migration=ID, reason="it looks wrong", by="ann"))
