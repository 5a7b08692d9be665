"""What people set: pauses, freezes, exceptions and break-glass, each a document that is replaced whole."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import Any, Final, Protocol

Key = tuple[str, str]

FREEZES: Final[Key] = ("policy", "freezes")
EXCEPTIONS: Final[Key] = ("policy", "exceptions")
GATE_EXCEPTIONS: Final[Key] = ("policy", "gate-exceptions")
BREAK_GLASS: Final[Key] = ("policy", "break-glass")


def pause_key(bot: str, action: str | None = None) -> Key:
    """Where the pause of a bot is kept, or that of one of its actions."""
    return (f"bot#{bot}", "state" if action is None else f"action#{action}")


def budget_key(target_digest: str) -> Key:
    """Where the budget state of a thing is kept, by the digest of its kind and id."""
    return (f"budget#{target_digest}", "state")


def service_digest(name: str) -> str:
    """What a folder's budget is kept under: the digest of the target `service:<name>`.

    So an action on that service finds it by its target, and an action of that bot by its name.
    """
    return hashlib.sha256(f"service:{name}".encode()).hexdigest()


class ControlStore(Protocol):
    """Documents by key, and for good the effects that made them so."""

    def read(self, key: Key) -> str | None:
        """The text of a document, None where there is none; strongly consistent."""

    def applied(self, action_id: str) -> Mapping[str, Any] | None:
        """What an action's effect left behind, or None when it never happened; strongly consistent."""

    def replace(
        self, key: Key, before: str | None, after: str, *, action_id: str, observed: Mapping[str, Any]
    ) -> Mapping[str, Any]:
        """Write a document over the text that was read, and mark the effect, both or neither.

        Returns what the effect left behind: `observed`, or what it was when it had happened before.
        Raises ConflictError when the document is another one by now.
        """
