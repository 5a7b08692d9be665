"""What many seeded runs came to."""

from __future__ import annotations

import io
from collections import Counter
from collections.abc import Iterable
from contextlib import redirect_stdout
from dataclasses import dataclass, field

from tests.chaos.rollout.oracle import judge
from tests.chaos.rollout.runs import finish, prepare
from tests.chaos.rollout.world import Build
from writ.contracts.errors import WritError


class _Nowhere(io.TextIOBase):
    """Where steps log and count to."""

    def write(self, text: str) -> int:
        return len(text)


@dataclass
class Tally:
    """Runs, what was injected into them, how rollouts ended, and the seeds that the oracle refused."""

    runs: int = 0
    faults: int = 0
    actions: int = 0
    rounds: int = 0
    flows: int = 0
    killed: int = 0
    ends: Counter[str] = field(default_factory=Counter)
    injected: Counter[str] = field(default_factory=Counter)
    failed: dict[int, str] = field(default_factory=dict)

    def add(self, other: Tally) -> None:
        self.runs += other.runs
        self.faults += other.faults
        self.actions += other.actions
        self.flows += other.flows
        self.killed += other.killed
        self.rounds = max(self.rounds, other.rounds)
        self.ends += other.ends
        self.injected += other.injected
        self.failed |= other.failed


def examine(seeds: Iterable[int], build: Build) -> Tally:
    """Run seeds and judge each."""
    tally = Tally()
    for seed in seeds:
        tally.runs += 1
        with redirect_stdout(_Nowhere()):
            world = prepare(seed, build)
            try:
                judge(finish(world))
            except (AssertionError, WritError) as error:
                tally.failed[seed] = str(error)[:300]
        tally.flows += len(world.flows.runs)
        tally.killed += world.drivers.killed
        tally.faults += len(world.faults.log)
        tally.injected.update(line.split(":")[0] for line in world.faults.log)
        tally.actions += len(world.actions.records)
        tally.rounds = max(tally.rounds, world.rounds)
        for rollout in world.rollouts.over.values():
            tally.ends[f"{world.story}: {rollout.final}"] += 1
    return tally
