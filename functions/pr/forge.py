"""What the bot asks of a forge about a pull request: parts of writ.ports.forge, and no more of it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from writ.ports.forge import ChangedFile, CheckRun, CommitStatus, Content, PullCommit, PullRequest
from writ.ports.forge_reviews import Reviews
from writ.ports.forge_words import MergeMethod


class Reading(Reviews, Protocol):
    """What is read of a pull request."""

    def pull_request(self, repository: str, number: int) -> PullRequest: ...

    def files(self, repository: str, number: int) -> Sequence[ChangedFile]: ...

    def commits(self, repository: str, number: int) -> Sequence[PullCommit]: ...

    def check_runs(self, repository: str, sha: str, name: str | None = None) -> Sequence[CheckRun]: ...

    def statuses(self, repository: str, sha: str) -> Sequence[CommitStatus]: ...

    def content(self, repository: str, path: str, ref: str) -> Content | None: ...


class Merges(Protocol):
    """What merges one."""

    def merge(
        self, repository: str, number: int, *, head_sha: str, method: MergeMethod, title: str
    ) -> str: ...
