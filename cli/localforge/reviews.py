"""Reviews in the local forge, and the pull requests of a commit, as GitHub answers them."""

from __future__ import annotations

from typing import Any

from cli.localforge.records import RepositoryRecord, ReviewRecord


def review(kept: ReviewRecord) -> dict[str, Any]:
    """A review as GitHub answers it."""
    return {
        "id": kept.id,
        "user": {"login": kept.reviewer, "type": kept.type},
        "state": kept.state,
        "commit_id": kept.commit,
        "author_association": kept.association,
    }


def reviews(repository: RepositoryRecord, number: int) -> list[dict[str, Any]]:
    """Those of a pull request, the oldest first."""
    return [review(kept) for _, kept in sorted(repository.reviews.items()) if kept.pull == number]


def pulls_at(repository: RepositoryRecord, sha: str) -> list[dict[str, Any]]:
    """The pull requests that a commit is the head of. It is named as the one who asks does."""
    return [
        {"number": pull.number, "state": pull.state, "head": {"ref": pull.head, "sha": sha}}
        for pull in repository.pulls.values()
        if pull.head_sha == repository.commit(sha)
    ]
