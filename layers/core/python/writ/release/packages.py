"""Repositories of several packages: which of them a commit touches, by its files."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import PurePosixPath

from writ.release.bump import Change


@dataclass(frozen=True, slots=True)
class Package:
    """A package and the folder it lies in; `also` are files or folders elsewhere that are part of it."""

    name: str
    path: str = ""
    also: tuple[str, ...] = field(default=())


def packages_of(file: str, packages: Sequence[Package]) -> frozenset[str]:
    """The packages a file belongs to: the one whose folder holds it most closely, and all that name it."""
    place = PurePosixPath(file)
    depth = {each.name: len(PurePosixPath(each.path).parts) for each in packages if _holds(each.path, place)}
    deepest = max(depth.values(), default=0)
    closest = {name for name, parts in depth.items() if parts == deepest}
    return frozenset(
        closest | {each.name for each in packages if any(_holds(path, place) for path in each.also)}
    )


def changes_of(
    package: Package, changes: Iterable[Change], packages: Sequence[Package]
) -> tuple[Change, ...]:
    """The changes that touch a package, in the order given.

    A revert that touches none of its files takes nothing of it back; so nothing is lost by leaving it out.
    """
    return tuple(
        change
        for change in changes
        if any(package.name in packages_of(file, packages) for file in change.files)
    )


def _holds(folder: str, file: PurePosixPath) -> bool:
    return file.is_relative_to(PurePosixPath(folder))
