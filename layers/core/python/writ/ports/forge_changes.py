"""What a bot asks of a forge that changes code by pull requests: whole trees, commits, branches, proposals.

Errors are those of writ.ports.forge.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal, Protocol

from writ.ports.forge import PullRequest


@dataclass(frozen=True, slots=True)
class TreeFile:
    """A file of a tree; `mode` is git's, 100644 or 100755, and links and submodules are none."""

    path: str
    sha: str
    mode: str
    size: int


@dataclass(frozen=True, slots=True)
class PublishedRelease:
    """A release on the forge, of a tag; `body` is what others wrote."""

    tag: str
    body: str
    published_at: datetime | None
    prerelease: bool = False


class Trees(Protocol):
    """A repository's files at a commit."""

    def default_branch(self, repository: str) -> str:
        """Its name."""

    def head(self, repository: str, branch: str) -> str | None:
        """The newest commit of a branch; None for a branch that is not there."""

    def tree(self, repository: str, sha: str) -> Sequence[TreeFile]:
        """All files of a commit. Raises PermanentError `forge.crowded` where it has too many to list."""

    def blob(self, repository: str, sha: str) -> bytes:
        """What is in a file, by the id of its blob."""


class Branches(Protocol):
    """Commits on branches of a bot's own."""

    def commit(self, repository: str, parent: str, files: Mapping[TreeFile, str], message: str) -> str:
        """A commit of the parent's tree with these files changed, which no branch points to yet."""

    def point(self, repository: str, branch: str, sha: str, *, new: bool) -> None:
        """Make a branch, or move one to any commit. Raises PermanentError `forge.invalid` for the other."""

    def remove(self, repository: str, branch: str) -> None:
        """Delete a branch; one that is not there is gone."""


class Proposals(Protocol):
    """Pull requests from branches of the repository itself."""

    def proposals(self, repository: str, branch: str) -> Sequence[PullRequest]:
        """Those that were ever opened from a branch, the newest first."""

    def propose(self, repository: str, *, branch: str, base: str, title: str, body: str) -> PullRequest:
        """Open one. Raises PermanentError `forge.invalid` where one is open or there is nothing to merge."""

    def revise(
        self,
        repository: str,
        number: int,
        *,
        title: str | None = None,
        body: str | None = None,
        state: Literal["open", "closed"] | None = None,
    ) -> PullRequest:
        """Change what one says, or close it."""

    def label(self, repository: str, number: int, labels: Sequence[str]) -> None:
        """Add labels."""


class Changes(Trees, Branches, Proposals, Protocol):
    """All of it."""
