"""Trees, branches and proposals: as GitHub publishes the requests, and as the local forge answers them."""

from __future__ import annotations

import shutil
from base64 import b64encode
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from cli.localforge.sign_in import APP, private_key
from tests.integration.forge.test_github import PULL, REF, SHA, GitHub, Reply
from tests.integration.forge.test_local import BASE, NUMBER, REPOSITORY, Local, Stored, serving
from tests.support.memory import ManualClock
from writ.adapters.forge_secret import Credentials
from writ.adapters.github_actions import ActionTags, PublicRepositories
from writ.adapters.github_changes import GitHubChanges
from writ.adapters.github_client import GitHubClient
from writ.contracts.errors import PermanentError
from writ.contracts.forge_site import ForgeSite
from writ.dependencies.versions import package
from writ.ports.forge_changes import TreeFile
from writ.ports.registry import Ecosystem

RIGHTS = {"contents": "write", "pull_requests": "write", "metadata": "read"}
BRANCH = "writ/dependencies/pypi-minor"
FILE = TreeFile("a/requirements.txt", "1" * 40, "100644", 3)
TREE = {
    "sha": SHA,
    "truncated": False,
    "tree": [
        {"path": "a", "mode": "040000", "type": "tree", "sha": SHA},
        {"path": "a/b.txt", "mode": "100644", "type": "blob", "sha": SHA, "size": 3},
        {"path": "link", "mode": "120000", "type": "blob", "sha": SHA, "size": 3},
        {"path": "module", "mode": "160000", "type": "commit", "sha": SHA},
    ],
}
Call = Callable[[GitHubChanges], Any]
CALLS: list[tuple[list[str], Call, list[object], Any]] = [
    (["repos/get"], lambda f: f.default_branch("acme/shop"), [{"default_branch": "main"}], "main"),
    (["git/get-ref"], lambda f: f.head("acme/shop", BRANCH), [REF], SHA),
    (["git/get-tree"], lambda f: [each.path for each in f.tree("acme/shop", SHA)], [TREE], ["a/b.txt"]),
    (
        ["git/get-blob"],
        lambda f: f.blob("acme/shop", SHA),
        [{"encoding": "base64", "content": b64encode(b"x").decode() + "\n"}],
        b"x",
    ),
    (
        ["git/get-commit", "git/create-tree", "git/create-commit"],
        lambda f: f.commit("acme/shop", SHA, {FILE: "idna==3.7\n"}, "build(deps): bump"),
        [{"sha": SHA, "tree": {"sha": "2" * 40}}, {"sha": "3" * 40}, {"sha": "4" * 40}],
        "4" * 40,
    ),
    (["git/create-ref"], lambda f: f.point("acme/shop", BRANCH, SHA, new=True), [REF], None),
    (["git/update-ref"], lambda f: f.point("acme/shop", BRANCH, SHA, new=False), [REF], None),
    (["git/delete-ref"], lambda f: f.remove("acme/shop", BRANCH), [None], None),
    (
        ["pulls/list"],
        lambda f: f.proposals("acme/shop", BRANCH)[0].merged,
        [[{**PULL, "merged_at": "2026-01-01T00:00:00Z"}]],
        True,
    ),
    (
        ["pulls/create"],
        lambda f: f.propose("acme/shop", branch=BRANCH, base="main", title="t", body="b").number,
        [PULL],
        42,
    ),
    (["pulls/update"], lambda f: f.revise("acme/shop", 42, state="closed").number, [PULL], 42),
    (["issues/add-labels"], lambda f: f.label("acme/shop", 42, ["dependencies"]), [[]], None),
]


def changes(*bodies: object) -> tuple[GitHubChanges, GitHub]:
    github = GitHub([Reply(204 if body is None else 200, b"" if body is None else body) for body in bodies])
    client = GitHubClient(ForgeSite(), github, ManualClock(), RIGHTS, httpx.MockTransport(github.handle))
    return GitHubChanges(client), github


@pytest.mark.parametrize(
    ("operations", "call", "bodies", "expected"), CALLS, ids=[call[0][-1] for call in CALLS]
)
def test_requests_are_as_published(
    operations: list[str], call: Call, bodies: list[object], expected: Any
) -> None:
    made, github = changes(*bodies)
    assert call(made) == expected
    assert github.operations == operations


def test_a_tree_that_is_cut_off_is_none() -> None:
    made, _ = changes({**TREE, "truncated": True})
    with pytest.raises(PermanentError, match=r"forge\.crowded"):
        made.tree("acme/shop", SHA)


def test_a_branch_that_is_gone_is_removed() -> None:
    github = GitHub([Reply(422, {"message": "Reference does not exist"})])
    client = GitHubClient(ForgeSite(), github, ManualClock(), RIGHTS, httpx.MockTransport(github.handle))
    GitHubChanges(client).remove("acme/shop", BRANCH)
    assert github.operations == ["git/delete-ref"]


