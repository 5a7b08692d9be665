"""The published claim, on a seeded run: at low traffic counts page falsely a hundredth as often as ratios."""

from __future__ import annotations

import random

import pytest
from rich.console import Console

from tests.bench.burn import Sizes, Times, calm, incident, simulate


@pytest.mark.parametrize(
    ("objective", "per_minute", "at_least"), [(99.5, 0.1, 15), (99.5, 1 / 60, 2), (99.9, 1.0, 30)]
)
def test_counts_do_not_page_for_chance_where_ratios_do(
    objective: float, per_minute: float, at_least: float
) -> None:
    months = 12
    chance = random.Random(f"{objective}/{per_minute}")
    began = [calm(objective, per_minute, 1.0, chance) for _ in range(months)]
    ratios, counts = (sum(pages) / months for pages in zip(*began, strict=True))
    assert ratios >= at_least
    assert counts <= 2 / months


def test_an_outage_at_one_a_minute_is_found_within_minutes_by_both() -> None:
    chance = random.Random(7)
    found = [incident(99.5, 1.0, 1.0, chance) for _ in range(60)]
    ratios, counts = (Times.of(minutes) for minutes in zip(*found, strict=True))
    assert ratios.found == counts.found == 1
    assert ratios.p50 is not None
    assert counts.p50 is not None
    assert counts.p95 is not None
    assert counts.p50 <= ratios.p50 + 2
    assert counts.p95 <= 15


def test_at_high_traffic_both_rules_page_in_the_same_minute() -> None:
    chance = random.Random(11)
    for _ in range(3):
        ratios, counts = incident(99.5, 100.0, 0.5, chance)
        assert ratios == counts


def test_the_same_seed_gives_the_same_run_and_another_gives_another(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tests.bench.burn.RATES", (0.1,))
    quiet = Console(quiet=True)
    first, again, other = (simulate(Sizes(2, 5, seed), quiet) for seed in (1, 1, 2))
    assert first == again
    assert first != other


def test_a_size_that_is_no_number_is_refused_by_its_name(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WRIT_BURN_MONTHS", "many")
    with pytest.raises(ValueError, match="WRIT_BURN_MONTHS"):
        Sizes.load()
