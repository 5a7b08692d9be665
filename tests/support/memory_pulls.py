"""A pull request in memory: it is read, reviewed and merged, and tests tell what happens meanwhile."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace

from writ.contracts.errors import PermanentError
from writ.ports.forge import ChangedFile, CheckRun, Checks, CommitStatus, Content, PullCommit, PullRequest
from writ.ports.forge_reviews import Review, ReviewState
from writ.ports.forge_words import MergeMethod

HEAD = "6d" * 20
MOVED = "7e" * 20
MERGED = "8f" * 20
LAST = ".gates/services.yaml"
OPEN = PullRequest(
    number=42,
    title="feat: carts",
    body="Closes #7",
    state="open",
    draft=False,
    merged=False,
    head="carts",
    head_sha=HEAD,
    base="main",
    base_sha="0" * 40,
    labels=(),
    author="octocat",
    mergeable=True,
    url="https://github.example/acme/shop/pull/42",
    source="acme/shop",
)


@dataclass
class MemoryPulls:
    """See functions.pr.forge. `meanwhile`: what happens right after all of it was read, by turn."""

    pull: PullRequest | None = OPEN
    changed: list[ChangedFile] = field(
        default_factory=lambda: [ChangedFile("src/cart.py", "modified", 10, 2)]
    )
    history: list[PullCommit] = field(default_factory=lambda: [PullCommit(HEAD, "feat: carts", 1, "octocat")])
    given: list[Review] = field(default_factory=list)
    contents: dict[str, str] = field(default_factory=lambda: {".github/CODEOWNERS": "* @ann\n"})
    fails: list[Exception] = field(default_factory=list)
    late: bool = False
    merges: list[tuple[str, MergeMethod, str]] = field(default_factory=list)
    meanwhile: list[Callable[[], object]] = field(default_factory=list)
    checks: Checks | None = None

    def beside(self, checks: Checks) -> MemoryPulls:
        self.checks = checks
        return self

    def change(self, **changes: object) -> None:
        assert self.pull is not None
        self.pull = replace(self.pull, **changes)  # type: ignore[arg-type]

    def approve(self, by: str = "ann", commit: str = HEAD, **changes: object) -> None:
        review = Review(len(self.given) + 1, by, ReviewState.APPROVED, commit, member=True, person=True)
        self.given.append(replace(review, **changes))  # type: ignore[arg-type]

    def move(self, head: str = MOVED) -> None:
        """Somebody pushes another commit."""
        self.change(head_sha=head)
        self.history.append(PullCommit(head, "feat: carts with tea", 1, "octocat"))

    def pull_request(self, repository: str, number: int) -> PullRequest:
        if self.pull is None or number != self.pull.number:
            raise PermanentError("none", code="forge.not_found")
        return self.pull

    def files(self, repository: str, number: int) -> Sequence[ChangedFile]:
        return list(self.changed)

    def commits(self, repository: str, number: int) -> Sequence[PullCommit]:
        return list(self.history)

    def reviews(self, repository: str, number: int) -> Sequence[Review]:
        return list(self.given)

    def open_pulls(self, repository: str, sha: str) -> Sequence[int]:
        return [self.pull.number] if self.pull and self.pull.head_sha == sha else []

    def check_runs(self, repository: str, sha: str, name: str | None = None) -> Sequence[CheckRun]:
        assert self.checks is not None
        return self.checks.check_runs(repository, sha, name)

    def statuses(self, repository: str, sha: str) -> Sequence[CommitStatus]:
        assert self.checks is not None
        return self.checks.statuses(repository, sha)

    def content(self, repository: str, path: str, ref: str) -> Content | None:
        found = self.contents.get(path)
        if path == LAST and self.meanwhile:
            self.meanwhile.pop(0)()
        return None if found is None else Content(path, "0" * 40, found.encode())

    def merge(self, repository: str, number: int, *, head_sha: str, method: MergeMethod, title: str) -> str:
        failing = self.fails.pop(0) if self.fails else None
        if failing is not None and not self.late:
            raise failing
        assert self.pull is not None
        if self.pull.head_sha != head_sha:
            raise PermanentError("it has changed meanwhile", code="forge.moved")
        if self.pull.merged:
            raise PermanentError("it cannot be merged", code="forge.unmergeable")
        self.change(merged=True, state="closed", merged_by="writ[bot]", merge_sha=MERGED)
        self.merges.append((head_sha, method, title))
        if failing is not None:
            raise failing
        return MERGED
