"""`python -m tests.bench.burn`: false pages and detection times of burn-rate rules, simulated.

Requests of a service arrive as a Poisson process and fail independently; every minute two rules are asked
about the same stream: the workbook's ratios as they stand (14.4 times over an hour and five minutes, or 6
times over six hours and thirty minutes), and the same rates with enough failures by the exact test. A page is
false that begins while the service spends its budget no faster than it may.

Sizes: WRIT_BURN_MONTHS (of 30 days, for each rate), WRIT_BURN_INCIDENTS (of each kind), WRIT_BURN_SEED.
"""

from __future__ import annotations

import json
import math
import os
import random
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass
from itertools import accumulate, product
from typing import Any, Final

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn, TimeElapsedColumn
from rich.table import Table

from writ.slo.burn import FAST, SLOW, Rule, breached, budget_of, ratio_of
from writ.slo.counts import Count

# Percent that must succeed: most bots of this plane, and its front doors.
OBJECTIVES: Final = (99.5, 99.9)
MINUTES: Final = 30 * 24 * 60
# Requests a minute: one and six an hour, one, ten and a hundred a minute.
RATES: Final = (1 / 60, 0.1, 1.0, 10.0, 100.0)
# How fast a service in order spends its budget, times as fast as it may.
CALM: Final = (0.5, 1.0)
# Share of requests that fail in an incident.
INCIDENTS: Final = (1.0, 0.5, 0.1)
BEFORE: Final = 0.5
WARM: Final = 6 * 60  # minutes of calm before an incident, the longest window of a page
WATCHED: Final = 24 * 60  # minutes after which an incident counts as missed

Judge = Callable[[Rule, Count, Count, float], bool]


@dataclass(frozen=True, slots=True)
class Sizes:
    """How much is simulated."""

    months: int = 200
    incidents: int = 400
    seed: int = 20_261_125

    @classmethod
    def load(cls) -> Sizes:
        """From the environment. Raises ValueError that names the variable."""
        standard = cls()
        return cls(
            _size("WRIT_BURN_MONTHS", standard.months),
            _size("WRIT_BURN_INCIDENTS", standard.incidents),
            _size("WRIT_BURN_SEED", standard.seed),
        )


@dataclass(frozen=True, slots=True)
class FalsePages:
    """Pages that began in so many months of calm, by rule."""

    objective: float
    per_minute: float
    burn: float
    months: int
    ratios: int
    counts: int


@dataclass(frozen=True, slots=True)
class Times:
    """Minutes from the start of an incident to its page; None where that many were not found in a day."""

    found: float
    p50: int | None
    p95: int | None

    @classmethod
    def of(cls, minutes: Sequence[int | None]) -> Times:
        known = sorted(minute for minute in minutes if minute is not None)
        ranks = [math.ceil(len(minutes) * share) - 1 for share in (0.5, 0.95)]
        p50, p95 = (known[rank] if rank < len(known) else None for rank in ranks)
        return cls(round(len(known) / len(minutes), 4), p50, p95)


@dataclass(frozen=True, slots=True)
class Detection:
    """How soon incidents of one kind are found, by rule."""

    objective: float
    per_minute: float
    failing: float
    incidents: int
    ratios: Times
    counts: Times


def by_ratios(rule: Rule, long: Count, short: Count, objective: float) -> bool:
    """The workbook's rule: both windows burn at the rate."""
    ratio = ratio_of(rule, objective)
    return all(count.bad > 0 and count.bad >= ratio * count.total - 1e-9 for count in (long, short))


RULES: Final[tuple[Judge, ...]] = (by_ratios, breached)


class Stream:
    """Requests minute by minute, as running totals, so that any window is two look-ups."""

    def __init__(self, good: Sequence[int], bad: Sequence[int], objective: float) -> None:
        self.bad = bad
        self._objective = objective
        self._good = [0, *accumulate(good)]
        self._bad = [0, *accumulate(bad)]

    def window(self, end: int, minutes: int) -> Count:
        """The minutes up to and with minute `end`."""
        first = max(0, end + 1 - minutes)
        return Count(self._good[end + 1] - self._good[first], self._bad[end + 1] - self._bad[first])

    def pages(self, start: int = 0) -> Iterator[tuple[int, tuple[bool, ...]]]:
        """Each minute in which a short window has a failure, and which rules page in it."""
        quiet = _minutes(SLOW.short)
        last = -quiet
        for minute, bad in enumerate(self.bad):
            if bad:
                last = minute
            if minute < start or minute - last >= quiet:
                continue
            seen = [
                (rule, self.window(minute, _minutes(rule.long)), self.window(minute, _minutes(rule.short)))
                for rule in (FAST, SLOW)
            ]
            yield minute, tuple(any(judge(*windows, self._objective) for windows in seen) for judge in RULES)


def calm(objective: float, rate: float, burn: float, chance: random.Random) -> tuple[int, ...]:
    """A month of a service in order: the pages that began, by rule."""
    failing = burn * budget_of(objective)
    good, bad = (_arrivals(rate * share, MINUTES, chance) for share in (1 - failing, failing))
    return _onsets(Stream(good, bad, objective))


