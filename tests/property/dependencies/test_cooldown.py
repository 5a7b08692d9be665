"""No path proposes a release that is younger than the cooldown: not groups, not majors, not advisories."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st

from tests.support.registries import NOW, PYPI, MemoryRegistry, release
from writ.dependencies.candidates import Circumstances
from writ.dependencies.model import Advisory
from writ.dependencies.settings import DependencySettings
from writ.dependencies.survey import Survey, look_over
from writ.dependencies.versions import package

NAMES = ("alpha", "beta", "gamma")
versions = st.tuples(st.integers(0, 3), st.integers(0, 3), st.integers(0, 3)).map(
    lambda v: ".".join(map(str, v))
)
ages = st.one_of(st.none(), st.floats(-5, 30, allow_nan=False))
releases = st.dictionaries(versions, ages, min_size=1, max_size=8)
rules = st.sampled_from(
    [
        [],
        [{"name": "all", "packages": ["*"], "updates": ["patch", "minor", "major"]}],
        [{"name": "a", "packages": ["al*"]}],
    ]
)


@dataclass(frozen=True)
class World:
    """Three packages with their releases and ages, the fixes of advisories, and what settings say."""

    listed: dict[str, dict[str, float | None]]
    patched: list[str]
    cooldown: int
    floor: int
    groups: list[dict[str, object]]
    transitive: bool
    early: bool

    @property
    def least(self) -> int:
        return max(self.cooldown, self.floor)

    def survey(self) -> Survey:
        registry = MemoryRegistry()
        for name, found in self.listed.items():
            newer = [release(version, age) for version, age in found.items()]
            registry.add(PYPI, name, release("0.0.0"), *newer)
        fixes = zip(NAMES, self.patched, strict=False)
        advisories = [Advisory("GHSA-35jh-r3h4-6jhm", package(PYPI, name), fix) for name, fix in fixes]
        said = {
            "cooldown_days": self.cooldown,
            "groups": self.groups,
            "transitive": self.transitive,
            "security": {"early": self.early},
        }
        made = DependencySettings.model_validate(said)
        given = Circumstances(made, NOW, floor=timedelta(days=self.floor), advisories=advisories)
        return look_over({"requirements.txt": "".join(f"{n}==0.0.0\n" for n in self.listed)}, registry, given)


worlds = st.builds(
    World,
    listed=st.fixed_dictionaries(dict.fromkeys(NAMES, releases)),
    patched=st.lists(versions, max_size=3),
    cooldown=st.integers(0, 20),
    floor=st.integers(0, 10),
    groups=rules,
    transitive=st.booleans(),
    early=st.booleans(),
)


@given(worlds)
def test_nothing_younger_than_the_cooldown_is_proposed(world: World) -> None:
    for group in world.survey().groups:
        for update in group.updates:
            published = update.release.published_at
            assert published is not None
            assert published <= NOW
            assert update.early or NOW - published >= timedelta(days=world.least)
            # What is early is asked for by itself, to be decided by policy, and only where that was wanted.
            assert not update.early or (world.early and update.advisories and len(group.updates) == 1)


@given(worlds)
def test_what_is_too_young_changes_nothing_that_is_proposed(world: World) -> None:
    world = replace(world, early=False)
    ripe: dict[str, dict[str, float | None]] = {
        name: {version: age for version, age in found.items() if age is not None and age >= world.least}
        for name, found in world.listed.items()
    }
    without = replace(world, listed=ripe)
    assert [group.ids for group in world.survey().groups] == [group.ids for group in without.survey().groups]
