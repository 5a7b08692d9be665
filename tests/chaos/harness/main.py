"""The command of a campaign: seeded runs in all processors, each judged by the oracle, and a summary.

Then builds with a safeguard taken out run until the oracle has caught each for the right reason. `--seed`
runs one again and shows what happened in it.
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
from typing import Any, Final

from rich.console import Console
from rich.progress import Progress
from rich.table import Table

from tests.chaos.harness.campaign import Campaign, Tally, examine, run

_CHUNK: Final = 25
_VARIANT_LIMIT: Final = 4000
_SHOWN: Final = 20

AnyCampaign = Campaign[Any, Any]


def main(campaign: AnyCampaign) -> int:
    """The exit code: 0 if no run failed, every variant was caught and nothing is lacking."""
    parser = argparse.ArgumentParser(prog=f"make test-{campaign.name}-chaos", description=__doc__)
    parser.add_argument("--seed", type=int, help="run this one again and show what happened")
    given = parser.parse_args()
    told = Console(width=None if sys.stdout.isatty() else 160, highlight=False)
    if given.seed is not None:
        return one(campaign, given.seed, told)
    size = int(os.environ.get("WRIT_CHAOS_SCHEDULES") or campaign.size)
    first = int(os.environ.get("WRIT_CHAOS_SEED") or 0)
    began = time.monotonic()
    told.print(f"seeds {first} to {first + size - 1}, {os.cpu_count()} processes")
    workers = ProcessPoolExecutor(mp_context=get_context("spawn"))
    with workers as pool, Progress(console=told, disable=not sys.stdout.isatty()) as bars:
        tally = all_runs(campaign, pool, bars, range(first, first + size))
        complaints = summarize(campaign, tally, time.monotonic() - began, told)
        found = {build.name: until_caught(campaign, pool, build, bars) for build in campaign.variants}
    blind = [build.name for build in campaign.variants if not found[build.name].refused(build)]
    told.print(caught(campaign, found))
    for name in blind:
        told.print(f"[red]the oracle does not see[/] {name}")
    return 1 if tally.failed or complaints or blind else 0


def one(campaign: AnyCampaign, seed: int, told: Console) -> int:
    """Run one seed again, in this process, and show what it did."""
    world, failure = run(campaign, seed, campaign.build)
    for line in campaign.show(world):
        told.print(line, markup=False)
    told.print(f"seed {seed}: " + (f"[red]{failure}" if failure else "[green]no violation"))
    return 1 if failure else 0


def all_runs(campaign: AnyCampaign, pool: ProcessPoolExecutor, bars: Progress, seeds: range) -> Tally:
    tally = Tally()
    bar = bars.add_task("runs", total=len(seeds))
    for part in pool.map(partial(examine, campaign, build=campaign.build), _chunks(seeds)):
        tally.add(part)
        bars.advance(bar, part.runs)
    return tally


def until_caught(campaign: AnyCampaign, pool: ProcessPoolExecutor, build: Any, bars: Progress) -> Tally:
    """Run a variant for its least number of runs, and on until it is refused once as it has to be."""
    tally = Tally()
    bar = bars.add_task(build.name, total=campaign.rated)
    while tally.runs < campaign.rated or (not tally.refused(build) and tally.runs < _VARIANT_LIMIT):
        more = range(tally.runs, tally.runs + campaign.rated)
        for part in pool.map(partial(examine, campaign, build=build), _chunks(more)):
            tally.add(part)
            bars.advance(bar, part.runs)
    return tally


def summarize(campaign: AnyCampaign, tally: Tally, seconds: float, told: Console) -> list[str]:
    """Say what all runs did, how to see each one that failed again, and what they do not show."""
    told.print(faults(tally))
    if tally.ends:
        told.print(ends(tally))
    kinds = len({call for call, _ in tally.injected})
    parts = [
        f"{tally.injected.total():,} faults in {kinds} kinds of port calls",
        *(f"{count:,} {name}" for name, count in tally.done.items()),
        *(f"at most {count:,} {name}" for name, count in tally.most.items()),
    ]
    told.print(f"{tally.runs:,} runs: {', '.join(parts)}; {seconds:.0f} s")
    for seed, reason in sorted(tally.failed.items())[:_SHOWN]:
        told.print(f"[red]violation[/] in seed {seed}:", end=" ")
        told.print(reason, markup=False)
        told.print(f"  again: make test-{campaign.name}-chaos SEED={seed}")
    told.print(f"[red]{len(tally.failed)} violations" if tally.failed else "[green]no violation")
    complaints = list(campaign.lacks(tally))
    for complaint in complaints:
        told.print(f"[red]not shown:[/] {complaint}")
    return complaints


def faults(tally: Tally) -> Table:
    """How often each port call suffered what."""
    fates = sorted({fate for _, fate in tally.injected})
    table = Table("port call", *fates, title="Faults by port call", title_justify="left")
    for call in sorted({call for call, _ in tally.injected}):
        table.add_row(call, *(f"{tally.injected[call, fate]:,}" for fate in fates))
    return table


def ends(tally: Tally) -> Table:
    """How runs of each kind ended."""
    columns = sorted({column for _, column in tally.ends})
    table = Table("", *columns, title="How they ended", title_justify="left")
    for row in sorted({row for row, _ in tally.ends}):
        table.add_row(row, *(f"{tally.ends[row, column]:,}" for column in columns))
    return table


def caught(campaign: AnyCampaign, found: dict[str, Tally]) -> Table:
    """How many runs of each variant the oracle refused, and those for the reason it has to have."""
    heads = ("without a safeguard", "refused", "of", "first seed", "because")
    table = Table(*heads, title="What the oracle sees", title_justify="left")
    for build in campaign.variants:
        tally = found[build.name]
        seed = min(refused := tally.refused(build), default=None)
        because = "[red]nothing" if seed is None else refused[seed].replace("[", r"\[")
        table.add_row(build.name, f"{len(refused):,}", f"{tally.runs:,}", f"{seed}", because)
    return table


def _chunks(seeds: range) -> Iterator[range]:
    for start in range(seeds.start, seeds.stop, _CHUNK):
        yield range(start, min(start + _CHUNK, seeds.stop))
