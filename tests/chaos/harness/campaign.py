"""A campaign of seeded runs: a world, an oracle, builds without a safeguard; and what they came to."""

from __future__ import annotations

import io
import re
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import redirect_stdout
from dataclasses import dataclass, field
from typing import Generic, TypeVar

from writ.contracts.errors import WritError

# A port call and what it suffered.
Injected = Counter[tuple[str, str]]


@dataclass(frozen=True)
class Build:
    """What is put to the test: the code as it is, or with one safeguard taken out.

    `because` is a pattern of the reason that an oracle has to refuse it for; another one proves nothing.
    """

    name: str = "as it is"
    because: str = ""


WorldT = TypeVar("WorldT")
BuildT = TypeVar("BuildT", bound=Build)


@dataclass
class Tally:
    """What runs came to.

    `done` counts things by what they are called, `most` is the highest of a run, `ends` counts how runs
    ended by a row and a column, and `failed` are the seeds that the oracle refused, with the reason.
    """

    runs: int = 0
    done: Counter[str] = field(default_factory=Counter)
    most: dict[str, int] = field(default_factory=dict)
    ends: Counter[tuple[str, str]] = field(default_factory=Counter)
    injected: Injected = field(default_factory=Counter)
    failed: dict[int, str] = field(default_factory=dict)

    def add(self, other: Tally) -> None:
        self.runs += other.runs
        self.done += other.done
        self.most |= {name: max(self.most.get(name, 0), count) for name, count in other.most.items()}
        self.ends += other.ends
        self.injected += other.injected
        self.failed |= other.failed

    def refused(self, build: Build) -> dict[int, str]:
        """The seeds that were refused for the reason that a build has to be refused for."""
        return {seed: why for seed, why in self.failed.items() if re.search(build.because, why)}


# Named, so that a campaign can be sent to another process.
def _no_ends(_world: object) -> Counter[tuple[str, str]]:
    return Counter()


def _none(_world: object) -> Mapping[str, int]:
    return {}


def _nothing(_tally: Tally) -> Iterable[str]:
    return ()


@dataclass(frozen=True)
class Campaign(Generic[WorldT, BuildT]):
    """Seeded runs of one world.

    Parameters
    ----------
    name
        It is started by `make test-NAME-chaos`.
    size
        How many runs there are where `WRIT_CHAOS_SCHEDULES` says nothing.
    build, variants
        The code as it is, and builds with one safeguard taken out.
    prepare, finish, judge
        The world of a seed; the same at rest, which changes the world in place; and what raises
        AssertionError where something is wrong.
    injected, count, ends, most
        What a world at rest came to; see Tally.
    show
        What happened in it, by line.
    rated
        How many runs a variant gets at least.
    lacks
        What a tally of many runs does not show, and should.
    """

    name: str
    size: int
    build: BuildT
    variants: Sequence[BuildT]
    prepare: Callable[[int, BuildT], WorldT]
    finish: Callable[[WorldT], object]
    judge: Callable[[WorldT], None]
    injected: Callable[[WorldT], Injected]
    count: Callable[[WorldT], Counter[str]]
    show: Callable[[WorldT], Iterable[str]]
    ends: Callable[[WorldT], Counter[tuple[str, str]]] = _no_ends
    most: Callable[[WorldT], Mapping[str, int]] = _none
    lacks: Callable[[Tally], Iterable[str]] = _nothing
    rated: int = 100


class _Nowhere(io.TextIOBase):
    """Where bots log and count to."""

    def write(self, text: str) -> int:
        return len(text)


def examine(campaign: Campaign[WorldT, BuildT], seeds: Iterable[int], build: BuildT) -> Tally:
    """Run seeds and judge each; anything but rest without a violation is a failure."""
    tally = Tally()
    for seed in seeds:
        world, failure = run(campaign, seed, build)
        tally.runs += 1
        tally.injected += campaign.injected(world)
        tally.done += campaign.count(world)
        tally.ends += campaign.ends(world)
        tally.most |= {k: max(tally.most.get(k, 0), n) for k, n in campaign.most(world).items()}
        if failure is not None:
            tally.failed[seed] = f"{failure}"[:300]
    return tally


def run(
    campaign: Campaign[WorldT, BuildT], seed: int, build: BuildT
) -> tuple[WorldT, AssertionError | WritError | None]:
    """The world of one seed at rest, and what is wrong with it."""
    with redirect_stdout(_Nowhere()):
        world = campaign.prepare(seed, build)
        try:
            campaign.finish(world)
            campaign.judge(world)
        except (AssertionError, WritError) as error:
            return world, error
    return world, None
