"""What checks and statuses on GitHub say of commits."""

from typing import Literal

from writ.contracts.event import event
from writ.contracts.events.fields import (
    Commit,
    Identifier,
    Login,
    Name,
    Ref,
    RepositoryData,
    Url,
    Word,
)


class Check(RepositoryData):
    """A check run, or a suite of them. `name` is the run's name, for a suite the app's."""

    kind: Literal["run", "suite"]
    check_id: Identifier
    name: Name
    head_sha: Commit
    branch: Ref | None = None
    app: Name | None = None
    status: Word | None = None
    url: Url | None = None


@event("github")
class CheckRequested(Check):
    """Asked for, or asked for again (`action` rerequested)."""


@event("github")
class CheckCompleted(Check):
    """Ended without failing: success, neutral, skipped, cancelled, stale or action_required."""

    conclusion: Word | None = None


@event("github")
class CheckFailed(Check):
    """Ended as failure, timed_out or startup_failure."""

    conclusion: Word


@event("github")
class CommitStatusReported(RepositoryData):
    sha: Commit
    context: Name
    state: Word
    author: Login | None = None
    url: Url | None = None
