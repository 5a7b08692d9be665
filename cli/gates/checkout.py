"""A checkout as a tree for gates: its files as they lie there, and what changed since a base, by dulwich."""

from __future__ import annotations

import hashlib
import os
import stat
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing
from functools import cached_property
from pathlib import Path
from typing import Final

from dulwich.errors import NotGitRepository
from dulwich.graph import find_merge_base
from dulwich.ignore import IgnoreFilterManager
from dulwich.index import Index, IndexEntry
from dulwich.object_store import iter_tree_contents
from dulwich.objects import Blob, Commit, ObjectID
from dulwich.repo import Repo

from cli.output import UsageError
from writ.adapters.git_history import commit_named
from writ.contracts.errors import ContractError
from writ.gates.tree import Change, changed

MAX_BYTES: Final = 64 * 1024 * 1024
_PART: Final = 1 << 20
_LINK: Final = 0o120000
_PLAIN: Final = 0o100644
_EXECUTABLE: Final = 0o100755
_SUBMODULE: Final = 0o160000  # another repository's commit: https://git-scm.com/docs/gitsubmodules


class Checkout:
    """The working files of a repository that are tracked, or new and not ignored; a folder's, all of them.

    With a base, what changed is told from where the branch left it, as a pull request tells it: contents,
    modes, and the commits of submodules, which read as the line that `git diff` shows. A file that is larger
    than MAX_BYTES is a ContractError where its content is asked for: what is not read may be anything.
    """

    def __init__(self, folder: Path, base: str | None = None) -> None:
        self.folder = folder.resolve()
        if not self.folder.is_dir():
            raise UsageError(f"{folder} is no folder", field="--repo")
        self._repo = _open(self.folder)
        if self._repo is None and base is not None:
            raise UsageError(f"{folder} is no git repository, so there is no base in it", field="--base")
        self._base_commit = self._find_base(base) if base is not None else None

    @property
    def commit(self) -> str | None:
        """The commit that is checked out; None outside of git, and before the first one."""
        try:
            return self._repo.head().decode() if self._repo else None
        except KeyError:
            return None

    @property
    def base(self) -> str | None:
        """The commit that changes are told from."""
        return self._base_commit.id.decode() if self._base_commit else None

    @property
    def remote(self) -> str | None:
        """The address of `origin`, where it has one."""
        try:
            return self._repo.get_config().get(("remote", "origin"), "url").decode() if self._repo else None
        except KeyError:
            return None

    def paths(self) -> Sequence[str]:
        return self._paths

    def read(self, path: str) -> bytes | None:
        if path in self._submodules:
            return _pointer(self._submodules[path])
        file = self.folder / path
        try:
            # A link is what it says, as git keeps it: it may lead out of the repository.
            if file.is_symlink():
                return os.fsencode(os.readlink(file))  # noqa: PTH115 - bytes of the link, not a path
            if path not in self._known or not file.is_file():
                return None
            if file.stat().st_size > MAX_BYTES:
                raise ContractError(f"{path} is larger than is read: {MAX_BYTES} bytes", field=path)
            return file.read_bytes()
        except OSError:
            return None

    def read_text(self, path: str) -> str | None:
        """A file letter by letter, so that it can be written again; None for one that is not UTF-8."""
        try:
            return (self.read(path) or b"").decode()
        except UnicodeDecodeError:
            return None

    def chunks(self, path: str) -> Iterator[bytes]:
        file = self.folder / path
        if path in self._submodules or file.is_symlink():
            yield self.read(path) or b""
        elif path in self._known and file.is_file():
            with file.open("rb") as content:
                while part := content.read(_PART):
                    yield part

    def read_base(self, path: str) -> bytes | None:
        mode, sha = self._base_files.get(path, (0, None))
        if sha is None:
            return None
        return _pointer(sha) if mode == _SUBMODULE else self._blob(sha)

    def changes(self) -> Sequence[Change] | None:
        return self._changes if self._base_commit else None

    @cached_property
    def _known(self) -> frozenset[str]:
        return frozenset(self._paths)

    @cached_property
    def _paths(self) -> list[str]:
        if self._repo is None:
            return sorted(_walk(self.folder, None))
        tracked = {os.fsdecode(path) for path in self._index}
        here = {path for path in tracked if _is_file(self.folder / path)}
        ignored = IgnoreFilterManager.from_repo(self._repo)
        return sorted(here | set(self._submodules) | set(_walk(self.folder, ignored)))

    @cached_property
    def tracked(self) -> frozenset[str]:
        """Paths that git tracks, those of submodules too; none outside of git."""
        return frozenset(os.fsdecode(path) for path in self._index) if self._repo else frozenset()

    @cached_property
    def _submodules(self) -> Mapping[str, ObjectID]:
        """Commits of submodules by path, where nothing else lies in their place."""
        if self._repo is None:
            return {}
        found = {os.fsdecode(path): entry for path, entry in self._index.items()}
        return {
            path: entry.sha
            for path, entry in found.items()
            if isinstance(entry, IndexEntry) and entry.mode == _SUBMODULE and not _is_file(self.folder / path)
        }

    @cached_property
    def _index(self) -> Index:
        assert self._repo is not None  # noqa: S101 - callers look first
        return self._repo.open_index()

    @cached_property
    def _base_files(self) -> Mapping[str, tuple[int, ObjectID]]:
        if self._repo is None or self._base_commit is None:
            return {}
        entries = iter_tree_contents(self._repo.object_store, self._base_commit.tree)
        return {
            os.fsdecode(entry.path): (_mode(entry.mode), entry.sha)
            for entry in entries
            if entry.path and entry.sha and entry.mode
        }

    @cached_property
    def _changes(self) -> list[Change]:
        before = self._base_files
        found = []
        for path in sorted({*before, *self._paths}):
            if path in before and self._state(path) == before[path]:
                continue
            after = self.read(path)
            if after is None and path not in before:
                continue
            found.append(changed(path, self.read_base(path), after))
        return found

    def _state(self, path: str) -> tuple[int, ObjectID] | None:
        """The mode and the id that git would give a path as it is now, of files of any size."""
        if path in self._submodules:
            return _SUBMODULE, self._submodules[path]
        file = self.folder / path
        try:
            if file.is_symlink():
                return _LINK, Blob.from_string(os.fsencode(os.readlink(file))).id  # noqa: PTH115 - bytes
            if path not in self._known or not file.is_file():
                return None
            return self._mode_of(path, file), _id(file)
        except OSError:
            return None

    def _mode_of(self, path: str, file: Path) -> int:
        """Whether it can be run; by the index where the file system does not keep it (core.fileMode)."""
        entry = self._index[os.fsencode(path)] if path in self.tracked and not self._keeps_modes else None
        return _mode(entry.mode if isinstance(entry, IndexEntry) else file.stat().st_mode)

    @cached_property
    def _keeps_modes(self) -> bool:
        assert self._repo is not None  # noqa: S101 - only a repository has a base
        return self._repo.get_config().get_boolean((b"core",), b"filemode", True) is not False

    def _blob(self, sha: ObjectID) -> bytes | None:
        assert self._repo is not None  # noqa: S101 - only a repository has shas
        found = self._repo.object_store[sha]
        return found.as_raw_string() if isinstance(found, Blob) else None

    def _find_base(self, base: str) -> Commit:
        assert self._repo is not None  # noqa: S101 - looked at before
        try:
            named = commit_named(self._repo, base)
            shared = find_merge_base(self._repo, [self._repo.head(), named.id])
        except (KeyError, ValueError) as error:
            hint = "a shallow clone may not have it: fetch the history (fetch-depth: 0)"
            raise UsageError(f"no commit {base} in the repository", hint=hint, field="--base") from error
        if not shared:
            raise UsageError(f"{base} and the checkout have no commit in common", field="--base")
        found = self._repo[shared[0]]
        if not isinstance(found, Commit):
            raise UsageError(f"{base} is no commit", field="--base")
        return found

    def close(self) -> None:
        if self._repo:
            self._repo.close()


