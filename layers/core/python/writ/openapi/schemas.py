"""What changed between two schemas, by where it is in a value: `.name`, `[]`, `.*`, `<member>`.

References may lead in circles: a pair that is being compared already is taken to be equal where it is met
again, for what differs in it is said where it began.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any, Final

from writ.openapi import choices, sunset
from writ.openapi.change import Direction, Found, named, verdict
from writ.openapi.document import Document, UnreadableError
from writ.openapi.keywords import compare_values
from writ.openapi.node import Node, Parts, text_of
from writ.openapi.reading import Reader
from writ.openapi.rules import RULES

_DEEPEST: Final = 48
_MOST_FOUND: Final = 200
_MOST_COMPARED: Final = 200_000

_Key = tuple[tuple[int, ...], tuple[int, ...], Direction]


@dataclass(slots=True)
class Schemas:
    """Compares schemas of two documents; a pair is compared once."""

    old: Document
    new: Document
    today: date
    _before: Reader = field(init=False)
    _after: Reader = field(init=False)
    _known: dict[_Key, tuple[Found, ...]] = field(default_factory=dict)
    _open: dict[_Key, int] = field(default_factory=dict)
    _assumed: dict[_Key, tuple[tuple[Found, ...], int]] = field(default_factory=dict)
    _itself: Schemas | None = None
    _reached: int = _DEEPEST
    _compared: int = 0

    def __post_init__(self) -> None:
        self._before, self._after = Reader(self.old), Reader(self.new)

    def compare(self, old: Parts, new: Parts, direction: Direction) -> tuple[Found, ...]:
        """The rules that apply, the worst first where there are too many to keep. Never raises."""
        key = (_identity(self.old, old), _identity(self.new, new), direction)
        if key in self._known:
            return self._known[key]
        if key in self._open or key in self._assumed:
            found, reached = self._assumed.get(key) or ((), self._open[key])
            self._reached = min(self._reached, reached)
            return found
        depth = len(self._open)
        if depth >= _DEEPEST:
            return (Found("part.unreadable", f"schemas are nested more than {_DEEPEST} deep"),)
        self._compared += 1
        if self._compared > _MOST_COMPARED:
            return (
                Found(
                    "document.too-large", f"more than {_MOST_COMPARED:,} pairs of schemas are to be compared"
                ),
            )
        self._open[key] = depth
        assumed = len(self._assumed)
        outer, self._reached = self._reached, _DEEPEST
        found = self._limited(self._differences(old, new, direction), direction)
        if len(old) == 1 and (name := _name(old[0])):
            found = tuple(each.of(name) for each in found)
        del self._open[key]
        # What rests on a pair further out that is taken to be equal is kept until that one is done, and for
        # good where nothing was found there: then they are equal indeed.
        if self._reached < depth:
            self._assumed[key] = found, self._reached
            self._reached = min(outer, self._reached)
            return found
        while len(self._assumed) > assumed:
            inner, (within, _) = self._assumed.popitem()
            if not found and not within:
                self._known[inner] = ()
        self._known[key] = found
        self._reached = outer
        return found

    def tried(self, old: Parts, new: Parts, direction: Direction) -> tuple[Found, ...]:
        """The same for two that may not belong together: what was assumed is not kept if they differ.

        Nobody is told of what differs in them, so that nothing may rest on its having been told.
        """
        assumed = len(self._assumed)
        found = self.compare(old, new, direction)
        while found and len(self._assumed) > assumed:
            self._assumed.popitem()
        return found

    def before(self, parts: Parts) -> Node:
        return self._before.node(parts)

    def after(self, parts: Parts) -> Node:
        return self._after.node(parts)

    def added(self, parts: Parts, direction: Direction) -> tuple[Found, ...]:
        """What cannot be read of a schema that only the new document has."""
        if self.old is self.new:
            return self.compare(parts, parts, direction)
        if self._itself is None:
            self._itself = Schemas(self.new, self.new, self.today)
        return self._itself.compare(parts, parts, direction)

    def _differences(self, old: Parts, new: Parts, direction: Direction) -> Iterator[Found]:
        one, other = self.before(old), self.after(new)
        if problems := {problem.message: problem for problem in (*one.problems, *other.problems)}:
            yield from problems.values()
            return
        whole = choices.one_sided(self, old, new, direction)
        if whole is not None:
            yield from whole
            return
        yield from compare_values(one, other)
        shared = one.types & other.types
        if one.values is None or other.values is None:
            if "object" in shared:
                yield from self._objects(one, other, direction)
            if "array" in shared and (one.items or other.items):
                yield from _below("[]", self.compare(one.items, other.items, direction))
        if shared:
            yield from choices.compare_choices(self, one, other, direction)
            yield from self._undecided(one, other, direction)

    def _objects(self, old: Node, new: Node, direction: Direction) -> Iterator[Found]:
        for name in (*old.properties, *(name for name in new.properties if name not in old.properties)):
            path = f".{named(name)}"
            if name not in old.properties:
                yield from _below(path, self._added(name, old, new, direction))
            elif name not in new.properties:
                yield from _below(path, self._removed(name, old, direction))
            else:
                yield from _below(path, self._kept(name, old, new, direction))
        described = old.properties.keys() | new.properties.keys()
        for name in sorted((old.required ^ new.required) - described):
            yield _required(name in new.required).below(f".{named(name)}")
        if old.closed != new.closed:
            word, said = ("refused", "ruled out") if new.closed else ("allowed", "allowed")
            yield Found(f"schema.additional-properties-{word}", f"other properties are {said}")
        elif not old.closed and (old.additional or new.additional):
            yield from _below(".*", self.compare(old.additional, new.additional, direction))

    def _added(self, name: str, old: Node, new: Node, direction: Direction) -> Iterator[Found]:
        node = self.after(new.properties[name])
        if _hidden(node, direction):
            return
        if name in new.required and name not in old.required:
            yield Found("schema.required-property-added", "is new, and must be there")
        elif not old.closed:
            yield Found("schema.property-added", "is new")
        if old.closed:
            yield Found("schema.property-added-to-closed", "is new where others were ruled out")
        elif old.additional:
            yield from self.compare(old.additional, new.properties[name], direction)
        yield from self.added(new.properties[name], direction)

    def _removed(self, name: str, old: Node, direction: Direction) -> Iterator[Found]:
        node = self.before(old.properties[name])
        if not _hidden(node, direction):
            yield sunset.removed(
                "the property", "schema.property", sunset.lifetime(node.lifetime), self.today
            )

    def _kept(self, name: str, old: Node, new: Node, direction: Direction) -> Iterator[Found]:
        one, other = self.before(old.properties[name]), self.after(new.properties[name])
        hidden = _hidden(one, direction), _hidden(other, direction)
        if hidden == (True, True):
            return
        if hidden == (False, True):
            word, said = ("read", "taken") if direction is Direction.REQUEST else ("write", "answered")
            yield Found(f"schema.property-{word}-only", f"is {word}-only: it is {said} no more")
            return
        if hidden == (True, False):
            must = name in new.required
            rule = "schema.required-property-added" if must else "schema.property-added"
            yield Found(rule, "is for both directions now" + (", and must be there" if must else ""))
            return
        if (name in old.required) != (name in new.required):
            yield _required(name in new.required)
        yield from sunset.announced(
            "schema.property", sunset.lifetime(one.lifetime), sunset.lifetime(other.lifetime)
        )
        yield from self.compare(old.properties[name], new.properties[name], direction)

    def _undecided(self, old: Node, new: Node, direction: Direction) -> Iterator[Found]:
        """Keywords of which it is said only that they, or something in them, changed."""
        for word in sorted(old.others.keys() | new.others.keys()):
            before, after = old.others.get(word, ()), new.others.get(word, ())
            if not before or not after:
                yield Found("schema.keyword-changed", f"{word} is {'gone' if before else 'new'}")
            elif not self._same(before, after, direction):
                yield Found("schema.keyword-changed", f"{word} changed")

    def _same(self, old: Any, new: Any, direction: Direction) -> bool:
        """Whether two values of a keyword are one: schemas are compared, all else must be equal."""
        if isinstance(old, list | tuple) and isinstance(new, list | tuple):
            return len(old) == len(new) and all(map(lambda a, b: self._same(a, b, direction), old, new))
        if not isinstance(old, Mapping) or not isinstance(new, Mapping):
            return text_of(old) == text_of(new)
        if text_of(old) != text_of(new):
            return not self.compare((old,), (new,), direction) and old.keys() == new.keys()
        # The same text may refer to what changed.
        nested = (self._same(old[name], new[name], direction) for name in old)
        return not self.compare((old,), (new,), direction) if "$ref" in old else all(nested)

    @staticmethod
    def _limited(found: Iterator[Found], direction: Direction) -> tuple[Found, ...]:
        every = tuple(dict.fromkeys(found))
        if len(every) <= _MOST_FOUND:
            return every
        # Of one change of a named schema one place is kept before any has a second.
        first = {(each.rule, each.schema or each.path, each.message): each.path for each in reversed(every)}
        ranked = sorted(
            every,
            key=lambda each: (
                verdict(RULES[each.rule].effect, direction).rank,
                first[each.rule, each.schema or each.path, each.message] != each.path,
            ),
        )
        return tuple(ranked[:_MOST_FOUND])


def _identity(document: Document, parts: Parts) -> tuple[int, ...]:
    """What tells schemas of a document apart: references that stand alone are what they lead to."""
    found = []
    for part in parts:
        for _ in range(_DEEPEST):
            if not isinstance(part, Mapping) or "$ref" not in part or (document.minor and len(part) > 1):
                break
            try:
                part = document.target(part["$ref"])  # noqa: PLW2901 - followed to its end
            except UnreadableError:
                break
        found.append(id(part))
    return tuple(found)


def _name(part: Any) -> str | None:
    """The name of a schema that is referred to."""
    reference = part.get("$ref") if isinstance(part, Mapping) else None
    return named(reference.rpartition("/")[2]) if isinstance(reference, str) else None


def _hidden(node: Node, direction: Direction) -> bool:
    """Whether a property is not sent in this direction: `readOnly` and `writeOnly`."""
    return node.read_only if direction is Direction.REQUEST else node.write_only


def _required(now: bool) -> Found:
    if now:
        return Found("schema.property-required", "must be there now")
    return Found("schema.property-optional", "may be left out now")


def _below(path: str, found: Iterator[Found] | tuple[Found, ...]) -> Iterator[Found]:
    return (each.below(path) for each in found)
