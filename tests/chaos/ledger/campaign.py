"""Schedules of the whole ledger as a campaign."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from typing import Final

from tests.chaos.harness.campaign import Campaign, Injected
from tests.chaos.ledger.oracle import judge
from tests.chaos.ledger.variants import VARIANTS
from tests.chaos.ledger.world import Build, World, finish, prepare


def _injected(world: World) -> Injected:
    return Counter({(call, fate.value): count for (call, fate), count in world.schedule.injected.items()})


def _count(world: World) -> Counter[str]:
    return Counter(
        {
            "port calls": world.schedule.calls,
            "entries acknowledged": len(world.acknowledged),
            "in logs": world.stores.heads.head.size,
            "heads signed": len(world.stores.signed),
            "checks by readers": world.reader.looks,
        }
    )


def _show(world: World) -> Iterable[str]:
    return world.schedule.trace


LEDGER: Final = Campaign(
    name="ledger",
    size=10_000,
    build=Build(),
    variants=VARIANTS,
    prepare=prepare,
    finish=finish,
    judge=judge,
    injected=_injected,
    count=_count,
    show=_show,
    rated=300,
)
