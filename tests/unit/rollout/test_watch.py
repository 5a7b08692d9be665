"""What is seen of a rollout in its metrics."""

from __future__ import annotations

from datetime import timedelta

import pytest
from pydantic import ValidationError

from tests.support.memory import START
from tests.support.rollouts import FUNCTIONS, WATCH, MemoryMetrics, rollout
from writ.rollout.decide import Health
from writ.rollout.kept import Verdict
from writ.rollout.signals import Watch
from writ.rollout.watch import look

MINUTES = 30


def metrics(errors: dict[str, float], invocations: float = 200.0) -> MemoryMetrics:
    """Errors a minute and function by version."""
    minutes = [START + timedelta(minutes=number) for number in range(MINUTES)]
    found = MemoryMetrics()
    for function in FUNCTIONS:
        for version, each in errors.items():
            found.series["Errors", function, version] = dict.fromkeys(minutes, each)
            found.series["Invocations", function, version] = dict.fromkeys(minutes, invocations)
    return found


def seen_after(minutes: int, source: MemoryMetrics, **changes: object) -> tuple[Health, Verdict]:
    now = START + timedelta(minutes=minutes, seconds=30)
    seen = look(rollout(**changes), WATCH, source, now)
    return seen.health, seen.verdict


def test_without_data_nothing_is_known() -> None:
    assert seen_after(10, MemoryMetrics()) == (Health.UNKNOWN, Verdict.UNKNOWN)


def test_before_a_minute_is_over_nothing_is_known() -> None:
    assert seen_after(0, metrics({"1": 0, "2": 50})) == (Health.UNKNOWN, Verdict.UNKNOWN)


def test_a_candidate_without_errors_passes() -> None:
    assert seen_after(10, metrics({"1": 0, "2": 0})) == (Health.OK, Verdict.PASS)


def test_a_candidate_that_burns_the_budget_is_a_hard_stop_after_a_minute() -> None:
    health, _ = seen_after(1, metrics({"1": 0, "2": 40}))
    assert health is Health.BREACHED


def test_a_worse_candidate_fails_without_a_breach() -> None:
    assert seen_after(20, metrics({"1": 1, "2": 12})) == (Health.OK, Verdict.FAIL)


def test_after_a_reversal_the_baseline_is_what_counts() -> None:
    reverted = {"stage": 0, "goal_at": START, "applied_at": START}
    assert seen_after(5, metrics({"1": 0, "2": 40}), **reverted)[0] is Health.OK
    assert seen_after(5, metrics({"1": 40, "2": 40}), **reverted)[0] is Health.BREACHED


def test_a_few_errors_stop_nothing() -> None:
    source = metrics({"1": 0, "2": 0}, invocations=1)
    source.series["Errors", FUNCTIONS[0], "2"] = {START: 1.0}
    assert seen_after(3, source)[0] is Health.OK


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"sources": {}}, "every criterion has a source"),
        ({"sources": {"errors": {"metric": "Errors"}}}, "a count has an exposure"),
        ({"stops": [{"metric": "latency"}]}, "a stop is about a count"),
    ],
)
def test_a_watch_that_makes_no_sense_is_refused(change: dict[str, object], says: str) -> None:
    with pytest.raises(ValidationError, match=says):
        Watch.model_validate({**WATCH.model_dump(), **change})
