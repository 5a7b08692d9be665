"""`python -m tests.bench.load`: what the ledger does under load, as one JSON document.

Entries a second on one core; how soon an acknowledged entry is provable; requests and list prices at three
rates; the work of one commit from a thousand leaves to a million; an audit of a whole log.
"""

from __future__ import annotations

import json
import math
import os
import sys
import tempfile
from dataclasses import dataclass, fields
from itertools import product
from pathlib import Path
from typing import Any, Final, Self

from rich.console import Console

from cli.ledger.audit import cores
from tests.bench import audit, cost, deployed, growth, ledger
from tests.bench.__main__ import machine
from tests.bench.measure import ranked
from tests.bench.sizes import Sizes
from writ.ledger.sequencer import MAX_COMMIT

os.environ.setdefault("WRIT_POLICIES", str(Path(__file__).parents[2] / "policies"))

# Units a second that one partition of a table takes, and so one shard of its stream:
# https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/bp-partition-key-design.html
_PARTITION_UNITS: Final = 1000
# moto copies every table for each transaction: ten thousand of them would take hours, and all memory.
_TRANSACTIONS: Final = 1_000
_SLOW_SECONDS: Final = 60
PERCENTS: Final = (50, 95, 99)


@dataclass(frozen=True, slots=True)
class LoadSizes:
    """Read from `WRIT_LOAD_<NAME>`: rates in entries a second, sizes in leaves, lists with commas between.

    `seconds` is for how many of them a rate of less than a thousand entries a second is metered; `folder`
    keeps the log that is audited from one run to the next, and is a passing one where it is empty.
    """

    rates: tuple[int, ...] = (10, 1_000, 10_000)
    seconds: int = _SLOW_SECONDS
    growth: tuple[int, ...] = growth.SIZES
    commits: int = 10
    audit: tuple[int, ...] = (100_000, 1_000_000)
    folder: str = ""

    @classmethod
    def load(cls, variables: dict[str, str] | None = None) -> Self:
        """Raises ValueError that names a variable which is no number, or no list of them."""
        source = dict(os.environ) if variables is None else variables
        given: dict[str, Any] = {}
        for field in fields(cls):
            name = f"WRIT_LOAD_{field.name.upper()}"
            text = source.get(name, "")
            if not text:
                continue
            if field.name == "folder":
                given[field.name] = text
                continue
            parts = text.split(",") if isinstance(field.default, tuple) else [text]
            if not all(part.isascii() and part.isdigit() and int(part) for part in parts):
                raise ValueError(f"{name} is not a number above 0: {text!r}")
            given[field.name] = tuple(map(int, parts)) if isinstance(field.default, tuple) else int(text)
        return cls(**given)


def document(sizes: LoadSizes, given: Sizes, told: Console) -> dict[str, Any]:
    """Every part, in turn."""
    found: dict[str, Any] = {"machine": machine()}
    with told.status("entries a second on one core"):
        found["entries_per_second"] = [figure.row() for figure in ledger.measure(given)]
    with told.status("from acknowledged to provable"):
        found["append_to_provable"] = provable(given.plane)
    found["cost"] = []
    for rate in sizes.rates:
        with told.status(f"requests at {rate:,} entries a second"):
            found["cost"].append(priced(rate, sizes.seconds))
    with told.status("one commit, at every size of the log"):
        found["growth"] = growth.document(growth.measure(sizes.growth, commits=sizes.commits))
    with tempfile.TemporaryDirectory() as passing:
        found["audit"] = []
        ways = [(False, 1), *((True, jobs) for jobs in sorted({1, cores()}))]
        for entries, (signatures, jobs) in product(sizes.audit, ways):
            folder = audit.made(Path(sizes.folder or passing), entries, told)
            with told.status(f"auditing {entries:,} entries{' with signatures' * signatures} in {jobs}"):
                measured = audit.measure(folder, entries, signatures=signatures, jobs=jobs)
                found["audit"].append(measured.row())
    return found


def provable(count: int) -> dict[str, Any]:
    """Seconds from an action that is acknowledged to one that is provable, on the plane that is up."""
    waits, note = deployed.waited(count)
    named = {f"p{percent}_s": round(ranked(waits, percent), 3) if waits else None for percent in PERCENTS}
    return {**named, "note": note}


def priced(rate: int, seconds: int) -> dict[str, Any]:
    """Requests and dollars of a million entries that come at a rate: a commit a second in every shard.

    `dollars_by_percent` says what they are for other shares of entries about people than the typical one.
    """
    shards = shards_at(rate)
    span = seconds if rate < _PARTITION_UNITS else 1
    entries, commits = rate * span, shards * span
    by_share = {percent: _spent(entries, commits, percent) for percent in cost.SHARES}
    spent = by_share[cost.TYPICAL_PERCENT]
    million = 1_000_000 / entries
    return {
        "entries_per_second": rate,
        "entries": entries,
        "commits_per_second": shards,
        "requests_per_million": {name: round(count * million) for name, count in spent.requests.items()},
        "dollars_per_million": round(spent.total, 2),
        "percent_about_people": cost.TYPICAL_PERCENT,
        "dollars_by_percent": {str(share): round(each.total, 2) for share, each in by_share.items()},
        "dollars_by_unit": {str(unit): round(dollars, 3) for unit, dollars in spent.dollars.items()},
    }


def _spent(entries: int, commits: int, percent: int) -> cost.Spent:
    """What entries cost; where most are transactions, fewer of them in commits of the same size."""
    if percent > cost.TYPICAL_PERCENT and entries > _TRANSACTIONS:
        entries, commits = _TRANSACTIONS, max(1, round(commits * _TRANSACTIONS / entries))
    return cost.spend(entries, commits=commits, percent=percent)


def shards_at(rate: int) -> int:
    """Shards of the stream, and so commits a second, at a rate of entries of two write units each.

    A few entries a second come through one shard at a time; a busy table has four partitions to begin with.
    """
    if rate < _PARTITION_UNITS:
        return 1
    return max(cost.SHARDS, math.ceil(rate * 2 / _PARTITION_UNITS), math.ceil(rate / MAX_COMMIT))


def main() -> int:
    told = Console(stderr=True)
    try:
        sizes, given = LoadSizes.load(), Sizes.load()
    except ValueError as error:
        told.print(str(error))
        return 2
    json.dump(document(sizes, given, told), sys.stdout, indent=2, ensure_ascii=False)
    sys.stdout.write("\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
