"""Bumps on a deployed plane: proposed in groups, held while they are young, kept on one branch, and searched
for the one that fails. The registries are played back from recordings."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest

from cli.local import elsewhere
from cli.localforge.server import PUSH, RELEASE, TAKE_IN, LocalServer
from cli.operate.ticks import send
from stacks.settings import settings_for
from tests.e2e.conftest import Person, World, eventually
from tests.support.playback import Playback, playing
from tests.support.recorded_locks import package_files, requirements
from tests.support.redeploying import redeploy
from writ.contracts.dependency_site import DependencySite

REPOSITORIES = SHOP, TILL, DESK, YARD = "acme/shop", "acme/till", "acme/desk", "acme/yard"
PYPI, NPM, ACTIONS = (f"writ/dependencies/{name}-minor" for name in ("pypi", "npm", "github"))
# A day on which idna 3.8 was five days old, and what it is taken for is today.
DAY = datetime(2024, 8, 28, 12, tzinfo=UTC)
LATER = DAY + timedelta(days=8)
PINNED = {"certifi": "2024.2.2", "idna": "3.6", "packaging": "24.0"}
SETTINGS = {".gates/dependencies.yaml": 'cooldown_days: 7\npython: "3.11"\nlabels: [dependencies]\n'}
BUMPED = {"certifi": "2024.7.4", "idna": "3.7", "packaging": "24.1"}
MOVED = {**BUMPED, "idna": "3.8"}

pytestmark = pytest.mark.skipif(
    elsewhere.endpoint() is not None, reason="functions there reach no registry on this machine"
)


@dataclass
class Bumped:
    """A plane that bumps what some repositories depend on."""

    world: World
    forge: LocalServer
    registries: Playback
    operator: Person

    def push(self, repository: str, files: Mapping[str, str]) -> None:
        body = {"repository": repository, "files": {**SETTINGS, **files}, "message": "feat: begin"}
        httpx.post(self.forge.address + PUSH, json=body).raise_for_status()

    def release(self, action: str, tag: str, days_ago: int) -> str:
        """Somebody else releases an action; the commit of its tag."""
        published = datetime.now(UTC) - timedelta(days=days_ago)
        body = {"repository": action, "tag": tag, "published_at": published.isoformat()}
        return str(httpx.post(self.forge.address + RELEASE, json=body).raise_for_status().json()["sha"])

    def tick(self) -> None:
        """The schedule comes due, without the wait for it, and all of it is over."""
        before = self.done("look-over")
        send(self.world.plane, "dependencies", "rate(1 hour)")
        eventually(lambda: self.done("look-over") >= before + len(REPOSITORIES), 120)
        self.world.settle()

    def done(self, name: str) -> int:
        """How many actions of a name succeeded; none may have failed."""
        found = self.operator("GET", "v1/actions", bot="dependencies", limit="100").json()["items"]
        named = [action for action in found if action["name"] == name]
        assert {action["state"] for action in named} <= {"succeeded", "claimed"}, named
        return sum(action["state"] == "succeeded" for action in named)

    def pulls(self, repository: str) -> dict[str, Any]:
        """Pull requests by branch; a second one of a branch is a mistake."""
        with self.forge.alone:
            found = list(self.forge.forge.repository(repository).pulls.values())
        assert len({pull.head for pull in found}) == len(found)
        return {pull.head: pull for pull in found}

    def file(self, repository: str, ref: str, path: str) -> str:
        with self.forge.alone:
            git = self.forge.forge.git(self.forge.forge.repository(repository))
            found = git.read(git.ref(f"refs/heads/{ref}") or "", path)
        assert found is not None
        return found[1].decode()

    def head(self, repository: str, branch: str) -> str:
        with self.forge.alone:
            return (
                self.forge.forge.git(self.forge.forge.repository(repository)).ref(f"refs/heads/{branch}")
                or ""
            )

    def check(self, repository: str, sha: str, conclusion: str) -> None:
        """The checks of a commit end."""
        run = {"head_sha": sha, "name": "ci", "status": "completed", "conclusion": conclusion}
        body = {"repository": {"full_name": repository}, "check_run": run}
        httpx.post(self.forge.address + TAKE_IN, json=body).raise_for_status()

    def shown(self, repository: str) -> dict[str, Any]:
        answer = self.operator("GET", f"v1/bumps/{repository}")
        assert answer.status_code == 200
        return dict(answer.json())


@pytest.fixture(scope="module")
def bumped(
    world: World, forge: LocalServer, operator: Person, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Bumped]:
    """Switched on as an operator does it: by the settings of the environment, deployed."""
    with playing() as registries:
        site = DependencySite(repositories=REPOSITORIES, pypi=registries.pypi, npm=registries.npm)
        settings = replace(settings_for("local"), dependencies=site)
        redeploy(world.plane, settings, tmp_path_factory.mktemp("bumping"), "dependencies")
        registries.travel(DAY, datetime.now(UTC))
        yield Bumped(world, forge, registries, operator)
    redeploy(world.plane, settings_for("local"), tmp_path_factory.mktemp("bumped"), "dependencies")


def test_groups_are_proposed_when_they_are_old_enough_and_followed_on_one_branch(bumped: Bumped) -> None:
    node = {"@types/ms": "0.7.31", "picocolors": "1.0.0"}
    bumped.push(SHOP, {"requirements.txt": requirements(PINNED), **package_files(node)})
    bumped.push(DESK, {"requirements.txt": requirements({"idna": "3.7"})})
    bumped.tick()
    pulls = bumped.pulls(SHOP)
    assert pulls.keys() == {PYPI, NPM}
    assert pulls[PYPI].title == "build(deps): bump certifi 2024.7.4, idna 3.7 and packaging 24.1"
    assert (pulls[PYPI].base, pulls[PYPI].labels) == ("main", ["dependencies"])
    # Every letter of the files, with all hashes that the index gave.
    assert bumped.file(SHOP, PYPI, "requirements.txt") == requirements(BUMPED)
    newer = package_files({"@types/ms": "0.7.34", "picocolors": "1.0.1"}, node)
    assert {path: bumped.file(SHOP, NPM, path) for path in newer} == newer
    assert bumped.file(SHOP, NPM, "requirements.txt") == requirements(PINNED)
    # Where all there is is too young, nothing is proposed.
    assert bumped.pulls(DESK) == {}
    (held,) = bumped.shown(DESK)["overview"]["held"]
    assert (held["what"], held["code"]) == ("pypi/idna 3.7>3.8", "cooldown")
    assert datetime.fromisoformat(held["until"]) > datetime.now(UTC)

    first = bumped.head(SHOP, PYPI)
    bumped.tick()
    assert (bumped.head(SHOP, PYPI), bumped.done("update-bump")) == (first, 0)

    # A week later: idna 3.8 is old enough, and certifi 2024.8.30 is not.
    bumped.registries.travel(LATER, datetime.now(UTC))
    bumped.tick()
    assert bumped.pulls(DESK)[PYPI].title == "build(deps): bump idna from 3.7 to 3.8"
    assert bumped.pulls(SHOP).keys() == {PYPI, NPM}
    followed = bumped.pulls(SHOP)[PYPI]
    assert followed.number == pulls[PYPI].number
    assert (followed.head_sha, followed.head_sha != first) == (bumped.head(SHOP, PYPI), True)
    assert "idna 3.8" in followed.title
    assert bumped.file(SHOP, PYPI, "requirements.txt") == requirements(MOVED)
    held = {line["what"]: line["code"] for line in bumped.shown(SHOP)["overview"]["held"]}
    assert held["pypi/certifi 2024.2.2>2024.8.30"] == "cooldown"


def test_the_member_that_fails_is_found_and_the_rest_goes_on(bumped: Bumped) -> None:
    """The checks of this repository fail wherever packaging is at its new version."""
    bumped.registries.travel(LATER, datetime.now(UTC))
    bumped.push(TILL, {"requirements.txt": requirements(PINNED)})
    bumped.check(TILL, bumped.head(TILL, "main"), "success")
    bumped.tick()
    (pull,) = bumped.pulls(TILL).values()
    tried: list[str] = []
    for _ in range(4):
        text = bumped.file(TILL, PYPI, "requirements.txt")
        tried.append("".join(name[0] for name, version in MOVED.items() if f"{name}=={version} " in text))
        failing = "p" in tried[-1]
        bumped.check(TILL, bumped.head(TILL, PYPI), "failure" if failing else "success")
        bumped.tick()
        if bumped.shown(TILL)["held_back"]:
            break
    assert tried == ["cip", "ci", "p"]
    (held,) = bumped.shown(TILL)["held_back"]
    assert (held["step"], held["together"]) == ("pypi/packaging 24.0>24.1", [])
    bumped.tick()
    assert bumped.file(TILL, PYPI, "requirements.txt") == requirements({**MOVED, "packaging": "24.0"})
    (rest,) = bumped.pulls(TILL).values()
    assert (rest.number, rest.title) == (pull.number, "build(deps): bump certifi 2024.7.4 and idna 3.8")
    assert "its checks fail" in rest.body
    bumped.world.verified()


def test_an_action_moves_to_the_commit_of_the_newest_release_that_is_old_enough(bumped: Bumped) -> None:
    ages = {"v4.1.0": 90, "v4.2.0": 30, "v4.3.0": 1}
    commits = {tag: bumped.release("other/checkout", tag, days) for tag, days in ages.items()}

    def workflow(tag: str) -> str:
        return f"jobs:\n  test:\n    steps:\n      - uses: other/checkout@{commits[tag]}  # {tag}\n"

    bumped.push(YARD, {".github/workflows/ci.yml": workflow("v4.1.0")})
    bumped.tick()
    (pull,) = bumped.pulls(YARD).values()
    assert (pull.head, pull.title) == (ACTIONS, "build(deps): bump other/checkout from v4.1.0 to v4.2.0")
    assert bumped.file(YARD, ACTIONS, ".github/workflows/ci.yml") == workflow("v4.2.0")
    (held,) = bumped.shown(YARD)["overview"]["held"]
    assert (held["what"], held["code"]) == ("github/other/checkout v4.1.0>v4.3.0", "cooldown")
    bumped.world.verified()
