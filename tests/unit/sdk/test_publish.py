"""`writ sdk publish`, over the release bot's own routes and flow; only the proof is told and not made."""

from __future__ import annotations

import json
import sys
from dataclasses import dataclass
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import httpx
import pytest
from dulwich import porcelain

from cli.api import Api
from cli.release.files import Fetched
from functions.release.api import api as routes
from tests.support.commands import Command, commanding, shown
from tests.support.openapi import answers
from tests.support.releases import REPOSITORY
from tests.support.releases_plane import ReleasesPlane
from writ.ports.forge_releases import HistoryCommit
from writ.release.names import PROOF

STRING: dict[str, Any] = {"type": "object", "properties": {"name": {"type": "string"}}}
MORE = {"type": "object", "properties": {"name": {"type": "string"}, "age": {"type": "integer"}}}
NUMBER = {"type": "object", "properties": {"name": {"type": "integer"}}}
BUILDS = (
    "import json, os, pathlib; made = json.loads(pathlib.Path('api.json').read_text()); "
    "made['info']['version'] = os.environ['WRIT_VERSION']; d = pathlib.Path('dist'); d.mkdir(exist_ok=True); "
    "(d / 'openapi.json').write_text(json.dumps(made)); (d / 'shop.whl').write_text('a wheel')"
)
SETTINGS = 'build: {{command: [{python}, -c, "{code}"], artifacts: {artifacts}}}\n'


@dataclass
class Shop:
    """A checkout of a repository that the plane's forge has too."""

    world: ReleasesPlane
    folder: Path

    def commit(self, message: str, schema: Any = None, artifacts: str = "[dist/*]", **files: str) -> str:
        """Commit a document whose answer has a schema; the gates allow it."""
        settings = SETTINGS.format(python=sys.executable, code=BUILDS, artifacts=artifacts)
        written = {"release.yaml": settings, **{name.replace("_", "."): text for name, text in files.items()}}
        if schema is not None:
            written["api.json"] = json.dumps(answers(schema))
        for name, text in written.items():
            (self.folder / name).write_text(text)
        porcelain.add(str(self.folder), [str(self.folder / name) for name in written])
        made = porcelain.commit(str(self.folder), message.encode(), author=b"a <a@b>", committer=b"a <a@b>")
        forge = self.world.forge
        forge.line.append(HistoryCommit(made.decode(), message, (forge.line[-1].sha,)))
        forge.files[made.decode()] = written
        self.world.gated(made.decode())
        return made.decode()


@pytest.fixture
def world(monkeypatch: pytest.MonkeyPatch) -> ReleasesPlane:
    world = ReleasesPlane()
    world.connect(monkeypatch)

    def sleep(seconds: float) -> None:
        world.plane.clock.forward(seconds=seconds)
        for _ in range(9):
            if world.waiting() is not None or not world.runs.step():
                break

    def put(url: str, content: bytes, **_given: Any) -> httpx.Response:
        world.vault.put(url, content)
        return httpx.Response(200)

    def files_of(api: Api, id: str) -> Fetched:
        links = {item["name"]: item["url"] for item in api.get(f"v1/releases/{id}/files")["items"]}
        extra = {"runDetails": {"builder": {"id": "person:Ann"}}}
        statement = SimpleNamespace(predicate=SimpleNamespace(model_extra=extra))
        proof: Any = SimpleNamespace(
            statement=statement, identity="release", index=1, checkpoint=SimpleNamespace(size=2)
        )
        files = {name: world.vault.get(link) for name, link in links.items()}
        return Fetched(api.get(f"v1/releases/{id}"), files, proof)

    monkeypatch.setattr("cli.release.releases.time", SimpleNamespace(sleep=sleep))
    monkeypatch.setattr("cli.release.releases.httpx.put", put)
    monkeypatch.setattr("cli.sdk.publish.files_of", files_of)
    monkeypatch.delenv("GITHUB_RUN_ID", raising=False)
    monkeypatch.delenv("GITHUB_REPOSITORY", raising=False)
    return world


@pytest.fixture
def shop(world: ReleasesPlane, tmp_path: Path) -> Shop:
    folder = tmp_path / "shop"
    folder.mkdir()
    porcelain.init(str(folder)).close()
    return Shop(world, folder)


