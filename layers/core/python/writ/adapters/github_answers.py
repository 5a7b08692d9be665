"""What of GitHub's answers is read: small models that pass over everything else."""

from base64 import b64decode
from binascii import Error as Base64Error
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from writ.contracts.errors import TransientError
from writ.ports import forge

_Url = Annotated[str, Field(max_length=2048)]


class _Answer(BaseModel):
    model_config = ConfigDict(extra="ignore", frozen=True, defer_build=True)


class Account(_Answer):
    id: int
    login: str


class _App(_Answer):
    id: int | None = None
    client_id: str | None = None
    slug: str = ""

    def is_called(self, name: str | None) -> bool:
        """Whether that is its number or its client id: credentials have either."""
        return name is not None and name in (str(self.id), self.client_id)


class CommentAnswer(_Answer):
    id: int
    body: str = ""
    html_url: _Url
    user: Account | None = None
    performed_via_github_app: _App | None = None

    def value(self, app: str | None) -> forge.Comment:
        by, author = self.performed_via_github_app, self.user.id if self.user else None
        ours = by is not None and by.is_called(app)
        return forge.Comment(self.id, self.body, self.html_url, author, ours)


class _Repository(_Answer):
    full_name: str


class _Branch(_Answer):
    ref: str
    sha: str
    repo: _Repository | None = None


class LabelAnswer(_Answer):
    name: str


class PullAnswer(_Answer):
    number: int
    title: str
    body: str | None = None
    state: str
    draft: bool = False
    merged: bool = False
    head: _Branch
    base: _Branch
    labels: list[LabelAnswer] = []
    user: Account | None = None
    mergeable: bool | None = None
    merged_by: Account | None = None
    merge_commit_sha: str | None = None
    html_url: _Url

    def value(self) -> forge.PullRequest:
        return forge.PullRequest(
            number=self.number,
            title=self.title,
            body=self.body or "",
            state=self.state,
            draft=self.draft,
            merged=self.merged,
            head=self.head.ref,
            head_sha=self.head.sha,
            base=self.base.ref,
            base_sha=self.base.sha,
            labels=tuple(label.name for label in self.labels),
            author=self.user.login if self.user else None,
            mergeable=self.mergeable,
            url=self.html_url,
            source=self.head.repo.full_name if self.head.repo else None,
            merged_by=self.merged_by.login if self.merged_by else None,
            merge_sha=self.merge_commit_sha if self.merged else None,
        )


class FileAnswer(_Answer):
    filename: str
    status: str
    additions: int
    deletions: int
    previous_filename: str | None = None

    def value(self) -> forge.ChangedFile:
        return forge.ChangedFile(
            self.filename, self.status, self.additions, self.deletions, self.previous_filename
        )


class _Message(_Answer):
    message: str


class CommitAnswer(_Answer):
    sha: str
    commit: _Message
    parents: list[Any] = []
    author: Account | None = None

    def value(self) -> forge.PullCommit:
        author = self.author.login if self.author else None
        return forge.PullCommit(self.sha, self.commit.message, len(self.parents), author)


class _Output(_Answer):
    annotations_count: int = 0


class CheckRunAnswer(_Answer):
    id: int
    name: str
    head_sha: str
    status: str
    conclusion: str | None = None
    external_id: str | None = None
    html_url: _Url | None = None
    output: _Output | None = None
    app: _App | None = None

    def value(self) -> forge.CheckRun:
        return forge.CheckRun(
            id=self.id,
            name=self.name,
            head_sha=self.head_sha,
            status=self.status,
            conclusion=self.conclusion,
            external_id=self.external_id or "",
            url=self.html_url or "",
            annotations=self.output.annotations_count if self.output else 0,
            app=self.app.slug if self.app else "",
        )


class CheckRunsAnswer(_Answer):
    check_runs: list[CheckRunAnswer]


class StatusAnswer(_Answer):
    context: str
    state: str
    description: str | None = None
    target_url: str | None = None

    def value(self) -> forge.CommitStatus:
        return forge.CommitStatus(self.context, self.state, self.description or "", self.target_url or "")


class CombinedStatusAnswer(_Answer):
    statuses: list[StatusAnswer]


class ShaAnswer(_Answer):
    sha: str


class RefAnswer(_Answer):
    ref: str
    object: ShaAnswer

    def value(self) -> forge.GitRef:
        return forge.GitRef(self.ref, self.object.sha)


class ContentAnswer(_Answer):
    type: Literal["file"]
    path: str
    sha: str
    encoding: Literal["base64"]
    content: str

    def value(self) -> forge.Content:
        try:
            return forge.Content(self.path, self.sha, b64decode(self.content))
        except Base64Error:
            raise TransientError("GitHub's answer does not read", code="forge.answer") from None
