"""What two schemas say of a value itself: types, enumerations, formats, patterns and bounds."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

from writ.openapi.change import Found, listed, shown
from writ.openapi.node import MISSING, Bound, Node, rank, text_of

_LOWER: Final = {
    "minimum": ("minimum", {"integer", "number"}),
    "minLength": ("min-length", {"string"}),
    "minItems": ("min-items", {"array"}),
    "minProperties": ("min-properties", {"object"}),
}
_UPPER: Final = {
    "maximum": ("maximum", {"integer", "number"}),
    "maxLength": ("max-length", {"string"}),
    "maxItems": ("max-items", {"array"}),
    "maxProperties": ("max-properties", {"object"}),
}
# Each of these holds all values of the one before it.
_LARGER: Final = (("int32", "int64"), ("float", "double"))


def compare_values(old: Node, new: Node) -> Iterator[Found]:
    """The rules that apply to the value; none about types that only one of the two allows."""
    yield from _types(old, new)
    yield from _enumeration(old, new)
    shared = old.types & new.types
    if old.values is not None and new.values is not None:
        shared = frozenset()
    if shared & {"string", "integer", "number"}:
        yield from _formats(old, new)
    if "string" in shared:
        yield from _patterns(old, new)
    yield from _bounds(old, new, shared)
    if shared & {"integer", "number"}:
        yield from _multiples(old, new)
    if "array" in shared and old.unique != new.unique:
        word = "added" if new.unique else "removed"
        said = "items must all differ" if new.unique else "items may be the same"
        yield Found(f"schema.unique-items-{word}", said)
    yield from _default(old, new)


def _types(old: Node, new: Node) -> Iterator[Found]:
    if old.values is not None and new.values is not None:
        return
    gone, come = old.types - new.types, new.types - old.types
    if "null" in gone and old.types & new.types:
        yield Found("schema.null-removed", "may be null no more")
        gone -= {"null"}
    if "null" in come and old.types & new.types:
        yield Found("schema.null-added", "may be null")
        come -= {"null"}
    if gone or come:
        word = "changed" if gone and come else "narrowed" if gone else "widened"
        yield Found(f"schema.type-{word}", f"type was {_told(old.types)}, now {_told(new.types)}")


def _told(types: frozenset[str]) -> str:
    if len(types) == 7:
        return "anything"
    names = types - {"integer"} if "number" in types else types
    return " or ".join(sorted(names, key=lambda name: (name == "null", name))) or "nothing"


def _enumeration(old: Node, new: Node) -> Iterator[Found]:
    before, after = _values(old, new), _values(new, old)
    if before is None and after is None:
        return
    if before is None or after is None:
        told = listed([*(before or after or {}).values()])
        if before is None:
            yield Found("schema.enum-added", f"only {told or 'nothing'} is allowed")
        else:
            yield Found("schema.enum-removed", f"not only {told or 'nothing'} is allowed")
        return
    if gone := [value for text, value in before.items() if text not in after]:
        yield Found("schema.enum-value-removed", f"{listed(gone)} allowed no more")
    if come := [value for text, value in after.items() if text not in before]:
        yield Found("schema.enum-value-added", f"{listed(come)} allowed now")


def _values(node: Node, beside: Node) -> dict[str, Any] | None:
    """The values of a node; of true and false, and of null, where the other one lists them."""
    if node.values is not None or beside.values is None or not node.types <= {"boolean", "null"}:
        return node.values
    every = [*([True, False] if "boolean" in node.types else []), *([None] if "null" in node.types else [])]
    return {text_of(value): value for value in every}


def _formats(old: Node, new: Node) -> Iterator[Found]:
    gone, come = old.formats - new.formats, new.formats - old.formats
    if not gone and not come:
        return
    told = [
        " and ".join(shown(name) for name in sorted(each)) or "none" for each in (old.formats, new.formats)
    ]
    message = f"format was {told[0]}, now {told[1]}"
    if not gone or not come:
        yield Found(f"schema.format-{'removed' if gone else 'added'}", message)
        return
    step = (*sorted(gone), *sorted(come))
    if step in _LARGER:
        yield Found("schema.format-widened", message)
    elif step[::-1] in _LARGER:
        yield Found("schema.format-narrowed", message)
    else:
        yield Found("schema.format-changed", message)


def _patterns(old: Node, new: Node) -> Iterator[Found]:
    gone, come = old.patterns - new.patterns, new.patterns - old.patterns
    if gone and come:
        yield Found(
            "schema.pattern-changed", f"pattern was {listed(sorted(gone))}, now {listed(sorted(come))}"
        )
    elif gone or come:
        word = "removed" if gone else "added"
        yield Found(f"schema.pattern-{word}", f"pattern {listed(sorted(gone or come))} {word}")


def _bounds(old: Node, new: Node, shared: frozenset[str]) -> Iterator[Found]:
    for table, before, after, sign, tighter, looser in (
        (_LOWER, old.lower, new.lower, 1, "raised", "lowered"),
        (_UPPER, old.upper, new.upper, -1, "lowered", "raised"),
    ):
        for word, (name, types) in table.items():
            one, other = before.get(word), after.get(word)
            if one == other or not shared & types:
                continue
            narrower = other is not None and (one is None or rank(other, sign) > rank(one, sign))
            rule = f"schema.{name}-{tighter if narrower else looser}"
            yield Found(rule, f"{word} was {_limit(one)}, now {_limit(other)}")


def _limit(bound: Bound | None) -> str:
    return "none" if bound is None else str(bound)


def _multiples(old: Node, new: Node) -> Iterator[Found]:
    if old.multiples == new.multiples:
        return
    told = [", ".join(f"{each:g}" for each in sorted(node.multiples)) or "none" for node in (old, new)]
    narrowed = all(_within(new.multiples, each) for each in old.multiples)
    widened = all(_within(old.multiples, each) for each in new.multiples)
    word = "narrowed" if narrowed else "widened" if widened else "changed"
    if not (narrowed and widened):
        yield Found(f"schema.multiple-of-{word}", f"multipleOf was {told[0]}, now {told[1]}")


def _within(multiples: frozenset[float], step: float) -> bool:
    """Whether multiples of any of these are multiples of a step; exact for whole numbers and halvings."""
    return any(each % step == 0 for each in multiples)


def _default(old: Node, new: Node) -> Iterator[Found]:
    if old.default is MISSING and new.default is MISSING:
        return
    if old.default is MISSING:
        yield Found("schema.default-added", f"default is `{shown(new.default)}`")
    elif new.default is MISSING:
        yield Found("schema.default-removed", f"default was `{shown(old.default)}`")
    elif text_of(old.default) != text_of(new.default):
        yield Found(
            "schema.default-changed", f"default was `{shown(old.default)}`, now `{shown(new.default)}`"
        )
