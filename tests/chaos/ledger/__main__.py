"""`python -m tests.chaos.ledger`: seeded schedules of faults over the whole ledger, and what they found.

Every seed is judged by the oracle; then builds with a safeguard taken out run until the oracle has caught
each. `--seed` runs one again and shows every call it made.
"""

from __future__ import annotations

import argparse
import os
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from multiprocessing import get_context

from rich.console import Console
from rich.progress import Progress
from rich.table import Table

from tests.chaos.ledger.oracle import judge
from tests.chaos.ledger.tally import Tally, examine
from tests.chaos.ledger.variants import VARIANTS
from tests.chaos.ledger.world import Build, finish, prepare
from tests.support.interleave import FATES
from writ.contracts.errors import WritError

SCHEDULES = int(os.environ.get("WRIT_CHAOS_SCHEDULES", "10000"))
FIRST_SEED = int(os.environ.get("WRIT_CHAOS_SEED", "0"))
_CHUNK = 25
_RATED = 300
_VARIANT_LIMIT = 4000
_SHOWN = 20


def chunks(first: int, count: int) -> Iterator[range]:
    for start in range(first, first + count, _CHUNK):
        yield range(start, min(start + _CHUNK, first + count))


def all_schedules(pool: ProcessPoolExecutor, bars: Progress) -> Tally:
    tally = Tally()
    bar = bars.add_task("schedules", total=SCHEDULES)
    for part in pool.map(partial(examine, build=Build()), chunks(FIRST_SEED, SCHEDULES)):
        tally.add(part)
        bars.advance(bar, part.schedules)
    return tally


def until_caught(pool: ProcessPoolExecutor, build: Build, bars: Progress) -> Tally:
    """Run a variant for some hundred schedules, and on until it is caught once."""
    tally = Tally()
    bar = bars.add_task(build.name, total=_RATED)
    while tally.schedules < _RATED or (not tally.failed and tally.schedules < _VARIANT_LIMIT):
        for part in pool.map(partial(examine, build=build), chunks(tally.schedules, _RATED)):
            tally.add(part)
            bars.advance(bar, part.schedules)
    return tally


def faults(tally: Tally) -> Table:
    """How often each port call suffered what."""
    table = Table("port call", *FATES, title="Faults by port call", title_justify="left")
    for call in sorted({call for call, _ in tally.injected}):
        table.add_row(call, *(f"{tally.injected[call, fate]:,}" for fate in FATES))
    return table


def caught(found: dict[str, Tally]) -> Table:
    """How many schedules of each variant the oracle refused."""
    table = Table(
        "without a safeguard",
        "refused",
        "of",
        "first seed",
        "because",
        title="What the oracle sees",
        title_justify="left",
    )
    for name, tally in found.items():
        seed = min(tally.failed, default=None)
        because = "[red]nothing" if seed is None else tally.failed[seed]
        table.add_row(name, f"{len(tally.failed):,}", f"{tally.schedules:,}", f"{seed}", because)
    return table


def one(seed: int, told: Console) -> int:
    """Run one seed again, in this process, and show what it did."""
    world = prepare(seed)
    failure: Exception | None = None
    try:
        finish(world)
        judge(world)
    except (AssertionError, WritError) as error:
        failure = error
    for line in world.schedule.trace:
        told.print(line, highlight=False, markup=False)
    if failure is not None:
        told.print(f"seed {seed}: [red]{failure}")
        return 1
    told.print(f"seed {seed}: {world.schedule.calls} calls, {world.schedule.faults} faults, no violation")
    return 0


def main() -> int:
    """The exit code: 0 if no schedule failed and every variant was caught."""
    parser = argparse.ArgumentParser(prog="make test-ledger-chaos", description=__doc__)
    parser.add_argument("--seed", type=int, help="run this one again and show its calls")
    given = parser.parse_args()
    told = Console(stderr=False, width=None if sys.stdout.isatty() else 160)
    if given.seed is not None:
        return one(given.seed, told)
    began = time.monotonic()
    last = FIRST_SEED + SCHEDULES - 1
    told.print(f"seeds {FIRST_SEED} to {last}, {os.cpu_count()} processes")
    workers = ProcessPoolExecutor(mp_context=get_context("spawn"))
    with workers as pool, Progress(console=told, disable=not sys.stdout.isatty()) as bars:
        tally = all_schedules(pool, bars)
        summarize(tally, time.monotonic() - began, told)
        found = {build.name: until_caught(pool, build, bars) for build in VARIANTS}
    told.print(caught(found))
    blind = [name for name, part in found.items() if not part.failed]
    for name in blind:
        told.print(f"[red]the oracle does not see[/] {name}")
    return 1 if tally.failed or blind else 0


def summarize(tally: Tally, seconds: float, told: Console) -> None:
    """Say what all schedules did, and how to see each one that failed again."""
    told.print(faults(tally))
    told.print(
        f"{tally.schedules:,} schedules, {tally.injected.total():,} faults in {tally.calls:,} port calls:"
        f" {tally.acknowledged:,} entries acknowledged, {tally.integrated:,} in logs, {tally.signed:,} heads"
        f" signed, {tally.looks:,} checks by readers; {seconds:.0f} s"
    )
    for seed, reason in sorted(tally.failed.items())[:_SHOWN]:
        told.print(f"[red]violation[/] in seed {seed}: {reason}\n  again: make test-ledger-chaos SEED={seed}")
    told.print(f"[red]{len(tally.failed)} violations" if tally.failed else "[green]no violation")


if __name__ == "__main__":
    sys.exit(main())
