"""The benchmark's document: every budget of the design, measured small, with ratios that mean something."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.bench.cold_start import Start, trouble
from tests.bench.commands import Timed, timed
from tests.bench.measure import Figure, cpu_seconds, percentiles
from tests.bench.sizes import Sizes

ROOT = Path(__file__).parents[3]
SMALL = {
    "WRIT_BENCH_COLD_ROUNDS": "1",
    "WRIT_BENCH_FUNCTIONS": "backlog,intake-api",
    "WRIT_BENCH_ACTIONS": "20",
    "WRIT_BENCH_DECISIONS": "20",
    "WRIT_BENCH_LEAVES": "2000",
    "WRIT_BENCH_STATEMENTS": "20",
    "WRIT_BENCH_ROUNDS": "1",
    "WRIT_BENCH_ENTRIES": "20",
    "WRIT_BENCH_PLANE": "0",
    "WRIT_BENCH_SUITE": "0",
    "WRIT_BENCH_RUN": "0",
}
MEASURED = {
    "cold start: backlog": "ms CPU",
    "cold start: intake-api": "ms CPU",
    "kernel overhead per action": "ms CPU",
    "AWS requests per allowed action": "requests",
    "policy decision p50": "ms",
    "ledger: leaf and tile hashing": "entries/s",
    "ledger: full local path": "entries/s",
    "ledger: list price of a million entries": "$",
}
NOT_ASKED_FOR = {
    "append to provable p50",
    "append to provable p99",
    "unit, property and contract tests",
    "run to the verified ledger",
}


def run(**variables: str) -> subprocess.CompletedProcess[str]:
    env = {**os.environ, "PYTHONPATH": f"{ROOT}:{ROOT / 'layers/core/python'}", **SMALL, **variables}
    command = [sys.executable, "-m", "tests.bench"]
    return subprocess.run(command, cwd=ROOT, env=env, capture_output=True, text=True, check=False)


@pytest.fixture(scope="module")
def document() -> dict[str, Any]:
    done = run()
    assert done.returncode == 0, done.stderr
    assert "cold start" in done.stderr
    printed: dict[str, Any] = json.loads(done.stdout)
    return printed


def test_document_has_a_row_for_every_budget(document: dict[str, Any]) -> None:
    rows = {row["name"]: row for row in document["figures"]}
    assert rows.keys() == MEASURED.keys() | NOT_ASKED_FOR
    for name, unit in MEASURED.items():
        assert rows[name]["unit"] == unit
        assert rows[name]["value"] > 0
        assert rows[name]["ratio"] > 0
        assert rows[name]["within"] is (rows[name]["ratio"] <= 1)
    for name in NOT_ASKED_FOR:
        assert (rows[name]["value"], rows[name]["ratio"], rows[name]["within"]) == (None, None, None)
        assert rows[name]["note"].startswith("not asked for")


def test_rows_have_their_baseline_of_the_same_run(document: dict[str, Any]) -> None:
    rows = {row["name"]: row for row in document["figures"]}
    for name in MEASURED.keys() - {"AWS requests per allowed action"}:
        assert rows[name]["baseline"] > 0
    cold = rows["cold start: backlog"]
    assert cold["baseline"] == cold["budget"] == rows["cold start: intake-api"]["baseline"]
    assert 10 < cold["value"] < 100_000


def test_allowed_action_takes_six_requests_of_these_kinds(document: dict[str, Any]) -> None:
    [row] = [row for row in document["figures"] if row["name"].startswith("AWS requests")]
    assert row["within"]
    kinds, _, people = row["note"].partition("; ")
    assert kinds == "BatchGetItem 1, PutEvents 1, PutItem 2, TransactWriteItems 2"
    assert people == "as many for a person, whose evidence is sealed"


def test_document_says_whether_all_are_within(document: dict[str, Any]) -> None:
    assert document["within"] is all(row["within"] is not False for row in document["figures"])
    assert document["machine"]["cores"] == os.cpu_count()


@pytest.mark.parametrize("text", ["ten", "-1", "1.5", "٣"])
def test_size_that_is_no_number_is_named(text: str) -> None:
    with pytest.raises(ValueError, match="WRIT_BENCH_ACTIONS"):
        Sizes.load({"WRIT_BENCH_ACTIONS": text})
    done = run(WRIT_BENCH_ACTIONS=text)
    assert (done.returncode, done.stdout) == (2, "")
    assert "WRIT_BENCH_ACTIONS" in done.stderr


def test_sizes_are_those_of_the_environment() -> None:
    assert Sizes.load({}) == Sizes()
    assert Sizes.load({"WRIT_BENCH_PLANE": "0", "WRIT_BENCH_FUNCTIONS": "a,b"}) == Sizes(
        plane=0, functions="a,b"
    )


@pytest.mark.parametrize(
    ("value", "at_most", "ratio", "within"),
    [
        (5.0, True, 0.5, True),
        (10.0, True, 1.0, True),
        (20.0, True, 2.0, False),
        (20.0, False, 0.5, True),
        (5.0, False, 2.0, False),
        (None, True, None, None),
    ],
)
def test_ratio_is_the_share_of_the_budget_used(
    value: float | None, at_most: bool, ratio: float | None, within: bool | None
) -> None:
    row = Figure("x", value, "s", 10, at_most=at_most).row()
    assert (row["ratio"], row["within"]) == (ratio, within)


def test_timings_are_those_of_the_calls_made() -> None:
    calls: list[int] = []
    assert cpu_seconds(lambda: calls.append(1), calls=3, rounds=2) >= 0
    assert len(calls) == 6
    median, slow = percentiles(lambda: calls.append(1), calls=10)
    assert 0 < median <= slow
    assert len(calls) == 16


def test_command_that_fails_has_no_time_but_a_reason() -> None:
    failing = Timed("x", (sys.executable, "-c", "raise SystemExit('no disk')"), 60, "suite")
    row = timed(failing).row()
    assert (row["value"], row["within"], row["note"]) == (None, None, "it failed: no disk")
    assert timed(Timed("x", (sys.executable, "-c", ""), 60, "suite")).row()["within"]


def test_function_that_fails_early_says_why() -> None:
    env = {"PATH": os.environ["PATH"]}
    assert trouble(Start("x", "print('aws')"), env) is None
    why = trouble(Start("x", "import nowhere"), env)
    assert why is not None
    assert "No module named 'nowhere'" in why
