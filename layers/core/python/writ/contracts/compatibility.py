"""Whether a changed event schema still fits the events and the readers that exist.

Both questions are one: is everything that a writer's schema allows accepted by a reader's schema?
Backward, the writer is the released schema; forward, the current one. Readers are tolerant: a field the
reader does not know is no break, and a field the writer does not know is taken to be absent.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final, Literal

Schema = Mapping[str, Any]

_LOWER_BOUNDS: Final = ("minimum", "exclusiveMinimum", "minLength", "minItems")
_UPPER_BOUNDS: Final = ("maximum", "exclusiveMaximum", "maxLength", "maxItems")


@dataclass(frozen=True, slots=True)
class Break:
    """Where and why a schema no longer fits."""

    direction: Literal["backward", "forward"]
    path: str
    reason: str

    def __str__(self) -> str:
        effect = {
            "backward": "events already published would be refused",
            "forward": "readers of the released version would refuse new events",
        }[self.direction]
        return f"{self.path}: {self.reason} ({self.direction}: {effect})"


def breaks(released: Schema, current: Schema) -> list[Break]:
    """What breaks between the released schema of an event type and its current one."""
    backward = _Comparison(writer=released, reader=current)
    forward = _Comparison(writer=current, reader=released)
    return [
        *(Break("backward", path, reason) for path, reason in backward.misfits(released, current, "detail")),
        *(Break("forward", path, reason) for path, reason in forward.misfits(current, released, "detail")),
    ]


Misfits = Iterator[tuple[str, str]]


@dataclass(frozen=True, slots=True)
class _Comparison:
    """Finds what a writer may write and a reader refuses; each side resolves its own references."""

    writer: Schema
    reader: Schema

    def misfits(self, written: Schema, read: Schema, path: str) -> Misfits:
        written, read = _resolved(written, self.writer), _resolved(read, self.reader)
        if "anyOf" in written:
            for part in written["anyOf"]:
                yield from self.misfits(part, read, path)
        elif "anyOf" in read:
            found = [list(self.misfits(written, part, path)) for part in read["anyOf"]]
            if all(found):
                yield from found[0]  # the field's own type; null, where allowed, comes after it
        elif (values := _values(written)) is not None:
            yield from _value_misfits(values, read, path)
        elif "enum" in read or "const" in read:
            yield path, f"only {_values(read)} is accepted where anything was allowed"
        else:
            yield from self._typed_misfits(written, read, path)

    def _typed_misfits(self, written: Schema, read: Schema, path: str) -> Misfits:
        kind, wanted = written.get("type"), read.get("type")
        if wanted is None:
            return
        if kind != wanted and (kind, wanted) != ("integer", "number"):
            yield path, f"type is {kind or 'anything'}, {wanted} is expected"
            return
        yield from _bound_misfits(written, read, path)
        for keyword in ("pattern", "format"):
            if keyword in read and read[keyword] != written.get(keyword):
                yield (
                    path,
                    f"{keyword} {read[keyword]} is expected, {written.get(keyword, 'none')} is promised",
                )
        if wanted == "object":
            yield from self._object_misfits(written, read, path)
        elif "items" in read:
            yield from self.misfits(written.get("items", {}), read["items"], f"{path}[]")

    def _object_misfits(self, written: Schema, read: Schema, path: str) -> Misfits:
        for name in read.get("required", ()):
            if name not in written.get("required", ()):
                yield f"{path}.{name}", "is required but may be missing"
        there, here = written.get("properties", {}), read.get("properties", {})
        for name in there.keys() & here.keys():
            yield from self.misfits(there[name], here[name], f"{path}.{name}")
        others = read.get("additionalProperties", True)
        if others is False:
            for name in sorted(there.keys() - here.keys()):
                yield f"{path}.{name}", "is not accepted"
        elif isinstance(others, Mapping):
            allowed = written.get("additionalProperties", {})
            yield from self.misfits(allowed if isinstance(allowed, Mapping) else {}, others, f"{path}.*")


def _resolved(node: Schema, root: Schema) -> Schema:
    while "$ref" in node:
        node = root["$defs"][node["$ref"].rpartition("/")[2]]
    return node


def _values(node: Schema) -> list[Any] | None:
    if "const" in node:
        return [node["const"]]
    values = node.get("enum")
    return list(values) if values is not None else None


def _value_misfits(values: list[Any], read: Schema, path: str) -> Misfits:
    accepted = _values(read)
    if accepted is not None:
        for value in values:
            if value not in accepted:
                yield path, f"value {value!r} is not accepted"
    elif read.get("type", "string") != "string":
        yield path, f"type is string, {read['type']} is expected"


def _bound_misfits(written: Schema, read: Schema, path: str) -> Misfits:
    for keyword in _LOWER_BOUNDS:
        if keyword in read and written.get(keyword, float("-inf")) < read[keyword]:
            yield path, f"{keyword} {read[keyword]} is expected, {written.get(keyword, 'none')} is promised"
    for keyword in _UPPER_BOUNDS:
        if keyword in read and written.get(keyword, float("inf")) > read[keyword]:
            yield path, f"{keyword} {read[keyword]} is expected, {written.get(keyword, 'none')} is promised"
