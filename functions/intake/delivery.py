"""Checks, commit statuses, workflows, the merge queue, deployments and releases."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from functions.intake.family import Choice, Family, by_action
from functions.intake.reading import Computed, Document, From, Source, as_name, as_title, at, some
from writ.contracts.events import checks, delivery

# https://docs.github.com/rest/checks/runs: the conclusions that mean a failure rather than an absence.
_FAILING: Final = ("failure", "timed_out", "startup_failure")


def _constant(value: str) -> From:
    return From((), default=value)


def _check(kind: str) -> Family:
    def choose(document: Document) -> Choice:
        requested = ("created", "requested", "rerequested", "requested_action")
        types = dict.fromkeys(requested, checks.CheckRequested)
        chosen = by_action({**types, "completed": checks.CheckCompleted})(document)
        failed = at(document, f"{kind}.conclusion") in _FAILING
        return checks.CheckFailed if chosen is checks.CheckCompleted and failed else chosen

    run = kind == "check_run"
    app = (f"{kind}.app.slug", f"{kind}.app.name")
    return Family(
        choose,
        {
            "kind": _constant("run" if run else "suite"),
            "check_id": some(f"{kind}.id"),
            "name": some(f"{kind}.name", via=as_name) if run else From(app, as_name, default="suite"),
            "head_sha": some(f"{kind}.head_sha"),
            "branch": some(f"{kind}.check_suite.head_branch" if run else f"{kind}.head_branch"),
            "app": some(*app, via=as_name),
            "status": some(f"{kind}.status"),
            "conclusion": some(f"{kind}.conclusion"),
            "url": some(f"{kind}.html_url"),
        },
    )


def _workflow_run(document: Document) -> Choice:
    chosen = by_action(
        {
            "requested": delivery.WorkflowRunRequested,
            "in_progress": delivery.WorkflowRunStarted,
            "completed": delivery.WorkflowRunCompleted,
        }
    )(document)
    if chosen is delivery.WorkflowRunCompleted:
        failed = at(document, "workflow_run.conclusion") in _FAILING
        return delivery.WorkflowRunFailed if failed else chosen
    attempt = at(document, "workflow_run.run_attempt")
    again = isinstance(attempt, int) and attempt > 1
    return delivery.WorkflowRerun if chosen is not None and again else chosen


def _is_manual(document: Document) -> bool:
    if isinstance(at(document, "workflow_run"), Mapping):
        return bool(at(document, "workflow_run.event") == "workflow_dispatch")
    return bool(at(document, "deployment.creator.type") == "User")


_DEPLOYMENT: Final[Mapping[str, Source]] = {
    "deployment_id": some("deployment.id"),
    "environment": some("deployment.environment", via=as_name),
    "ref": some("deployment.ref"),
    "sha": some("deployment.sha"),
    "task": From(("deployment.task",), as_name, default="deploy"),
    "creator": some("deployment.creator.login"),
    "manual": Computed("deployment.creator", _is_manual),
    "url": some("deployment.url"),
}

FAMILIES: Final[Mapping[str, Family]] = {
    "check_run": _check("check_run"),
    "check_suite": _check("check_suite"),
    "status": Family(
        lambda _: checks.CommitStatusReported,
        {
            "sha": some("sha"),
            "context": some("context", via=as_name),
            "state": some("state"),
            "author": some("commit.author.login"),
            "url": some("target_url"),
        },
    ),
    "workflow_run": Family(
        _workflow_run,
        {
            "run_id": some("workflow_run.id"),
            "workflow_id": some("workflow_run.workflow_id", "workflow.id"),
            "name": some("workflow_run.name", "workflow.name", "workflow_run.path", via=as_name),
            "attempt": From(("workflow_run.run_attempt",), default=1),
            "trigger": some("workflow_run.event"),
            "branch": some("workflow_run.head_branch"),
            "head_sha": some("workflow_run.head_sha"),
            "status": some("workflow_run.status"),
            "conclusion": some("workflow_run.conclusion"),
            "actor": some("workflow_run.triggering_actor.login", "workflow_run.actor.login"),
            "url": some("workflow_run.html_url"),
        },
    ),
    "workflow_job": Family(
        by_action({"completed": delivery.WorkflowJobCompleted}, otherwise=delivery.WorkflowJobChanged),
        {
            "job_id": some("workflow_job.id"),
            "run_id": some("workflow_job.run_id"),
            "attempt": From(("workflow_job.run_attempt",), default=1),
            "name": some("workflow_job.name", via=as_name),
            "head_sha": some("workflow_job.head_sha"),
            "status": some("workflow_job.status"),
            "runner": some("workflow_job.runner_name", via=as_name),
            "conclusion": some("workflow_job.conclusion"),
            "url": some("workflow_job.html_url"),
        },
    ),
    "merge_group": Family(
        by_action({"checks_requested": delivery.MergeGroupRequested, "destroyed": delivery.MergeGroupClosed}),
        {
            "head": some("merge_group.head_ref"),
            "head_sha": some("merge_group.head_sha"),
            "base": some("merge_group.base_ref"),
            "base_sha": some("merge_group.base_sha"),
            "reason": some("reason"),
        },
    ),
    "deployment": Family(by_action({"created": delivery.DeploymentRequested}), _DEPLOYMENT),
    "deployment_status": Family(
        by_action({"created": delivery.DeploymentStatusReported}),
        {
            **_DEPLOYMENT,
            "environment": some("deployment_status.environment", "deployment.environment", via=as_name),
            "status_id": some("deployment_status.id"),
            "state": some("deployment_status.state"),
        },
    ),
    "release": Family(
        by_action({"published": delivery.ReleasePublished}, otherwise=delivery.ReleaseChanged),
        {
            "release_id": some("release.id"),
            "tag": some("release.tag_name"),
            "name": some("release.name", via=as_title),
            "draft": From(("release.draft",), default=False),
            "prerelease": From(("release.prerelease",), default=False),
            "author": some("release.author.login"),
            "target": some("release.target_commitish"),
            "url": some("release.html_url"),
        },
    ),
}
