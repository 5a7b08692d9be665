"""Makes a lock anew where a bump changes more than one line of it: what only a package manager can do.

It runs where the tools are, in a build job or on a laptop; a function has none, and says so.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Protocol

from writ.ports.registry import Package


class Resolver(Protocol):
    """The package managers' own tools."""

    def can(self, path: str, files: Mapping[str, str]) -> bool:
        """Whether it knows how to make this lock, from what stands beside it."""

    def lock(
        self, path: str, files: Mapping[str, str], steps: Sequence[tuple[Package, str]], before: datetime
    ) -> str:
        """The lock with these packages at these versions and everything else as it is, where that can be.

        Nothing that was published after `before` is taken in: what comes along keeps the cooldown as well.
        Raises PermanentError `resolver.failed` where there is no such lock.
        """
