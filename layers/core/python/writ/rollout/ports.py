"""What a rollout needs from outside."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

from writ.rollout.kept import KeptLook
from writ.rollout.plan import Hook
from writ.rollout.state import Rollout, Row


@dataclass(frozen=True, slots=True)
class Alias:
    """An alias of a function: its version, the weights of others, who set it so, and its revision.

    `token` is the fencing token of the last rollout that wrote it, 0 where none did.
    """

    version: str
    weights: Mapping[str, float] = field(default_factory=dict)
    token: int = 0
    revision: str = ""

    def serves(self, version: str, weights: Mapping[str, float]) -> bool:
        """Whether it splits the traffic so."""
        return self.version == version and dict(self.weights) == dict(weights)


class Aliases(Protocol):
    """Aliases of functions, changed by conditional writes only."""

    def read(self, function: str, alias: str) -> Alias:
        """Raises NotFoundError for an alias that is not there."""

    def write(self, function: str, alias: str, wanted: Alias) -> None:
        """Set version, weights and token. Raises ConflictError unless it is at `wanted.revision`."""


class Rollouts(Protocol):
    """Rows by service, changed by conditional writes only, and rollouts that are over."""

    def read(self, service: str) -> Row | None:
        """Strongly consistent."""

    def write(
        self, before: Row | None, after: Row, closed: Rollout | None = None, look: KeptLook | None = None
    ) -> None:
        """Replace a row; keep a rollout that it no longer has, and what decided a move, in one transaction.

        Raises ConflictError when the row is no longer at `before.version`, or is there though it was not.
        """

    def find(self, rollout_id: str) -> Rollout | None:
        """A rollout that is open or over."""

    def open(self) -> Sequence[str]:
        """Ids of open rollouts; one that was opened or closed just now may be missing or too much."""

    def rows(self) -> Sequence[Row]:
        """Every service that ever had a rollout; as fresh as `open`."""

    def guarded(self) -> Sequence[Row]:
        """Services whose last release is guarded, or was until their next rollout; as fresh as `open`."""

    def past(self, service: str, limit: int) -> Sequence[Rollout]:
        """Rollouts of a service that are over, the newest first."""

    def looks(self, rollout_id: str, limit: int) -> Sequence[KeptLook]:
        """The looks that decided the newest transitions of a rollout, in their order."""


@dataclass(frozen=True, slots=True)
class HookAnswer:
    """What a hook said."""

    ok: bool
    detail: str = ""


class Hooks(Protocol):
    """Functions that are called before and after steps."""

    def call(self, hook: Hook, rollout: Rollout, key: str) -> HookAnswer:
        """Ask a hook. It may be asked again: the rollout's id and the key name one call."""


# Points by the minute that they began in.
Points = Mapping[datetime, float]


@dataclass(frozen=True, slots=True)
class Query:
    """One series: a metric of one version of a function."""

    namespace: str
    metric: str
    statistic: str
    function: str
    alias: str
    version: str


class Metrics(Protocol):
    """Series of metrics."""

    def read(self, queries: Sequence[Query], since: datetime, until: datetime) -> Sequence[Points]:
        """A series for every query, by minutes; a minute without data is not in it."""


class Clock(Protocol):
    """The time."""

    def now(self) -> datetime:
        """Aware, in UTC."""
