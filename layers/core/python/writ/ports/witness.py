"""What a witness remembers of the logs it watches, and how a log reaches its witnesses."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, slots=True)
class SeenHead:
    """The newest tree head of a log that a witness cosigned."""

    size: int
    root: bytes


@dataclass(frozen=True, slots=True)
class WatchedLog:
    """A log that a witness watches: its verifier keys as text, and its newest cosigned head, if any."""

    keys: tuple[str, ...]
    seen: SeenHead | None = None


class WatchedLogs(Protocol):
    """The memory of a witness: one head a log, changed by compare-and-set only."""

    def read(self, origin: str) -> WatchedLog | None:
        """Strongly consistent; None for a log that is not watched."""

    def advance(self, origin: str, before: SeenHead | None, after: SeenHead) -> None:
        """Replace `before` by `after`, durably. Raises ConflictError when the head is no longer `before`."""


@dataclass(frozen=True, slots=True)
class Reply:
    """What a server answered: the HTTP status and the body."""

    status: int
    body: bytes


class WitnessServer(Protocol):
    """Sends requests to witnesses."""

    def post(self, prefix: str, body: bytes) -> Reply:
        """Send a body to `add-checkpoint` below a witness' submission prefix.

        Raises TransientError when there is no answer within a few seconds, WritError `witness.url` for a
        prefix that is neither HTTPS nor on this machine.
        """