def incident(objective: float, rate: float, failing: float, chance: random.Random) -> tuple[int | None, ...]:
    """Minutes to the page of one incident, by rule; a page that is there already counts as found at once."""
    before = BEFORE * budget_of(objective)
    good, bad = (
        [*_arrivals(rate * calm_share, WARM, chance), *_arrivals(rate * share, WATCHED, chance)]
        for calm_share, share in ((1 - before, 1 - failing), (before, failing))
    )
    found: list[int | None] = [None] * len(RULES)
    for minute, paged in Stream(good, bad, objective).pages(WARM):
        for place, on in enumerate(paged):
            if on and found[place] is None:
                found[place] = minute - WARM + 1
        if None not in found:
            break
    return tuple(found)


def simulate(sizes: Sizes, told: Console) -> tuple[list[FalsePages], list[Detection]]:
    """Everything, from one seed; each cell has a stream of its own, so that sizes change no other cell."""
    columns = (TextColumn("{task.description}"), BarColumn(24), MofNCompleteColumn(), TimeElapsedColumn())
    false: list[FalsePages] = []
    times: list[Detection] = []
    quiet = list(product(OBJECTIVES, RATES, CALM))
    loud = list(product(OBJECTIVES, RATES, INCIDENTS))
    with Progress(*columns, console=told, disable=not told.is_terminal) as bars:
        task = bars.add_task("months of calm", total=len(quiet) * sizes.months)
        for cell in quiet:
            chance = random.Random(f"{sizes.seed}/{cell}/calm")
            began = [calm(*cell, chance) for _ in _steps(bars, task, sizes.months)]
            false.append(FalsePages(*cell, sizes.months, *(sum(pages) for pages in zip(*began, strict=True))))
        task = bars.add_task("incidents", total=len(loud) * sizes.incidents)
        for cell in loud:
            chance = random.Random(f"{sizes.seed}/{cell}/incident")
            found = [incident(*cell, chance) for _ in _steps(bars, task, sizes.incidents)]
            ratios, counts = (Times.of(minutes) for minutes in zip(*found, strict=True))
            times.append(Detection(*cell, sizes.incidents, ratios, counts))
    return false, times


def document(sizes: Sizes, false: Sequence[FalsePages], times: Sequence[Detection]) -> dict[str, Any]:
    """What is printed."""
    return {
        "sizes": asdict(sizes),
        "false_pages": [
            {
                **asdict(row),
                "ratios_per_30_days": round(row.ratios / row.months, 4),
                "counts_per_30_days": round(row.counts / row.months, 4),
            }
            for row in false
        ],
        "detection_minutes": [asdict(row) for row in times],
    }


def tables(false: Sequence[FalsePages], times: Sequence[Detection]) -> Iterator[Table]:
    """The same for people."""
    made = Table(
        "objective", "requests", "budget spent", "ratios alone", "with counts", title="False pages in 30 days"
    )
    for row in false:
        shown = (f"{pages / row.months:.3g}" for pages in (row.ratios, row.counts))
        made.add_row(f"{row.objective} %", _rate(row.per_minute), f"{row.burn:g} × as fast as it may", *shown)
    yield made
    made = Table(
        "objective",
        "requests",
        "failing",
        "ratios alone",
        "with counts",
        title="Minutes to the page: half of the incidents, 95 % of them",
    )
    for found in times:
        shown = (_times(times_of) for times_of in (found.ratios, found.counts))
        made.add_row(f"{found.objective} %", _rate(found.per_minute), f"{found.failing:.0%}", *shown)
    yield made


def main() -> int:
    told = Console(stderr=True)
    try:
        sizes = Sizes.load()
    except ValueError as error:
        told.print(str(error))
        return 2
    false, times = simulate(sizes, told)
    for made in tables(false, times):
        told.print(made)
    json.dump(document(sizes, false, times), sys.stdout, indent=2, ensure_ascii=False)
    sys.stdout.write("\n")
    return 0


def _steps(bars: Progress, task: TaskID, times: int) -> Iterator[None]:
    for _ in range(times):
        yield
        bars.advance(task)


def _onsets(stream: Stream) -> tuple[int, ...]:
    began = [0] * len(RULES)
    on = [False] * len(RULES)
    last = -1
    for minute, paged in stream.pages():
        if minute != last + 1:
            on = [False] * len(RULES)
        last = minute
        for place, now in enumerate(paged):
            began[place] += now and not on[place]
            on[place] = now
    return tuple(began)


def _arrivals(mean: float, minutes: int, chance: random.Random) -> list[int]:
    """Poisson counts a minute, exact to what a double holds."""
    weights: list[float] = []
    total, count = 0.0, 0
    while count < mean + 12 * math.sqrt(mean) + 20:
        total += (
            math.exp(count * math.log(mean) - mean - math.lgamma(count + 1)) if mean else float(not count)
        )
        weights.append(total)
        count += 1
    return chance.choices(range(count), cum_weights=weights, k=minutes)


def _minutes(window: Any) -> int:
    return int(window.total_seconds() // 60)


def _rate(per_minute: float) -> str:
    return f"{per_minute:g} a minute" if per_minute >= 1 else f"{per_minute * 60:g} an hour"


def _times(times: Times) -> str:
    p50, p95 = ("over a day" if time is None else str(time) for time in (times.p50, times.p95))
    return f"{p50}, {p95}"


def _size(name: str, standard: int) -> int:
    text = os.environ.get(name, str(standard))
    if not text.isdigit() or int(text) < 1:
        raise ValueError(f"{name}={text}: a whole number from 1")
    return int(text)


if __name__ == "__main__":
    sys.exit(main())
