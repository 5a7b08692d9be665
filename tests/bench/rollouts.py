"""Simulated rollouts: what two versions of a service report minute by minute, for the judge and its rivals.

Latencies are log-normal with a median of 100 ms; both versions' level and error rate swing together with the
hour while the canary's share of the traffic grows, as they do in life.
"""

from __future__ import annotations

import math
import random
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cache
from statistics import NormalDist
from typing import Final

LOOKS: Final = 36
SHARES: Final = (0.1, 0.25, 0.5)
MEDIAN_MS, SIGMA = 100.0, 0.5
ERRORS: Final = 0.001
# Single latencies that a version hands to the judge in a look; of more requests it is a random part.
MOST_POINTS: Final = 300
_SWING: Final = 0.2
_TAIL_TIMES: Final = 10.0
_NORMAL: Final = NormalDist()


@dataclass(frozen=True, slots=True)
class Change:
    """What the new version does: times the latency, a part of requests ten times as slow, its error rate."""

    name: str
    times: float = 1.0
    tail: float = 0.0
    errors: float = ERRORS


@dataclass(frozen=True, slots=True)
class Traffic:
    """Requests a minute of both versions, and how many minutes pass between two looks."""

    name: str
    per_minute: float
    minutes: int


@dataclass(frozen=True, slots=True)
class Weather:
    """What both versions suffer, each for itself: a level of its own each minute (the standard deviation of
    its logarithm), and errors that come in clumps of a size. `told` are the clumps of latencies and errors
    that an owner would find by comparing two copies of one version."""

    name: str = "independent"
    jitter: float = 0.0
    clump: int = 1
    told: tuple[float, float] = (1, 1)


@dataclass(slots=True)
class Minute:
    """One version's minute; the mean and the 95th percentile are of all its requests, None without one."""

    requests: int
    errors: int
    latencies: list[float] = field(default_factory=list)
    mean: float | None = None
    p95: float | None = None


@dataclass(slots=True)
class Look:
    """The minutes since the look before."""

    baseline: list[Minute]
    canary: list[Minute]


def rollout(change: Change, traffic: Traffic, weather: Weather, dice: random.Random) -> Iterator[Look]:
    """A rollout of 36 looks, a third of them at each share."""
    phase = dice.random() * math.tau
    good = Change("baseline")
    for number in range(LOOKS):
        share = SHARES[number * len(SHARES) // LOOKS]
        swing = math.sin(phase + math.tau * number / LOOKS)
        level, errors = 1 + _SWING * swing, 1 + swing / 2
        points = max(1, MOST_POINTS // traffic.minutes)
        look = Look([], [])
        for _ in range(traffic.minutes):
            for minutes, version, part in ((look.baseline, good, 1 - share), (look.canary, change, share)):
                requests = poisson(traffic.per_minute * part, dice)
                minutes.append(
                    _minute(
                        version, requests, dice, points=points, level=level, errors=errors, weather=weather
                    )
                )
        yield look


def poisson(mean: float, dice: random.Random) -> int:
    """A random number of events: exact up to a mean of 30, normal above."""
    if mean > 30:
        return max(0, round(dice.gauss(mean, math.sqrt(mean))))
    limit, count, product = math.exp(-mean), 0, dice.random()
    while product > limit:
        count, product = count + 1, product * dice.random()
    return count


def _minute(
    version: Change,
    requests: int,
    dice: random.Random,
    *,
    points: int,
    level: float,
    errors: float,
    weather: Weather,
) -> Minute:
    level *= math.exp(dice.gauss(0, weather.jitter)) if weather.jitter else 1.0
    clumps = poisson(requests * version.errors * errors / weather.clump, dice)
    minute = Minute(requests, min(requests, clumps * weather.clump))
    if not requests:
        return minute
    scale = level * version.times
    mu = math.log(MEDIAN_MS * scale)
    minute.latencies = [
        dice.lognormvariate(mu, SIGMA)
        * (_TAIL_TIMES if version.tail and dice.random() < version.tail else 1.0)
        for _ in range(min(requests, points))
    ]
    if requests <= points:
        minute.mean = math.fsum(minute.latencies) / requests
        minute.p95 = sorted(minute.latencies)[math.ceil(requests * 0.95) - 1]
        return minute
    mean, deviation, p95, spread = _moments(version.tail)
    minute.mean = MEDIAN_MS * scale * dice.gauss(mean, deviation / math.sqrt(requests))
    minute.p95 = MEDIAN_MS * scale * dice.gauss(p95, spread / math.sqrt(requests))
    return minute


@cache
def _moments(tail: float) -> tuple[float, float, float, float]:
    """Of latencies over their median: mean, deviation, 95th percentile, and that one's deviation times √n."""
    parts = ((1 - tail, 1.0), (tail, _TAIL_TIMES))
    mean = sum(part * times for part, times in parts) * math.exp(SIGMA**2 / 2)
    square = sum(part * times**2 for part, times in parts) * math.exp(2 * SIGMA**2)

    def below(value: float) -> float:
        return sum(part * _NORMAL.cdf(math.log(value / times) / SIGMA) for part, times in parts)

    low, high = 0.1, 100.0
    for _ in range(60):
        middle = math.sqrt(low * high)
        low, high = (middle, high) if below(middle) < 0.95 else (low, middle)
    density = sum(part * _NORMAL.pdf(math.log(low / times) / SIGMA) for part, times in parts) / (SIGMA * low)
    return mean, math.sqrt(square - mean**2), low, math.sqrt(0.95 * 0.05) / density
