"""Alternatives of `oneOf` and `anyOf`: which of the old ones is which of the new ones, and what changed."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Protocol

from writ.openapi.change import Direction, Effect, Found, listed, shown, verdict
from writ.openapi.node import Node, Parts
from writ.openapi.rules import RULES


class Comparing(Protocol):
    """What compares the members."""

    def compare(self, old: Parts, new: Parts, direction: Direction) -> tuple[Found, ...]: ...
    def tried(self, old: Parts, new: Parts, direction: Direction) -> tuple[Found, ...]: ...
    def added(self, parts: Parts, direction: Direction) -> tuple[Found, ...]: ...
    def before(self, parts: Parts) -> Node: ...
    def after(self, parts: Parts) -> Node: ...


def one_sided(schemas: Comparing, old: Parts, new: Parts, direction: Direction) -> list[Found] | None:
    """The differences where a schema became one of alternatives, or one of them was left; else None."""
    one, other = schemas.before(old), schemas.after(new)
    if not one.choices and len(other.choices) == 1 and other.bare and not one.bare:
        return list(_matched(schemas, (old,), other.choices[0].members, direction))
    if not other.choices and len(one.choices) == 1 and one.bare and not other.bare:
        return list(_matched(schemas, one.choices[0].members, (new,), direction))
    return None


def compare_choices(schemas: Comparing, old: Node, new: Node, direction: Direction) -> Iterator[Found]:
    """The differences of the alternatives of two nodes, and of what tells them apart."""
    if len(old.choices) == len(new.choices):
        for before, after in zip(old.choices, new.choices, strict=True):
            if before.kind != after.kind:
                word = "exclusive" if after.kind == "oneOf" else "inclusive"
                yield Found(f"schema.choice-{word}", f"{before.kind} is {after.kind} now")
            yield from _matched(schemas, before.members, after.members, direction)
    elif not old.choices:
        yield Found("schema.choices-added", "must be one of alternatives as well")
    elif not new.choices:
        yield Found("schema.choices-removed", "need not be one of alternatives")
    else:
        yield Found("schema.choices-changed", "alternatives are grouped in another way")
    yield from _discriminators(old, new)


def _matched(
    schemas: Comparing, old: Sequence[Parts], new: Sequence[Parts], direction: Direction
) -> Iterator[Found]:
    left, right = list(range(len(old))), list(range(len(new)))
    pairs: list[tuple[int, int]] = []

    def take(one: int, other: int) -> None:
        pairs.append((one, other))
        left.remove(one)
        right.remove(other)

    titles = [_label(schemas.before(each)) for each in old], [_label(schemas.after(each)) for each in new]
    for one in tuple(left):
        twin = next((at for at in right if titles[0][one] and titles[0][one] == titles[1][at]), None)
        if twin is not None:
            take(one, twin)
    for one in tuple(left):
        twin = next((at for at in right if not schemas.tried(old[one], new[at], direction)), None)
        if twin is not None:
            take(one, twin)
    unpaired = [(one, other) for one in left for other in right]
    for _, one, other in sorted(_kin(schemas, old, new, unpaired, direction)):
        if one in left and other in right:
            take(one, other)
    for one, other in sorted(pairs):
        label = f"<{titles[0][one] or titles[1][other] or f'#{one + 1}'}>"
        for each in schemas.compare(old[one], new[other], direction):
            yield each.below(label if max(len(old), len(new)) > 1 else "")
    gone = [at for at in left if not any(_covers(schemas, old[at], each, direction, True) for each in new)]
    come = [at for at in right if not any(_covers(schemas, each, new[at], direction, False) for each in old)]
    if gone:
        told = listed([titles[0][at] or _told(schemas.before(old[at]), at) for at in gone])
        yield Found("schema.choice-removed", f"alternative {told} is gone")
    if come:
        told = listed([titles[1][at] or _told(schemas.after(new[at]), at) for at in come])
        yield Found("schema.choice-added", f"alternative {told} is new")
    for at in left:
        yield from schemas.before(old[at]).problems
    for at in right:
        yield from schemas.added(new[at], direction)


def _kin(
    schemas: Comparing,
    old: Sequence[Parts],
    new: Sequence[Parts],
    pairs: Sequence[tuple[int, int]],
    direction: Direction,
) -> Iterator[tuple[tuple[int, int], int, int]]:
    """Pairs that are the same thing, changed: of one type, sharing properties; the nearest sorts first."""
    for one, other in pairs:
        before, after = schemas.before(old[one]), schemas.after(new[other])
        objects = before.properties and after.properties
        if not before.types & after.types:
            continue
        if objects and not before.properties.keys() & after.properties.keys():
            continue
        found = schemas.tried(old[one], new[other], direction)
        broken = sum(verdict(RULES[each.rule].effect, direction).rank == 0 for each in found)
        yield (broken, len(found)), one, other


def _covers(schemas: Comparing, old: Parts, new: Parts, direction: Direction, wider: bool) -> bool:
    """Whether a new member allows all of an old one (`wider`), or an old one all of a new one."""
    allowed = {Effect.NEUTRAL, Effect.WIDENED if wider else Effect.NARROWED}
    return all(RULES[each.rule].effect in allowed for each in schemas.tried(old, new, direction))


def _label(node: Node) -> str:
    if node.names:
        return shown(node.names[0].rpartition("/")[2])
    return shown(node.title)


def _told(node: Node, at: int) -> str:
    if node.values is not None:
        return listed([*node.values.values()]).replace("`", "")
    names = sorted(node.types)
    return names[0] if len(names) == 1 else f"#{at + 1}"


def _discriminators(old: Node, new: Node) -> Iterator[Found]:
    before, after = old.discriminator, new.discriminator
    if before is None and after is None:
        return
    if before is None or after is None:
        word = "added" if before is None else "removed"
        name = shown((before or after or {}).get("propertyName"))
        yield Found(f"schema.discriminator-{word}", f"discriminator {name} {word}")
        return
    if before.get("propertyName") != after.get("propertyName"):
        told = f"{shown(before.get('propertyName'))}, now {shown(after.get('propertyName'))}"
        yield Found("schema.discriminator-changed", f"discriminator was {told}")
        return
    one, other = _mapping(old, before), _mapping(new, after)
    if gone := [value for value in one if value not in other]:
        yield Found("schema.discriminator-value-removed", f"discriminator knows {listed(gone)} no more")
    if come := [value for value in other if value not in one]:
        yield Found("schema.discriminator-value-added", f"discriminator knows {listed(come)}")
    if moved := [value for value in one if value in other and one[value] != other[value]]:
        yield Found(
            "schema.discriminator-changed", f"{listed(moved)} of the discriminator means another schema"
        )


def _mapping(node: Node, discriminator: Mapping[str, Any]) -> dict[str, str]:
    """The schema of each value, by its name; without a mapping the value is the name."""
    given = discriminator.get("mapping")
    found = {str(value): str(target) for value, target in given.items()} if isinstance(given, Mapping) else {}
    found = {value: target.rpartition("/")[2] for value, target in found.items()}
    for choice in node.choices:
        for parts in choice.members:
            member = parts[0] if parts and isinstance(parts[0], Mapping) else {}
            name = str(member.get("$ref", "")).rpartition("/")[2]
            if name and name not in found.values():
                found[name] = name
    return found
