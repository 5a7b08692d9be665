"""What the local forge keeps beside the git repositories, in one JSON file that is written whole."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, Field

from writ.contracts.anchor import Repository


class PullRecord(BaseModel):
    """`head_sha` and `base_sha` are commits of the repository here."""

    number: int
    title: str
    body: str = ""
    state: Literal["open", "closed"] = "open"
    draft: bool = False
    merged: bool = False
    head: str
    head_sha: str
    base: str
    labels: list[str] = []
    author: str = "octocat"
    source: str | None = None
    merged_by: str | None = None
    merge_sha: str | None = None


class CommentRecord(BaseModel):
    id: int
    pull: int
    body: str
    created_at: datetime
    updated_at: datetime


class CheckRecord(BaseModel):
    """A check run: what it reports as it was sent, and all annotations that ever were."""

    id: int
    head_sha: str
    report: dict[str, Any]
    annotations: list[dict[str, Any]] = []


class ReviewRecord(BaseModel):
    """What somebody said of a pull request, at the commit that was its head then."""

    id: int
    pull: int
    reviewer: str
    type: str
    state: str
    commit: str
    association: str


class StatusRecord(BaseModel):
    id: int
    sha: str
    context: str
    state: str
    description: str | None = None
    target_url: str | None = None


class ReleaseRecord(BaseModel):
    """A release's page; what its files hold lies beside the records."""

    id: int
    tag_name: str
    target_commitish: str
    name: str = ""
    body: str = ""
    draft: bool = True
    prerelease: bool = False
    published_at: datetime | None = None


class AssetRecord(BaseModel):
    id: int
    release: int
    name: str
    size: int
    sha256: str


class RunRecord(BaseModel):
    """A run of a workflow that was asked for; nothing here runs it."""

    id: int
    workflow: str
    ref: str
    head_sha: str
    inputs: dict[str, str]


class RepositoryRecord(BaseModel):
    """`aliases`: commits that only exist elsewhere, and which of ours stands for each.

    `public`: whether every installation may read it, as GitHub lets them.
    """

    name: Repository
    public: bool = False
    pulls: dict[int, PullRecord] = {}
    comments: dict[int, CommentRecord] = {}
    checks: dict[int, CheckRecord] = {}
    statuses: list[StatusRecord] = []
    releases: dict[int, ReleaseRecord] = {}
    assets: dict[int, AssetRecord] = {}
    runs: dict[int, RunRecord] = {}
    reviews: dict[int, ReviewRecord] = {}
    aliases: dict[str, str] = {}

    def commit(self, sha: str) -> str:
        return self.aliases.get(sha, sha)


class Records(BaseModel):
    """All repositories, by their names in small letters."""

    repositories: dict[str, RepositoryRecord] = {}
    last: int = Field(default=0, description="the last number that was given to something")

    def next(self) -> int:
        self.last += 1
        return self.last

    def find(self, name: str) -> RepositoryRecord | None:
        return self.repositories.get(name.lower())

    @classmethod
    def load(cls, path: Path) -> Records:
        return cls.model_validate_json(path.read_bytes()) if path.is_file() else cls()

    def save(self, path: Path) -> None:
        draft = path.with_suffix(".part")
        draft.write_text(self.model_dump_json(indent=1), encoding="utf-8")
        draft.replace(path)