def test_actions_are_as_old_as_their_releases() -> None:
    tags = [{"name": name, "commit": {"sha": SHA}} for name in ("v2.0.0", "v2", "v1.0.0")]
    releases = [
        {"tag_name": "v2.0.0", "published_at": "2026-02-01T00:00:00Z", "body": "x"},
        {"tag_name": "v1.0.0", "published_at": "2026-01-01T00:00:00Z", "draft": True},
    ]
    github = GitHub([Reply(200, tags), Reply(200, releases)])
    client = GitHubClient(ForgeSite(), github, ManualClock(), RIGHTS, httpx.MockTransport(github.handle))
    found = ActionTags(PublicRepositories(client, "acme/shop")).listing(
        package(Ecosystem.ACTIONS, "other/action")
    )
    assert github.operations == ["repos/list-tags", "repos/list-releases"]
    assert [(each.version, each.published_at is not None) for each in found.releases] == [
        ("v2.0.0", True),
        ("v2", False),
        ("v1.0.0", False),
    ]


@pytest.fixture(scope="module")
def key(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("key")
    private_key(folder)
    return folder / "app.json"


@pytest.fixture
def local(tmp_path: Path, key: Path) -> Iterator[GitHubChanges]:
    shutil.copy(key, tmp_path)
    with serving(tmp_path) as server:
        Local(server, tmp_path).take_in()
        stored = {"app": APP, "private_key": private_key(tmp_path), "api": server.address}
        credentials = Stored(Credentials.model_validate(stored))
        yield GitHubChanges(GitHubClient(ForgeSite(api="stored"), credentials, ManualClock(), RIGHTS))


def test_a_change_becomes_a_commit_a_branch_and_a_proposal(local: GitHubChanges) -> None:
    assert local.default_branch(REPOSITORY) == BASE
    start = local.head(REPOSITORY, BASE)
    assert start is not None
    (file,) = local.tree(REPOSITORY, start)
    assert local.blob(REPOSITORY, file.sha).startswith(b"# ")
    sha = local.commit(REPOSITORY, start, {file: "changed\n", FILE: "idna==3.7\n"}, "build(deps): bump")
    local.point(REPOSITORY, BRANCH, sha, new=True)
    made = local.propose(REPOSITORY, branch=BRANCH, base=BASE, title="bump", body="why")
    assert (made.number, made.head_sha, made.mergeable) == (NUMBER + 1, sha, True)
    assert [each.number for each in local.proposals(REPOSITORY, BRANCH)] == [made.number]
    contents = {each.path: local.blob(REPOSITORY, each.sha) for each in local.tree(REPOSITORY, sha)}
    assert contents == {"README.md": b"changed\n", "a/requirements.txt": b"idna==3.7\n"}


def test_a_branch_is_moved_and_its_proposal_follows(local: GitHubChanges) -> None:
    start = local.head(REPOSITORY, BASE) or ""
    one = local.commit(REPOSITORY, start, {FILE: "idna==3.7\n"}, "one")
    two = local.commit(REPOSITORY, start, {FILE: "idna==3.8\n"}, "two")
    local.point(REPOSITORY, BRANCH, one, new=True)
    number = local.propose(REPOSITORY, branch=BRANCH, base=BASE, title="bump", body="why").number
    local.point(REPOSITORY, BRANCH, two, new=False)
    assert local.proposals(REPOSITORY, BRANCH)[0].head_sha == two
    assert local.revise(REPOSITORY, number, title="again", state="closed").state == "closed"
    local.remove(REPOSITORY, BRANCH)
    assert local.head(REPOSITORY, BRANCH) is None
    local.remove(REPOSITORY, BRANCH)


def test_there_is_never_a_second_proposal_of_a_branch(local: GitHubChanges) -> None:
    start = local.head(REPOSITORY, BASE) or ""
    local.point(REPOSITORY, BRANCH, start, new=True)
    with pytest.raises(PermanentError, match=r"forge\.invalid"):
        local.propose(REPOSITORY, branch=BRANCH, base=BASE, title="empty", body="")
    local.point(REPOSITORY, BRANCH, local.commit(REPOSITORY, start, {FILE: "x"}, "one"), new=False)
    local.propose(REPOSITORY, branch=BRANCH, base=BASE, title="one", body="")
    with pytest.raises(PermanentError, match=r"forge\.invalid"):
        local.propose(REPOSITORY, branch=BRANCH, base=BASE, title="two", body="")
    with pytest.raises(PermanentError, match=r"forge\.invalid"):
        local.point(REPOSITORY, BRANCH, start, new=True)
