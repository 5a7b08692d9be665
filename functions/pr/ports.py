"""What the pr bot needs from outside: its threads, a forge, and the time."""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from functools import cache
from typing import TYPE_CHECKING, Final, Protocol

from pydantic import ValidationError

from functions.pr.check import Place, Slot
from functions.pr.check_table import SlotTable
from functions.pr.gate_check import RuleText
from functions.pr.note import Note, Pull, Thread
from functions.pr.table import ThreadTable
from writ.adapters.guard_table import GuardTable
from writ.adapters.system import SystemClock
from writ.contracts.errors import from_validation
from writ.contracts.forge_site import ForgeSite
from writ.ports.clock import Clock
from writ.runtime.access import bundle, windows
from writ.runtime.connect import LEASE_MARGIN
from writ.runtime.environment import Environment

if TYPE_CHECKING:
    from functions.pr.forge import Merges, Reading
    from writ.adapters.github_reviews import GitHubReviews
    from writ.ports.forge import Checks, Comments
    from writ.ports.guards import GuardStore
    from writ.pulls.answers import Rules
    from writ.pulls.settings import Settings

# Of an installation's token, for what an action does; comments on pull requests need no right to issues.
COMMENTING: Final = {"pull_requests": "write"}
REPORTING: Final = {"checks": "write"}
READING: Final = {"checks": "read", "contents": "read", "pull_requests": "read", "statuses": "read"}
MERGING: Final = {"contents": "write", "pull_requests": "read"}


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


class Slots(Protocol):
    """Check runs of the bot, by commit and name. Reads are strongly consistent."""

    def slot(self, place: Place) -> Slot | None:
        """The slot, or None before the first report."""

    def replace(self, place: Place, before: Slot | None, after: Slot) -> None:
        """Raises TransientError when the slot is no longer `before`."""

    def waiting(self, limit: int) -> list[Pull]:
        """Pull requests that wait to be merged, in the order of their keys."""

    def is_waiting(self, pull: Pull) -> bool:
        """Whether a pull request does."""

    def wait(self, pull: Pull, *, waiting: bool) -> None:
        """Keep whether it does."""


@dataclass(frozen=True, slots=True)
class PullPolicy:
    """What decides on pull requests: compiled rules, the data beside them, and the digest of both."""

    rules: Rules
    settings: Settings
    digest: str


@dataclass(frozen=True, slots=True)
class Ports:
    """The pr bot's own ports. Those to a forge are None where there is none, each with rights of its own.

    `lease` is longer than any attempt lives: who holds a thread is dead when it is over. `pause` waits for so
    many seconds. `rules` are texts of rules of gates, of those that are known here.
    """

    threads: Threads
    slots: Slots
    forge: Callable[[], Comments] | None
    reporting: Callable[[], Checks] | None
    reading: Callable[[], Reading] | None
    merging: Callable[[], Merges] | None
    policy: Callable[[], PullPolicy]
    guards: GuardStore
    rules: Callable[[Collection[str]], dict[str, RuleText]]
    clock: Clock
    entropy: Callable[[int], bytes]
    lease: timedelta
    pause: Callable[[float], None] = time.sleep


def connect(environment: Environment) -> Ports:
    """The ports of a deployed function. Raises ContractError for a site that does not read."""
    clock = SystemClock()
    site = _site(environment.forge)
    secret, pulls, usage = environment.secret("forge"), environment.table("pulls"), environment.table("usage")

    def asked(permissions: Mapping[str, str]) -> Callable[[], GitHubReviews] | None:
        return _forge(site, secret, clock, permissions, usage) if site else None

    return Ports(
        threads=ThreadTable(pulls),
        slots=SlotTable(pulls),
        forge=asked(COMMENTING),
        reporting=asked(REPORTING),
        reading=asked(READING),
        merging=asked(MERGING),
        policy=_policy,
        guards=GuardTable(environment.table("controls"), usage, windows),
        rules=_rules,
        clock=clock,
        entropy=secrets.token_bytes,
        lease=timedelta(seconds=environment.timeout_s) + LEASE_MARGIN,
    )


@cache
def _policy() -> PullPolicy:
    from writ.policy.engine import PolicyEngine
    from writ.pulls.answers import CHECKS, MERGE
    from writ.pulls.settings import Settings

    known = bundle()
    return PullPolicy(PolicyEngine(known, only=[CHECKS, MERGE]), Settings.of(known.data), known.digest)


def _rules(ids: Collection[str]) -> dict[str, RuleText]:
    from writ.gates import registry
    from writ.gates.evaluate import rules_of

    named = {id.partition("/")[0] for id in ids} & set(registry.names())
    return {
        rule.id: RuleText(title=rule.title, link=rule.link)
        for gate in (registry.load(sorted(named)) if named else ())
        for rule in rules_of(gate)
        if rule.id in ids
    }


def _forge(
    site: ForgeSite, secret: str, clock: Clock, permissions: Mapping[str, str], usage: str
) -> Callable[[], GitHubReviews]:
    """GitHub, once it is needed: what speaks with it is loaded by the first request."""

    @cache
    def made() -> GitHubReviews:
        from writ.adapters.github_client import connected
        from writ.adapters.github_reviews import GitHubReviews

        return GitHubReviews(connected(site, secret, clock, permissions, usage))

    return made


def _site(text: str) -> ForgeSite | None:
    try:
        return ForgeSite.model_validate_json(text) if text else None
    except ValidationError as error:
        raise from_validation(error, "WRIT_FORGE") from None
