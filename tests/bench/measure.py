"""Timing for benchmarks: CPU time of many calls, the best of several rounds, and ratios."""

from __future__ import annotations

import math
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Final

# P-256 signatures a second of a core of the machine that budgets of processor time are of (docs/adr/0029).
REFERENCE: Final = 62_300
_SIGNATURES: Final = 2000


@dataclass(frozen=True, slots=True)
class Figure:
    """One budget: what was measured, what it is measured against, and whether it holds.

    `value` is None for what could not be measured here, and `note` then says why; otherwise `note` is what
    the figure is made of. `baseline` is the same work without us, in the same run. `speed` is that of this
    machine beside the reference, for a time that is judged as the reference would take it.
    """

    name: str
    value: float | None
    unit: str
    budget: float
    at_most: bool = True
    baseline: float | None = None
    note: str = ""
    speed: float | None = None

    @property
    def ratio(self) -> float | None:
        """Share of the budget used; at or below 1 is within it."""
        if self.value is None:
            return None
        value = self.value * (self.speed or 1)
        used = value / self.budget if self.at_most else self.budget / max(value, 1e-12)
        return round(used, 3)

    def row(self) -> dict[str, Any]:
        """The figure as it is printed, with four significant digits."""
        rounded = {
            name: float(f"{number:.4g}") if isinstance(number, float) else number
            for name, number in asdict(self).items()
        }
        ratio = self.ratio
        return {**rounded, "ratio": ratio, "within": None if ratio is None else ratio <= 1}


def cpu_seconds(call: Callable[[], object], *, calls: int, rounds: int = 5) -> float:
    """CPU seconds of one call: the best round's mean over calls, for what else runs only makes it slower."""
    means = []
    for _ in range(rounds):
        started = time.process_time()
        for _ in range(calls):
            call()
        means.append((time.process_time() - started) / calls)
    return min(means)


def reference_speed(rounds: int = 5) -> float:
    """How fast one core of this machine is beside the reference's, by P-256 signatures a second."""
    return signatures_a_second(calls=_SIGNATURES, rounds=rounds) / REFERENCE


def signatures_a_second(*, calls: int, rounds: int) -> float:
    """Bare P-256 signatures, one core's."""
    from writ.ledger.dsse import ECDSA
    from writ.ledger.session import new_session_key

    key, text = new_session_key(), b"x" * 1200
    return 1 / cpu_seconds(lambda: key.sign(text, ECDSA), calls=calls, rounds=rounds)


def percentiles(call: Callable[[], object], *, calls: int) -> tuple[float, float]:
    """Wall seconds of one call at the 50th and the 99th percentile."""
    samples = []
    for _ in range(calls):
        started = time.perf_counter()
        call()
        samples.append(time.perf_counter() - started)
    cuts = statistics.quantiles(samples, n=100)
    return cuts[49], cuts[98]


def ranked(values: Sequence[float], percent: int) -> float:
    """The percentile by the nearest rank: always one of the values."""
    return sorted(values)[math.ceil(len(values) * percent / 100) - 1]


# So many processes are measured between two of the baseline.
_BETWEEN: Final = 3


def process_seconds(
    baseline: str, scripts: Sequence[str], *, env: dict[str, str], rounds: int = 7
) -> tuple[float, list[float]]:
    """User and system seconds of whole Python processes: the baseline's, and each script's beside it.

    A machine's speed drifts within a round. So the baseline is run again every few processes, each of which
    counts by its ratio to the baselines around it: the median over rounds, in seconds of the median baseline.
    """
    bare: list[float] = []
    ratios: list[list[float]] = [[] for _ in scripts]
    for round_number in range(rounds + 1):
        before = _process_seconds(baseline, env)
        for place in range(0, len(scripts), _BETWEEN):
            spent = [_process_seconds(script, env) for script in scripts[place : place + _BETWEEN]]
            after = _process_seconds(baseline, env)
            if round_number:  # the first round warms the file cache
                bare.append(after)
                for number, seconds in enumerate(spent):
                    ratios[place + number].append(2 * seconds / (before + after))
            before = after
    typical = statistics.median(bare)
    return typical, [typical * statistics.median(found) for found in ratios]


def _process_seconds(script: str, env: dict[str, str]) -> float:
    import resource

    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run([sys.executable, "-c", script], env=env, check=True, capture_output=True)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime - before.ru_utime + after.ru_stime - before.ru_stime
