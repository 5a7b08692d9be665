"""Actions of the preview bot that several events call for. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Any, Final

from functions.preview.facts import Facts
from functions.preview.model import cost, extended
from writ.contracts.action import Action, Target
from writ.contracts.event import AnyEvent

BOT: Final = "preview"


def action(
    event: AnyEvent, name: str, preview: str, reason: str, parameters: dict[str, Any] | None = None
) -> Action:
    """An action on a preview, once for an event."""
    target = Target(kind="preview", id=preview)
    return Action.of(BOT, name, target, reason=reason, once_per=(event.id,), parameters=parameters)


def close(event: AnyEvent, preview: str, reason: str) -> Action:
    """Have everything of a preview removed."""
    return action(event, "close-preview", preview, reason, {"reason": reason})


def extension(event: AnyEvent, facts: Facts, reason: str, now: datetime) -> Iterator[Action]:
    """Let a preview live on, within what its team may spend. At its last day there is nothing to do.

    `quotas` are what policy decides by as they stand now, `quota` is what holds when it is written.
    """
    preview, terms = facts.preview, facts.terms
    if preview is None or terms is None:
        return
    until = extended(preview, terms.lifetime, now)
    if until <= preview.expires_at:
        return
    quota = quota_of(
        f"millionths of a dollar for previews of {preview.team}",
        used=sum(facts.held.values()),
        adds=cost(preview.usd_micros_per_hour, until - preview.expires_at),
        limit=terms.quota.usd_micros,
    )
    parameters = {"until": until.isoformat(), "quota": terms.quota.model_dump(), "quotas": [quota]}
    yield action(event, "extend-preview", preview.id, reason, parameters)


def quota_of(name: str, *, used: int, adds: int, limit: int) -> dict[str, Any]:
    """A quota as policy reads it."""
    return {"name": name, "used": used, "adds": adds, "limit": limit}
