"""GitHub behind the port of releases: https://docs.github.com/en/rest/releases and its neighbours."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Annotated, Final, Literal
from urllib.parse import quote

from pydantic import BaseModel, ConfigDict, Field

from writ.adapters.github_client import NOT_FOUND, GitHubClient
from writ.contracts.errors import PermanentError, TransientError
from writ.ports.forge_releases import Asset, BuildRun, Comparison, ForgeRelease, HistoryCommit, NewRelease

PAGE: Final = 100
# 3,000 commits or tags.
PAGES: Final = 30
_BODY: Final = 125_000  # characters: GitHub's own limit


class _Answer(BaseModel):
    model_config = ConfigDict(extra="ignore", frozen=True, defer_build=True)


class _Sha(_Answer):
    sha: str


class _Message(_Answer):
    message: str


class _File(_Answer):
    filename: str
    previous_filename: str | None = None


class CommitAnswer(_Answer):
    sha: str
    commit: _Message
    parents: list[_Sha] = []
    files: list[_File] = []

    def value(self) -> HistoryCommit:
        named = [name for file in self.files for name in (file.filename, file.previous_filename) if name]
        return HistoryCommit(
            self.sha, self.commit.message, tuple(parent.sha for parent in self.parents), tuple(named)
        )


class TagAnswer(_Answer):
    name: str
    commit: _Sha


class ComparisonAnswer(_Answer):
    behind_by: int
    commits: list[CommitAnswer]


class ReleaseAnswer(_Answer):
    id: int
    tag_name: str
    name: str | None = None
    body: str | None = None
    draft: bool
    prerelease: bool
    html_url: Annotated[str, Field(max_length=2048)]

    def value(self) -> ForgeRelease:
        return ForgeRelease(
            self.id,
            self.tag_name,
            self.name or "",
            self.body or "",
            self.draft,
            self.prerelease,
            self.html_url,
        )


class AssetAnswer(_Answer):
    id: int
    name: str
    size: int
    state: Literal["uploaded", "open", "starter"] = "uploaded"

    def value(self) -> Asset:
        return Asset(self.id, self.name, self.size, self.state == "uploaded")


class RunAnswer(_Answer):
    id: int
    display_title: str = ""
    status: str | None = None
    conclusion: str | None = None
    html_url: Annotated[str, Field(max_length=2048)]


class RunsAnswer(_Answer):
    workflow_runs: list[RunAnswer]


class GitHubReleases:
    """See writ.ports.forge_releases."""

    def __init__(self, client: GitHubClient) -> None:
        self._client = client

    def commit(self, repository: str, ref: str) -> HistoryCommit | None:
        try:
            found = self._client.find(repository, f"commits/{quote(ref, safe='')}", CommitAnswer)
        except PermanentError as error:
            # To GitHub a digest that it does not know is a malformed one:
            # https://github.com/octokit/octokit.net/issues/2026
            if error.code != "forge.invalid":
                raise
            return None
        return found.value() if found else None

    def tags(self, repository: str) -> Mapping[str, str]:
        found: dict[str, str] = {}
        for page in range(1, PAGES + 1):
            query = {"per_page": PAGE, "page": page}
            answer = self._client.ask(repository, "GET", "tags", list[TagAnswer], query=query)
            found |= {tag.name: tag.commit.sha for tag in answer}
            if len(answer) < PAGE:
                return found
        raise _too_many()

    def compare(self, repository: str, base: str, head: str) -> Comparison:
        path, found = f"compare/{quote(base, safe='')}...{quote(head, safe='')}", list[HistoryCommit]()
        for page in range(1, PAGES + 1):
            query = {"per_page": PAGE, "page": page}
            answer = self._client.ask(repository, "GET", path, ComparisonAnswer, query=query)
            found += [commit.value() for commit in answer.commits]
            if len(answer.commits) < PAGE:
                return Comparison(tuple(found), answer.behind_by)
        raise _too_many()

    def log(self, repository: str, sha: str) -> Sequence[HistoryCommit]:
        found: list[HistoryCommit] = []
        for page in range(1, PAGES + 1):
            query: dict[str, str | int] = {"sha": sha, "per_page": PAGE, "page": page}
            answer = self._client.ask(repository, "GET", "commits", list[CommitAnswer], query=query)
            found += [commit.value() for commit in answer]
            if len(answer) < PAGE:
                return found[::-1]
        raise _too_many()

    def releases_of(self, repository: str, tag: str) -> Sequence[ForgeRelease]:
        query = {"per_page": PAGE, "page": 1}
        answer = self._client.ask(repository, "GET", "releases", list[ReleaseAnswer], query=query)
        return sorted((found.value() for found in answer if found.tag_name == tag), key=lambda one: one.id)

    def create_draft(self, repository: str, release: NewRelease) -> ForgeRelease:
        body = {
            "tag_name": release.tag,
            "target_commitish": release.sha,
            "name": release.name,
            "body": release.body[:_BODY],
            "draft": True,
            "prerelease": release.prerelease,
        }
        return self._client.ask(repository, "POST", "releases", ReleaseAnswer, body=body).value()

    def publish(self, repository: str, id: int) -> ForgeRelease:
        path, body = f"releases/{id}", {"draft": False}
        return self._client.ask(repository, "PATCH", path, ReleaseAnswer, body=body).value()

    def delete_release(self, repository: str, id: int) -> None:
        self._remove(repository, f"releases/{id}")

    def assets(self, repository: str, id: int) -> Sequence[Asset]:
        query = {"per_page": PAGE, "page": 1}
        answer = self._client.ask(repository, "GET", f"releases/{id}/assets", list[AssetAnswer], query=query)
        return [found.value() for found in answer]

    def upload(self, repository: str, id: int, name: str, data: bytes) -> Asset:
        path = f"releases/{id}/assets"
        return self._client.upload(repository, path, AssetAnswer, query={"name": name}, data=data).value()

    def delete_asset(self, repository: str, id: int) -> None:
        self._remove(repository, f"releases/assets/{id}")

    def start_build(self, repository: str, workflow: str, ref: str, inputs: Mapping[str, str]) -> None:
        path = f"actions/workflows/{quote(workflow, safe='')}/dispatches"
        body = {"ref": ref, "inputs": dict(inputs)}
        self._client.ask(repository, "POST", path, object, body=body)

    def builds(self, repository: str, workflow: str, sha: str) -> Sequence[BuildRun]:
        path = f"actions/workflows/{quote(workflow, safe='')}/runs"
        query: dict[str, str | int] = {
            "event": "workflow_dispatch",
            "head_sha": sha,
            "per_page": PAGE,
            "page": 1,
        }
        answer = self._client.ask(repository, "GET", path, RunsAnswer, query=query)
        return [
            BuildRun(run.id, run.display_title, run.status or "", run.conclusion, run.html_url)
            for run in answer.workflow_runs
        ]

    def _remove(self, repository: str, path: str) -> None:
        try:
            self._client.ask(repository, "DELETE", path, object)
        except PermanentError as error:
            if error.code != NOT_FOUND:
                raise


def _too_many() -> TransientError:
    return TransientError("there are more of them than are looked through", code="forge.crowded")
