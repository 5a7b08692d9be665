"""A migration loses no newer write and leaves no item half done, whatever port call fails, forth and back.

`WRIT_CHAOS_SCHEDULES` sets how many seeded runs there are; `make test-migration-chaos` runs two thousand.
"""

from __future__ import annotations

import os

import pytest

from tests.chaos.harness.campaign import Tally, examine
from tests.chaos.migration.campaign import MIGRATION
from tests.chaos.migration.variants import VARIANTS
from tests.chaos.migration.world import Build

RUNS = int(os.environ.get("WRIT_CHAOS_SCHEDULES", "60"))


def test_every_item_is_of_one_shape_with_the_newest_write_in_it_whatever_fails() -> None:
    tally = examine(MIGRATION, range(RUNS), Build())
    assert not tally.failed, f"again: make test-migration-chaos SEED={min(tally.failed)}"
    assert tally.injected.total() > RUNS
    assert {"done", "reversed", "aborted"} <= {end for _, end in tally.ends}
    assert {
        "Items.scan",
        "Items.edit",
        "Migrations.read",
        "Migrations.write",
        "Migrations.start",
        "Rollouts.read",
        "Flows.start",
        "Actions.claim",
        "Evidence.append_or_adopt",
        "Bus.publish",
    } <= {call for call, _ in tally.injected}


# The others take some hundred runs.
OFTEN = [build for build in VARIANTS if build.name == "without the fence"]


@pytest.mark.parametrize("build", OFTEN, ids=lambda build: build.name)
def test_oracle_sees_it_when_a_safeguard_is_taken_out(build: Build) -> None:
    tally = Tally()
    while not tally.refused(build) and tally.runs < 100:
        tally.add(examine(MIGRATION, [tally.runs], build))
    assert tally.refused(build)
