"""What a change of an API means for those who use it: rule, direction, verdict."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from enum import Enum, StrEnum
from typing import Any, Final

_SHOWN: Final = 60
_LONGEST_NAME: Final = 500


class Direction(StrEnum):
    """Which way the thing that changed is sent, seen by who calls the API; callbacks and webhooks turn it."""

    REQUEST = "request"
    RESPONSE = "response"

    @property
    def turned(self) -> Direction:
        return Direction.RESPONSE if self is Direction.REQUEST else Direction.REQUEST


class Verdict(StrEnum):
    """What a change does to a client that was written for the old document; the worst comes first.

    `unknown` is what could not be read or cannot be decided: it is never taken for compatible.
    """

    BREAKING = "breaking"
    UNKNOWN = "unknown"
    COMPATIBLE = "non-breaking"

    @property
    def rank(self) -> int:
        return list(Verdict).index(self)


class Effect(Enum):
    """What a rule says of the values that are allowed, before it is known which way they are sent."""

    NARROWED = "fewer values are allowed"
    WIDENED = "more values are allowed"
    INCOMPARABLE = "some values are allowed no more, and others are"
    LOST = "what somebody may use is gone"
    BEHAVIOUR = "the same request means something else"
    NEUTRAL = "nobody is harmed"
    UNDECIDED = "it cannot be said"


_BREAKS: Final = {
    Direction.REQUEST: {Effect.NARROWED, Effect.INCOMPARABLE, Effect.LOST, Effect.BEHAVIOUR},
    Direction.RESPONSE: {Effect.WIDENED, Effect.INCOMPARABLE, Effect.LOST},
}


def verdict(effect: Effect, direction: Direction) -> Verdict:
    """What an effect means for a client: it sends requests as before, and reads responses as before.

    A request may be accepted more widely and a response be answered more narrowly, never the reverse.
    """
    if effect is Effect.UNDECIDED:
        return Verdict.UNKNOWN
    return Verdict.BREAKING if effect in _BREAKS[direction] else Verdict.COMPATIBLE


@dataclass(frozen=True, slots=True)
class Found:
    """A rule that applies to a part; `path` leads to it from the part that was compared.

    `schema` is the same place, from the innermost schema that has a name.
    """

    rule: str
    message: str
    path: str = ""
    schema: str | None = None

    def below(self, path: str) -> Found:
        return replace(self, path=f"{path}{self.path}")

    def of(self, name: str) -> Found:
        """The same, found in a schema that has a name."""
        return self if self.schema is not None else replace(self, schema=f"{name}{self.path}")


@dataclass(frozen=True, slots=True)
class Change:
    """One change. `operation` is empty for what concerns the whole document.

    `schema` is the place from the innermost schema with a name: the same in all operations that use it.
    """

    rule: str
    verdict: Verdict
    direction: Direction
    operation: str
    place: str
    message: str
    schema: str | None = None


def shown(value: Any) -> str:
    """A value of a document for a message: on one line, without control characters, shortened."""
    text = json.dumps(value, ensure_ascii=False, default=str) if not isinstance(value, str) else value
    text = "".join(letter if letter.isprintable() else "�" for letter in text[: _SHOWN + 1])
    return text if len(text) <= _SHOWN else f"{text[:_SHOWN]}…"


def named(text: str) -> str:
    """A name of a document, whole up to any sensible length, without control characters."""
    return "".join(letter if letter.isprintable() else "�" for letter in text[:_LONGEST_NAME])


def listed(values: list[Any]) -> str:
    """Some values for a message: the first five, and how many more there are."""
    first = ", ".join(f"`{shown(value)}`" for value in values[:5])
    return f"{first} and {len(values) - 5} more" if len(values) > 5 else first
