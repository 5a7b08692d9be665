"""I7: a rollout ends with one version at 100 %, whatever port call fails, in two bots and several workers.

`WRIT_CHAOS_SCHEDULES` sets how many seeded runs there are; `make test-rollout-chaos` runs a thousand.
"""

from __future__ import annotations

import os

import pytest

from tests.chaos.harness.campaign import Tally, examine
from tests.chaos.rollout.campaign import ROLLOUT
from tests.chaos.rollout.runs import KINDS
from tests.chaos.rollout.variants import VARIANTS
from tests.chaos.rollout.world import Build

RUNS = int(os.environ.get("WRIT_CHAOS_SCHEDULES", "50"))
# Once in some fifty runs, or slow: `make test-rollout-chaos` shows them.
RARE = (
    "a stop comes too late",
    "a dead holder keeps the lock",
    "a guard that asks for no time",
    "a guard that never ends",
)
PORT_CALLS = {
    "Aliases.read",
    "Aliases.write",
    "Rollouts.read",
    "Rollouts.write",
    "Rollouts.find",
    "Rollouts.open",
    "Rollouts.guarded",
    "Actions.claim",
    "Actions.advance",
    "Actions.close",
    "Evidence.append_or_adopt",
    "Bus.publish",
}


def test_rollouts_end_with_one_version_everywhere_whatever_fails() -> None:
    tally = examine(ROLLOUT, range(RUNS), Build())
    assert not tally.failed, f"again: make test-rollout-chaos SEED={min(tally.failed)}"
    assert tally.injected.total() > RUNS
    assert {call for call, _ in tally.injected} >= PORT_CALLS
    promoted = {kind: count for (kind, end), count in tally.ends.items() if end == "good, promoted"}
    assert len(promoted) >= len(KINDS) - 2
    assert sum(promoted.values()) > sum(n for (_, end), n in tally.ends.items() if end == "good, taken back")
    assert tally.done["locks taken over when their lease was over"] > RUNS // 2


COMMON = [build for build in VARIANTS if build.name not in RARE]


@pytest.mark.parametrize("build", COMMON, ids=lambda build: build.name)
def test_oracle_sees_it_when_a_safeguard_is_taken_out(build: Build) -> None:
    tally = Tally()
    while not tally.refused(build) and tally.runs < 400:
        tally.add(examine(ROLLOUT, [tally.runs], build))
    assert tally.refused(build)
