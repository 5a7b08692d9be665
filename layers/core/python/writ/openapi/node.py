"""A schema in one form: what `allOf`, references, `nullable` and the two versions say, put together.

JSON Schema 2020-12 as OpenAPI 3.1 uses it, and the dialect of 3.0.3. A schema is given as its parts, all of
which apply; no part allows anything.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final, Literal

from writ.openapi.change import Found

Parts = tuple[Any, ...]
Kind = Literal["oneOf", "anyOf"]

ANY: Final = frozenset(("null", "boolean", "integer", "number", "string", "array", "object"))
MISSING: Final = object()


@dataclass(frozen=True, slots=True)
class Bound:
    """A limit of a number, a length or a count; `exclusive` is the limit itself ruled out."""

    value: float
    exclusive: bool = False

    def __str__(self) -> str:
        return f"{self.value:g} excluded" if self.exclusive else f"{self.value:g}"


@dataclass(frozen=True, slots=True)
class Choice:
    """Alternatives of which one or several must fit."""

    kind: Kind
    members: tuple[Parts, ...]


@dataclass(slots=True)
class Node:
    """What a schema allows.

    `types` knows `number` as what is no integer: a schema of numbers has both. `values` are those of `enum`
    and `const`, by their canonical text. `closed` is `additionalProperties: false`. `others` are keywords
    whose effect is not decided here, by name.
    """

    types: frozenset[str] = ANY
    values: dict[str, Any] | None = None
    formats: frozenset[str] = frozenset()
    patterns: frozenset[str] = frozenset()
    lower: dict[str, Bound] = field(default_factory=dict)
    upper: dict[str, Bound] = field(default_factory=dict)
    multiples: frozenset[float] = frozenset()
    unique: bool = False
    properties: dict[str, Parts] = field(default_factory=dict)
    required: frozenset[str] = frozenset()
    additional: Parts = ()
    closed: bool = False
    items: Parts = ()
    choices: tuple[Choice, ...] = ()
    discriminator: Mapping[str, Any] | None = None
    others: dict[str, Parts] = field(default_factory=dict)
    default: Any = MISSING
    read_only: bool = False
    write_only: bool = False
    lifetime: Mapping[str, Any] = field(default_factory=dict)
    names: tuple[str, ...] = ()
    title: str = ""
    problems: tuple[Found, ...] = ()

    def and_(self, other: Node) -> Node:
        """What both allow."""
        return Node(
            types=self.types & other.types,
            values=_both(self.values, other.values),
            formats=self.formats | other.formats,
            patterns=self.patterns | other.patterns,
            lower=_tighter(self.lower, other.lower, 1),
            upper=_tighter(self.upper, other.upper, -1),
            multiples=self.multiples | other.multiples,
            unique=self.unique or other.unique,
            properties=_joined(self.properties, other.properties),
            required=self.required | other.required,
            additional=self.additional + other.additional,
            closed=self.closed or other.closed,
            items=self.items + other.items,
            choices=self.choices + other.choices,
            discriminator=other.discriminator or self.discriminator,
            others=_joined(self.others, other.others),
            default=self.default if other.default is MISSING else other.default,
            read_only=self.read_only or other.read_only,
            write_only=self.write_only or other.write_only,
            lifetime={**self.lifetime, **other.lifetime},
            names=self.names + other.names,
            title=other.title or self.title,
            problems=self.problems + other.problems,
        )

    def settled(self) -> Node:
        """The same with types and values that agree, and bounds of integers as whole numbers included."""
        if self.values is not None:
            self.values = {text: each for text, each in self.values.items() if type_of(each) in self.types}
            self.types = self.types & {type_of(each) for each in self.values.values()}
        if "number" not in self.types:
            self.lower = {name: _whole(bound, 1) for name, bound in self.lower.items()}
            self.upper = {name: _whole(bound, -1) for name, bound in self.upper.items()}
        for name in ("minLength", "minItems", "minProperties"):
            if name in self.lower and self.lower[name].value <= 0:
                del self.lower[name]
        return self

    @property
    def bare(self) -> bool:
        """Whether alternatives are all that it says."""
        return (
            self.types == ANY
            and self.values is None
            and not (self.formats or self.patterns or self.lower or self.upper or self.multiples)
            and not (self.unique or self.properties or self.required or self.additional or self.closed)
            and not (self.items or self.others)
        )


def type_of(value: Any) -> str:
    """The type of a JSON value; 1.0 is an integer, as JSON Schema has it."""
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "boolean"
    if isinstance(value, int):
        return "integer"
    if isinstance(value, float):
        return "integer" if value.is_integer() else "number"
    if isinstance(value, str):
        return "string"
    return "array" if isinstance(value, list | tuple) else "object"


def text_of(value: Any) -> str:
    """A text that two JSON values share when they are equal."""
    whole = isinstance(value, float) and value.is_integer()
    return json.dumps(int(value) if whole else value, sort_keys=True, default=str)


def expanded(names: frozenset[str]) -> frozenset[str]:
    """Types as `Node.types` knows them."""
    return names | {"integer"} if "number" in names else names


def _both(one: dict[str, Any] | None, other: dict[str, Any] | None) -> dict[str, Any] | None:
    if one is None or other is None:
        return other if one is None else one
    return {text: value for text, value in one.items() if text in other}


def _joined(one: dict[str, Parts], other: dict[str, Parts]) -> dict[str, Parts]:
    return {name: one.get(name, ()) + other.get(name, ()) for name in {**one, **other}}


def _tighter(one: dict[str, Bound], other: dict[str, Bound], sign: int) -> dict[str, Bound]:
    made = dict(one)
    for name, bound in other.items():
        kept = made.get(name)
        if kept is None or rank(bound, sign) > rank(kept, sign):
            made[name] = bound
    return made


def rank(bound: Bound, sign: int) -> tuple[float, bool]:
    """Orders bounds by how much they rule out; `sign` is 1 for lower ones and -1 for upper ones."""
    return sign * bound.value, bound.exclusive


def _whole(bound: Bound, sign: int) -> Bound:
    value = bound.value
    if value in (float("inf"), float("-inf")):
        return bound
    floor = value // 1
    if floor != value:
        return Bound(floor + 1 if sign > 0 else floor)
    return Bound(value + sign) if bound.exclusive else bound
