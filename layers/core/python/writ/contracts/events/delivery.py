"""From commit to production on GitHub: workflows, merge queue, deployments, releases."""

from writ.contracts.event import event
from writ.contracts.events.fields import (
    Commit,
    Identifier,
    Login,
    Name,
    Number,
    Ref,
    RepositoryData,
    Title,
    Url,
    Word,
)


class WorkflowRun(RepositoryData):
    run_id: Identifier
    workflow_id: Identifier
    name: Name
    attempt: Number
    trigger: Word
    branch: Ref | None = None
    head_sha: Commit
    status: Word
    actor: Login | None = None
    url: Url | None = None


@event("github")
class WorkflowRunRequested(WorkflowRun):
    """The first attempt was asked for."""


@event("github")
class WorkflowRunStarted(WorkflowRun):
    """The first attempt runs."""


@event("github")
class WorkflowRerun(WorkflowRun):
    """A second or later attempt began. GitHub may say so twice: (run_id, attempt) is one rerun."""


@event("github")
class WorkflowRunCompleted(WorkflowRun):
    """Ended without failing."""

    conclusion: Word | None = None


@event("github")
class WorkflowRunFailed(WorkflowRun):
    """Ended as failure, timed_out or startup_failure."""

    conclusion: Word


class WorkflowJob(RepositoryData):
    job_id: Identifier
    run_id: Identifier
    attempt: Number
    name: Name
    head_sha: Commit
    status: Word
    runner: Name | None = None
    url: Url | None = None


@event("github")
class WorkflowJobChanged(WorkflowJob):
    """Queued, waiting or in progress."""


@event("github")
class WorkflowJobCompleted(WorkflowJob):
    conclusion: Word | None = None


class Deployment(RepositoryData):
    """`manual` is true when a person, not an app, asked for the deployment."""

    deployment_id: Identifier
    environment: Name
    ref: Ref
    sha: Commit
    task: Name
    creator: Login | None = None
    manual: bool
    url: Url | None = None


@event("github")
class DeploymentRequested(Deployment):
    """A deployment was created."""


@event("github")
class DeploymentStatusReported(Deployment):
    """`state` is GitHub's: pending, in_progress, success, failure, error, inactive, …"""

    status_id: Identifier
    state: Word


class Release(RepositoryData):
    release_id: Identifier
    tag: Ref
    name: Title | None = None
    draft: bool
    prerelease: bool
    author: Login | None = None
    target: Ref
    url: Url | None = None


@event("github")
class ReleasePublished(Release):
    """Published for the first time."""


@event("github")
class ReleaseChanged(Release):
    """Anything but published; `action` says what."""


class MergeGroup(RepositoryData):
    head: Ref
    head_sha: Commit
    base: Ref
    base_sha: Commit


@event("github")
class MergeGroupRequested(MergeGroup):
    """The merge queue wants checks on this group."""


@event("github")
class MergeGroupClosed(MergeGroup):
    """The group is gone; `reason` is merged, invalidated or dequeued."""

    reason: Word | None = None
