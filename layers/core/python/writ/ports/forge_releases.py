"""What a release asks of a forge: commits between two points, tags, release pages and their files, builds.

What is raised is said in `writ.ports.forge`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, slots=True)
class HistoryCommit:
    """A commit: its digest, message and parents, and the files it touches where they were asked for."""

    sha: str
    message: str
    parents: tuple[str, ...] = ()
    files: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Comparison:
    """What `head` has and `base` has not, the oldest first; `behind` counts what it lacks of the base."""

    commits: tuple[HistoryCommit, ...]
    behind: int


@dataclass(frozen=True, slots=True)
class ForgeRelease:
    """A release's page. Of one tag there may be several drafts, and one that is published."""

    id: int
    tag: str
    name: str
    body: str
    draft: bool
    prerelease: bool
    url: str


@dataclass(frozen=True, slots=True)
class NewRelease:
    """What a draft is made of."""

    tag: str
    sha: str
    name: str
    body: str
    prerelease: bool


@dataclass(frozen=True, slots=True)
class Asset:
    """A file of a release. `complete` is False for one whose upload was broken off."""

    id: int
    name: str
    size: int
    complete: bool


@dataclass(frozen=True, slots=True)
class BuildRun:
    """A run of a workflow by its title; `conclusion` is None while it goes on."""

    id: int
    title: str
    status: str
    conclusion: str | None
    url: str


class History(Protocol):
    """Commits and tags."""

    def commit(self, repository: str, ref: str) -> HistoryCommit | None:
        """The commit that a ref comes to, with its files: a digest, `heads/main`, `tags/v1`, `HEAD`."""

    def tags(self, repository: str) -> Mapping[str, str]:
        """The commit behind every tag. Raises TransientError where there are more than can be read."""

    def compare(self, repository: str, base: str, head: str) -> Comparison:
        """From one commit to another. Raises TransientError where there are more than can be read."""

    def log(self, repository: str, sha: str) -> Sequence[HistoryCommit]:
        """Everything that a commit reaches, the oldest first."""


class Releases(Protocol):
    """Release pages and their files."""

    def releases_of(self, repository: str, tag: str) -> Sequence[ForgeRelease]:
        """Those of a tag, drafts too, the oldest first; only the newest hundred of all are looked through."""

    def create_draft(self, repository: str, release: NewRelease) -> ForgeRelease:
        """A draft, which nobody sees yet."""

    def publish(self, repository: str, id: int) -> ForgeRelease:
        """Let everybody see it. Raises PermanentError `forge.invalid` where its tag has one already."""

    def delete_release(self, repository: str, id: int) -> None:
        """Remove one; one that is not there is removed. Tags stay."""

    def assets(self, repository: str, id: int) -> Sequence[Asset]:
        """The files of a release."""

    def upload(self, repository: str, id: int, name: str, data: bytes) -> Asset:
        """Add a file. Raises PermanentError `forge.invalid` where there is one of the name."""

    def delete_asset(self, repository: str, id: int) -> None:
        """Remove a file; one that is not there is removed."""


class Builds(Protocol):
    """Workflows of a repository, by the name of their file."""

    def start_build(self, repository: str, workflow: str, ref: str, inputs: Mapping[str, str]) -> None:
        """Have one run at a ref; whoever asks finds the run by its title."""

    def builds(self, repository: str, workflow: str, sha: str) -> Sequence[BuildRun]:
        """The runs at a commit that were asked for, the newest hundred."""


class ReleaseForge(History, Releases, Builds, Protocol):
    """All of it."""
