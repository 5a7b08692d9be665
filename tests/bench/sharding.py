"""`python -m tests.bench.sharding`: a hundred thousand entries a second through sharded logs, simulated.

Streams are spread over shards by hash; each shard is a log of its own, as there is one today. A root log
takes in the newest checkpoint of every shard once a second and is what witnesses cosign. An entry is
provable by its path in the shard and the shard checkpoint's path in the root log.

CPU a step is measured here, and requests a step are counted; how long a request takes is assumed, and said.
Twice: with the requests of a step one after another, as the sequencer makes them, and with those that do not
depend on each other made together.
"""

from __future__ import annotations

import json
import math
import os
import random
import sys
from collections import Counter, deque
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final

from rich.console import Console

from tests.bench import cost, growth
from tests.bench.measure import cpu_seconds, ranked
from tests.bench.prices import Unit
from tests.support.log_forge import ORIGIN, Forge
from writ.ledger.checkpoint import open_checkpoint
from writ.ledger.sequencer import MAX_COMMIT

os.environ.setdefault("WRIT_POLICIES", str(Path(__file__).parents[2] / "policies"))

RATE: Final = 100_000
SHARDS: Final = (64, 128, 192, 256, 320, 512)
TOGETHER: Final = (1, 16)
# Seconds a request takes. DynamoDB: "single-digit milliseconds"; S3: "roughly 100–200 milliseconds" for small
# objects; neither KMS nor EventBridge says.
# https://aws.amazon.com/dynamodb/features/
# https://docs.aws.amazon.com/AmazonS3/latest/userguide/optimizing-performance.html
LATENCY_S: Final[Mapping[str, float]] = {
    "GetItem": 0.005,
    "PutItem": 0.005,
    "BatchGetItem": 0.01,
    "BatchWriteItem": 0.01,
    "Query": 0.005,
    "GetObject": 0.1,
    "PutObject": 0.1,
    "ListObjectsV2": 0.1,
    "Sign": 0.02,
    "GetPublicKey": 0.02,
    "PutEvents": 0.02,
}
WITNESS_S: Final = 0.3
# A function of 1,024 MB has 1,024 / 1,769 of a core: https://docs.aws.amazon.com/lambda/latest/dg/configuration-memory.html
_CORE: Final = 1024 / 1769
_WINDOW_S: Final = 1.0
_READ_AT_ONCE: Final = 32
# What a commit asks for without needing the answer for the next such request.
_INDEPENDENT: Final = frozenset(("BatchGetItem", "BatchWriteItem", "GetObject", "PutObject"))
_BIN_S: Final = 0.02
_SMALL, _LARGE = 100, 1_000


@dataclass(frozen=True, slots=True)
class Line:
    """What grows by `each` with every entry of a commit, from `fixed` on."""

    fixed: float
    each: float

    def at(self, entries: float) -> float:
        return self.fixed + self.each * entries


@dataclass(frozen=True, slots=True)
class Steps:
    """One commit of a shard: seconds and dollars; seconds of CPU to check a shard's checkpoint."""

    commit_s: Line
    commit_dollars: Line
    check_s: float


@dataclass(frozen=True, slots=True)
class Found:
    """How a number of shards does; times are seconds from acknowledged to provable.

    `load` is the share used of what a shard can take in, in commits as large as they may be.
    """

    shards: int
    entries_per_shard: float
    load: float
    keeps_up: bool
    shard_p50_s: float
    shard_p99_s: float
    root_p50_s: float
    root_p95_s: float
    root_p99_s: float
    root_step_s: float
    dollars_per_million: float


@dataclass(frozen=True, slots=True)
class Measured:
    """What steps are made of: requests of a commit by name, dollars of it, and seconds of CPU."""

    requests: Mapping[str, Line]
    dollars: Line
    entry_cpu_s: float
    check_cpu_s: float

    def steps(self, together: int) -> Steps:
        """Steps with up to so many requests in flight where they do not depend on each other."""
        fixed = each = 0.0
        for name, line in self.requests.items():
            at_once = together if name in _INDEPENDENT else 1
            fixed += math.ceil(line.fixed / at_once) * LATENCY_S[name]
            each += line.each / at_once * LATENCY_S[name]
        commit = Line(fixed, each + self.entry_cpu_s / _CORE)
        return Steps(commit, self.dollars, self.check_cpu_s / _CORE)

    def document(self) -> dict[str, Any]:
        requests = {
            name: {"per_commit": round(line.fixed, 2), "per_entry": round(line.each, 4)}
            for name, line in self.requests.items()
        }
        return {
            "measured": {
                "entry_cpu_us": round(self.entry_cpu_s * 1e6, 1),
                "checkpoint_cpu_us": round(self.check_cpu_s * 1e6, 1),
            },
            "counted": requests,
            "assumed": {"latency_s": dict(LATENCY_S), "witness_s": WITNESS_S, "core": round(_CORE, 3)},
        }


def measure(entries: int = _LARGE) -> Measured:
    """Count a commit of a hundred entries and one of `entries`, and time what takes CPU."""
    small, large = (cost.spend(count, commits=1, percent=0) for count in (_SMALL, entries))
    counted = {
        name: _line(_SMALL, small.requests.get(name, 0), entries, large.requests.get(name, 0))
        for name in sorted({*small.requests, *large.requests})
        if name != "Query"  # the sweep's, once a minute
    }
    # Entries are put by bots, one request each, before they are acknowledged.
    counted["PutItem"] = Line(max(counted["PutItem"].fixed, 0.0), 0.0)
    [work] = growth.measure([growth.SIZES[0]], commits=10)
    forge = Forge()
    note = forge.note(1, bytes(32))
    check = cpu_seconds(lambda: open_checkpoint(note, ORIGIN, forge.log_key.public_key()), calls=200)
    dollars = _line(_SMALL, _commit_dollars(small), entries, _commit_dollars(large))
    return Measured(counted, dollars, work.cpu_us_per_entry / 1e6, check)


