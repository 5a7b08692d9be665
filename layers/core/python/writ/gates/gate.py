"""What makes a gate: a collector that turns a tree into facts, and the rules its policy decides by."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

from writ.gates.model import Place, Rule
from writ.gates.tree import Tree

# Every gate has it, and no exception covers it: what could not be read is not known to be well.
UNREADABLE: Final = "unreadable"


@dataclass(frozen=True, slots=True)
class Context:
    """What is known of a run beside the tree.

    `beside` holds, by the name of the gate that wants them, facts that the tree has not: what an installed
    package says of itself, what a control plane knows of windows and budgets.
    """

    repository: str
    now: datetime
    beside: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Gap:
    """Something that a gate must know and cannot read; the verdict is at best `unknown`."""

    subject: str
    why: str
    remedy: str
    place: Place | None = None


@dataclass(frozen=True, slots=True)
class Collected:
    """Facts as JSON for the gate's policy, the gaps in them, and counts for the report.

    `skipped` says why the gate has nothing to decide on here; it is no pass and no failure. `rules` are those
    that a repository brings beside the gate's own, `digest` stands for what it decides them by.
    """

    facts: Mapping[str, Any] = field(default_factory=dict)
    gaps: tuple[Gap, ...] = ()
    counted: Mapping[str, int] = field(default_factory=dict)
    skipped: str | None = None
    rules: tuple[Rule, ...] = ()
    digest: str | None = None


@dataclass(frozen=True, slots=True)
class Gate:
    """A gate; `name` is that of its folder here and of its folder of policies.

    `collect` is pure: it reads the tree and nothing else. `summary` is one sentence for people.
    """

    name: str
    summary: str
    rules: tuple[Rule, ...]
    collect: Callable[[Tree, Context], Collected]

    @property
    def entrypoint(self) -> str:
        """The rule of the bundle that turns the facts into `{"findings": [...], "records": [...]}`."""
        return f"writ/gates/{self.name}/answer"
