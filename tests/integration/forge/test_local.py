"""The local forge as bots see it: asked through the same adapter as GitHub, over HTTP, as an App."""

from __future__ import annotations

import json
import shutil
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from io import BytesIO
from pathlib import Path

import httpx
import pytest
from dulwich import porcelain
from dulwich.objects import ObjectID
from dulwich.repo import Repo

from cli.localforge.server import PUSH, RELEASE, SEEN, TAKE_IN, LocalServer
from cli.localforge.sign_in import APP, personal_token, private_key
from cli.plane import ROOT
from functions.anchor.github import GitHubStatuses
from tests.support.memory import ManualClock
from writ.adapters.forge_secret import Credentials
from writ.adapters.git_history import GitHistory
from writ.adapters.github import GitHubForge
from writ.adapters.github_actions import PublicRepositories
from writ.adapters.github_client import GitHubClient
from writ.contracts.anchor import context_of, describe
from writ.contracts.errors import PermanentError
from writ.contracts.forge_site import ForgeSite
from writ.ledger.anchor import read_statuses
from writ.ports.forge import Annotation, CheckReport, CommitStatus, GitRef
from writ.ports.forge_words import Conclusion, Level, MergeMethod

PAYLOAD = (ROOT / "events/github/samples/pull_request/converted_to_draft.payload.json").read_bytes()
SENT = json.loads(PAYLOAD)
REPOSITORY, NUMBER = SENT["repository"]["full_name"], SENT["number"]
HEAD = SENT["pull_request"]["head"]["sha"]
BASE = SENT["pull_request"]["base"]["ref"]
ALL = dict.fromkeys(("pull_requests", "checks", "statuses", "contents"), "write")


@dataclass
class Local:
    server: LocalServer
    folder: Path

    def forge(self, **permissions: str) -> GitHubForge:
        return GitHubForge(self.client(**permissions))

    def client(self, **permissions: str) -> GitHubClient:
        stored = {"app": APP, "private_key": private_key(self.folder), "api": self.server.address}
        credentials = Credentials.model_validate(stored)
        site, clock = ForgeSite(api="stored"), ManualClock()
        return GitHubClient(site, Stored(credentials), clock, permissions or ALL)

    def push(self, repository: str, **files: str) -> None:
        body = {"repository": repository, "files": {"a.txt": "one", **files}, "message": "feat: x"}
        assert httpx.post(self.server.address + PUSH, json=body).status_code == 201

    def take_in(self, payload: bytes = PAYLOAD) -> None:
        assert httpx.post(self.server.address + TAKE_IN, content=payload).status_code == 201


@dataclass
class Stored:
    credentials: Credentials

    def read(self) -> Credentials:
        return self.credentials


@contextmanager
def serving(folder: Path) -> Iterator[LocalServer]:
    server = LocalServer(folder, 0)
    threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
    try:
        yield server
    finally:
        server.shutdown()
        server.server_close()


