"""A forge: where code is hosted and reviewed. GitHub is one; the words are its own.

Every method raises PermanentError with a `forge.` code for what trying again cannot help, ForgeBusyError
where the forge says when to come back, and TransientError for what else may pass. A request that changes
something may have had its effect although it raised TransientError.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from writ.ports.forge_words import Conclusion, Level, MergeMethod


@dataclass(frozen=True, slots=True)
class Comment:
    """A comment on a pull request. `author` is the account's number, None for one that is gone.

    `ours`: written by the app that the client signs in as; never said to one that signs in by a token.
    """

    id: int
    body: str
    url: str
    author: int | None = None
    ours: bool = False


@dataclass(frozen=True, slots=True)
class PullRequest:
    """`mergeable` is None while the forge has not found out yet. `author` and `merged_by` are logins.

    `source` is the repository that the head is in, None where that is gone.
    """

    number: int
    title: str
    body: str
    state: str
    draft: bool
    merged: bool
    head: str
    head_sha: str
    base: str
    base_sha: str
    labels: tuple[str, ...] = ()
    author: str | None = None
    mergeable: bool | None = None
    url: str = ""
    source: str | None = None
    merged_by: str | None = None
    merge_sha: str | None = None


@dataclass(frozen=True, slots=True)
class ChangedFile:
    """`status` is added, removed, modified, renamed, copied, changed or unchanged."""

    path: str
    status: str
    additions: int
    deletions: int
    previous: str | None = None


@dataclass(frozen=True, slots=True)
class PullCommit:
    """A commit of a pull request; more than one parent is a merge. `author` is a login, where it has one."""

    sha: str
    message: str
    parents: int = 1
    author: str | None = None


@dataclass(frozen=True, slots=True)
class Annotation:
    """A remark at lines of a file; lines count from 1."""

    path: str
    line: int
    level: Level
    message: str
    title: str = ""
    end: int | None = None


@dataclass(frozen=True, slots=True)
class CheckReport:
    """A check that is over. `external_id` is what it is found again by, `url` where there is more to read."""

    name: str
    head_sha: str
    external_id: str
    conclusion: Conclusion
    title: str
    summary: str
    annotations: tuple[Annotation, ...] = ()
    url: str = ""


@dataclass(frozen=True, slots=True)
class CheckRun:
    """A check as the forge keeps it; `annotations` counts them, `app` is who reports it."""

    id: int
    name: str
    head_sha: str
    status: str
    conclusion: str | None
    external_id: str
    url: str
    annotations: int = 0
    app: str = ""


@dataclass(frozen=True, slots=True)
class CommitStatus:
    """The older kind of check: a state under a name: error, failure, pending or success."""

    context: str
    state: str
    description: str
    url: str = ""


@dataclass(frozen=True, slots=True)
class GitRef:
    """A branch or tag by its full name, `refs/tags/v1`, and the object it points to."""

    ref: str
    sha: str


@dataclass(frozen=True, slots=True)
class Content:
    """A file at a commit; `sha` is its blob's id."""

    path: str
    sha: str
    data: bytes


class Comments(Protocol):
    """Comments on pull requests, by repository and number."""

    def comments(self, repository: str, number: int) -> Sequence[Comment]:
        """All of them, the oldest first. Raises TransientError where there are more than can be read."""

    def comment(self, repository: str, id: int) -> Comment | None:
        """One of them, or None."""

    def create_comment(self, repository: str, number: int, body: str) -> Comment:
        """Add one."""

    def update_comment(self, repository: str, id: int, body: str) -> Comment | None:
        """Change one; None for one that is gone."""


class PullRequests(Protocol):
    """Pull requests and what they change."""

    def pull_request(self, repository: str, number: int) -> PullRequest:
        """One as it stands now."""

    def files(self, repository: str, number: int) -> Sequence[ChangedFile]:
        """What it changes: GitHub lists 3,000 files at most."""

    def commits(self, repository: str, number: int) -> Sequence[PullCommit]:
        """Its commits, the oldest first: GitHub lists 250 at most."""

    def add_labels(self, repository: str, number: int, labels: Sequence[str]) -> Sequence[str]:
        """All labels that it has afterwards."""

    def remove_label(self, repository: str, number: int, label: str) -> None:
        """Take one off; one that is not there is off."""

    def merge(self, repository: str, number: int, *, head_sha: str, method: MergeMethod, title: str) -> str:
        """The merge commit's id.

        Raises PermanentError `forge.unmergeable`, or `forge.moved` where the head is not `head_sha` any more.
        """


class Checks(Protocol):
    """Check runs and statuses of commits."""

    def check_runs(self, repository: str, sha: str, name: str | None = None) -> Sequence[CheckRun]:
        """The latest of every name and app, or all of one name."""

    def create_check_run(self, repository: str, report: CheckReport) -> CheckRun:
        """Report a check; annotations past the 50 of one request follow by updates."""

    def update_check_run(self, repository: str, id: int, report: CheckReport) -> CheckRun:
        """Change what one reports. Annotations are added to those that are there."""

    def statuses(self, repository: str, sha: str) -> Sequence[CommitStatus]:
        """The latest of every name."""

    def create_status(self, repository: str, sha: str, status: CommitStatus) -> None:
        """Post one."""


class Refs(Protocol):
    """Branches, tags and files."""

    def ref(self, repository: str, ref: str) -> GitRef | None:
        """One by its name without `refs/`: `heads/main`, `tags/v1`."""

    def create_ref(self, repository: str, ref: str, sha: str) -> GitRef:
        """A new one. Raises PermanentError `forge.invalid` for one that exists, or a commit that does not."""

    def update_ref(self, repository: str, ref: str, sha: str) -> GitRef:
        """Move one forward, never by force."""

    def create_tag(self, repository: str, tag: str, message: str, sha: str) -> str:
        """The id of a new annotated tag object, which no ref points to yet."""

    def content(self, repository: str, path: str, ref: str) -> Content | None:
        """A file of up to 1 MB, or None."""


class Forge(Comments, PullRequests, Checks, Refs, Protocol):
    """All of it."""
