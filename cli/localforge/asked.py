"""A request to the local forge."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from cli.localforge.forge import LocalForge
    from cli.localforge.records import RepositoryRecord


@dataclass(frozen=True)
class Asked:
    """A request: the parts of its path, its query and its body."""

    forge: LocalForge
    repository: RepositoryRecord
    parts: Mapping[str, str]
    query: Mapping[str, str]
    body: Any

    @property
    def number(self) -> int:
        return int(self.parts["id"])