def opened(folder: Path, base: str | None) -> closing[Checkout]:
    """A checkout that is closed at the end of a block. Raises UsageError."""
    return closing(Checkout(folder, base))


def _open(folder: Path) -> Repo | None:
    try:
        return Repo(str(folder))
    except NotGitRepository:
        return None


def _mode(mode: int) -> int:
    """One of the four modes that git tells apart."""
    if mode == _SUBMODULE:
        return mode
    return _LINK if stat.S_ISLNK(mode) else _EXECUTABLE if mode & stat.S_IXUSR else _PLAIN


def _id(file: Path) -> ObjectID:
    """The id of a file as a blob: https://git-scm.com/book/en/v2/Git-Internals-Git-Objects"""
    digest = hashlib.sha1(b"blob %d\0" % file.stat().st_size, usedforsecurity=False)
    with file.open("rb") as content:
        while part := content.read(_PART):
            digest.update(part)
    return ObjectID(digest.hexdigest().encode())


def _pointer(commit: ObjectID) -> bytes:
    return b"Subproject commit " + commit + b"\n"


def _is_file(path: Path) -> bool:
    return path.is_symlink() or path.is_file()


def _walk(folder: Path, ignored: IgnoreFilterManager | None) -> Iterator[str]:
    """Files that are not ignored; ignored folders, and repositories inside this one, are not entered."""
    for place, folders, names in os.walk(folder):
        here = Path(place).relative_to(folder).as_posix()
        prefix = "" if here == "." else f"{here}/"
        folders[:] = [
            name
            for name in folders
            if name != ".git"
            and not (Path(place) / name / ".git").exists()
            and not (ignored and ignored.is_ignored(f"{prefix}{name}/"))
        ]
        for name in names:
            if name != ".git" and not (ignored and ignored.is_ignored(prefix + name)):
                yield prefix + name
