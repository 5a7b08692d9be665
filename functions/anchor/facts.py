"""What the plan must know: the log's head, what was posted of it, and where the next one belongs."""

from datetime import datetime
from typing import TYPE_CHECKING, Final

from pydantic import BaseModel, ConfigDict, Field

from functions.anchor.memory import Memory, Post, Size
from writ.contracts.action import Sha256
from writ.contracts.anchor import AnchorSite, Commit
from writ.contracts.errors import ForgeBusyError, NotFoundError
from writ.contracts.event import AnyEvent

if TYPE_CHECKING:
    from functions.anchor.ports import Ports

# What one post adds to the log by itself: its intent and its outcome. They are no reason for another.
OWN_ENTRIES: Final = 2


class Head(BaseModel):
    """The newest signed checkpoint: its size in leaves and its root in hex."""

    model_config = ConfigDict(frozen=True, extra="forbid", defer_build=True)

    size: Size
    root: Sha256


class Facts(BaseModel):
    """`head` is None before the first checkpoint; `commit` is only there when a post is due."""

    model_config = ConfigDict(frozen=True, extra="forbid", defer_build=True)

    site: AnchorSite | None = None
    origin: str = ""
    head: Head | None = None
    memory: Memory = Field(default_factory=Memory)
    commit: Commit | None = None

    def is_due(self, now: datetime) -> bool:
        """Whether the log has grown by more than the last post did, and GitHub may be asked."""
        if self.site is None or self.head is None or self.must_wait(now):
            return False
        own = OWN_ENTRIES if self.memory.posted else 0
        return self.head.size > self.memory.posted + own

    def must_wait(self, now: datetime) -> bool:
        until = self.memory.waiting_until
        return until is not None and now < until

    def unsettled(self, tick: str) -> Post | None:
        """What an earlier delivery of this tick began and did not finish: it is taken up, not made anew."""
        begun = self.memory.begun
        return begun if begun and begun.tick == tick and begun.size > self.memory.posted else None


def gather(event: AnyEvent, ports: "Ports") -> Facts:
    """Read the facts of a tick. Raises VerificationError for a checkpoint that the log did not sign."""
    if ports.site is None:
        _say_that_nothing_is_posted()
        return Facts()
    facts = Facts(
        site=ports.site, origin=ports.origin, head=_head(ports), memory=ports.memory.read(ports.origin)
    )
    if facts.unsettled(event.id) or not facts.is_due(ports.clock.now()):
        return facts
    commit = ports.site.commit or _newest_commit(ports.site.repository, ports, facts)
    return facts.model_copy(update={"commit": commit})


def _head(ports: "Ports") -> Head | None:
    from writ.ledger.log import Log

    try:
        checkpoint = Log.open(ports.files).head.checkpoint
    except NotFoundError:
        return None
    return Head(size=checkpoint.size, root=checkpoint.root.hex())


def _newest_commit(repository: str, ports: "Ports", facts: Facts) -> str:
    try:
        return ports.statuses.newest_commit(repository)
    except ForgeBusyError as error:
        ports.memory.replace(ports.origin, facts.memory, facts.memory.waiting(error.until))
        raise


def _say_that_nothing_is_posted() -> None:
    from writ.runtime import telemetry

    telemetry.logger("anchor").warning(
        "checkpoints are posted nowhere", reason="no repository is configured", setting="anchor"
    )
