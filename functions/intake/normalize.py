"""Payload to typed event, pure: the same delivery always gives the same event."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from functions.intake import code, delivery, security
from functions.intake.family import Family
from functions.intake.reading import Document, build
from writ.contracts.errors import ContractError
from writ.contracts.events.fields import GitHubData
from writ.contracts.events.github import GitHubEventIgnored

FAMILIES: Final[Mapping[str, Family]] = {**code.FAMILIES, **delivery.FAMILIES, **security.FAMILIES}


@dataclass(frozen=True, slots=True)
class Delivered:
    """A delivery: GitHub's id and event name, and where its raw body goes with what digest."""

    id: str
    event: str
    key: str
    sha256: str

    def fields(self) -> dict[str, Any]:
        return {"delivery": self.id, "payload": {"key": self.key, "sha256": self.sha256}}


def normalize(delivered: Delivered, payload: Document) -> GitHubData:
    """The event that a delivery means.

    What is optional may be missing and what is unknown is left out; an unknown kind of delivery, or of
    action where actions differ in kind, becomes a GitHubEventIgnored.

    Raises
    ------
    ContractError
        `contract.missing_field` or `contract.invalid`, with the dotted path in the payload.
    """
    family = FAMILIES.get(delivered.event)
    if family is None:
        return _ignored(delivered, payload, "ping" if delivered.event == "ping" else "unknown_event")
    chosen = family.choose(payload)
    if chosen is None:
        return _ignored(delivered, payload, "unknown_action")
    return build(chosen, family.fields, payload, delivered.fields())


def _ignored(delivered: Delivered, payload: Document, reason: str) -> GitHubEventIgnored:
    fixed = {**delivered.fields(), "event": delivered.event, "reason": reason}
    try:
        return build(GitHubEventIgnored, {}, payload, fixed)
    except ContractError:
        # Nothing is known of its shape, so nothing in it can be wrong.
        return build(GitHubEventIgnored, {}, {}, fixed)
