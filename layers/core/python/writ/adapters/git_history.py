"""A repository's tags and commits, read with dulwich: no git is run, nothing is written."""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Collection, Iterator
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Final, Self

from writ.contracts.errors import ContractError, NotFoundError
from writ.release.bump import Change

if TYPE_CHECKING:
    from dulwich.objects import Commit, ObjectID
    from dulwich.repo import Repo

_TAGS: Final = b"refs/tags/"


def commit_named(repo: Repo, revision: str) -> Commit:
    """The commit of a branch, a tag or a digest, or one that is counted back from it: `HEAD~2`, `main^2`.

    Raises KeyError or ValueError where there is none. Source: https://git-scm.com/docs/gitrevisions
    """
    from dulwich.objectspec import parse_commit

    name = re.split(r"[~^]", revision, maxsplit=1)[0]
    counted = revision[len(name) :]
    if not name or not re.fullmatch(r"(?:[~^][0-9]{0,6})*", counted):
        raise KeyError(revision)
    found = parse_commit(repo, b"HEAD" if name == "@" else name.encode())
    for mark, number in re.findall(r"([~^])([0-9]*)", counted):
        count = int(number or 1)
        # `~3` is the first parent of the first parent of the first; `^3` the third parent, `^0` nobody's.
        for parent in [1] * count if mark == "~" else [count] * (count > 0):
            if parent > len(found.parents):
                raise ValueError(f"{revision} is beyond the first commit, or no merge")
            found = parse_commit(repo, found.parents[parent - 1])
    return found


class GitHistory:
    """One repository, and what can be reached from a commit of it."""

    def __init__(self, repo: Repo) -> None:
        self._repo = repo

    @classmethod
    def open(cls, folder: Path) -> Self:
        """The repository that a folder lies in. Raises NotFoundError where there is none."""
        from dulwich.errors import NotGitRepository
        from dulwich.repo import Repo

        try:
            return cls(Repo.discover(str(folder)))
        except NotGitRepository:
            raise NotFoundError(f"no git repository holds {folder}", field="repo") from None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None
    ) -> None:
        self._repo.close()

    @property
    def root(self) -> Path:
        """The folder of the working tree."""
        return Path(self._repo.path)

    @property
    def is_shallow(self) -> bool:
        """Whether commits before some are missing, as after a checkout with a depth."""
        return bool(self._repo.get_shallow())

    def head(self, revision: str = "HEAD") -> str:
        """The digest of the commit that a revision names. Raises NotFoundError for one that names none."""
        try:
            return commit_named(self._repo, revision).id.decode()
        except (KeyError, ValueError):
            raise NotFoundError(f"no commit is called {revision}", field="revision") from None

    def content(self, sha: str, path: str) -> bytes | None:
        """A file as a commit has it; None where there is none."""
        from dulwich.errors import NotTreeError
        from dulwich.object_store import tree_lookup_path
        from dulwich.objects import Blob, SubmoduleEncountered

        tree, read = self._commit(sha).tree, self._repo.object_store.__getitem__
        try:
            _, id = tree_lookup_path(read, tree, path.encode())
            found = self._repo[id]
        except (KeyError, NotTreeError, SubmoduleEncountered):
            return None
        return found.data if isinstance(found, Blob) else None

    def remote(self, name: str = "origin") -> str | None:
        """The address of a remote."""
        try:
            return self._repo.get_config().get((b"remote", name.encode()), b"url").decode()
        except KeyError:
            return None

    def tags(self) -> dict[str, str]:
        """Every tag with the commit it names, through annotations; tags of other things are left out."""
        from dulwich.objects import Commit
        from dulwich.objectspec import parse_commit
        from dulwich.refs import Ref

        found: dict[str, str] = {}
        for name in self._repo.refs.as_dict(Ref(_TAGS)):
            try:
                commit = parse_commit(self._repo, _TAGS + name)
            except (KeyError, ValueError):
                continue
            if isinstance(commit, Commit):
                found[name.decode("utf-8", "replace")] = commit.id.decode()
        return found

    def reached(self, head: str, without: Collection[str] = ()) -> dict[str, None]:
        """Every commit that can be reached from one, and from none of the others; children first."""
        hidden = set(self._walk(without, set()))
        return dict.fromkeys(self._walk([head], hidden))

    def changes(self, head: str, since: str | None, *, files: bool = False) -> list[Change]:
        """The commits that one has and another has not, parents before children.

        `files` are those that a commit changed against its only parent; of a merge there are none, for the
        merged commits have them. Raises ContractError where the history ends before it should.
        """
        hidden = set(self._walk([since] if since else (), set()))
        found = dict.fromkeys(self._walk([head], hidden))
        if self.is_shallow and any(
            parent not in found and parent not in hidden for sha in found for parent in self._parents(sha)
        ):
            raise ContractError(
                "the checkout is shallow: commits since the last release are missing", field="repo"
            )
        return [self._change(sha, files) for sha in self._ordered(found)]

    def _walk(self, heads: Collection[str], hidden: set[str]) -> Iterator[str]:
        from dulwich.objects import ObjectID

        waiting, seen = deque(heads), set(hidden)
        while waiting:
            sha = waiting.popleft()
            if sha in seen or ObjectID(sha.encode()) not in self._repo.object_store:
                continue
            seen.add(sha)
            yield sha
            waiting.extend(self._parents(sha))

    def _ordered(self, found: dict[str, None]) -> list[str]:
        """Parents before children, and of those side by side the older first."""
        import heapq

        children: dict[str, list[str]] = {sha: [] for sha in found}
        missing = dict.fromkeys(found, 0)
        for sha in found:
            for parent in self._parents(sha):
                if parent in children:
                    children[parent].append(sha)
                    missing[sha] += 1
        ready = [(self._commit(sha).commit_time, sha) for sha in found if not missing[sha]]
        heapq.heapify(ready)
        ordered = []
        while ready:
            _, sha = heapq.heappop(ready)
            ordered.append(sha)
            for child in children[sha]:
                missing[child] -= 1
                if not missing[child]:
                    heapq.heappush(ready, (self._commit(child).commit_time, child))
        return ordered

    def _commit(self, sha: str) -> Commit:
        from dulwich.objects import ObjectID

        found: Commit = self._repo[ObjectID(sha.encode())]  # type: ignore[assignment]
        return found

    def _parents(self, sha: str) -> list[str]:
        return [parent.decode() for parent in self._commit(sha).parents]

    def _change(self, sha: str, files: bool) -> Change:
        commit = self._commit(sha)
        message = commit.message.decode((commit.encoding or b"utf-8").decode("ascii", "replace"), "replace")
        parents = tuple(parent.decode() for parent in commit.parents)
        return Change(sha, message, parents, tuple(self._files(commit)) if files else ())

    def _files(self, commit: Commit) -> list[str]:
        from dulwich.diff_tree import tree_changes

        if len(commit.parents) > 1:
            return []
        before: ObjectID | None = self._commit(commit.parents[0].decode()).tree if commit.parents else None
        found: dict[str, None] = {}
        for change in tree_changes(self._repo.object_store, before, commit.tree):
            for side in (change.old, change.new):
                if side is not None and side.path is not None:
                    found[side.path.decode("utf-8", "replace")] = None
        return list(found)