@pytest.fixture
def writ(world: ReleasesPlane, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Command:
    return commanding(monkeypatch, tmp_path, routes)


def publish(writ: Command, shop: Shop, *words: str, exit_code: int = 0) -> Any:
    given = ("--repository", REPOSITORY, *words) if "--repository" not in words else words
    place = ("--repo", str(shop.folder), "--out", str(shop.folder.parent / "released"))
    spec = () if "--spec" in words else ("--spec", "api.json")
    found = shown(writ("sdk", "publish", *place, *spec, *given, "--json"), exit_code)
    return found["error"] if exit_code else found


def test_a_client_is_published_once_for_a_document(writ: Command, shop: Shop) -> None:
    commit = shop.commit("feat: describe it", STRING)
    first, again = publish(writ, shop), publish(writ, shop)
    assert (first["published"], first["tag"], first["sha"]) == (True, "v1.1.0", commit)
    assert again == {**first, "published": False}
    assert len(shop.world.releases.kept) == 1
    released = shop.folder.parent / "released"
    assert {path.name for path in released.iterdir()} == set(first["files"])
    assert {"openapi.json", "shop.whl", "SHA256SUMS", PROOF} <= set(first["files"])
    assert json.loads((released / "openapi.json").read_text())["info"]["version"] == "1.1.0"


def test_what_changed_in_the_api_decides_where_commits_call_for_less(writ: Command, shop: Shop) -> None:
    shop.commit("feat: describe it", STRING)
    publish(writ, shop)
    shop.commit("fix: say more", MORE)
    assert publish(writ, shop)["tag"] == "v1.2.0"
    shop.commit("fix: numbers", NUMBER)
    told = publish(writ, shop, exit_code=1)
    assert told["code"] == "sdk.waiting"
    assert "a person" in told["message"]
    newest = max(shop.world.releases.kept.values(), key=lambda record: record.started_at)
    assert newest.planned is not None
    assert (newest.planned.version, newest.planned.bump) == ("2.0.0", "major")


def test_a_start_that_waits_for_a_person_says_who_goes_on(
    writ: Command, shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    shop.commit("feat: describe it", STRING)
    waits = {"action": "act-1", "state": "waiting", "reasons": []}
    monkeypatch.setattr(Api, "post", lambda *_: waits)
    told = publish(writ, shop, exit_code=1)
    assert told["code"] == "sdk.waiting"
    assert "writ actions approve act-1" in told["hint"]


def test_a_publication_that_was_broken_off_goes_on(
    writ: Command, shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    shop.commit("feat: describe it", STRING)
    with monkeypatch.context() as broken:
        broken.setattr("cli.release.releases.httpx.put", lambda *_a, **_k: httpx.Response(503))
        assert publish(writ, shop, exit_code=1)["code"] == "release.upload"
    assert publish(writ, shop)["published"] is True
    assert len(shop.world.releases.kept) == 1


def test_a_release_of_another_commit_that_is_open_is_left_alone(writ: Command, shop: Shop) -> None:
    shop.commit("feat: describe it", STRING)
    shop.world.ask()
    shop.commit("feat: more", MORE)
    assert publish(writ, shop, exit_code=1)["code"] == "conflict.release"
    assert len(shop.world.releases.kept) == 1


def test_a_release_that_fails_says_why(writ: Command, shop: Shop) -> None:
    commit = shop.commit("feat: describe it", STRING)
    shop.world.gated(commit, "deny")
    assert publish(writ, shop, exit_code=1)["code"] == "release.gates"


def test_a_build_that_leaves_no_document_is_told(writ: Command, shop: Shop) -> None:
    shop.commit("feat: describe it", STRING, artifacts="[dist/*.whl]")
    told = publish(writ, shop, exit_code=1)
    assert (told["code"], told["field"]) == ("release.build", "artifacts")


def test_what_is_not_committed_or_not_there_is_not_published(writ: Command, shop: Shop) -> None:
    shop.commit("feat: describe it", STRING)
    assert publish(writ, shop, "--spec", "none.json", exit_code=2)["field"] == "--spec"
    assert publish(writ, shop, "--repository", "shop", exit_code=2)["field"] == "--repository"
    (shop.folder / "api.json").write_text("{}")
    assert publish(writ, shop, exit_code=1)["code"] == "sdk.checkout"
    shop.commit("feat: no build", NUMBER, release_yaml="{}")
    assert publish(writ, shop, exit_code=1)["field"] == "build"
    assert not shop.world.releases.kept
