"""What the anchor bot needs from outside: the log, GitHub, a memory, and the time."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from pydantic import ValidationError

from functions.anchor.github import GitHubStatuses
from functions.anchor.memory import Memory, MemoryTable
from functions.anchor.statuses import Statuses
from writ.adapters.forge_secret import ForgeSecret
from writ.adapters.log_bucket import LogBucket
from writ.adapters.system import SystemClock
from writ.contracts.anchor import AnchorSite
from writ.contracts.errors import from_validation
from writ.contracts.forge_site import GITHUB_API
from writ.ports.clock import Clock
from writ.ports.ledger import LogFiles
from writ.runtime.environment import Environment


class MemoryStore(Protocol):
    """One memory a log."""

    def read(self, origin: str) -> Memory:
        """Strongly consistent; an empty memory where there is none."""

    def replace(self, origin: str, before: Memory, after: Memory) -> None:
        """Raises TransientError when the memory is no longer `before`."""


@dataclass(frozen=True, slots=True)
class Ports:
    """The anchor bot's own ports. `site` is None where nothing is to be posted."""

    site: AnchorSite | None
    origin: str
    files: LogFiles
    statuses: Statuses
    memory: MemoryStore
    clock: Clock


def connect(environment: Environment) -> Ports:
    """The ports of a deployed function. Raises ContractError for a site that does not read."""
    site = _site(environment.anchor)
    clock = SystemClock()
    secret = ForgeSecret(environment.secret("anchor"), field="anchor")
    return Ports(
        site=site,
        origin=environment.log_origin,
        files=LogBucket(environment.bucket("log")),
        statuses=GitHubStatuses(site.api if site else GITHUB_API, secret, clock),
        memory=MemoryTable(environment.table("notes")),
        clock=clock,
    )


def _site(text: str) -> AnchorSite | None:
    try:
        return AnchorSite.model_validate_json(text) if text else None
    except ValidationError as error:
        raise from_validation(error, "WRIT_ANCHOR") from None
