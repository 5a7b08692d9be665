"""What the pr bot needs from outside: its threads, a forge, and the time."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from typing import TYPE_CHECKING, Final, Protocol

from pydantic import ValidationError

from functions.pr.note import Note, Pull, Thread
from functions.pr.table import ThreadTable
from writ.adapters.system import SystemClock
from writ.contracts.errors import from_validation
from writ.contracts.forge_site import ForgeSite
from writ.ports.clock import Clock
from writ.runtime.connect import LEASE_MARGIN
from writ.runtime.environment import Environment

if TYPE_CHECKING:
    from writ.ports.forge import Comments

# Of an installation's token; comments on pull requests need no right to issues.
PERMISSIONS: Final = {"pull_requests": "write"}


class Threads(Protocol):
    """Notes and threads by pull request. Reads are strongly consistent."""

    def note(self, pull: Pull, topic: str) -> Note | None:
        """The note that is kept of a topic."""

    def notes(self, pull: Pull) -> Sequence[Note]:
        """The notes of all topics."""

    def keep(self, pull: Pull, note: Note) -> None:
        """Keep a note, unless the same or a later one of its topic is kept."""

    def thread(self, pull: Pull) -> Thread | None:
        """The thread, or None before its first."""

    def replace(self, pull: Pull, before: Thread | None, after: Thread) -> None:
        """Raises TransientError when the thread is no longer `before`."""

    def waiting_until(self) -> datetime | None:
        """Until when the forge wants to be left alone."""

    def wait(self, until: datetime) -> None:
        """Leave it alone until then."""


@dataclass(frozen=True, slots=True)
class Ports:
    """The pr bot's own ports. `forge` is None where nothing is to be posted.

    `lease` is longer than any attempt lives: who holds a thread is dead when it is over.
    """

    threads: Threads
    forge: Callable[[], Comments] | None
    clock: Clock
    entropy: Callable[[int], bytes]
    lease: timedelta


def connect(environment: Environment) -> Ports:
    """The ports of a deployed function. Raises ContractError for a site that does not read."""
    clock = SystemClock()
    site = _site(environment.forge)
    secret = environment.secret("forge")
    return Ports(
        threads=ThreadTable(environment.table("pulls")),
        forge=_forge(site, secret, clock) if site else None,
        clock=clock,
        entropy=secrets.token_bytes,
        lease=timedelta(seconds=environment.timeout_s) + LEASE_MARGIN,
    )


def _forge(site: ForgeSite, secret: str, clock: Clock) -> Callable[[], Comments]:
    """GitHub, once it is needed: what speaks with it is loaded by the first request."""

    @cache
    def made() -> Comments:
        from writ.adapters.forge_secret import ForgeSecret
        from writ.adapters.github import GitHubForge
        from writ.adapters.github_client import GitHubClient

        return GitHubForge(GitHubClient(site, ForgeSecret(secret), clock, PERMISSIONS))

    return made


def _site(text: str) -> ForgeSite | None:
    try:
        return ForgeSite.model_validate_json(text) if text else None
    except ValidationError as error:
        raise from_validation(error, "WRIT_FORGE") from None
