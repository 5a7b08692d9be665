"""I7: a rollout ends with one version at 100 %, whatever port call fails, in two bots and several workers.

`WRIT_CHAOS_SCHEDULES` sets how many seeded runs there are; `make test-rollout-chaos` runs a thousand.
"""

from __future__ import annotations

import os

import pytest

from tests.chaos.rollout.tally import Tally, examine
from tests.chaos.rollout.variants import VARIANTS
from tests.chaos.rollout.world import Build

RUNS = int(os.environ.get("WRIT_CHAOS_SCHEDULES", "80"))
BLOCKS = 2
RARE = "without the fencing token"  # once in some hundred runs: `make test-rollout-chaos`


@pytest.mark.parametrize("block", range(BLOCKS))
def test_rollouts_end_with_one_version_everywhere_whatever_fails(block: int) -> None:
    size = RUNS // BLOCKS
    tally = examine(range(block * size, (block + 1) * size), Build())
    assert not tally.failed, f"again: make test-rollout-chaos SEED={min(tally.failed)}"
    assert tally.faults > size
    assert sum(tally.ends.values()) >= size
    assert any("promoted" in end for end in tally.ends)


def test_every_port_call_fails_in_some_run() -> None:
    suffered = set(examine(range(RUNS), Build()).injected)
    assert {
        "Aliases.read",
        "Aliases.write",
        "Rollouts.read",
        "Rollouts.write",
        "Rollouts.find",
        "Rollouts.open",
        "Actions.claim",
        "Actions.advance",
        "Actions.close",
        "Evidence.append_or_adopt",
        "Bus.publish",
    } <= suffered


COMMON = [build for build in VARIANTS if build.name != RARE]


@pytest.mark.parametrize("build", COMMON, ids=lambda build: build.name)
def test_oracle_sees_it_when_a_safeguard_is_taken_out(build: Build) -> None:
    tally = Tally()
    while not tally.failed and tally.runs < 400:
        tally.add(examine(range(tally.runs, tally.runs + 5), build))
    assert tally.failed
