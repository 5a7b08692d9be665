"""Reviews and checks of others in the local forge: taken in as their webhooks tell of them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from cli.localforge.forge import LocalForge
from cli.localforge.records import CheckRecord, Records, RepositoryRecord, ReviewRecord


def taken_in(forge: LocalForge, payload: Mapping[str, Any]) -> dict[str, Any]:
    """What a webhook's payload tells of, in the forge as if it had happened there."""
    name = str(payload["repository"]["full_name"])
    if "review" in payload:
        return take_review(forge.repository(name), payload, forge.records)
    if "check_run" in payload:
        return take_check(forge.repository(name), payload, forge.records)
    return forge.take_in(payload)


def take_review(repository: RepositoryRecord, payload: Mapping[str, Any], records: Records) -> dict[str, Any]:
    """Keep the review of a webhook's payload; one that was dismissed or edited takes its own place."""
    told, number = payload["review"], int(payload["pull_request"]["number"])
    kept = ReviewRecord(
        id=int(told.get("id") or records.next()),
        pull=number,
        reviewer=str(told["user"]["login"]),
        type=str(told["user"].get("type", "User")),
        state=str(told["state"]).upper(),
        commit=repository.commit(str(told["commit_id"])),
        association=str(told.get("author_association", "NONE")),
    )
    repository.reviews[kept.id] = kept
    return review(kept)


def take_check(repository: RepositoryRecord, payload: Mapping[str, Any], records: Records) -> dict[str, Any]:
    """Keep the check run of a webhook's payload, as of the app that it names."""
    told = payload["check_run"]
    kept = CheckRecord(
        id=int(told.get("id") or records.next()),
        head_sha=repository.commit(str(told["head_sha"])),
        report={
            **{name: told.get(name) for name in ("name", "status", "conclusion", "external_id")},
            "app": {"slug": str((told.get("app") or {}).get("slug") or "")},
            "output": {"title": (told.get("output") or {}).get("title")},
        },
    )
    repository.checks[kept.id] = kept
    return {"id": kept.id}


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
