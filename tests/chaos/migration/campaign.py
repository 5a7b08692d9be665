"""Migrations under faults as a campaign."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Final

from tests.chaos.harness.campaign import Campaign
from tests.chaos.harness.world import injected
from tests.chaos.migration.oracle import judge
from tests.chaos.migration.runs import finish, prepare
from tests.chaos.migration.variants import VARIANTS
from tests.chaos.migration.world import Build, World


def _count(world: World) -> Counter[str]:
    return Counter(
        {
            "actions": len(world.actions.records),
            "writes of the application meanwhile": world.application.number,
        }
    )


def _ends(world: World) -> Counter[tuple[str, str]]:
    record = world.record
    return Counter([(world.story, str(record and record.final))])


def _most(world: World) -> Mapping[str, int]:
    return {"rounds": world.rounds}


def _show(world: World) -> Iterable[str]:
    yield from world.faults.log
    record = world.record
    for mark in () if record is None else record.marks:
        yield f"{mark.stage} at {mark.at:%H:%M:%S}: {mark.counts}"
    yield f"{world.story}: {record and record.final}"


MIGRATION: Final = Campaign(
    name="migration",
    size=2000,
    build=Build(),
    variants=VARIANTS,
    prepare=prepare,
    finish=finish,
    judge=judge,
    injected=injected,
    count=_count,
    show=_show,
    ends=_ends,
    most=_most,
)
