"""Issues and comments on GitHub, one event a webhook delivery. Their bodies stay out."""

from typing import Literal

from writ.contracts.event import event
from writ.contracts.events.fields import (
    Identifier,
    Labels,
    Login,
    Name,
    Number,
    RepositoryData,
    Title,
    Url,
    Word,
)


class Issue(RepositoryData):
    number: Number
    title: Title
    author: Login | None = None
    state: Word
    labels: Labels = ()
    url: Url | None = None


@event("github")
class IssueOpened(Issue):
    """Opened, or opened again."""


@event("github")
class IssueLabelled(Issue):
    label: Name


@event("github")
class IssueClosed(Issue):
    reason: Word | None = None


@event("github")
class IssueChanged(Issue):
    """Anything but opened, labelled or closed; `action` says what."""


class Comment(RepositoryData):
    number: Number
    on: Literal["issue", "pull_request"]
    comment_id: Identifier
    author: Login | None = None


@event("github")
class CommentCreated(Comment):
    """Somebody commented on an issue or a pull request."""


@event("github")
class CommentChanged(Comment):
    """Edited or deleted."""
