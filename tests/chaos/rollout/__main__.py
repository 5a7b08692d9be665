"""`python -m tests.chaos.rollout`: seeded runs of both bots under faults, and what the oracle says of them.

Then builds with a safeguard taken out run until the oracle has caught each. `--seed` runs one again.
"""

from __future__ import annotations

import argparse
import os
import sys
import time

from rich.console import Console

from tests.chaos.rollout.runs import finish, prepare
from tests.chaos.rollout.tally import Tally, examine
from tests.chaos.rollout.variants import VARIANTS
from tests.chaos.rollout.world import Build

RUNS = int(os.environ.get("WRIT_CHAOS_SCHEDULES", "1000"))
_CHUNK = 5
_LIMIT = 2000


def one(seed: int, told: Console) -> int:
    """Run one seed again, and show its faults and its trails."""
    world = finish(prepare(seed, Build()))
    for line in world.faults.log:
        told.print(line, highlight=False, markup=False)
    for rollout in world.rollouts.over.values():
        told.print(f"{rollout.id}: {rollout.final} by {rollout.driver}, {rollout.stop}", markup=False)
        for entry in rollout.trail:
            told.print(f"  {entry.seq} {entry.kind} {entry.goal.candidate:.0%} {entry.end}: {entry.reason}")
    failed = examine([seed], Build()).failed
    told.print(f"[red]{failed[seed]}" if failed else "[green]no violation")
    return 1 if failed else 0


def main() -> int:
    """The exit code: 0 if no run failed and every variant was caught."""
    parser = argparse.ArgumentParser(prog="make test-rollout-chaos", description=__doc__)
    parser.add_argument("--seed", type=int, help="run this one again and show what happened")
    given = parser.parse_args()
    told = Console(width=None if sys.stdout.isatty() else 160)
    if given.seed is not None:
        return one(given.seed, told)
    began = time.monotonic()
    tally = examine(range(RUNS), Build())
    told.print(
        f"{tally.runs:,} runs, {tally.faults:,} faults in {len(tally.injected)} kinds of port calls,"
        f" {tally.actions:,} actions, {tally.flows:,} flows of which {tally.killed:,} were killed;"
        f" at most {tally.rounds} rounds; {time.monotonic() - began:.0f} s"
    )
    told.print(", ".join(f"{name} {count}" for name, count in sorted(tally.ends.items())))
    for seed, reason in sorted(tally.failed.items())[:20]:
        told.print(
            f"[red]violation[/] in seed {seed}: {reason}\n  again: make test-rollout-chaos SEED={seed}"
        )
    blind: list[str] = []
    for build in VARIANTS:
        caught = Tally()
        while not caught.failed and caught.runs < _LIMIT:
            caught.add(examine(range(caught.runs, caught.runs + _CHUNK), build))
        for seed, reason in list(caught.failed.items())[:1]:
            told.print(f"{build.name}: refused in seed {seed}: {reason}", markup=False)
        if not caught.failed:
            told.print(f"[red]the oracle does not see[/] {build.name}")
            blind.append(build.name)
    told.print(f"[red]{len(tally.failed)} violations" if tally.failed else "[green]no violation")
    return 1 if tally.failed or blind else 0


if __name__ == "__main__":
    sys.exit(main())
