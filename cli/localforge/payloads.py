"""What webhooks tell of, taken into the local forge as if it had happened there."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from cli.localforge.forge import LocalForge
from cli.localforge.records import CheckRecord, PullRecord, Records, RepositoryRecord, ReviewRecord
from cli.localforge.reviews import review


def taken_in(forge: LocalForge, payload: Mapping[str, Any]) -> dict[str, Any]:
    """What a webhook's payload tells of, in the forge as if it had happened there."""
    name = str(payload["repository"]["full_name"])
    if "review" in payload:
        return take_review(forge.repository(name), payload, forge.records)
    if "check_run" in payload:
        return take_check(forge.repository(name), payload, forge.records)
    return take_pull(forge, payload)


def take_pull(forge: LocalForge, payload: Mapping[str, Any]) -> dict[str, Any]:
    """Open the pull request of a webhook's payload, with commits of our own in place of those it names.

    One that is open already gets the payload's title, text and labels, and a commit for a new head.
    `files` beside what the payload has is what its commits change; a line of text without it.
    """
    name, told = str(payload["repository"]["full_name"]), payload["pull_request"]
    repository = forge.records.find(name) or RepositoryRecord(name=name)
    forge.records.repositories[name.lower()] = repository
    git, number, base = forge.git(repository), int(told["number"]), str(told["base"]["ref"])
    title, elsewhere = str(told["title"]), str(told["head"]["sha"])
    if (start := git.ref(f"refs/heads/{base}")) is None:
        start = git.commit({"README.md": f"# {name}\n".encode()}, "chore: begin", forge.now())
        git.point(f"refs/heads/{base}", start)
    pull = repository.pulls.get(number)
    if elsewhere not in repository.aliases:
        parent = pull.head_sha if pull else start
        files = payload.get("files") or {f"changes/{number}.md": f"{title}\n\n{elsewhere}\n"}
        change = {str(path): str(text).encode() for path, text in files.items()}
        repository.aliases[elsewhere] = git.commit(change, title, forge.now(), (parent,))
    repository.pulls[number] = PullRecord(
        number=number,
        title=title,
        body=told.get("body") or "",
        draft=bool(told.get("draft")),
        head=str(told["head"]["ref"]),
        head_sha=repository.aliases[elsewhere],
        base=base,
        labels=[str(label["name"]) for label in told.get("labels", ())],
        author=str(told["user"]["login"]),
        source=str((told["head"].get("repo") or {}).get("full_name") or "") or None,
        merged=pull.merged if pull else False,
        merged_by=pull.merged_by if pull else None,
        merge_sha=pull.merge_sha if pull else None,
        state=pull.state if pull else "open",
    )
    git.point(f"refs/pull/{number}/head", repository.aliases[elsewhere])
    return {**forge.pull(repository, number), "git": git.repo.path}


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
