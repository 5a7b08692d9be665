"""Who a statement is about: the people whose data key keeps it, so that erasing one of them erases it.

A data subject is a person as the plane knows people: the id a caller authenticated with, the name shown of
one, a GitHub login. Which parts of a predicate name one is decided here and nowhere else.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

from writ.contracts.redaction import MASK

MAX_NAME: Final = 128
# Fields of parameters and observations that name a person, at any depth.
PERSON_FIELDS: Final = frozenset(
    {
        "approved_by",
        "asked_by",
        "assignee",
        "author",
        "by",
        "by_id",
        "declared_by",
        "login",
        "requested_by",
        "reviewer",
        "sender",
    }
)
# Kinds of targets that are a person.
PERSON_KINDS: Final = frozenset({"person"})
_NOBODY: Final = frozenset({"", MASK.casefold()})
_CONTAINERS: Final = (dict, list, tuple)


def person(name: str) -> str:
    """The one spelling of a person's name; GitHub logins, for one, have no case."""
    return name.strip().casefold()[:MAX_NAME]


def data_subjects(predicate: Mapping[str, Any]) -> tuple[str, ...]:
    """The people a predicate names, in order; none for what a bot does by itself."""
    named = {person(name) for name in _named(predicate)} - _NOBODY
    return tuple(sorted(named)) if named else ()


def _named(predicate: Mapping[str, Any]) -> Iterator[str]:
    event, approval = predicate.get("event"), predicate.get("approval")
    if event is not None and (who := event.get("by")):
        yield who
    if approval is not None:
        yield approval["by"]
    action, outcome = predicate.get("action"), predicate.get("outcome")
    if action is not None:
        if action["target"]["kind"] in PERSON_KINDS:
            yield action["target"]["id"]
        yield from _fields(action.get("parameters") or {})
    if outcome is not None:
        yield from _fields(outcome.get("observed") or {})


def _fields(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        for name, item in value.items():
            if isinstance(item, str):
                if name in PERSON_FIELDS:
                    yield item
            elif isinstance(item, _CONTAINERS):
                yield from _fields(item)
    else:
        for item in value:
            if isinstance(item, _CONTAINERS):
                yield from _fields(item)
