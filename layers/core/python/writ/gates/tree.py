"""What gates look at: the files of a repository and what a change does to them, as values."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from enum import StrEnum
from functools import cached_property
from itertools import pairwise
from typing import Protocol

from writ.gates.model import Edit


class Kind(StrEnum):
    ADDED = "added"
    MODIFIED = "modified"
    DELETED = "deleted"


@dataclass(frozen=True)
class Change:
    """One file that a change touches, as it was and as it is; a renamed one is deleted and added."""

    path: str
    kind: Kind
    before: bytes | None
    after: bytes | None

    @cached_property
    def added_lines(self) -> tuple[tuple[int, str], ...]:
        """Numbers and texts of the lines that were not there before; none of a file that is not UTF-8."""
        old, new = lines(self.before), lines(self.after)
        if not old:
            return tuple(enumerate(new, start=1))
        blocks = SequenceMatcher(None, old, new, autojunk=len(new) > 2000).get_opcodes()
        changed = (range(low, high) for tag, _, _, low, high in blocks if tag in ("insert", "replace"))
        return tuple((number + 1, new[number]) for span in changed for number in span)


class Tree(Protocol):
    """A repository as it is now, and what changed in it since its base; reads nothing else."""

    def paths(self) -> Sequence[str]:
        """Paths of all files in order, with `/` between their parts."""

    def read(self, path: str) -> bytes | None:
        """The content of a file, None where there is none."""

    def chunks(self, path: str) -> Iterator[bytes]:
        """The content of a file of any size in parts, one held at a time; nothing where there is none."""

    def read_base(self, path: str) -> bytes | None:
        """The content of a file in the base; None where it has none, or where there is no base."""

    def changes(self) -> Sequence[Change] | None:
        """What changed since the base, by path; None where there is no base."""


@dataclass(frozen=True)
class MemoryTree:
    """Files given as values; `base` is what they were, None where nothing is compared."""

    files: Mapping[str, bytes]
    base: Mapping[str, bytes] | None = None

    def paths(self) -> Sequence[str]:
        return sorted(self.files)

    def read(self, path: str) -> bytes | None:
        return self.files.get(path)

    def chunks(self, path: str) -> Iterator[bytes]:
        if (content := self.files.get(path)) is not None:
            yield content

    def read_base(self, path: str) -> bytes | None:
        return None if self.base is None else self.base.get(path)

    def changes(self) -> Sequence[Change] | None:
        if self.base is None:
            return None
        touched = sorted(
            path for path in {*self.files, *self.base} if self.files.get(path) != self.base.get(path)
        )
        return [changed(path, self.base.get(path), self.files.get(path)) for path in touched]


def changed(path: str, before: bytes | None, after: bytes | None) -> Change:
    """A change of one file, of the kind that its contents show."""
    kind = Kind.DELETED if after is None else Kind.ADDED if before is None else Kind.MODIFIED
    return Change(path, kind, before, after)


def text(content: bytes | None) -> str | None:
    """The text of a file, None where it is not UTF-8 or has NULs, as binary files do."""
    if content is None or b"\0" in content[:8192]:
        return None
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError:
        return None


def lines(content: bytes | None) -> list[str]:
    """The lines of a text file without their breaks, which are LF or CRLF; none of any other file."""
    found = text(content)
    return [] if found is None else [line.removesuffix("\r") for line in found.removesuffix("\n").split("\n")]


def patch(tree: Tree, edits: Sequence[Edit]) -> str | None:
    """A unified diff of edits, None where one does not fit its file.

    Source: https://www.gnu.org/software/diffutils/manual/html_node/Detailed-Unified.html
    """
    parts: list[str] = []
    for path in sorted({edit.path for edit in edits}):
        old = (text(tree.read(path)) or "").splitlines(keepends=True)
        mine = sorted((edit for edit in edits if edit.path == path), key=lambda edit: edit.line)
        fits = all(edit.line <= edit.end_line <= len(old) for edit in mine)
        if not fits or any(one.end_line >= two.line for one, two in pairwise(mine)):
            return None
        parts += [f"--- a/{path}\n", f"+++ b/{path}\n", *_hunks(old, mine)]
    return "".join(parts) or None


def _hunks(old: Sequence[str], edits: Sequence[Edit]) -> list[str]:
    parts, shift = [], 0
    for edit in edits:
        gone, come = old[edit.line - 1 : edit.end_line], edit.text.splitlines(keepends=True)
        start = edit.line + shift - (0 if come else 1)
        parts.append(f"@@ -{edit.line},{len(gone)} +{start},{len(come)} @@\n")
        parts += [_marked("-", line) for line in gone] + [_marked("+", line) for line in come]
        shift += len(come) - len(gone)
    return parts


def _marked(sign: str, line: str) -> str:
    return f"{sign}{line}" if line.endswith("\n") else f"{sign}{line}\n\\ No newline at end of file\n"
