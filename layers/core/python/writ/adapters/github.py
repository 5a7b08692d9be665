"""GitHub behind the forge port: https://docs.github.com/en/rest, the requests of it that bots make."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final, TypeVar
from urllib.parse import quote

from pydantic import BaseModel

from writ.adapters.github_answers import (
    CheckRunAnswer,
    CheckRunsAnswer,
    CombinedStatusAnswer,
    CommentAnswer,
    CommitAnswer,
    ContentAnswer,
    FileAnswer,
    LabelAnswer,
    PullAnswer,
    RefAnswer,
    ShaAnswer,
    StatusAnswer,
)
from writ.adapters.github_client import NOT_FOUND, GitHubClient
from writ.contracts.errors import PermanentError, TransientError
from writ.ports.forge import (
    Annotation,
    ChangedFile,
    CheckReport,
    CheckRun,
    Comment,
    CommitStatus,
    Content,
    GitRef,
    PullCommit,
    PullRequest,
)
from writ.ports.forge_words import MergeMethod

PAGE: Final = 100
# 3,000 items: as many as GitHub lists of a pull request's files.
PAGES: Final = 30
# Of one request: https://docs.github.com/en/rest/checks/runs
ANNOTATIONS: Final = 50
_LONGEST: Final = {"title": 255, "message": 64 * 1024, "summary": 65_535, "description": 140}
ModelT = TypeVar("ModelT", bound=BaseModel)
FormT = TypeVar("FormT")


class GitHubForge:
    """See writ.ports.forge."""

    def __init__(self, client: GitHubClient) -> None:
        self._client = client

    def comments(self, repository: str, number: int) -> Sequence[Comment]:
        found = self._all(repository, f"issues/{number}/comments", list[CommentAnswer])
        return [answer.value(self._client.app) for answer in found]

    def comment(self, repository: str, id: int) -> Comment | None:
        found = self._client.find(repository, f"issues/comments/{id}", CommentAnswer)
        return found.value(self._client.app) if found else None

    def create_comment(self, repository: str, number: int, body: str) -> Comment:
        path, form = f"issues/{number}/comments", CommentAnswer
        made = self._client.ask(repository, "POST", path, form, body={"body": body})
        return made.value(self._client.app)

    def update_comment(self, repository: str, id: int, body: str) -> Comment | None:
        path, changes = f"issues/comments/{id}", {"body": body}
        try:
            changed = self._client.ask(repository, "PATCH", path, CommentAnswer, body=changes)
        except PermanentError as error:
            if error.code != NOT_FOUND:
                raise
            return None
        return changed.value(self._client.app)

    def pull_request(self, repository: str, number: int) -> PullRequest:
        return self._client.ask(repository, "GET", f"pulls/{number}", PullAnswer).value()

    def files(self, repository: str, number: int) -> Sequence[ChangedFile]:
        return [answer.value() for answer in self._all(repository, f"pulls/{number}/files", list[FileAnswer])]

    def commits(self, repository: str, number: int) -> Sequence[PullCommit]:
        return [
            answer.value() for answer in self._all(repository, f"pulls/{number}/commits", list[CommitAnswer])
        ]

    def add_labels(self, repository: str, number: int, labels: Sequence[str]) -> Sequence[str]:
        path, body = f"issues/{number}/labels", {"labels": list(labels)}
        return [
            label.name for label in self._client.ask(repository, "POST", path, list[LabelAnswer], body=body)
        ]

    def remove_label(self, repository: str, number: int, label: str) -> None:
        path = f"issues/{number}/labels/{quote(label, safe='')}"
        try:
            self._client.ask(repository, "DELETE", path, list[LabelAnswer])
        except PermanentError as error:
            if error.code != NOT_FOUND:
                raise

    def merge(self, repository: str, number: int, *, head_sha: str, method: MergeMethod, title: str) -> str:
        body = {"sha": head_sha, "merge_method": method.value, "commit_title": title}
        path, form = f"pulls/{number}/merge", ShaAnswer
        return self._client.ask(repository, "PUT", path, form, body=body).sha

    def check_runs(self, repository: str, sha: str, name: str | None = None) -> Sequence[CheckRun]:
        path = f"commits/{quote(sha, safe='')}/check-runs"
        named: dict[str, str | int] = {"check_name": name, "filter": "all"} if name else {"filter": "latest"}
        found: list[CheckRun] = []
        for page in self._pages(repository, path, CheckRunsAnswer, named):
            found += [answer.value() for answer in page.check_runs]
            if len(page.check_runs) < PAGE:
                return found
        raise _too_many()

    def create_check_run(self, repository: str, report: CheckReport) -> CheckRun:
        body = {
            "name": report.name,
            "head_sha": report.head_sha,
            **_report(report, report.annotations[:ANNOTATIONS]),
        }
        made = self._client.ask(repository, "POST", "check-runs", CheckRunAnswer, body=body).value()
        return self._append(repository, made, report)

    def update_check_run(self, repository: str, id: int, report: CheckReport) -> CheckRun:
        path, body = f"check-runs/{id}", _report(report, report.annotations[:ANNOTATIONS])
        changed = self._client.ask(repository, "PATCH", path, CheckRunAnswer, body=body).value()
        return self._append(repository, changed, report)

    def statuses(self, repository: str, sha: str) -> Sequence[CommitStatus]:
        path = f"commits/{quote(sha, safe='')}/status"
        found: list[CommitStatus] = []
        for page in self._pages(repository, path, CombinedStatusAnswer, {}):
            found += [answer.value() for answer in page.statuses]
            if len(page.statuses) < PAGE:
                return found
        raise _too_many()

    def create_status(self, repository: str, sha: str, status: CommitStatus) -> None:
        body = {
            "state": status.state,
            "context": status.context,
            "description": _cut(status.description, "description"),
            **({"target_url": status.url} if status.url else {}),
        }
        self._client.ask(repository, "POST", f"statuses/{quote(sha, safe='')}", StatusAnswer, body=body)

    def ref(self, repository: str, ref: str) -> GitRef | None:
        found = self._client.find(repository, f"git/ref/{quote(ref)}", RefAnswer)
        return found.value() if found else None

    def create_ref(self, repository: str, ref: str, sha: str) -> GitRef:
        body = {"ref": f"refs/{ref}", "sha": sha}
        return self._client.ask(repository, "POST", "git/refs", RefAnswer, body=body).value()

    def update_ref(self, repository: str, ref: str, sha: str) -> GitRef:
        path, body = f"git/refs/{quote(ref)}", {"sha": sha, "force": False}
        return self._client.ask(repository, "PATCH", path, RefAnswer, body=body).value()

    def create_tag(self, repository: str, tag: str, message: str, sha: str) -> str:
        body = {"tag": tag, "message": message, "object": sha, "type": "commit"}
        return self._client.ask(repository, "POST", "git/tags", ShaAnswer, body=body).sha

    def content(self, repository: str, path: str, ref: str) -> Content | None:
        found = self._client.find(repository, f"contents/{quote(path)}", ContentAnswer, query={"ref": ref})
        return found.value() if found else None

    def _append(self, repository: str, run: CheckRun, report: CheckReport) -> CheckRun:
        """What annotations did not fit into the first request, 50 at a time."""
        for start in range(ANNOTATIONS, len(report.annotations), ANNOTATIONS):
            body = _report(report, report.annotations[start : start + ANNOTATIONS])
            path, form = f"check-runs/{run.id}", CheckRunAnswer
            run = self._client.ask(repository, "PATCH", path, form, body=body).value()
        return run

    def _all(self, repository: str, path: str, form: type[list[ModelT]]) -> list[ModelT]:
        found: list[ModelT] = []
        for page in self._pages(repository, path, form, {}):
            found += page
            if len(page) < PAGE:
                return found
        raise _too_many()

    def _pages(
        self, repository: str, path: str, form: type[FormT], query: Mapping[str, str | int]
    ) -> Iterator[FormT]:
        for page in range(1, PAGES + 1):
            asked = {**query, "per_page": PAGE, "page": page}
            yield self._client.ask(repository, "GET", path, form, query=asked)


def _report(report: CheckReport, annotations: Sequence[Annotation]) -> dict[str, Any]:
    return {
        "status": "completed",
        "conclusion": report.conclusion.value,
        "external_id": report.external_id,
        **({"details_url": report.url} if report.url else {}),
        "output": {
            "title": _cut(report.title, "title"),
            "summary": _cut(report.summary, "summary"),
            "annotations": [_annotation(annotation) for annotation in annotations],
        },
    }


def _annotation(annotation: Annotation) -> dict[str, Any]:
    return {
        "path": annotation.path,
        "start_line": annotation.line,
        "end_line": annotation.end or annotation.line,
        "annotation_level": annotation.level.value,
        "message": _cut(annotation.message, "message"),
        **({"title": _cut(annotation.title, "title")} if annotation.title else {}),
    }


def _cut(text: str, kind: str) -> str:
    """GitHub counts the bytes of a message and the characters of the rest; in bytes, both hold."""
    longest, encoded = _LONGEST[kind], text.encode()
    if len(encoded) <= longest:
        return text
    return encoded[: longest - len("…".encode())].decode(errors="ignore") + "…"


def _too_many() -> TransientError:
    return TransientError("there are more of them than are looked through", code="forge.crowded")
