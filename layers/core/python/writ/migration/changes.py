"""What a migration does to one item: a closed set of typed changes, each a pure function of the item.

An item is DynamoDB's own form of it, attribute name to typed value (`{"S": "x"}`), so that nothing is lost by
reading and writing it. A change reads some attributes and writes others; no change reads what another one
writes, so their order does not matter, and an edit depends on nothing but the attributes it names. That is
why an edit that is conditional on just these never undoes a newer write, and why to repeat it does nothing.
https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_AttributeValue.html
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal, Inexact, InvalidOperation
from enum import StrEnum
from typing import Annotated, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, JsonValue, model_validator

from writ.contracts.errors import MisfitError
from writ.migration.values import (
    EXACT,
    AttributeValue,
    Item,
    UnfitError,
    number_of,
    plain,
    same,
    scalar_of,
    string_of,
    text_of,
)

Attribute = Annotated[str, Field(pattern=r"^[A-Za-z_][A-Za-z0-9_-]{0,127}$")]


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", defer_build=True)


class Rename(_Part):
    """`source` becomes `target`: copied by the backfill, removed by the contract; either can be undone."""

    kind: Literal["rename"]
    source: Attribute
    target: Attribute


class Copy(_Part):
    """`target` becomes what `source` is; both stay."""

    kind: Literal["copy"]
    source: Attribute
    target: Attribute


class Derive(_Part):
    """`target` becomes what `how` makes of `sources`.

    text, number: a string, a number of it. lower, upper, trim: the string so. concat: those that are there,
    `separator` between them. part: the `index`th of what `separator` separates. scale: the number times `by`,
    exactly.
    """

    kind: Literal["derive"]
    sources: Annotated[tuple[Attribute, ...], Field(min_length=1, max_length=10)]
    target: Attribute
    how: Literal["text", "number", "lower", "upper", "trim", "concat", "part", "scale"]
    separator: Annotated[str, Field(max_length=10)] = ""
    index: Annotated[int, Field(ge=0, le=100)] = 0
    by: Annotated[str, Field(pattern=r"^-?[0-9]{1,20}(\.[0-9]{1,20})?$")] = "1"

    @model_validator(mode="after")
    def _sensible(self) -> Self:
        if self.how != "concat" and len(self.sources) > 1:
            raise MisfitError("sources", f"{self.how} has one source")
        if self.how == "part" and not self.separator:
            raise MisfitError("separator", "part needs a separator")
        return self


class Default(_Part):
    """`target` becomes `value` where it is absent; a string, a number, true, false or null."""

    kind: Literal["default"]
    target: Attribute
    value: JsonValue

    @model_validator(mode="after")
    def _scalar(self) -> Self:
        scalar_of(self.value)
        return self


class Delete(_Part):
    """The contract removes `target`; what it was is gone for good."""

    kind: Literal["delete"]
    target: Attribute


Change = Annotated[Rename | Copy | Derive | Default | Delete, Field(discriminator="kind")]


class Mode(StrEnum):
    """What a sweep does to items.

    SURVEY looks. FILL adds the new shape, DROP takes the old one away; RESTORE brings the old one back, CLEAN
    takes the new one away.
    """

    SURVEY = "survey"
    FILL = "fill"
    DROP = "drop"
    RESTORE = "restore"
    CLEAN = "clean"


@dataclass(frozen=True, slots=True)
class Edit:
    """Attributes to set and to remove if those of `seen` are still what they were; None is for absent."""

    sets: Mapping[str, AttributeValue]
    removes: tuple[str, ...]
    seen: Mapping[str, AttributeValue | None]

    @property
    def empty(self) -> bool:
        return not self.sets and not self.removes

    def applied(self, item: Item) -> dict[str, AttributeValue]:
        """The item afterwards."""
        kept = {name: value for name, value in item.items() if name not in self.removes}
        return {**kept, **self.sets}


def problem(changes: Sequence[Change]) -> tuple[int, str] | None:
    """The first change, and why, that does not go with the others; None where all go together."""
    written: dict[str, int] = {}
    for place, change in enumerate(changes):
        if change.target in written:
            return place, f"{change.target} is written twice"
        written[change.target] = place
    for place, change in enumerate(changes):
        for source in sources_of(change):
            at = written.get(source)
            if at is not None and not isinstance(changes[at], Delete):
                return place, f"{source} is written by another change, or by this one"
    renamed = [change.source for change in changes if isinstance(change, Rename)]
    for place, change in enumerate(changes):
        if isinstance(change, Delete) and change.target in renamed:
            return place, f"{change.target} is renamed, which removes it"
    if len(set(renamed)) < len(renamed):
        return next(
            (place, "an attribute is renamed once")
            for place, change in enumerate(changes)
            if isinstance(change, Rename) and renamed.count(change.source) > 1
        )
    return None


def sources_of(change: Change) -> tuple[str, ...]:
    """The attributes that a change reads."""
    match change:
        case Rename() | Copy():
            return (change.source,)
        case Derive():
            return change.sources
        case _:
            return ()


def added(changes: Sequence[Change]) -> tuple[str, ...]:
    """The attributes that only the new shape has."""
    return tuple(change.target for change in changes if not isinstance(change, Delete))


def dropped(changes: Sequence[Change]) -> tuple[str, ...]:
    """The attributes that only the old shape has."""
    renames = tuple(change.source for change in changes if isinstance(change, Rename))
    return (*renames, *(change.target for change in changes if isinstance(change, Delete)))


def edit(mode: Mode, changes: Sequence[Change], item: Item) -> Edit:
    """What a mode makes of an item; a survey the same as FILL. Raises UnfitError where it cannot be read."""
    match mode:
        case Mode.SURVEY | Mode.FILL:
            return _edit(item, changes, _filled(changes, item), ())
        case Mode.DROP:
            _missing(changes, item)
            return _edit(item, changes, {}, tuple(name for name in dropped(changes) if name in item))
        case Mode.RESTORE:
            return _edit(item, changes, _restored(changes, item), ())
        case Mode.CLEAN:
            _orphaned(changes, item)
            return _edit(item, changes, {}, tuple(name for name in added(changes) if name in item))


def occupied(changes: Sequence[Change], item: Item) -> bool:
    """Whether an item has an attribute that only the new shape should have, before anything was done."""
    return any(name in item for name in added(changes))


def _edit(
    item: Item, changes: Sequence[Change], sets: Mapping[str, AttributeValue], removes: tuple[str, ...]
) -> Edit:
    touched = {*added(changes), *dropped(changes), *(name for one in changes for name in sources_of(one))}
    return Edit(sets, removes, {name: item.get(name) for name in sorted(touched)})


def _filled(changes: Sequence[Change], item: Item) -> dict[str, AttributeValue]:
    wanted = {change.target: _value(change, item) for change in changes if not isinstance(change, Delete)}
    return {
        name: value for name, value in wanted.items() if value is not None and not same(value, item.get(name))
    }


def _restored(changes: Sequence[Change], item: Item) -> dict[str, AttributeValue]:
    renames = [change for change in changes if isinstance(change, Rename) and change.target in item]
    return {
        change.source: item[change.target]
        for change in renames
        if not same(item[change.target], item.get(change.source))
    }


def _missing(changes: Sequence[Change], item: Item) -> None:
    """Nothing is dropped of an item that the backfill has not reached: it may hold the only copy."""
    for change in changes:
        if not isinstance(change, Delete) and change.target not in item and _value(change, item) is not None:
            raise UnfitError(f"{change.target} is not there yet")


def _orphaned(changes: Sequence[Change], item: Item) -> None:
    """Nor is anything cleaned away that has no older form."""
    for change in changes:
        sources = sources_of(change)
        if sources and change.target in item and not any(name in item for name in sources):
            raise UnfitError(f"{change.target} has no older form")


def _value(change: Change, item: Item) -> AttributeValue | None:
    """What a change wants its target to be; None where it wants nothing."""
    match change:
        case Rename() | Copy():
            return item.get(change.source)
        case Derive():
            given = {name: item[name] for name in change.sources if name in item}
            return _derived(change, given) if given else None
        case Default():
            return item.get(change.target) or scalar_of(change.value)
        case _:
            return None


def _derived(change: Derive, given: Mapping[str, AttributeValue]) -> AttributeValue:
    made = []
    for name, value in given.items():
        try:
            made.append(_made(change, value))
        except UnfitError as error:
            raise UnfitError(f"{name}: {error}") from None
    return {"S": change.separator.join(one["S"] for one in made)} if change.how == "concat" else made[0]


def _made(change: Derive, value: AttributeValue) -> AttributeValue:
    match change.how:
        case "number":
            return {"N": plain(number_of(value))}
        case "scale":
            return {"N": _scaled(value, change.by)}
        case "concat" | "text":
            text = text_of(value)
        case "part":
            text = _part(string_of(value), change)
        case "lower":
            text = string_of(value).lower()
        case "upper":
            text = string_of(value).upper()
        case "trim":
            text = string_of(value).strip()
    return {"S": text}


def _part(text: str, change: Derive) -> str:
    parts = text.split(change.separator)
    if change.index >= len(parts):
        raise UnfitError(f"there is no part {change.index}")
    return parts[change.index]


def _scaled(value: AttributeValue, by: str) -> str:
    try:
        return plain(EXACT.multiply(number_of(value), Decimal(by)))
    except (Inexact, InvalidOperation):
        raise UnfitError("the product has more than 38 digits") from None
