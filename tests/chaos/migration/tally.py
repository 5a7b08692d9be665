"""What many seeded runs came to."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field

from tests.chaos.migration.oracle import judge
from tests.chaos.migration.runs import finish, prepare
from tests.chaos.migration.world import Build
from writ.contracts.errors import WritError


@dataclass
class Tally:
    """Runs, what was injected into them, how migrations ended, and the seeds that the oracle refused."""

    runs: int = 0
    faults: int = 0
    actions: int = 0
    rounds: int = 0
    written: int = 0
    ends: Counter[str] = field(default_factory=Counter)
    injected: Counter[str] = field(default_factory=Counter)
    failed: dict[int, str] = field(default_factory=dict)

    def add(self, other: Tally) -> None:
        self.runs += other.runs
        self.faults += other.faults
        self.actions += other.actions
        self.rounds = max(self.rounds, other.rounds)
        self.written += other.written
        self.ends += other.ends
        self.injected += other.injected
        self.failed |= other.failed


def examine(seeds: Iterable[int], build: Build) -> Tally:
    """Run seeds and judge each."""
    tally = Tally()
    for seed in seeds:
        tally.runs += 1
        world = prepare(seed, build)
        try:
            judge(finish(world))
        except (AssertionError, WritError) as error:
            tally.failed[seed] = str(error)[:300]
        tally.faults += len(world.faults.log)
        tally.injected.update(line.split(":")[0] for line in world.faults.log)
        tally.actions += len(world.actions.records)
        tally.rounds = max(tally.rounds, world.rounds)
        tally.written += world.application.number
        record = world.record
        tally.ends[str(record and record.final)] += 1
    return tally
