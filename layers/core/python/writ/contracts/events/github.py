"""Code on GitHub, one event a webhook delivery.

Free text other than titles and labels stays out: bodies hold mail addresses and secrets. Who needs
them reads the stored payload, which every event names.
"""

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from writ.contracts.event import event
from writ.contracts.events.fields import (
    Commit,
    Count,
    GitHubData,
    Labels,
    Login,
    Name,
    Number,
    Ref,
    Repository,
    RepositoryData,
    Title,
    Url,
    Word,
)


@event("github")
class GitHubEventIgnored(GitHubData):
    """Accepted and recorded, but it means nothing to Writ.

    `reason` is ping, unknown_event or unknown_action.
    """

    event: Word
    reason: Word


class PullRequest(RepositoryData):
    """`fork`: whether `head` is a branch of another repository, `head_repository`, which may be gone by now.

    Absent where GitHub did not say, and in events from before there was the field.
    """

    number: Number
    title: Title
    author: Login | None = None
    draft: bool
    state: Word
    head: Ref
    head_sha: Commit
    base: Ref
    base_sha: Commit
    labels: Labels = ()
    url: Url | None = None
    fork: Annotated[bool | None, Field(examples=[False])] = None
    head_repository: Repository | None = None


@event("github")
class PullRequestOpened(PullRequest):
    """Opened, or opened again."""


@event("github")
class PullRequestChanged(PullRequest):
    """Anything but opened, labelled, closed or merged; `action` says what."""


@event("github")
class PullRequestLabelled(PullRequest):
    label: Name


@event("github")
class PullRequestMerged(PullRequest):
    merge_sha: Commit | None = None
    merged_by: Login | None = None


@event("github")
class PullRequestClosed(PullRequest):
    """Closed without a merge."""


class Review(RepositoryData):
    number: Number
    reviewer: Login | None = None
    state: Word
    commit: Commit | None = None


@event("github")
class ReviewSubmitted(Review):
    """`state` is approved, changes_requested or commented."""


@event("github")
class ReviewChanged(Review):
    """Edited or dismissed."""


class PushedCommit(BaseModel):
    """One commit of a push; `author` is a GitHub login, never a mail address."""

    model_config = ConfigDict(extra="allow", frozen=True, defer_build=True)

    id: Commit
    title: Title
    author: Login | None = None


@event("github")
class CodePushed(RepositoryData):
    """A branch or tag moved. `commits` holds the newest 50 at most, `commit_count` all of them."""

    ref: Ref
    before: Commit
    after: Commit
    created: bool
    deleted: bool
    forced: bool
    default_branch: bool
    commit_count: Count
    commits: Annotated[tuple[PushedCommit, ...], Field(max_length=50)] = ()


class GitRef(RepositoryData):
    ref: Ref
    kind: Word


@event("github")
class RefCreated(GitRef):
    """A branch or a tag came to be."""


@event("github")
class RefDeleted(GitRef):
    """A branch or a tag is gone."""


class RepositoryState(RepositoryData):
    visibility: Word
    archived: bool
    default_branch: Ref | None = None


@event("github")
class RepositoryCreated(RepositoryState):
    """A new repository."""


@event("github")
class RepositoryChanged(RepositoryState):
    """Anything but created (privatized, publicized, archived, renamed, …); `action` says what."""
