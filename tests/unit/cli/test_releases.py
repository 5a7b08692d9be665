"""`writ release start` and its neighbours, answered by the bot's own routes."""

from __future__ import annotations

import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import httpx
import pytest
from dulwich import porcelain

from functions.release.api import api
from tests.support.commands import Command, commanding, shown
from tests.support.releases import REPOSITORY
from tests.support.releases_plane import ReleasesPlane
from writ.ports.forge_releases import HistoryCommit

BUILDS = (
    "import os, pathlib; p = pathlib.Path('dist'); p.mkdir(); "
    "(p / 'shop.txt').write_text(os.environ['WRIT_VERSION'])"
)
SETTINGS = """\
build:
  command: [{python}, -c, "{code}"]
  artifacts: ["dist/*"]
"""


@pytest.fixture
def world(monkeypatch: pytest.MonkeyPatch) -> ReleasesPlane:
    world = ReleasesPlane()
    world.connect(monkeypatch)
    waiting = SimpleNamespace(sleep=lambda _seconds: world.settle())
    monkeypatch.setattr("cli.release.releases.time", waiting)
    monkeypatch.delenv("GITHUB_RUN_ID", raising=False)
    return world


@pytest.fixture
def writ(world: ReleasesPlane, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Command:
    return commanding(monkeypatch, tmp_path, api)


def checkout(world: ReleasesPlane, folder: Path, code: str = BUILDS) -> Path:
    """A checkout whose head is the newest commit of the forge."""
    settings = SETTINGS.format(python=sys.executable, code=code)
    folder.mkdir()
    repo = porcelain.init(str(folder))
    (folder / "release.yaml").write_text(settings)
    porcelain.add(repo, [str(folder / "release.yaml")])
    made = porcelain.commit(repo, b"feat: x", author=b"a <a@b>", committer=b"a <a@b>").decode()
    repo.close()
    parent = world.forge.line[-1].sha
    world.forge.line.append(HistoryCommit(made, "feat: x", (parent,)))
    world.forge.files[made] = {"release.yaml": settings}
    world.gated(made)
    return folder


def test_a_release_is_started_watched_and_listed(world: ReleasesPlane, writ: Command) -> None:
    world.pushed("feat: carts")
    begun = shown(writ("release", "start", REPOSITORY, "--json"))
    assert begun["state"] == "plan"
    printed = writ("release", "status", begun["id"], "--wait").output
    assert "✓ announce" in printed
    assert "published" in printed
    assert "v1.1.0" in writ("release", "list").output
    assert shown(writ("release", "list", "--json"))["items"][0]["state"] == "published"


def test_a_release_that_waits_says_for_what(world: ReleasesPlane, writ: Command) -> None:
    world.forge.commit_of("feat: carts")
    begun = shown(writ("release", "start", REPOSITORY, "--json"))
    for _ in range(9):
        world.runs.step()
    printed = writ("release", "status", begun["id"]).output
    assert "writ gate run --api" in printed
    assert "→ gates" in printed
    ended = shown(writ("release", "abort", begun["id"], "--reason", "not now", "--json"))
    assert ended["state"] == "aborted"
    assert writ("release", "resume", begun["id"], "--reason", "no").exit_code == 1


def test_the_declared_build_is_run_and_its_files_sent(
    world: ReleasesPlane, writ: Command, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    folder = checkout(world, tmp_path / "shop")
    id = shown(writ("release", "start", REPOSITORY, "--json"))["id"]
    world.until("build")

    def put(url: str, content: bytes, **_given: Any) -> httpx.Response:
        world.vault.put(url, content)
        return httpx.Response(200)

    monkeypatch.setattr("cli.release.releases.httpx.put", put)
    sent = shown(writ("release", "build", id, "--repo", str(folder), "--json"))
    assert sent["sent"] == ["shop.txt"]
    world.settle()
    (page,) = world.forge.pages.values()
    assert dict(world.forge.uploaded[page.id].values())["shop.txt"] == b"1.1.0"


def test_a_build_that_fails_is_told_to_the_release(
    world: ReleasesPlane, writ: Command, tmp_path: Path
) -> None:
    folder = checkout(world, tmp_path / "shop", "raise SystemExit(3)")
    id = shown(writ("release", "start", REPOSITORY, "--json"))["id"]
    world.until("build")
    told = writ("release", "build", id, "--repo", str(folder))
    assert told.exit_code == 1
    assert "the build ended with 3" in told.output
    world.runs.settle()
    problem = world.record(id).problem
    assert problem is not None
    assert problem.code == "release.build_failed"


def test_a_checkout_of_another_commit_is_refused(world: ReleasesPlane, writ: Command, tmp_path: Path) -> None:
    folder = checkout(world, tmp_path / "shop")
    world.pushed("fix: later")
    id = shown(writ("release", "start", REPOSITORY, "--json"))["id"]
    told = writ("release", "build", id, "--repo", str(folder))
    assert told.exit_code == 1
    assert "the checkout is at" in told.output
