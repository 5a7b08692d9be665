"""What a preview is made of in the account: a stack, and a branch of a database."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum


class StackState(StrEnum):
    """How a stack stands. STALE: it could not be changed, and is what it was before.

    BROKEN: it has to go. UNDELETED: it was told to go, and something of it stayed.
    """

    WORKING = "working"
    BUILT = "built"
    STALE = "stale"
    BROKEN = "broken"
    UNDELETED = "undeleted"


@dataclass(frozen=True, slots=True)
class Stack:
    """A stack of a preview, with what it was made of and what it says about itself."""

    name: str
    state: StackState
    parameters: Mapping[str, str] = field(default_factory=dict)
    outputs: Mapping[str, str] = field(default_factory=dict)
    tags: Mapping[str, str] = field(default_factory=dict)

    @property
    def commit(self) -> str | None:
        return self.parameters.get("Commit")


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a stack is to be."""

    name: str
    body: str
    parameters: Mapping[str, str]
    tags: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Branch:
    """A branch of a database: what the stack has to know of it, by parameter, once it is ready."""

    ready: bool
    parameters: Mapping[str, str] = field(default_factory=dict)
