"""How long the tests that need no network take."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path

from tests.bench.measure import Figure
from tests.bench.sizes import Sizes

BUDGET_S = 60
NAME = "unit, property and contract tests"


def measure(sizes: Sizes) -> Sequence[Figure]:
    """Wall seconds on all cores. Raises RuntimeError when they fail."""
    if not sizes.suite:
        return [Figure(NAME, None, "s", BUDGET_S, note="not asked for: set WRIT_BENCH_SUITE=1")]
    folders = ["tests/unit", "tests/property", "tests/contract"]
    command = [sys.executable, "-m", "pytest", "-n", "auto", "--deselect", "tests/unit/bench", *folders]
    started = time.monotonic()
    done = subprocess.run(command, cwd=Path(__file__).parents[2], capture_output=True, text=True, check=False)
    if done.returncode:
        raise RuntimeError(f"the tests failed:\n{done.stdout[-3000:]}")
    return [Figure(NAME, time.monotonic() - started, "s", BUDGET_S)]
