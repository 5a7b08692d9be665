"""What every world of bots shares: their loop's stores in memory, a clock, chance, people and the reconciler.

A world adds its bots and their ports, and says what goes on while a call hangs.
"""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any, ClassVar, Final

from tests.chaos.harness.campaign import Injected
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
from tests.support.tasks import RiskPolicy
from writ.contracts.action import Approval
from writ.contracts.errors import WritError
from writ.ports.actions import ActionRecord, Phase
from writ.runtime.answers import Answers
from writ.runtime.bot import Bot
from writ.runtime.identity import Identity
from writ.runtime.judge import Judge
from writ.runtime.loop import Loop
from writ.runtime.testimony import intent_id, outcome_id
from writ.runtime.wiring import LoopPorts, Wiring

# What goes on while calls hang in one round. Without a bound an action that waits for others, and is tried
# again, has more than one other begin while it does: they would grow without end, and days pass in a round.
_HUNG: Final = 24
# The most actions that the reconciler takes up in a round.
_SWEPT: Final = 10


@dataclass
class BotWorld:
    """One seeded run.

    `calm`: nothing fails any more. `hanging` is the call that hangs. `broken` is what was wrong on the way.
    """

    seed: int
    clock: ManualClock = field(default_factory=ManualClock)
    actions: MemoryActions = field(default_factory=MemoryActions)
    approvals: MemoryApprovals = field(default_factory=MemoryApprovals)
    evidence: MemoryEvidence = field(default_factory=MemoryEvidence)
    bus: MemoryBus = field(default_factory=MemoryBus)
    flows: MemoryFlows = field(default_factory=MemoryFlows)
    broken: list[str] = field(default_factory=list)
    calm: bool = False
    rounds: int = 0
    ticks: int = 0
    hung: int = 0
    hanging: str = ""

    # What a call may fail by, how long others go on while one hangs, and how long an attempt may live.
    RATES: ClassVar[Sequence[float]] = (0.03, 0.08, 0.15)
    HANGS: ClassVar[Sequence[int]] = (1, 1, 4, 8)
    LEASE: ClassVar[timedelta] = timedelta(seconds=65)

    def __post_init__(self) -> None:
        self.chance = random.Random(self.seed)
        self.faults = Faults(random.Random(self.seed + 1), rate=self.chance.choice(self.RATES))
        self.faults.meanwhile = self._hang

    def bot(self, name: str) -> Bot[Any, Any]:
        """A fresh worker of a bot, every port of which may fail."""
        raise NotImplementedError

    def meanwhile(self) -> None:
        """Somebody else goes on, and time passes, while a call hangs."""
        raise NotImplementedError

    def choice(self) -> str:
        """What a person does about a request: approve, reject, let it expire, or wait."""
        raise NotImplementedError

    def wired(self, bot: Bot[Any, Any], specs: Mapping[str, Any], effects: Any, own: Any) -> Bot[Any, Any]:
        """A bot connected to this world."""
        identity = self.identity(bot.name)
        loop: Loop[Any] = Loop(identity, specs, effects, self._ports(), own, lease=self.LEASE)
        bot.__dict__["wiring"] = Wiring(loop, own, self.clock)
        return bot

    def identity(self, name: str) -> Identity:
        return Identity(name, "platform", "1", "0" * 64)

    def ease(self) -> None:
        """From here on nothing fails."""
        self.calm, self.faults.rate = True, 0.0

    def at_rest(self) -> bool:
        """Whether every action has its outcome."""
        return all(record.phase is Phase.CLOSED for record in self.actions.records.values())

    def answer(self) -> None:
        """People look at what waits for them."""
        for record in list(self.actions.records.values()):
            request = self.approvals.get(record.action.id)
            if record.phase is not Phase.WAITING or request is None or request.answer or request.expired:
                continue
            if (choice := self.choice()) == "expire":
                self.approvals.expire(record.action.id)
            elif choice != "wait":
                self._decide(record, choice == "approve")

    def reconcile(self) -> None:
        """What the reconciler does: actions that nobody holds are taken up by their bot."""
        taken = 0
        for record in list(self.actions.records.values()):
            if taken == _SWEPT:
                return
            if not self._stands_still(record):
                continue
            taken += 1
            try:
                self.bot(record.action.bot).wiring.loop.resume(record.action.id)
            except (Crash, WritError):
                continue

    def _stands_still(self, record: ActionRecord) -> bool:
        if record.phase is Phase.WAITING:
            request = self.approvals.get(record.action.id)
            return request is not None and (request.answer is not None or request.expired)
        return record.phase is Phase.CLAIMED and record.lease_until <= self.clock.now()

    def _decide(self, record: ActionRecord, approved: bool) -> None:
        answer = Approval(approved=approved, by="ann", at=self.clock.now(), reason="looked at it")
        self.approvals.answer(record.action.id, answer)
        answers = Answers(
            identity=self.identity("approvals"),
            evidence=self.evidence,
            bus=self.bus,
            clock=self.clock,
            entropy=_entropy,
        )
        answers.attest(record, answer)

    def _hang(self) -> None:
        self.hanging = self.faults.log[-1]
        for _ in range(self.chance.choice(self.HANGS)):
            if self.hung >= _HUNG:
                return
            self.hung += 1
            self.meanwhile()

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


def attested(world: BotWorld) -> None:
    """I1 and I3 of every action: closed, with one intent and one outcome. Raises AssertionError."""
    entries = Counter(world.evidence.order)
    for record in world.actions.records.values():
        assert record.phase is Phase.CLOSED, f"I3: {record.action.name} of {record.action.target.id} is open"
        assert entries[intent_id(record.action.id)] == 1, f"I1: {record.action}"
        assert entries[outcome_id(record.action.id)] == 1, f"I3: {record.action}"


def injected(world: BotWorld) -> Injected:
    """What the faults of a world were."""
    told = (line.partition(": ") for line in world.faults.log)
    return Counter((call, fate.replace("-", " ")) for call, _, fate in told)


def codes(world: BotWorld, wanted: Sequence[str]) -> int:
    """How many actions ended by one of some error codes."""
    outcomes = (record.outcome for record in world.actions.records.values())
    return sum(outcome is not None and outcome.code in wanted for outcome in outcomes)


def _entropy(size: int) -> bytes:
    return b"\x01" * size
