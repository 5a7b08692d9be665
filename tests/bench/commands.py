"""How long the commands take that people wait for: the tests that need no network, and a run of the plane."""

from __future__ import annotations

import subprocess
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from tests.bench.measure import Figure, reference_speed
from tests.bench.sizes import Sizes

ROOT: Final = Path(__file__).parents[2]


@dataclass(frozen=True, slots=True)
class Timed:
    """A command with its budget in seconds, and the size that asks for it.

    One that `computes` keeps all cores busy, and is judged as the reference would take it; others wait.
    """

    name: str
    command: Sequence[str]
    budget_s: float
    size: str
    computes: bool = False


COMMANDS: Final = (
    Timed("unit, property and contract tests", ("make", "--silent", "unit"), 60, "suite", computes=True),
    Timed("run to the verified ledger", (str(ROOT / "writ"), "run"), 90, "run"),
)


def measure(sizes: Sizes) -> Sequence[Figure]:
    """Wall seconds of those that are asked for."""
    return [
        timed(each)
        if getattr(sizes, each.size)
        else _unknown(each, f"not asked for: set WRIT_BENCH_{each.size.upper()}=1")
        for each in COMMANDS
    ]


def timed(each: Timed) -> Figure:
    """Wall seconds on all cores; one that fails has no time, and says why."""
    started = time.monotonic()
    done = subprocess.run(each.command, cwd=ROOT, capture_output=True, text=True, check=False)
    seconds = time.monotonic() - started
    if done.returncode:
        said = (done.stdout + done.stderr).strip().splitlines()
        return _unknown(each, f"it failed: {said[-1] if said else done.returncode}")
    speed = reference_speed() if each.computes else None
    return Figure(each.name, seconds, "s", each.budget_s, speed=speed)


def _unknown(each: Timed, reason: str) -> Figure:
    return Figure(each.name, None, "s", each.budget_s, note=reason)