@pytest.fixture(scope="module")
def key(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with an App's key, which takes a while to make."""
    folder = tmp_path_factory.mktemp("key")
    private_key(folder)
    return folder / "app.json"


@pytest.fixture
def local(tmp_path: Path, key: Path) -> Iterator[Local]:
    shutil.copy(key, tmp_path)
    with serving(tmp_path) as server:
        made = Local(server, tmp_path)
        made.take_in()
        yield made


def test_pull_request_of_a_payload_is_there_with_real_commits(local: Local) -> None:
    forge = local.forge()
    pull = forge.pull_request(REPOSITORY, NUMBER)
    assert (pull.title, pull.base, pull.mergeable) == (SENT["pull_request"]["title"], BASE, True)
    (commit,) = forge.commits(REPOSITORY, NUMBER)
    assert (commit.sha, commit.message) == (pull.head_sha, pull.title)
    (file,) = forge.files(REPOSITORY, NUMBER)
    assert (file.path, file.status) == (f"changes/{NUMBER}.md", "added")
    assert forge.content(REPOSITORY, file.path, pull.head_sha) is not None
    assert forge.content(REPOSITORY, file.path, BASE) is None
    kept = Repo(str(local.folder / "git" / f"{REPOSITORY.lower()}.git"))
    assert kept[ObjectID(pull.head_sha.encode())].type_name == b"commit"
    kept.close()


def test_a_push_makes_a_repository_that_git_clones_and_nothing_twice(local: Local, tmp_path: Path) -> None:
    def push(**files: str) -> dict[str, str]:
        body = {"repository": "acme/pushed", "files": {"a/b.txt": "one", **files}, "message": "feat: x"}
        answer = httpx.post(local.server.address + PUSH, json=body)
        assert answer.status_code == 201
        return dict(answer.json())

    first = push()
    assert push() == first
    second = push(c="two")
    assert second["sha"] != first["sha"]
    porcelain.clone(second["git"], str(tmp_path / "clone"), branch="main", errstream=BytesIO()).close()
    with GitHistory.open(tmp_path / "clone") as history:
        assert history.head() == second["sha"]
        assert history.content(second["sha"], "a/b.txt") == b"one"
        assert history.content(first["sha"], "c") is None
        assert history.content(second["sha"], "a") is None
        assert history.content(second["sha"], "c/d") is None


def test_a_whole_push_leaves_what_it_has_not_and_keeps_what_can_be_run(local: Local) -> None:
    local.push("acme/shop", **{"old.txt": "1", "run.sh": "exit 1"})
    body = {
        "repository": "acme/shop", "message": "feat: y", "whole": True,
        "files": {"run.sh": "exit 0", "b.txt": "2"}, "executable": ["run.sh"],
    }  # fmt: skip
    first = httpx.post(local.server.address + PUSH, json=body).json()
    assert httpx.post(local.server.address + PUSH, json=body).json() == first
    git = local.server.forge.git(local.server.forge.repository("acme/shop"))
    assert {path: mode for path, mode, *_ in git.files(first["sha"])} == {
        "b.txt": 0o100644,
        "run.sh": 0o100755,
    }
    assert len(list(git.log(first["sha"]))) == 2
    nothing = httpx.post(local.server.address + PUSH, json={**body, "files": {}, "repository": "acme/new"})
    assert nothing.status_code == 422
    assert not (local.folder / "git" / "acme" / "new.git").exists()


def released(local: Local, **changed: str) -> httpx.Response:
    body = {"repository": "other/action", "tag": "v1.0.0", "published_at": "2026-01-01T00:00:00Z"}
    return httpx.post(local.server.address + RELEASE, json={**body, **changed})


def test_releases_of_others_are_read_by_every_installation_and_written_by_none(local: Local) -> None:
    first = released(local, notes="The first.").json()["sha"]
    second = released(local, tag="v1.1.0", published_at="2026-02-01T01:00:00+01:00").json()["sha"]
    public = PublicRepositories(local.client(contents="read"), REPOSITORY)
    assert dict(public.tags("other/action")) == {"v1.0.0": first, "v1.1.0": second}
    assert [(each.tag, each.body, each.published_at) for each in public.releases("other/action")] == [
        ("v1.1.0", "", datetime(2026, 2, 1, tzinfo=UTC)),
        ("v1.0.0", "The first.", datetime(2026, 1, 1, tzinfo=UTC)),
    ]
    # What is private of another's stays unseen, and reading a public one gives no right to write.
    local.push("acme/private")
    assert public.tags("acme/private") == []
    with pytest.raises(PermanentError, match=r"forge\.not_found"):
        local.client(contents="write").ask("other/action", "DELETE", "releases/1", object, by=REPOSITORY)


@pytest.mark.parametrize(
    "changed",
    [
        {"tag": "v1.0.0"},
        {"repository": "acme/private", "tag": "v3"},
        {"repository": "no-owner", "tag": "v3"},
        {"repository": "../up/there", "tag": "v3"},
        {"repository": "acme/..", "tag": "v3"},
        {"published_at": "yesterday", "tag": "v3"},
        {"tag": ""},
        {"tag": "v1..0"},
        {"tag": "v 1"},
        {"tag": "../../x"},
        {"tag": "v1.lock"},
    ],
)
def test_release_that_cannot_be_is_refused_and_changes_nothing(local: Local, changed: dict[str, str]) -> None:
    released(local)
    local.push("acme/private")
    before = httpx.get(local.server.address + SEEN).json()
    assert released(local, **changed).status_code == 422
    assert httpx.get(local.server.address + SEEN).json() == before


def test_comments_are_made_found_and_changed(local: Local) -> None:
    forge = local.forge()
    made = forge.create_comment(REPOSITORY, NUMBER, "one")
    changed = forge.update_comment(REPOSITORY, made.id, "two")
    assert changed is not None
    assert list(forge.comments(REPOSITORY, NUMBER)) == [changed]
    assert changed.ours
    assert forge.comment(REPOSITORY, made.id) == changed
    assert forge.comment(REPOSITORY, 99) is None
    assert forge.update_comment(REPOSITORY, 99, "x") is None
    for body in ("", "x" * 65_537):
        with pytest.raises(PermanentError, match=r"forge\.invalid"):
            forge.create_comment(REPOSITORY, NUMBER, body)
    with pytest.raises(PermanentError, match=r"forge\.not_found"):
        forge.create_comment(REPOSITORY, 999, "x")


def test_comments_come_page_by_page(local: Local) -> None:
    forge = local.forge()
    ids = [forge.create_comment(REPOSITORY, NUMBER, str(n)).id for n in range(101)]
    assert [comment.id for comment in forge.comments(REPOSITORY, NUMBER)] == ids


def test_check_runs_are_under_the_commit_that_the_payload_names(local: Local) -> None:
    forge = local.forge()
    remarks = tuple(Annotation("a.py", n, Level.FAILURE, "no") for n in range(1, 121))
    report = CheckReport("writ/pr", HEAD, "act-1", Conclusion.FAILURE, "Title", "Summary", remarks)
    run = forge.create_check_run(REPOSITORY, report)
    assert (run.annotations, run.conclusion) == (120, "failure")
    passed = CheckReport("writ/pr", HEAD, "act-2", Conclusion.SUCCESS, "Title", "Summary")
    assert forge.update_check_run(REPOSITORY, run.id, passed).conclusion == "success"
    (found,) = forge.check_runs(REPOSITORY, HEAD, "writ/pr")
    assert found.external_id == "act-2"
    assert forge.check_runs(REPOSITORY, forge.pull_request(REPOSITORY, NUMBER).head_sha) == [found]
    assert forge.check_runs(REPOSITORY, HEAD, "other") == []


def test_latest_status_of_a_name_counts(local: Local) -> None:
    forge = local.forge()
    for state in ("pending", "success"):
        forge.create_status(REPOSITORY, HEAD, CommitStatus("ci", state, "fine"))
    assert forge.statuses(REPOSITORY, HEAD) == [CommitStatus("ci", "success", "fine")]


def test_anchor_bot_posts_there_and_verifiers_read_all_that_was_posted(local: Local) -> None:
    api, repository, name = local.server.address, "acme/releases", context_of("log.example")
    pushed = {"repository": repository, "files": {"README.md": "x"}, "message": "feat: begin"}
    sha = httpx.post(api + PUSH, json=pushed).json()["sha"]
    token = personal_token(local.folder)
    stored = Stored(Credentials.model_validate({"token": token, "api": api}))
    statuses = GitHubStatuses("stored", stored, ManualClock())
    assert statuses.newest_commit(repository) == sha
    said = [describe(size, bytes(32)) for size in (1, 2)]
    posted = [statuses.post(repository, sha, name, each) for each in said]
    assert [statuses.find(repository, sha, name, each) for each in said] == posted
    assert statuses.find(repository, sha, "other", said[0]) is None
    address = f"{api}/repos/{repository}/commits/{sha}/statuses"
    listed = httpx.get(address, headers={"Authorization": f"Bearer {token}"})
    assert [each.size for each in read_statuses(listed.content, "log.example")] == [2, 1]
    assert local.forge().statuses(repository, sha) == [CommitStatus(name, "success", said[1])]


def test_labels_are_added_and_taken_off(local: Local) -> None:
    forge = local.forge()
    assert "size/s" in forge.add_labels(REPOSITORY, NUMBER, ["size/s"])
    forge.remove_label(REPOSITORY, NUMBER, "size/s")
    forge.remove_label(REPOSITORY, NUMBER, "size/s")
    assert "size/s" not in forge.pull_request(REPOSITORY, NUMBER).labels


@pytest.mark.parametrize(("method", "parents"), [("merge", 2), ("squash", 1), ("rebase", 1)])
def test_merge_moves_the_base_branch(local: Local, method: str, parents: int) -> None:
    forge = local.forge()
    pull = forge.pull_request(REPOSITORY, NUMBER)
    with pytest.raises(PermanentError, match=r"forge\.moved"):
        forge.merge(REPOSITORY, NUMBER, head_sha="0" * 40, method=MergeMethod(method), title="t")
    sha = forge.merge(REPOSITORY, NUMBER, head_sha=pull.head_sha, method=MergeMethod(method), title="t")
    assert forge.ref(REPOSITORY, f"heads/{BASE}") == GitRef(f"refs/heads/{BASE}", sha)
    assert forge.pull_request(REPOSITORY, NUMBER).merged
    assert forge.content(REPOSITORY, f"changes/{NUMBER}.md", BASE) is not None
    record = local.server.forge.repository(REPOSITORY)
    assert len(local.server.forge.git(record).parents(sha)) == parents
    with pytest.raises(PermanentError, match=r"forge\.unmergeable"):
        forge.merge(REPOSITORY, NUMBER, head_sha=pull.head_sha, method=MergeMethod(method), title="t")


def test_pull_request_that_conflicts_is_not_merged(local: Local) -> None:
    forge, server = local.forge(), local.server.forge
    record = server.repository(REPOSITORY)
    git, base = server.git(record), f"refs/heads/{BASE}"
    before = git.ref(base)
    assert before is not None
    change = {f"changes/{NUMBER}.md": b"something else\n"}
    git.point(base, git.commit(change, "fix: other", server.now(), (before,)))
    pull = forge.pull_request(REPOSITORY, NUMBER)
    assert pull.mergeable is False
    with pytest.raises(PermanentError, match=r"forge\.unmergeable"):
        forge.merge(REPOSITORY, NUMBER, head_sha=pull.head_sha, method=MergeMethod.MERGE, title="t")


def test_tags_and_branches_are_made_once_and_never_moved_back(local: Local) -> None:
    forge = local.forge()
    pull = forge.pull_request(REPOSITORY, NUMBER)
    tag = forge.create_tag(REPOSITORY, "v1.0.0", "one", pull.head_sha)
    assert forge.create_ref(REPOSITORY, "tags/v1.0.0", tag).sha == tag
    with pytest.raises(PermanentError, match=r"forge\.invalid"):
        forge.create_ref(REPOSITORY, "tags/v1.0.0", pull.head_sha)
    assert forge.ref(REPOSITORY, "tags/v2") is None
    branch = forge.create_ref(REPOSITORY, "heads/next", pull.base_sha)
    assert forge.update_ref(REPOSITORY, "heads/next", pull.head_sha).ref == branch.ref
    with pytest.raises(PermanentError, match=r"forge\.invalid"):
        forge.update_ref(REPOSITORY, "heads/next", pull.base_sha)
    with pytest.raises(PermanentError, match=r"forge\.invalid"):
        forge.create_ref(REPOSITORY, "heads/none", "1" * 40)


def test_rights_that_were_not_asked_for_are_not_there(local: Local) -> None:
    forge = local.forge(pull_requests="read")
    assert forge.comments(REPOSITORY, NUMBER) == []
    with pytest.raises(PermanentError, match=r"forge\.forbidden"):
        forge.create_comment(REPOSITORY, NUMBER, "x")
    with pytest.raises(PermanentError, match=r"forge\.forbidden"):
        forge.ref(REPOSITORY, f"heads/{BASE}")


def test_nobody_without_the_key_is_let_in(local: Local) -> None:
    place = f"{local.server.address}/repos/{REPOSITORY}"
    assert httpx.get(f"{place}/pulls/{NUMBER}").status_code == 401
    assert httpx.get(f"{place}/installation", headers={"Authorization": "Bearer x"}).status_code == 401
    tokens = f"{local.server.address}/app/installations/1/access_tokens"
    assert httpx.post(tokens, headers={"Authorization": "Bearer x"}).status_code == 401


def test_what_it_keeps_outlives_it(local: Local) -> None:
    made = local.forge().create_comment(REPOSITORY, NUMBER, "one")
    with serving(local.folder) as again:
        other = Local(again, local.folder)
        assert other.forge().comment(REPOSITORY, made.id) is not None
        (repository,) = httpx.get(again.address + SEEN).json()["repositories"]
    assert repository["refs"].keys() == {f"refs/heads/{BASE}", f"refs/pull/{NUMBER}/head"}


def test_same_payload_again_changes_nothing_and_a_new_head_adds_a_commit(local: Local) -> None:
    forge = local.forge()
    before = forge.pull_request(REPOSITORY, NUMBER)
    local.take_in()
    assert forge.pull_request(REPOSITORY, NUMBER) == before
    head = {**SENT["pull_request"]["head"], "sha": "9" * 40}
    pushed = {**SENT, "pull_request": {**SENT["pull_request"], "head": head, "title": "Another"}}
    local.take_in(json.dumps(pushed).encode())
    after = forge.pull_request(REPOSITORY, NUMBER)
    assert after.title == "Another"
    assert [commit.sha for commit in forge.commits(REPOSITORY, NUMBER)] == [before.head_sha, after.head_sha]


def test_a_payload_may_come_with_the_files_that_it_changes(local: Local) -> None:
    changed = {**SENT, "number": 9, "pull_request": {**SENT["pull_request"], "number": 9}}
    changed["pull_request"]["head"] = {**SENT["pull_request"]["head"], "sha": "8" * 40}
    local.take_in(json.dumps({**changed, "files": {"src/a.py": "A = 1\n", "b.txt": "b\n"}}).encode())
    files = local.forge().files(REPOSITORY, 9)
    assert [(file.path, file.additions) for file in files] == [("b.txt", 1), ("src/a.py", 1)]
