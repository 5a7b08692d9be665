"""A pull request as a forge shows it at one time, and what is kept of it here."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

from writ.ports.forge import ChangedFile, CheckRun, CommitStatus, PullCommit, PullRequest
from writ.ports.forge_reviews import Review

# As many as GitHub lists: https://docs.github.com/en/rest/pulls/pulls
MOST_FILES: Final = 3000
MOST_COMMITS: Final = 250


@dataclass(frozen=True, slots=True)
class Seen:
    """All of it is of one head.

    `owners` is the CODEOWNERS of the base and `services` its .gates/services.yaml, None where there is none.
    """

    repository: str
    pull: PullRequest
    files: Sequence[ChangedFile]
    commits: Sequence[PullCommit]
    reviews: Sequence[Review]
    runs: Sequence[CheckRun]
    statuses: Sequence[CommitStatus]
    owners: str | None
    services: str | None

    @property
    def paths(self) -> list[str]:
        """Every path that changes, also that which a file had before it was moved."""
        both = [path for file in self.files for path in (file.path, file.previous) if path]
        return list(dict.fromkeys(both))

    @property
    def complete(self) -> bool:
        """Whether nothing is longer than what the forge lists."""
        return len(self.files) < MOST_FILES and len(self.commits) < MOST_COMMITS


@dataclass(frozen=True, slots=True)
class GateStanding:
    """The newest result of gates for a head: its verdict, whose policies decided, which gates ran, when."""

    verdict: str
    bundle: str
    names: tuple[str, ...]
    at: datetime


@dataclass(frozen=True, slots=True)
class Plane:
    """What the control plane knows beside. `change` and `budgets` are None where they could not be read.

    `known_gates` are all that there are; `policies` is the digest of the bundle that decides here.
    """

    now: datetime
    policies: str
    known_gates: tuple[str, ...]
    gates: GateStanding | None
    change: Mapping[str, Any] | None
    budgets: Mapping[str, str] | None = field(default_factory=dict)
