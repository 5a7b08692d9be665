"""GitHub behind the ports of trees, branches and proposals: https://docs.github.com/en/rest/git"""

from __future__ import annotations

from base64 import b64decode
from binascii import Error as Base64Error
from collections.abc import Mapping, Sequence
from typing import Annotated, Any, Final, Literal
from urllib.parse import quote

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from writ.adapters.github_answers import LabelAnswer, PullAnswer, RefAnswer, ShaAnswer
from writ.adapters.github_client import NOT_FOUND, GitHubClient
from writ.contracts.errors import PermanentError, TransientError
from writ.ports.forge import PullRequest
from writ.ports.forge_changes import TreeFile

FILES: Final = frozenset({"100644", "100755"})
_PAGE: Final = 100


class _Answer(BaseModel):
    model_config = ConfigDict(extra="ignore", frozen=True, defer_build=True)


class RepositoryAnswer(_Answer):
    default_branch: Annotated[str, Field(min_length=1, max_length=255)]


class _Entry(_Answer):
    path: str
    mode: str
    type: str
    sha: str
    size: int = 0


class TreeAnswer(_Answer):
    tree: list[_Entry]
    truncated: bool = False


class BlobAnswer(_Answer):
    encoding: Literal["base64"]
    content: str


class CommitAnswer(_Answer):
    sha: str
    tree: ShaAnswer


class ListedPull(PullAnswer):
    """In lists GitHub says by its time that one was merged."""

    merged_at: AwareDatetime | None = None


class GitHubChanges:
    """See writ.ports.forge_changes.Changes."""

    def __init__(self, client: GitHubClient) -> None:
        self._client = client

    def default_branch(self, repository: str) -> str:
        return self._client.ask(repository, "GET", "", RepositoryAnswer).default_branch

    def head(self, repository: str, branch: str) -> str | None:
        found = self._client.find(repository, f"git/ref/heads/{quote(branch)}", RefAnswer)
        return found.object.sha if found else None

    def tree(self, repository: str, sha: str) -> Sequence[TreeFile]:
        path, query = f"git/trees/{quote(sha, safe='')}", {"recursive": "1"}
        found = self._client.ask(repository, "GET", path, TreeAnswer, query=query)
        if found.truncated:
            raise PermanentError("the repository has more files than the forge lists", code="forge.crowded")
        return [
            TreeFile(entry.path, entry.sha, entry.mode, entry.size)
            for entry in found.tree
            if entry.type == "blob" and entry.mode in FILES
        ]

    def blob(self, repository: str, sha: str) -> bytes:
        found = self._client.ask(repository, "GET", f"git/blobs/{quote(sha, safe='')}", BlobAnswer)
        try:
            return b64decode(found.content)
        except Base64Error:
            raise TransientError("GitHub's answer does not read", code="forge.answer") from None

    def commit(self, repository: str, parent: str, files: Mapping[TreeFile, str], message: str) -> str:
        base = self._client.ask(repository, "GET", f"git/commits/{quote(parent, safe='')}", CommitAnswer)
        entries = [
            {"path": file.path, "mode": file.mode, "type": "blob", "content": text}
            for file, text in sorted(files.items(), key=lambda item: item[0].path)
        ]
        body = {"base_tree": base.tree.sha, "tree": entries}
        tree = self._client.ask(repository, "POST", "git/trees", ShaAnswer, body=body).sha
        made = {"message": message, "tree": tree, "parents": [parent]}
        return self._client.ask(repository, "POST", "git/commits", ShaAnswer, body=made).sha

    def point(self, repository: str, branch: str, sha: str, *, new: bool) -> None:
        if new:
            body: dict[str, Any] = {"ref": f"refs/heads/{branch}", "sha": sha}
            self._client.ask(repository, "POST", "git/refs", RefAnswer, body=body)
        else:
            path, body = f"git/refs/heads/{quote(branch)}", {"sha": sha, "force": True}
            self._client.ask(repository, "PATCH", path, RefAnswer, body=body)

    def remove(self, repository: str, branch: str) -> None:
        path = f"git/refs/heads/{quote(branch)}"
        try:
            self._client.ask(repository, "DELETE", path, type(None))
        except PermanentError as error:
            # GitHub refuses to delete what is not there as it does what is malformed.
            if error.code not in {NOT_FOUND, "forge.invalid"}:
                raise

    def proposals(self, repository: str, branch: str) -> Sequence[PullRequest]:
        owner = repository.partition("/")[0]
        query: dict[str, str | int] = {"head": f"{owner}:{branch}", "state": "all", "per_page": _PAGE}
        query |= {"sort": "created", "direction": "desc"}
        found = self._client.ask(repository, "GET", "pulls", list[ListedPull], query=query)
        return [_merged(answer) for answer in found]

    def propose(self, repository: str, *, branch: str, base: str, title: str, body: str) -> PullRequest:
        made = {"head": branch, "base": base, "title": title, "body": body, "maintainer_can_modify": False}
        return self._client.ask(repository, "POST", "pulls", PullAnswer, body=made).value()

    def revise(
        self,
        repository: str,
        number: int,
        *,
        title: str | None = None,
        body: str | None = None,
        state: Literal["open", "closed"] | None = None,
    ) -> PullRequest:
        given = {"title": title, "body": body, "state": state}
        changes = {name: value for name, value in given.items() if value is not None}
        return self._client.ask(repository, "PATCH", f"pulls/{number}", PullAnswer, body=changes).value()

    def label(self, repository: str, number: int, labels: Sequence[str]) -> None:
        path, body = f"issues/{number}/labels", {"labels": list(labels)}
        self._client.ask(repository, "POST", path, list[LabelAnswer], body=body)


def _merged(answer: ListedPull) -> PullRequest:
    merged = answer.merged or answer.merged_at is not None
    return answer.model_copy(update={"merged": merged}).value()
