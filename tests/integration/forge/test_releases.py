"""What releases ask of a forge: requests as GitHub publishes them; the local forge by the same adapter."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
import pytest

from cli.localforge.records import RepositoryRecord
from cli.localforge.releases import file_of
from cli.localforge.sign_in import APP, private_key
from tests.integration.forge.test_github import REPOSITORY, SHA, TOKEN, GitHub, Reply
from tests.integration.forge.test_local import Stored, serving
from tests.support.memory import ManualClock
from writ.adapters.forge_secret import Credentials
from writ.adapters.github_client import GitHubClient
from writ.adapters.github_releases import GitHubReleases
from writ.adapters.github_uploads import uploads_of
from writ.contracts.errors import PermanentError
from writ.contracts.forge_site import ForgeSite
from writ.ports.forge_releases import HistoryCommit, NewRelease

COMMIT = {"sha": SHA, "commit": {"message": "feat: x"}, "parents": [{"sha": "0" * 40}], "files": []}
PAGE = {
    "id": 5, "tag_name": "v1.0.0", "name": "1.0.0", "body": None, "draft": True, "prerelease": False,
    "html_url": "https://x/5",
}  # fmt: skip
ASSET = {"id": 6, "name": "a.whl", "size": 3, "state": "uploaded"}
RUN = {
    "id": 9,
    "display_title": "Release rel-1",
    "status": "queued",
    "conclusion": None,
    "html_url": "https://x",
}
NEW = NewRelease("v1.0.0", SHA, "1.0.0", "notes", prerelease=False)
Call = Callable[[GitHubReleases], Any]
CALLS: list[tuple[str, Call, object, object]] = [
    ("repos/get-commit", lambda f: f.commit(REPOSITORY, "tags/v1"),
     {**COMMIT, "files": [{"filename": "a"}]},
     HistoryCommit(SHA, "feat: x", ("0" * 40,), ("a",))),
    ("repos/list-tags", lambda f: f.tags(REPOSITORY), [{"name": "v1", "commit": {"sha": SHA}}], {"v1": SHA}),
    ("repos/compare-commits-with-basehead", lambda f: f.compare(REPOSITORY, "0" * 40, SHA).behind,
     {"behind_by": 2, "commits": [COMMIT]}, 2),
    ("repos/list-commits", lambda f: f.log(REPOSITORY, SHA)[0].parents, [COMMIT], ("0" * 40,)),
    ("repos/list-releases", lambda f: [r.id for r in f.releases_of(REPOSITORY, "v1.0.0")],
     [PAGE, {**PAGE, "id": 4}, {**PAGE, "id": 3, "tag_name": "v0.9.0"}], [4, 5]),
    ("repos/create-release", lambda f: f.create_draft(REPOSITORY, NEW).draft, PAGE, True),
    ("repos/update-release", lambda f: f.publish(REPOSITORY, 5).draft, {**PAGE, "draft": False}, False),
    ("repos/delete-release", lambda f: f.delete_release(REPOSITORY, 5), None, None),
    ("repos/list-release-assets", lambda f: f.assets(REPOSITORY, 5)[0].complete, [ASSET], True),
    ("repos/upload-release-asset", lambda f: f.upload(REPOSITORY, 5, "a b.whl", b"abc").size, ASSET, 3),
    ("repos/delete-release-asset", lambda f: f.delete_asset(REPOSITORY, 6), None, None),
    ("actions/create-workflow-dispatch",
     lambda f: f.start_build(REPOSITORY, "release.yml", "v1.0.0", {"release": "rel-1"}), None, None),
    ("actions/list-workflow-runs", lambda f: f.builds(REPOSITORY, "release.yml", SHA)[0].title,
     {"total_count": 1, "workflow_runs": [RUN]}, "Release rel-1"),
]  # fmt: skip


@pytest.mark.parametrize(("operation", "call", "body", "expected"), CALLS, ids=[given[0] for given in CALLS])
def test_request_is_as_published_and_its_answer_is_read(
    operation: str, call: Call, body: object, expected: object
) -> None:
    github = GitHub([Reply(body=body if body is not None else b"")])
    client = GitHubClient(ForgeSite(), github, ManualClock(), {}, httpx.MockTransport(github.handle))
    assert call(GitHubReleases(client)) == expected
    assert github.operations == [operation]
    assert github.seen[0].headers["authorization"] == f"token {TOKEN}"
    upload = operation == "repos/upload-release-asset"
    assert github.seen[0].url.host == ("uploads.github.com" if upload else "api.github.com")


def test_files_go_where_the_operator_said() -> None:
    assert uploads_of("https://api.github.com/") == "https://uploads.github.com"
    assert uploads_of("https://github.example/api/v3") == "https://github.example/api/uploads"
    assert uploads_of("http://127.0.0.1:4000") == "http://127.0.0.1:4000"


@pytest.fixture(scope="module")
def local(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Any, GitHubReleases]]:
    folder: Path = tmp_path_factory.mktemp("forge")
    key = tmp_path_factory.mktemp("key")
    private_key(key)
    shutil.copy(key / "app.json", folder)
    with serving(folder) as server:
        stored = {"app": APP, "private_key": private_key(folder), "api": server.address}
        rights = {"contents": "write", "actions": "write"}
        credentials = Stored(Credentials.model_validate(stored))
        client = GitHubClient(ForgeSite(api="stored"), credentials, ManualClock(), rights)
        record = RepositoryRecord(name=REPOSITORY)
        server.forge.records.repositories[REPOSITORY] = record
        git, now = server.forge.git(record), datetime(2026, 3, 2, tzinfo=UTC)
        first = git.commit({"a.txt": b"1"}, "feat: begin", now)
        git.point("refs/heads/main", git.commit({"b/c.txt": b"2"}, "fix: more", now, (first,)))
        git.point("refs/tags/v1.0.0", git.tag("v1.0.0", "one", first, now))
        yield server, GitHubReleases(client)


def test_local_forge_keeps_real_history_and_releases(local: tuple[Any, GitHubReleases]) -> None:
    server, forge = local
    git = server.forge.git(server.forge.repository(REPOSITORY))
    second = git.ref("refs/heads/main")
    (first,) = git.parents(second)
    assert forge.tags(REPOSITORY) == {"v1.0.0": first}
    for ref, sha in (("HEAD", second), ("tags/v1.0.0", first), (first, first)):
        found = forge.commit(REPOSITORY, ref)
        assert found is not None
        assert found.sha == sha
    assert forge.commit(REPOSITORY, "f" * 40) is None
    head = forge.commit(REPOSITORY, "heads/main")
    assert head is not None
    assert (head.files, head.parents) == (("b/c.txt",), (first,))
    ahead = forge.compare(REPOSITORY, first, second)
    assert ([commit.message for commit in ahead.commits], ahead.behind) == (["fix: more"], 0)
    assert forge.compare(REPOSITORY, second, first).behind == 1
    assert [commit.sha for commit in forge.log(REPOSITORY, second)] == [first, second]


def test_local_forge_publishes_one_release_of_a_tag_with_its_files(local: tuple[Any, GitHubReleases]) -> None:
    server, forge = local
    one, two = (forge.create_draft(REPOSITORY, NewRelease("v1.0.0", SHA, "1.0.0", "x", False)) for _ in "ab")
    assert forge.releases_of(REPOSITORY, "v1.0.0") == [one, two]
    asset = forge.upload(REPOSITORY, one.id, "a.whl", b"\x00abc")
    assert file_of(server.forge, asset.id).read_bytes() == b"\x00abc"
    with pytest.raises(PermanentError, match=r"forge\.invalid"):
        forge.upload(REPOSITORY, one.id, "a.whl", b"other")
    assert forge.publish(REPOSITORY, one.id).draft is False
    with pytest.raises(PermanentError, match=r"forge\.invalid"):
        forge.publish(REPOSITORY, two.id)
    for _ in "ab":
        forge.delete_release(REPOSITORY, two.id)
    assert [each.name for each in forge.assets(REPOSITORY, one.id)] == ["a.whl"]
    for _ in "ab":
        forge.delete_asset(REPOSITORY, asset.id)
    assert not forge.assets(REPOSITORY, one.id)
    assert not file_of(server.forge, asset.id).exists()


def test_local_forge_keeps_runs_that_are_asked_for(local: tuple[Any, GitHubReleases]) -> None:
    server, forge = local
    forge.start_build(REPOSITORY, "release.yml", "v1.0.0", {"release": "rel-1"})
    sha = server.forge.git(server.forge.repository(REPOSITORY)).peeled(
        server.forge.git(server.forge.repository(REPOSITORY)).ref("refs/tags/v1.0.0")
    )
    (run,) = forge.builds(REPOSITORY, "release.yml", sha)
    assert (run.title, run.status) == ("Release rel-1", "queued")
    assert not forge.builds(REPOSITORY, "release.yml", "0" * 40)
    with pytest.raises(PermanentError, match=r"forge\.invalid"):
        forge.start_build(REPOSITORY, "release.yml", "v9", {})