def simulate(shards: int, steps: Steps, *, rate: int = RATE, seconds: int = 120, seed: int = 1) -> Found:
    """Run one shard entry by entry and, over it, a root log that takes in all of them; pure.

    Shards are alike and independent, so one stands for all; the root log's work is that of all of them.
    """
    each = rate / shards
    load = each * steps.commit_s.at(MAX_COMMIT) / MAX_COMMIT
    commits = _shard(each, steps, seconds, random.Random(seed))
    step = _root_step(shards, steps)
    at_shard, at_root = Counter[float](), Counter[float]()
    for arrived, count, done in commits:
        at_shard[round(done - arrived, 2)] += count
        at_root[round(_published(done, step) - arrived, 2)] += count
    shard_waits, root_waits = list(at_shard.elements()), list(at_root.elements())
    rounds = len({done for _, _, done in commits}) / seconds
    return Found(
        shards=shards,
        entries_per_shard=round(each, 1),
        load=round(load, 3),
        keeps_up=load < 1,
        shard_p50_s=ranked(shard_waits, 50),
        shard_p99_s=ranked(shard_waits, 99),
        root_p50_s=ranked(root_waits, 50),
        root_p95_s=ranked(root_waits, 95),
        root_p99_s=ranked(root_waits, 99),
        root_step_s=round(step, 3),
        dollars_per_million=round(_dollars(shards, each, steps, rounds), 2),
    )


def _shard(rate: float, steps: Steps, seconds: int, chance: random.Random) -> list[tuple[float, int, float]]:
    """When groups of entries arrived, how many they were, and when their commit was published."""
    arrivals = deque(
        (number * _BIN_S, count)
        for number in range(round(seconds / _BIN_S))
        if (count := _poisson(rate * _BIN_S, chance))
    )
    committed: list[tuple[float, int, float]] = []
    now = 0.0
    while arrivals and now < seconds:
        # The stream hands over what has come within a window; what came during a commit is there already.
        now = max(now, arrivals[0][0] + _WINDOW_S)
        batch: list[tuple[float, int]] = []
        size = 0
        while arrivals and arrivals[0][0] <= now and size + arrivals[0][1] <= MAX_COMMIT:
            batch.append(arrivals.popleft())
            size += batch[-1][1]
        now += steps.commit_s.at(size)
        committed += [(arrived, count, now) for arrived, count in batch]
    return committed


def _poisson(mean: float, chance: random.Random) -> int:
    """A count of arrivals: by its definition where it is small, else by its normal limit."""
    if mean > 50:
        return max(0, round(chance.gauss(mean, math.sqrt(mean))))
    limit, count, product = math.exp(-mean), 0, chance.random()
    while product > limit:
        count, product = count + 1, product * chance.random()
    return count


def _root_step(shards: int, steps: Steps) -> float:
    """Seconds for the root log to read and check every shard's checkpoint, commit, and be cosigned.

    It keeps no index: its leaves are found by the shard's name and size.
    """
    reading = math.ceil(shards / _READ_AT_ONCE) * LATENCY_S["GetObject"]
    return reading + shards * steps.check_s + steps.commit_s.fixed + WITNESS_S


def _published(done: float, step: float) -> float:
    """When the root log first covers a commit: it begins a round a second, or when the last has ended."""
    period = max(_WINDOW_S, step)
    return math.ceil(done / period) * period + step


def _dollars(shards: int, each: float, steps: Steps, commits: float) -> float:
    """Dollars a million entries: the shards' commits, and the root log's one a second."""
    second = shards * (commits * steps.commit_dollars.fixed + each * steps.commit_dollars.each)
    return (second + steps.commit_dollars.fixed) / (shards * each) * 1_000_000


def _commit_dollars(spent: cost.Spent) -> float:
    """Dollars of all entries of one commit; its time in Lambda is left out, for moto's is not AWS's."""
    count = len(spent.entry_bytes)
    return sum(dollars for unit, dollars in spent.dollars.items() if unit is not Unit.GB_SECOND) * count / 1e6


def _line(small: int, at_small: float, large: int, at_large: float) -> Line:
    each = (at_large - at_small) / (large - small)
    return Line(at_small - each * small, each)


def document(measured: Measured, rate: int = RATE, shards: Sequence[int] = SHARDS) -> dict[str, Any]:
    """What was measured, and how each number of shards does with it."""
    plans = []
    for together in TOGETHER:
        steps = measured.steps(together)
        found = [asdict(simulate(count, steps, rate=rate)) for count in shards]
        plans.append({"requests_together": together, "commit_s": asdict(steps.commit_s), "found": found})
    return {"entries_per_second": rate, "steps": measured.document(), "plans": plans}


def main() -> int:
    told = Console(stderr=True)
    with told.status("measuring the steps of a commit"):
        measured = measure()
    with told.status("simulating"):
        found = document(measured)
    json.dump(found, sys.stdout, indent=2)
    sys.stdout.write("\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
