"""A family: one kind of GitHub delivery, and the event types it turns into."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from functions.intake.reading import ABSENT, Document, Source, at
from writ.contracts.errors import ContractError
from writ.contracts.events.fields import GitHubData

Choice = type[GitHubData] | None


@dataclass(frozen=True, slots=True)
class Family:
    """`choose` picks the event type from the payload, None for an action that means nothing to Writ.

    `fields` serves all types of the family; each takes those it has.
    """

    choose: Callable[[Document], Choice]
    fields: Mapping[str, Source]


def by_action(
    types: Mapping[str, type[GitHubData]], otherwise: Choice = None
) -> Callable[[Document], Choice]:
    """Choose by the payload's `action`, which must be there."""

    def choose(document: Document) -> Choice:
        action = at(document, "action")
        if action is ABSENT:
            raise ContractError("the payload has no action", code="contract.missing_field", field="action")
        if not isinstance(action, str):
            raise ContractError("action is not a string", field="action")
        return types.get(action, otherwise)

    return choose
