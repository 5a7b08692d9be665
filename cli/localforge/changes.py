"""What the local forge does for who changes code: trees, commits, branches of its own, proposals."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Mapping
from typing import Any

from cli.localforge.forge import LocalForge
from cli.localforge.records import PullRecord, RepositoryRecord
from cli.localforge.repositories import EXECUTABLE, PLAIN
from cli.localforge.sign_in import RefusedError


def described(forge: LocalForge, repository: RepositoryRecord) -> dict[str, Any]:
    """The repository itself."""
    return {"full_name": repository.name, "default_branch": _default(forge, repository)}


def tree(forge: LocalForge, repository: RepositoryRecord, sha: str) -> dict[str, Any]:
    """All files of a commit."""
    git, found = forge.git(repository), repository.commit(sha)
    if not git.has(found):
        raise RefusedError(404, "Not Found")
    entries = [
        {"path": path, "mode": f"{mode:06o}", "type": "blob", "sha": blob, "size": size}
        for path, mode, blob, size in git.files(found)
    ]
    return {"sha": found, "tree": entries, "truncated": False}


def blob(forge: LocalForge, repository: RepositoryRecord, sha: str) -> dict[str, Any]:
    """What is in a file."""
    data = forge.git(repository).blob(sha)
    if data is None:
        raise RefusedError(404, "Not Found")
    return {"sha": sha, "encoding": "base64", "content": b64encode(data).decode(), "size": len(data)}


def commit(forge: LocalForge, repository: RepositoryRecord, sha: str) -> dict[str, Any]:
    """A commit and its tree."""
    git, found = forge.git(repository), repository.commit(sha)
    if not git.has(found):
        raise RefusedError(404, "Not Found")
    return {"sha": found, "tree": {"sha": git.tree_of(found)}, "message": git.message(found)}


def take_commit(forge: LocalForge, body: Mapping[str, Any]) -> dict[str, Any]:
    """A commit of files on the default branch, as a push brings it; none where all of them are as given.

    `whole`: whether the branch has these files alone from then on. `executable` are those that can be run.
    The repository is made where there is none.
    """
    name, message = str(body["repository"]), str(body["message"])
    repository = forge.records.find(name) or RepositoryRecord(name=name)
    runs = frozenset(map(str, body.get("executable", ())))
    files = {
        str(path): (EXECUTABLE if path in runs else PLAIN, str(text).encode())
        for path, text in body["files"].items()
    }
    if not files:
        raise RefusedError(422, "there are no files")
    git, branch = forge.git(repository), "refs/heads/main"
    head = git.ref(branch)
    before = None if head is None else git.tree_of(head)
    tree = git.whole(files) if before is None or body.get("whole") else git.grow(before, files)
    if tree != before:
        head = git.commit_of(tree, message, forge.now(), () if head is None else (head,))
        git.point(branch, head)
        forge.records.repositories[name.lower()] = repository
    return {"sha": head, "git": git.repo.path}


def make_tree(forge: LocalForge, repository: RepositoryRecord, body: Mapping[str, Any]) -> dict[str, Any]:
    """A tree with files of its base changed."""
    files = {
        str(each["path"]): (int(each["mode"], 8), str(each["content"]).encode()) for each in body["tree"]
    }
    return {"sha": forge.git(repository).grow(str(body["base_tree"]), files)}


def make_commit(forge: LocalForge, repository: RepositoryRecord, body: Mapping[str, Any]) -> dict[str, Any]:
    """A commit of a tree, which no branch points to yet."""
    parents = tuple(repository.commit(str(parent)) for parent in body["parents"])
    sha = forge.git(repository).commit_of(str(body["tree"]), str(body["message"]), forge.now(), parents)
    return {"sha": sha}


def move(
    forge: LocalForge, repository: RepositoryRecord, name: str, body: Mapping[str, Any]
) -> dict[str, Any]:
    """Point a ref elsewhere, by force if that is asked for; pull requests from it follow."""
    sha = repository.commit(str(body["sha"]))
    git = forge.git(repository)
    if body.get("force") and git.ref(name) is not None and git.has(sha):
        git.point(name, sha)
    else:
        forge.point(repository, name, sha, new=False)
    _follow(forge, repository, name, sha)
    return forge.ref(repository, name)


def remove(forge: LocalForge, repository: RepositoryRecord, name: str) -> None:
    """Delete a branch or tag."""
    if forge.git(repository).ref(name) is None:
        raise RefusedError(422, "Reference does not exist")
    forge.git(repository).unpoint(name)


def pulls(forge: LocalForge, repository: RepositoryRecord, query: Mapping[str, str]) -> list[dict[str, Any]]:
    """Pull requests by their head branch and state, the newest first."""
    head, state = query.get("head", "").partition(":")[2], query.get("state", "open")
    found = [
        number
        for number, pull in repository.pulls.items()
        if head in ("", pull.head) and state in ("all", pull.state)
    ]
    listed = [forge.pull(repository, number) for number in sorted(found, reverse=True)]
    # As GitHub has it: a list says when one was merged, and not that it was.
    return [
        {
            **{k: v for k, v in each.items() if k not in ("merged", "mergeable")},
            "merged_at": _when(forge, each),
        }
        for each in listed
    ]


def open_pull(forge: LocalForge, repository: RepositoryRecord, body: Mapping[str, Any]) -> dict[str, Any]:
    """A new pull request from a branch of the repository."""
    git, head, base = forge.git(repository), str(body["head"]), str(body["base"])
    sha, onto = git.ref(f"refs/heads/{head}"), git.ref(f"refs/heads/{base}")
    if sha is None or onto is None or not git.between(onto, sha):
        raise RefusedError(422, f"No commits between {base} and {head}")
    if any(pull.head == head and pull.state == "open" for pull in repository.pulls.values()):
        raise RefusedError(422, f"A pull request already exists for {head}.")
    number = max(repository.pulls, default=0) + 1
    repository.pulls[number] = PullRecord(
        number=number,
        title=str(body["title"]),
        body=str(body.get("body") or ""),
        head=head,
        head_sha=sha,
        base=base,
        author="writ-local[bot]",
    )
    git.point(f"refs/pull/{number}/head", sha)
    return forge.pull(repository, number)


def change_pull(
    forge: LocalForge, repository: RepositoryRecord, number: int, body: Mapping[str, Any]
) -> dict[str, Any]:
    """Another title, text or state."""
    pull = repository.pulls.get(number)
    if pull is None:
        raise RefusedError(404, "Not Found")
    changes = {name: str(body[name]) for name in ("title", "body", "state") if body.get(name) is not None}
    repository.pulls[number] = PullRecord.model_validate({**pull.model_dump(), **changes})
    return forge.pull(repository, number)


def _default(forge: LocalForge, repository: RepositoryRecord) -> str:
    branches = [name for name in forge.git(repository).refs() if name.startswith("refs/heads/")]
    names = [name.removeprefix("refs/heads/") for name in branches]
    return next((name for name in ("main", "master") if name in names), names[0] if names else "main")


def _follow(forge: LocalForge, repository: RepositoryRecord, name: str, sha: str) -> None:
    for number, pull in repository.pulls.items():
        if pull.state == "open" and name == f"refs/heads/{pull.head}":
            repository.pulls[number] = pull.model_copy(update={"head_sha": sha})
            forge.git(repository).point(f"refs/pull/{number}/head", sha)


def _when(forge: LocalForge, pull: Mapping[str, Any]) -> str | None:
    return forge.now().isoformat() if pull["merged"] else None
