"""Pull requests, reviews, pushes, issues, comments, refs and repositories."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from functions.intake.family import Choice, Family, by_action
from functions.intake.reading import (
    ABSENT,
    Computed,
    Document,
    From,
    as_name,
    as_title,
    at,
    lower,
    names,
    some,
)
from writ.contracts.events import github, issues

_NEWEST_COMMITS: Final = 50


def _pull_request(document: Document) -> Choice:
    chosen = by_action(
        {
            "opened": github.PullRequestOpened,
            "reopened": github.PullRequestOpened,
            "labeled": github.PullRequestLabelled,
            "closed": github.PullRequestClosed,
        },
        otherwise=github.PullRequestChanged,
    )(document)
    if chosen is github.PullRequestLabelled and at(document, "label.name") is ABSENT:
        return github.PullRequestChanged
    if chosen is github.PullRequestClosed and at(document, "pull_request.merged") is True:
        return github.PullRequestMerged
    return chosen


def _issue(document: Document) -> Choice:
    chosen = by_action(
        {
            "opened": issues.IssueOpened,
            "reopened": issues.IssueOpened,
            "labeled": issues.IssueLabelled,
            "closed": issues.IssueClosed,
        },
        otherwise=issues.IssueChanged,
    )(document)
    if chosen is issues.IssueLabelled and at(document, "label.name") is ABSENT:
        return issues.IssueChanged  # GitHub's schema leaves the label optional
    return chosen


def _commits(value: Any) -> Any:
    return [_commit(item) for item in value[-_NEWEST_COMMITS:]] if isinstance(value, list) else value


def _commit(value: Any) -> Any:
    if not isinstance(value, Mapping):
        return value
    message, author = value.get("message"), value.get("author")
    return {
        "id": value.get("id"),
        "title": as_title(message.partition("\n")[0]) if isinstance(message, str) else message,
        "author": author.get("username") if isinstance(author, Mapping) else author,
    }


def _is_default_branch(document: Document) -> Any:
    branch = From(("repository.default_branch", "repository.master_branch")).read(document)
    return isinstance(branch, str) and at(document, "ref") == f"refs/heads/{branch}"


def _commented_on(document: Document) -> str:
    return "issue" if at(document, "issue.pull_request") is ABSENT else "pull_request"


def _fork(document: Document) -> Any:
    """Whether the head is of another repository; one that is gone cannot be the base's own.

    `head.repo.fork` does not say it: a fork has pull requests of its own branches, too.
    """
    head = at(document, "pull_request.head")
    if head is ABSENT or (isinstance(head, Mapping) and "repo" not in head):
        return ABSENT
    own, base = at(document, "pull_request.head.repo.full_name"), at(document, "repository.full_name")
    return lower(own) != lower(base)


def _visibility(document: Document) -> Any:
    stated = at(document, "repository.visibility")
    if stated is not ABSENT:
        return stated
    return "private" if at(document, "repository.private") is True else "public"


_REF: Final = {"ref": some("ref"), "kind": some("ref_type")}

FAMILIES: Final[Mapping[str, Family]] = {
    "pull_request": Family(
        _pull_request,
        {
            "number": some("pull_request.number", "number"),
            "title": some("pull_request.title", via=as_title),
            "author": some("pull_request.user.login"),
            "draft": From(("pull_request.draft",), default=False),
            "state": some("pull_request.state"),
            "head": some("pull_request.head.ref"),
            "fork": Computed("pull_request.head.repo", _fork),
            "head_repository": some("pull_request.head.repo.full_name"),
            "head_sha": some("pull_request.head.sha"),
            "base": some("pull_request.base.ref"),
            "base_sha": some("pull_request.base.sha"),
            "labels": some("pull_request.labels", via=names),
            "label": some("label.name", via=as_name),
            "merge_sha": some("pull_request.merge_commit_sha"),
            "merged_by": some("pull_request.merged_by.login"),
            "url": some("pull_request.html_url"),
        },
    ),
    "pull_request_review": Family(
        by_action({"submitted": github.ReviewSubmitted}, otherwise=github.ReviewChanged),
        {
            "number": some("pull_request.number"),
            "reviewer": some("review.user.login"),
            "state": some("review.state", via=lower),
            "commit": some("review.commit_id"),
        },
    ),
    "push": Family(
        lambda _: github.CodePushed,
        {
            "ref": some("ref"),
            "before": some("before"),
            "after": some("after"),
            "created": some("created"),
            "deleted": some("deleted"),
            "forced": some("forced"),
            "default_branch": Computed("repository.default_branch", _is_default_branch),
            "commit_count": some(
                "commits", via=lambda value: len(value) if isinstance(value, list) else value
            ),
            "commits": some("commits", via=_commits),
        },
    ),
    "issues": Family(
        _issue,
        {
            "number": some("issue.number"),
            "title": some("issue.title", via=as_title),
            "author": some("issue.user.login"),
            "state": From(("issue.state",), default="open"),
            "labels": some("issue.labels", via=names),
            "label": some("label.name", via=as_name),
            "reason": some("issue.state_reason"),
            "url": some("issue.html_url"),
        },
    ),
    "issue_comment": Family(
        by_action({"created": issues.CommentCreated}, otherwise=issues.CommentChanged),
        {
            "number": some("issue.number"),
            "on": Computed("issue.pull_request", _commented_on),
            "comment_id": some("comment.id"),
            "author": some("comment.user.login"),
        },
    ),
    "create": Family(lambda _: github.RefCreated, _REF),
    "delete": Family(lambda _: github.RefDeleted, _REF),
    "repository": Family(
        by_action({"created": github.RepositoryCreated}, otherwise=github.RepositoryChanged),
        {
            "visibility": Computed("repository.visibility", _visibility),
            "archived": From(("repository.archived",), default=False),
            "default_branch": some("repository.default_branch"),
        },
    ),
}
