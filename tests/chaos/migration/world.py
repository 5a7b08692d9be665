"""The migration bot, its loop, an application that goes on writing, and all they touch; any call may fail."""

from __future__ import annotations

import random
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any, Final

import yaml

from functions.migration import facts, perform, plan, ports
from tests.chaos.migration.application import SETTLE_S, Application
from tests.chaos.migration.watching import what_is_wrong, what_readers_find
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
from tests.support.migrations import MemoryItems, MemoryMigrations, MemoryReads, document
from tests.support.rollouts import MemoryRollouts, rollout
from tests.support.tasks import RiskPolicy, event
from writ.contracts.action import Approval
from writ.contracts.errors import WritError
from writ.contracts.event import AnyEvent
from writ.contracts.manifest import Manifest
from writ.migration.changes import Edit
from writ.migration.runner import Runner
from writ.migration.state import Record
from writ.ports.actions import Phase
from writ.ports.flows import Run, RunState
from writ.rollout.state import Row
from writ.runtime.answers import Answers
from writ.runtime.bot import Bot
from writ.runtime.identity import Identity
from writ.runtime.judge import Judge
from writ.runtime.loop import Loop
from writ.runtime.wiring import LoopPorts, Wiring

LEASE: Final = timedelta(seconds=65)
ROUNDS: Final = 600
ID: Final = "orders-total"
_MANIFEST: Final = Manifest.model_validate(
    yaml.safe_load((Path(__file__).parents[3] / "functions/migration/bot.yaml").read_text())
)


@dataclass(frozen=True)
class Build:
    """What is put to the test: the code as it is, or with one safeguard taken out."""

    name: str = "as it is"
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

    def turned(self, flag: str, on: bool) -> bool:
        return bool(flag) or on


@dataclass
class World:
    """One seeded run."""

    seed: int
    build: Build = field(default_factory=Build)
    clock: ManualClock = field(default_factory=ManualClock)
    actions: MemoryActions = field(default_factory=MemoryActions)
    approvals: MemoryApprovals = field(default_factory=MemoryApprovals)
    evidence: MemoryEvidence = field(default_factory=MemoryEvidence)
    bus: MemoryBus = field(default_factory=MemoryBus)
    flows: MemoryFlows = field(default_factory=MemoryFlows)
    rollouts: MemoryRollouts = field(default_factory=MemoryRollouts)
    migrations: MemoryMigrations = field(default_factory=MemoryMigrations)
    reads: MemoryReads = field(default_factory=MemoryReads)
    queue: list[AnyEvent] = field(default_factory=list)
    turns: dict[int, int] = field(default_factory=dict)
    broken: list[str] = field(default_factory=list)
    wanted: dict[str, Any] = field(default_factory=dict)
    calm: bool = False
    rounds: int = 0

    def __post_init__(self) -> None:
        self.chance = random.Random(self.seed)
        self.items = self.build.items(self.migrations, self.rollouts)
        self.items.watch = self._written
        self.application = Application(self)
        self.faults = Faults(random.Random(self.seed + 1), rate=self.chance.choice([0.03, 0.08, 0.2]))
        self.faults.meanwhile = self._meanwhile
        self._ticks = 0

    @property
    def record(self) -> Record | None:
        return self.migrations.read(ID)

    def document(self, **changes: Any) -> dict[str, Any]:
        made = document(**changes).model_dump(mode="json")
        made["guards"]["settle_s"] = self.build.settle_s
        return made

    def bot(self) -> Bot[Any, Any]:
        """A fresh worker, every port of which may fail."""
        wrap, reads = self.faults.wrap, self.reads
        own = _Ports(
            migrations=wrap(self.migrations, "Migrations"),
            items=wrap(self.items, "Items"),
            rollouts=wrap(self.rollouts, "Rollouts"),
            reads=wrap(reads, "OldReads"),
            switches=_On(),  # type: ignore[arg-type]
            flows=wrap(self.flows, "Flows"),
            clock=self.clock,
            build=self.build,
        )
        bot: Bot[Any, Any] = Bot(
            "migration", facts=facts.gather, plan=plan.plan, perform=perform.ACTIONS, ports=ports.connect
        )
        loop = Loop(
            self._identity("migration"),
            _MANIFEST.actions,
            perform.ACTIONS,
            self._ports(),
            own,
            lease=LEASE,
        )
        bot.__dict__["wiring"] = Wiring(loop, own, self.clock)
        return bot

    def ask(self, type: str, **data: Any) -> None:
        self._ticks += 1
        self.queue.append(event(type, f"ask-{self._ticks}", self.clock.now(), **data))

    def step(self) -> None:
        """One round: what was asked for, a turn of each run of the flow, ticks, people, and some time."""
        self.rounds += 1
        self.chance.shuffle(self.queue)
        asked, self.queue = self.queue, []
        for each in asked:
            self._taken(each)
        self._runs()
        for attempt in [*self.turns]:
            if attempt in self.turns:
                self._turn(attempt)
        if self.calm or self.chance.random() < 0.2:
            self._ticks += 1
            self._taken(event("ScheduleTicked.v1", f"tick-{self._ticks}", schedule="rate(5 minutes)"))
        self._answer()
        self._reconcile()
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
        closed = all(record.phase is Phase.CLOSED for record in self.actions.records.values())
        return record is not None and record.final is not None and closed and not self.queue

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

    def _meanwhile(self) -> None:
        """Others go on while a call hangs: the application, another run, a person who stops or turns it."""
        for _ in range(self.chance.choice([1, 2, 5])):
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

    def _now(self, type: str) -> None:
        self._ticks += 1
        self._taken(event(type, f"now-{self._ticks}", migration=ID, reason="it looks wrong", by="ann"))

    def _answer(self) -> None:
        for record in list(self.actions.records.values()):
            request = self.approvals.get(record.action.id)
            if record.phase is not Phase.WAITING or request is None or request.answer or request.expired:
                continue
            if self.chance.random() < 0.5:
                answer = Approval(approved=True, by="bob", at=self.clock.now(), reason="looked at it")
                self.approvals.answer(record.action.id, answer)
                answers = Answers(
                    identity=self._identity("approvals"),
                    evidence=self.evidence,
                    bus=self.bus,
                    clock=self.clock,
                    entropy=_entropy,
                )
                answers.attest(record, answer)

    def _reconcile(self) -> None:
        for record in list(self.actions.records.values()):
            request = self.approvals.get(record.action.id)
            answered = request is not None and (request.answer is not None or request.expired)
            if record.phase is Phase.CLOSED or (record.phase is Phase.WAITING and not answered):
                continue
            if record.phase is Phase.CLAIMED and record.lease_until > self.clock.now():
                continue
            try:
                self.bot().wiring.loop.resume(record.action.id)
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


def _entropy(size: int) -> bytes:
    return b"\x01" * size
