"""What schedules did, and which of them failed."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field

from tests.chaos.ledger.oracle import judge
from tests.chaos.ledger.world import Build, run
from tests.support.interleave import Fate
from writ.contracts.errors import WritError


@dataclass
class Tally:
    """What some schedules did, and the seeds that failed with the reason."""

    schedules: int = 0
    calls: int = 0
    acknowledged: int = 0
    integrated: int = 0
    signed: int = 0
    looks: int = 0
    injected: Counter[tuple[str, Fate]] = field(default_factory=Counter)
    failed: dict[int, str] = field(default_factory=dict)

    def add(self, other: Tally) -> None:
        for name in ("schedules", "calls", "acknowledged", "integrated", "signed", "looks"):
            setattr(self, name, getattr(self, name) + getattr(other, name))
        self.injected += other.injected
        self.failed |= other.failed


def examine(seeds: range, build: Build) -> Tally:
    """Run and judge some seeds. Anything but rest without a violation is a failure."""
    tally = Tally()
    for seed in seeds:
        tally.schedules += 1
        try:
            world = run(seed, build)
            judge(world)
        except (AssertionError, WritError) as error:
            tally.failed[seed] = f"{error}"
            continue
        tally.calls += world.schedule.calls
        tally.acknowledged += len(world.acknowledged)
        tally.integrated += world.stores.heads.head.size
        tally.signed += len(world.stores.signed)
        tally.looks += world.reader.looks
        tally.injected += world.schedule.injected
    return tally
