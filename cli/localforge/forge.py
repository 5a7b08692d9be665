"""What the local forge does when it is asked: pull requests, comments, checks, refs and merges.

Answers have those of GitHub's fields that somebody here reads.
"""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Final, TypeVar

from cli.localforge.records import (
    CheckRecord,
    CommentRecord,
    Records,
    RepositoryRecord,
    StatusRecord,
)
from cli.localforge.repositories import GitRepository, UnmergeableError
from cli.localforge.sign_in import APP, APP_SLUG, RefusedError

_USER: Final = {"id": 1, "login": "writ-local[bot]", "type": "Bot"}
_WRITER: Final = {"user": _USER, "performed_via_github_app": {"client_id": APP, "slug": APP_SLUG}}
_PER_PAGE: Final = 30
FoundT = TypeVar("FoundT")


@dataclass
class LocalForge:
    """All repositories under a folder. Whoever calls holds a lock."""

    folder: Path
    address: str
    now: Callable[[], datetime]

    def __post_init__(self) -> None:
        self.records = Records.load(self._file)

    @property
    def _file(self) -> Path:
        return self.folder / "records.json"

    def save(self) -> None:
        self.records.save(self._file)

    def git(self, repository: RepositoryRecord) -> GitRepository:
        return GitRepository.at(self.folder / "git" / f"{repository.name.lower()}.git")

    def repository(self, name: str) -> RepositoryRecord:
        return _there(self.records.find(name))

    def pull(self, repository: RepositoryRecord, number: int) -> dict[str, Any]:
        pull, git = _there(repository.pulls.get(number)), self.git(repository)
        base_sha = _there(git.ref(f"refs/heads/{pull.base}"))
        return {
            **pull.model_dump(include={"number", "title", "body", "state", "draft", "merged"}),
            "head": {"ref": pull.head, "sha": pull.head_sha, "repo": _named(pull.source)},
            "base": {"ref": pull.base, "sha": base_sha},
            "merged_by": {"id": 3, "login": pull.merged_by} if pull.merged_by else None,
            "merge_commit_sha": pull.merge_sha,
            "mergeable": None if pull.merged else git.can_merge(base_sha, pull.head_sha),
            "labels": [{"name": label} for label in pull.labels],
            "user": {"id": 2, "login": pull.author},
            "html_url": self._page(repository, number),
        }

    def files(self, repository: RepositoryRecord, number: int) -> list[dict[str, Any]]:
        pull, git = _there(repository.pulls.get(number)), self.git(repository)
        base = _there(git.ref(f"refs/heads/{pull.base}"))
        return [
            {
                "filename": path,
                "status": status,
                "additions": len(after.splitlines()),
                "deletions": len(before.splitlines()),
            }
            for path, status, before, after in git.changes(base, pull.head_sha)
        ]

    def commits(self, repository: RepositoryRecord, number: int) -> list[dict[str, Any]]:
        pull, git = _there(repository.pulls.get(number)), self.git(repository)
        base = _there(git.ref(f"refs/heads/{pull.base}"))
        return [
            {
                "sha": sha,
                "commit": {"message": git.message(sha)},
                "parents": [{"sha": parent} for parent in git.parents(sha)],
            }
            for sha in git.between(base, pull.head_sha)
        ]

    def merge(self, repository: RepositoryRecord, number: int, body: Mapping[str, Any]) -> dict[str, Any]:
        pull, git, now = _there(repository.pulls.get(number)), self.git(repository), self.now()
        if body.get("sha") not in (None, pull.head_sha):
            raise RefusedError(409, "Head branch was modified. Review and try the merge again.")
        if pull.merged or pull.state != "open":
            raise RefusedError(405, "Pull Request is not mergeable")
        base, method = _there(git.ref(f"refs/heads/{pull.base}")), body.get("merge_method", "merge")
        title = str(body.get("commit_title") or f"Merge pull request #{number}")
        try:
            if method == "rebase":
                sha = git.rebase(base, pull.head_sha, now)
            else:
                sha = git.merge(base, pull.head_sha, title, now, squash=method == "squash")
        except UnmergeableError:
            raise RefusedError(405, "Pull Request is not mergeable") from None
        git.point(f"refs/heads/{pull.base}", sha)
        done = {"merged": True, "state": "closed", "merged_by": _USER["login"], "merge_sha": sha}
        repository.pulls[number] = pull.model_copy(update=done)
        return {"sha": sha, "merged": True, "message": "Pull Request successfully merged"}

    def label(self, repository: RepositoryRecord, number: int, add: list[str], remove: str = "") -> list[Any]:
        pull = _there(repository.pulls.get(number))
        if remove and remove not in pull.labels:
            raise RefusedError(404, "Label does not exist")
        labels = [label for label in dict.fromkeys([*pull.labels, *add]) if label != remove]
        repository.pulls[number] = pull.model_copy(update={"labels": labels})
        return [{"name": label} for label in labels]

    def comments(self, repository: RepositoryRecord, number: int) -> list[dict[str, Any]]:
        _there(repository.pulls.get(number))
        return [
            self.comment(repository, comment.id)
            for comment in repository.comments.values()
            if comment.pull == number
        ]

    def comment(self, repository: RepositoryRecord, id: int) -> dict[str, Any]:
        kept = _there(repository.comments.get(id))
        page = f"{self._page(repository, kept.pull)}#issuecomment-{id}"
        return {**kept.model_dump(mode="json"), "html_url": page, **_WRITER}

    def write_comment(self, repository: RepositoryRecord, number: int, body: str) -> dict[str, Any]:
        _there(repository.pulls.get(number))
        id, now = self.records.next(), self.now()
        repository.comments[id] = CommentRecord(
            id=id, pull=number, body=_short(body), created_at=now, updated_at=now
        )
        return self.comment(repository, id)

    def change_comment(self, repository: RepositoryRecord, id: int, body: str) -> dict[str, Any]:
        kept = _there(repository.comments.get(id))
        changes = {"body": _short(body), "updated_at": self.now()}
        repository.comments[id] = kept.model_copy(update=changes)
        return self.comment(repository, id)

    def report(
        self, repository: RepositoryRecord, report: Mapping[str, Any], id: int | None = None
    ) -> dict[str, Any]:
        """A new check run, or one that reports something else from now on."""
        if id is None:
            sha = self._commit(repository, str(report["head_sha"]))
            kept = CheckRecord(id=self.records.next(), head_sha=sha, report={})
        else:
            kept = _there(repository.checks.get(id))
        output = dict(report.get("output", {}))
        annotations = list(output.pop("annotations", ()))
        if len(annotations) > 50:
            raise RefusedError(422, "No more than 50 annotations")
        repository.checks[kept.id] = kept.model_copy(
            update={
                "report": {**kept.report, **report, "output": output},
                "annotations": [*kept.annotations, *annotations],
            }
        )
        return self.check(repository, kept.id)

    def check(self, repository: RepositoryRecord, id: int) -> dict[str, Any]:
        kept = _there(repository.checks.get(id))
        return {
            "id": kept.id,
            "conclusion": None,
            "external_id": None,
            "app": {"slug": APP_SLUG},
            **kept.report,
            "head_sha": kept.head_sha,
            "html_url": f"{self.address}/{repository.name}/runs/{kept.id}",
            "output": {**kept.report["output"], "annotations_count": len(kept.annotations)},
        }

    def checks(self, repository: RepositoryRecord, sha: str, name: str | None) -> dict[str, Any]:
        sha = self._commit(repository, sha)
        runs = [self.check(repository, run.id) for run in repository.checks.values() if run.head_sha == sha]
        runs = [run for run in runs if name in (None, run["name"])]
        return {"total_count": len(runs), "check_runs": runs}

    def post_status(self, repository: RepositoryRecord, sha: str, body: Mapping[str, Any]) -> dict[str, Any]:
        told = {**body, "id": self.records.next(), "sha": self._commit(repository, sha)}
        status = StatusRecord.model_validate(told)
        repository.statuses = [*repository.statuses, status]
        return self._status(repository, status)

    def statuses(self, repository: RepositoryRecord, sha: str) -> list[dict[str, Any]]:
        """All that were ever posted, the newest first."""
        sha = self._commit(repository, sha)
        kept = [status for status in repository.statuses if status.sha == sha]
        return [self._status(repository, status) for status in reversed(kept)]

    def combined_status(self, repository: RepositoryRecord, sha: str) -> dict[str, Any]:
        """The newest status of each name."""
        listed = reversed(self.statuses(repository, sha))
        return {"statuses": list({status["context"]: status for status in listed}.values())}

    def _status(self, repository: RepositoryRecord, status: StatusRecord) -> dict[str, Any]:
        url = f"{self.address}/repos/{repository.name}/statuses/{status.sha}"
        return {**status.model_dump(), "url": url, "creator": _USER}

    def ref(self, repository: RepositoryRecord, name: str) -> dict[str, Any]:
        return {"ref": name, "object": {"sha": _there(self.git(repository).ref(name)), "type": "commit"}}

    def point(self, repository: RepositoryRecord, name: str, sha: str, *, new: bool) -> dict[str, Any]:
        git = self.git(repository)
        before, sha = git.ref(name), repository.commit(sha)
        if not name.startswith("refs/") or name.count("/") < 2 or not git.has(sha) or (before is None) != new:
            raise RefusedError(422, "Reference already exists" if new else "Reference does not exist")
        if before is not None and before not in [sha, *_ancestors(git, sha)]:
            raise RefusedError(422, "Update is not a fast forward")
        git.point(name, sha)
        return self.ref(repository, name)

    def tag(self, repository: RepositoryRecord, body: Mapping[str, Any]) -> dict[str, Any]:
        sha = self._commit(repository, str(body["object"]))
        made = self.git(repository).tag(str(body["tag"]), str(body["message"]), sha, self.now())
        return {"sha": made, "tag": body["tag"], "object": {"sha": sha, "type": "commit"}}

    def content(self, repository: RepositoryRecord, path: str, ref: str) -> dict[str, Any]:
        git = self.git(repository)
        sha = git.ref(f"refs/heads/{ref}") or git.ref(f"refs/tags/{ref}") or repository.commit(ref)
        blob, data = _there(git.read(sha, path) if git.has(sha) else None)
        encoded = b64encode(data).decode()
        return {"type": "file", "path": path, "sha": blob, "encoding": "base64", "content": encoded}

    def _commit(self, repository: RepositoryRecord, sha: str) -> str:
        found = repository.commit(sha)
        if not self.git(repository).has(found):
            raise RefusedError(422, f"No commit found for SHA: {sha}")
        return found

    def _page(self, repository: RepositoryRecord, number: int) -> str:
        return f"{self.address}/{repository.name}/pull/{number}"


def page_of(items: list[Any], query: Mapping[str, str]) -> list[Any]:
    """The page of a list that was asked for."""
    per_page, page = int(query.get("per_page", _PER_PAGE)), int(query.get("page", 1))
    return items[(page - 1) * per_page : page * per_page]


def _named(repository: str | None) -> dict[str, Any] | None:
    return {"full_name": repository} if repository else None


def _ancestors(git: GitRepository, sha: str) -> list[str]:
    with suppress(TypeError):  # an annotated tag has none
        return git.log(sha)
    return []


def _short(body: str) -> str:
    if not 0 < len(body) <= 65_536:
        raise RefusedError(422, "body is too long (maximum is 65536 characters)")
    return body


def _there(found: FoundT | None) -> FoundT:
    if found is None:
        raise RefusedError(404, "Not Found")
    return found
