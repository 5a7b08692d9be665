"""Bare git repositories on disk, through dulwich: what the local forge keeps besides its own records."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Final

from dulwich import porcelain
from dulwich.graph import find_merge_base
from dulwich.index import commit_tree
from dulwich.object_store import iter_tree_contents
from dulwich.objects import Blob, Commit, ObjectID, Tag
from dulwich.refs import Ref
from dulwich.repo import Repo

PLAIN: Final = 0o100644
EXECUTABLE: Final = 0o100755
_WHO: Final = b"Local forge <forge@localhost>"
# Path in bytes, and what lies there: its mode and the id of its blob.
Files = dict[bytes, tuple[int, ObjectID]]


class UnmergeableError(Exception):
    """Both sides changed the same file."""


def cloned(git: Path, folder: Path, branch: str) -> Path:
    """A checkout of a branch of a repository."""
    porcelain.clone(str(git), str(folder), branch=branch, errstream=porcelain.NoneStream()).close()
    return folder


@dataclass(frozen=True)
class GitRepository:
    """One repository. Commits are named by their ids in hex."""

    repo: Repo

    @classmethod
    def at(cls, folder: Path) -> GitRepository:
        """The repository in a folder, made if there is none."""
        if (folder / "objects").is_dir():
            return cls(Repo(str(folder)))
        folder.mkdir(parents=True, exist_ok=True)
        return cls(Repo.init_bare(str(folder)))

    def commit(
        self, files: Mapping[str, bytes], message: str, now: datetime, parents: tuple[str, ...] = ()
    ) -> str:
        """A commit of the first parent's files with these changed; no branch moves."""
        kept = self._files(parents[0]) if parents else {}
        changed = self._added({path: (PLAIN, data) for path, data in files.items()})
        return self._commit({**kept, **changed}, message, now, parents)

    def merge(self, base: str, head: str, message: str, now: datetime, *, squash: bool) -> str:
        """A commit on `base` with what `head` changed. Raises UnmergeableError."""
        merged = self._merged(base, head)
        return self._commit(merged, message, now, (base,) if squash else (base, head))

    def rebase(self, base: str, head: str, now: datetime) -> str:
        """The commits of `head` on top of `base`. Raises UnmergeableError."""
        for sha in self.between(base, head):
            merged = self._merged(base, sha)
            base = self._commit(merged, self.message(sha), now, (base,))
        return base

    def can_merge(self, base: str, head: str) -> bool:
        try:
            self._merged(base, head)
        except UnmergeableError:
            return False
        return True

    def between(self, base: str, head: str) -> list[str]:
        """The commits that `head` has and `base` has not, the oldest first."""
        walker = self.repo.get_walker(include=[_id(head)], exclude=[_id(base)], reverse=True)
        return [entry.commit.id.decode() for entry in walker]

    def changes(self, base: str, head: str) -> Iterator[tuple[str, str, bytes, bytes]]:
        """Path, status, and what was and is there, of every file that differs from the merge base."""
        before, after = self._files(self._merge_base(base, head)), self._files(head)
        for path in sorted(before.keys() | after.keys()):
            if before.get(path) != after.get(path):
                status = "added" if path not in before else "removed" if path not in after else "modified"
                yield path.decode(), status, self._data(before.get(path)), self._data(after.get(path))

    def read(self, sha: str, path: str) -> tuple[str, bytes] | None:
        """The id of a file's blob and what is in it."""
        found = self._files(sha).get(path.encode())
        return None if found is None else (found[1].decode(), self._data(found))

    def files(self, sha: str) -> Iterator[tuple[str, int, str, int]]:
        """Path, mode, blob and size of every file of a commit."""
        for path, (mode, blob) in sorted(self._files(sha).items()):
            yield path.decode(), mode, blob.decode(), len(self._data((mode, blob)))

    def blob(self, sha: str) -> bytes | None:
        found = self.repo[_id(sha)] if self.has(sha) else None
        return found.data if isinstance(found, Blob) else None

    def tree_of(self, sha: str) -> str:
        return bytes(self._object(sha).tree).decode()

    def grow(self, tree: str, files: Mapping[str, tuple[int, bytes]]) -> str:
        """The id of a tree with these files in it, at their modes."""
        entries = iter_tree_contents(self.repo.object_store, _id(tree))
        kept = {entry.path: (entry.mode, entry.sha) for entry in entries if entry.path and entry.sha}
        return self._tree({**kept, **self._added(files)})

    def whole(self, files: Mapping[str, tuple[int, bytes]]) -> str:
        """The id of a tree of these files and no others, at their modes."""
        return self._tree(self._added(files))

    def tag(self, name: str, message: str, sha: str, now: datetime) -> str:
        """The id of a new annotated tag, which no ref points to yet."""
        tag = Tag()
        tag.name, tag.message, tag.tagger = name.encode(), message.encode() + b"\n", _WHO
        tag.object = (Commit, _id(sha))
        tag.tag_time, tag.tag_timezone = int(now.timestamp()), 0
        self.repo.object_store.add_object(tag)
        return tag.id.decode()

    def ref(self, name: str) -> str | None:
        """What a full name points to: `refs/heads/main`."""
        found = self.repo.refs.read_loose_ref(Ref(name.encode()))
        return found.decode() if found else None

    def point(self, name: str, sha: str) -> None:
        self.repo.refs[Ref(name.encode())] = _id(sha)

    def unpoint(self, name: str) -> None:
        del self.repo.refs[Ref(name.encode())]

    def refs(self) -> dict[str, str]:
        """Every branch and tag, and what it points to."""
        return {
            name.decode(): sha.decode()
            for name, sha in sorted(self.repo.refs.as_dict().items())
            if name.startswith(b"refs/")
        }

    def peeled(self, sha: str) -> str:
        """The commit behind an annotated tag; a commit is itself."""
        found = self.repo[_id(sha)]
        while isinstance(found, Tag):
            found = self.repo[found.object[1]]
        return found.id.decode()

    def log(self, sha: str) -> list[str]:
        """Every commit that one reaches, the newest first."""
        return [entry.commit.id.decode() for entry in self.repo.get_walker(include=[_id(sha)])]

    def touched(self, sha: str) -> list[str]:
        """The files that a commit changes against its first parent."""
        parents, after = self.parents(sha), self._files(sha)
        before = self._files(parents[0]) if parents else {}
        return sorted(
            path.decode() for path in before.keys() | after.keys() if before.get(path) != after.get(path)
        )

    def has(self, sha: str) -> bool:
        return len(sha) == 40 and _id(sha) in self.repo.object_store

    def message(self, sha: str) -> str:
        message: bytes = self._object(sha).message
        return message.decode(errors="replace").rstrip("\n")

    def parents(self, sha: str) -> list[str]:
        return [parent.decode() for parent in self._object(sha).parents]

    def _object(self, sha: str) -> Commit:
        found = self.repo[_id(sha)]
        if not isinstance(found, Commit):
            raise TypeError(f"{sha} is not a commit")
        return found

    def _files(self, sha: str | None) -> Files:
        if sha is None:
            return {}
        entries = iter_tree_contents(self.repo.object_store, self._object(sha).tree)
        return {
            entry.path: (entry.mode, entry.sha)
            for entry in entries
            if entry.path and entry.mode and entry.sha
        }

    def _added(self, files: Mapping[str, tuple[int, bytes]]) -> Files:
        blobs = {path.encode(): (mode, Blob.from_string(data)) for path, (mode, data) in files.items()}
        for _, blob in blobs.values():
            self.repo.object_store.add_object(blob)
        return {path: (mode, blob.id) for path, (mode, blob) in blobs.items()}

    def _tree(self, files: Files) -> str:
        named = [(path, sha, mode) for path, (mode, sha) in files.items()]
        return commit_tree(self.repo.object_store, named).decode()

    def _data(self, entry: tuple[int, ObjectID] | None) -> bytes:
        found = self.repo[entry[1]] if entry else None
        return found.data if isinstance(found, Blob) else b""

    def _commit(self, files: Files, message: str, now: datetime, parents: tuple[str, ...]) -> str:
        return self.commit_of(self._tree(files), message, now, parents)

    def commit_of(self, tree: str, message: str, now: datetime, parents: tuple[str, ...]) -> str:
        """A commit of a tree; no branch moves."""
        commit = Commit()
        commit.tree = _id(tree)
        commit.parents = [_id(parent) for parent in parents]
        commit.author = commit.committer = _WHO
        commit.author_time = commit.commit_time = int(now.timestamp())
        commit.author_timezone = commit.commit_timezone = 0
        commit.encoding, commit.message = b"UTF-8", message.encode() + b"\n"
        self.repo.object_store.add_object(commit)
        return commit.id.decode()

    def _merge_base(self, one: str, two: str) -> str | None:
        found = find_merge_base(self.repo, [_id(one), _id(two)])
        return found[0].decode() if found else None

    def _merged(self, base: str, head: str) -> Files:
        before = self._files(self._merge_base(base, head))
        ours, theirs = self._files(base), self._files(head)
        merged: Files = {}
        for path in before.keys() | ours.keys() | theirs.keys():
            was, here, there = before.get(path), ours.get(path), theirs.get(path)
            if here not in (was, there) and there != was:
                raise UnmergeableError(path.decode(errors="replace"))
            chosen = there if here == was else here
            if chosen is not None:
                merged[path] = chosen
        return merged


def _id(sha: str) -> ObjectID:
    return ObjectID(sha.encode())
