"""What to ask CloudWatch for an indicator of a service, and what its answers count. Pure.

Of a latency the trimmed count is asked, which is exact: `TC(:800)` is how many values were 800 or less, and
`TC(800:)` how many were more.
https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/Statistics-definitions.html
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from writ.contracts.service import Indicator, Latency, Metric, counters
from writ.slo.counts import HOUR, SLOT, Count, History, number_of

SAMPLES: Final = "SampleCount"

# Values by the start of their period.
Points = Mapping[datetime, float]


@dataclass(frozen=True, slots=True)
class Series:
    """One metric by one statistic of CloudWatch."""

    metric: Metric
    statistic: str


def fast(threshold_ms: int) -> str:
    """The statistic that counts what took so long or less."""
    return f"TC(:{threshold_ms})"


def slow(threshold_ms: int) -> str:
    """The statistic that counts what took longer."""
    return f"TC({threshold_ms}:)"


def asked(indicator: Indicator) -> tuple[Series, ...]:
    """The series of an indicator, in the order in which `history` wants their values."""
    if isinstance(indicator, Latency):
        limit = indicator.threshold_ms
        return tuple(Series(indicator.of, name) for name in (SAMPLES, fast(limit), slow(limit)))
    counted = counters(indicator)
    return tuple(Series(one, "Sum") for one in (counted.good, counted.bad, counted.total) if one)


def history(indicator: Indicator, slots: Sequence[Points], hours: Sequence[Points]) -> History:
    """Counts out of the values of `asked`, by five minutes and by hours."""
    return History(
        {number_of(at, SLOT): count for at, count in _counts(indicator, slots)},
        {number_of(at, HOUR): count for at, count in _counts(indicator, hours)},
    )


def _counts(indicator: Indicator, series: Sequence[Points]) -> list[tuple[datetime, Count]]:
    times = sorted({at for points in series for at in points})
    return [(at, _count(indicator, [points.get(at) for points in series])) for at in times]


def _count(indicator: Indicator, values: Sequence[float | None]) -> Count:
    """One period. Counters that arrive one after the other never make a good event negative."""
    if isinstance(indicator, Latency):
        samples, quick, late = values
        total = round(samples or 0)
        # A period in which nothing was quick has no point of that; then all that was counted was late.
        good = total - round(late or 0) if quick is None else round(quick)
        return _of(min(good, total), total)
    counted, found = counters(indicator), [round(value or 0) for value in values]
    if counted.total is None:
        good, bad = found
        return Count(max(0, good), max(0, bad))
    part, total = found
    return _of(part if counted.good else total - part, max(total, part))


def _of(good: int, total: int) -> Count:
    good, total = max(0, good), max(0, total)
    return Count(good, max(0, total - good))
