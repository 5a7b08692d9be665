"""The harness of seeded campaigns: what counts as a refusal, and that worlds under faults stay bounded."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

from tests.chaos.harness.campaign import Build, Campaign, Injected, Tally, examine
from tests.chaos.harness.world import injected
from tests.chaos.rollout.world import World


@dataclass
class Toy:
    """A world that is wrong for even seeds, in one of two ways."""

    seed: int
    over: bool = False


def _prepare(seed: int, _build: Build) -> Toy:
    return Toy(seed)


def _finish(world: Toy) -> None:
    world.over = True
    assert world.seed % 4, "it fell over on the way"


def _judge(world: Toy) -> None:
    assert world.seed % 2, "the water is lost"


def _injected(world: Toy) -> Injected:
    return Counter({("Well.draw", "late"): world.seed})


def _count(world: Toy) -> Counter[str]:
    return Counter(buckets=1 + world.seed)


def _show(_world: Toy) -> tuple[str, ...]:
    return ()


TOY: Campaign[Toy, Build] = Campaign(
    "toy", 4, Build(), (), _prepare, _finish, _judge, _injected, _count, _show
)


def test_a_build_is_refused_only_for_the_reason_that_belongs_to_its_safeguard() -> None:
    tally = examine(TOY, range(4), Build("leaky", because="water is lost"))
    assert set(tally.failed) == {0, 2}
    assert set(tally.refused(Build("leaky", because="water is lost"))) == {2}
    assert tally.refused(Build("dry", because="sand")) == {}


def test_what_failed_runs_did_is_counted_as_well_and_parts_add_up() -> None:
    whole, parts = examine(TOY, range(6), TOY.build), Tally()
    for part in (range(3), range(3, 6)):
        parts.add(examine(TOY, part, TOY.build))
    assert parts == whole
    assert (whole.runs, whole.done["buckets"], whole.injected["Well.draw", "late"]) == (6, 21, 15)


def test_what_goes_on_while_calls_hang_is_bounded_in_every_round() -> None:
    world = World(seed=1)
    world.faults.log.append("Aliases.read: interleave-before")
    world.faults.meanwhile, hang = None, world.faults.meanwhile
    assert hang is not None
    began = world.clock.now()
    for _ in range(1000):
        hang()
    first = world.ticks
    assert 0 < first <= 24
    assert (world.clock.now() - began).total_seconds() <= 24 * 40
    world.step()
    for _ in range(1000):
        hang()
    assert first < world.ticks <= 2 * 24 + 2
    assert injected(world)["Aliases.read", "interleave before"] == 1
