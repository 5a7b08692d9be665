"""`writ release` on real repositories: tags, merges, packages, and files it may write."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from dulwich import porcelain
from dulwich.repo import Repo
from typer.testing import CliRunner, Result

from cli.app import app
from writ.adapters.git_history import GitHistory
from writ.contracts.errors import NotFoundError

WHO = b"Ann <ann@example.org>"


class Repository:
    """A repository whose commits are a second apart."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.repo = Repo.init(str(folder))
        self.at = 1_700_000_000

    def commit(self, message: str, file: str = "a.txt") -> str:
        path = self.folder / file
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(message, encoding="utf-8")
        worktree = self.repo.get_worktree()
        worktree.stage([file.encode()])
        self.at += 1
        made = worktree.commit(
            message=message.encode(),
            committer=WHO,
            author=WHO,
            commit_timestamp=self.at,
            author_timestamp=self.at,
        )
        return made.decode()

    def tag(self, name: str, *, annotated: bool = False) -> None:
        porcelain.tag_create(self.repo, name.encode(), author=WHO, message=b"x", annotated=annotated)


@pytest.fixture
def repository(tmp_path: Path) -> Repository:
    return Repository(tmp_path)


@pytest.fixture
def writ(tmp_path: Path) -> Callable[..., Result]:
    return lambda *words: CliRunner().invoke(app, ["release", *words, "--repo", str(tmp_path)])


def told(result: Result) -> Any:
    assert result.exit_code == 0, result.output
    return json.loads(result.stdout)


def test_a_plan_counts_from_the_last_tag(repository: Repository, writ: Callable[..., Result]) -> None:
    repository.commit("feat: first")
    repository.tag("v1.0.0", annotated=True)
    kept = repository.commit("feat: second")
    repository.commit("docs: third")
    repository.commit(f'Revert "feat: second"\n\nThis reverts commit {kept}.')
    repository.commit("fix: fourth")
    found = told(writ("plan", "--json"))
    assert (found["last"], found["bump"], found["tag"]) == ("v1.0.0", "patch", "v1.0.1")
    assert [each["header"] for each in found["commits"]][::3] == ["feat: second", "fix: fourth"]
    assert found["commits"][0]["cancelled_by"] == found["commits"][2]["sha"]
    shown = writ("plan").stdout
    assert "1.0.0 → 1.0.1" in shown
    assert "cancelled" in shown
    assert "third" not in shown
    assert "third" in writ("plan", "--all").stdout


def test_a_changelog_is_written_once(repository: Repository, writ: Callable[..., Result]) -> None:
    repository.commit("feat: first")
    file = repository.folder / "CHANGELOG.md"
    file.write_bytes(b"# Mine\r\n\r\n## 0.9.0\r\n\r\n- old\r\n")
    written = told(writ("changelog", "--write", "--date", "2026-11-25", "--json"))
    assert written["written"]
    text = file.read_bytes()
    assert text.startswith(b"# Mine\r\n\r\n## 1.0.0 - 2026-11-25\r\n\r\n### Added\r\n\r\n- First (")
    assert text.endswith(b"\r\n\r\n## 0.9.0\r\n\r\n- old\r\n")
    assert not told(writ("changelog", "--write", "--json"))["written"]
    assert file.read_bytes() == text


def test_packages_are_released_by_their_files(repository: Repository, writ: Callable[..., Result]) -> None:
    (repository.folder / "release.yaml").write_text(
        "rules: angular\npackages:\n- {name: core, path: core}\n- {name: cli, path: cli}\n", encoding="utf-8"
    )
    repository.commit("feat: core", "core/a")
    repository.tag("core-v1.0.0")
    repository.commit("feat: cli", "cli/a")
    repository.commit("fix: core", "core/b")
    found = told(writ("plan", "--json"))["items"]
    assert [each["tag"] for each in found] == ["core-v1.0.1", "cli-v1.0.0"]
    assert told(writ("plan", "--package", "core", "--json"))["tag"] == "core-v1.0.1"
    assert writ("plan", "--package", "cor").exit_code == 2


def test_a_release_of_another_branch_does_not_count(
    repository: Repository, writ: Callable[..., Result]
) -> None:
    first = repository.commit("feat: first")
    repository.tag("v1.0.0")
    repository.commit("feat: second")
    repository.tag("v1.1.0")
    repository.repo.refs[repository.repo.refs.follow(b"HEAD")[0][-1]] = first.encode()  # type: ignore[assignment, arg-type]
    repository.commit("fix: third")
    assert told(writ("plan", "--json"))["tag"] == "v1.0.1"
    repository.commit("feat: fourth")
    refused = writ("plan", "--json")
    assert refused.exit_code == 1
    assert "v1.1.0" in refused.stdout


def test_pre_releases_go_on_where_they_were(repository: Repository, writ: Callable[..., Result]) -> None:
    repository.commit("feat: first")
    repository.tag("v1.0.0")
    repository.commit("feat: second")
    repository.tag("v1.1.0-rc.1")
    assert told(writ("plan", "--pre", "rc", "--json"))["tag"] is None
    repository.commit("fix: third")
    assert told(writ("plan", "--pre", "rc", "--json"))["tag"] == "v1.1.0-rc.2"
    assert told(writ("plan", "--json"))["tag"] == "v1.1.0"
    assert writ("plan", "--pre", "gamma").exit_code == 2


def test_commits_are_named_as_git_names_them(repository: Repository, tmp_path: Path) -> None:
    made = [repository.commit(f"feat: {number}") for number in range(4)]
    repository.tag("v1.0.0", annotated=True)
    with GitHistory.open(tmp_path) as history:
        named = {
            "HEAD": 3, "HEAD~": 2, "HEAD^": 2, "HEAD~1": 2, "HEAD^^": 1, "master~3": 0, "v1.0.0": 3,
            "v1.0.0~2": 1, "refs/heads/master^~1": 1, f"{made[3][:10]}~1": 2, "HEAD^0": 3,
            "@": 3, "@~1": 2,
        }  # fmt: skip
        assert {name: made.index(history.head(name)) for name in named} == named
        for absent in ("HEAD~4", "HEAD^2", "main~1", "~1", "", "HEAD:a.txt", "HEAD^{tree}", "HEAD~x"):
            with pytest.raises(NotFoundError):
                history.head(absent)


def test_what_cannot_be_is_said_in_one_line(
    repository: Repository, writ: Callable[..., Result], tmp_path: Path
) -> None:
    assert "nothing" in writ("plan").output or writ("plan").exit_code == 1
    repository.commit("docs: only")
    assert writ("plan").exit_code == 0
    nothing = writ("notes", "--json")
    assert nothing.exit_code == 1
    assert json.loads(nothing.stdout)["error"]["code"] == "release.nothing"
    assert told(writ("notes", "--at-least", "patch", "--json"))["version"] == "1.0.0"
    (tmp_path / "release.yaml").write_text("rules: [", encoding="utf-8")
    assert writ("plan").exit_code == 1
