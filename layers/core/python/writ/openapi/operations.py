"""Paths and their operations, callbacks and webhooks."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from writ.openapi import sunset
from writ.openapi.bodies import compare_request_bodies
from writ.openapi.change import Direction, named, shown
from writ.openapi.context import Context, Where
from writ.openapi.document import Document, UnreadableError
from writ.openapi.parameters import compare_parameters, read_parameters
from writ.openapi.responses import compare_responses
from writ.openapi.security import compare_schemes, compare_security, used_schemes
from writ.openapi.servers import compare_servers, servers_of

METHODS: Final = ("get", "put", "post", "delete", "options", "head", "patch", "trace")
_VARIABLE: Final = re.compile(r"\{([^{}]*)\}")


@dataclass(frozen=True, slots=True)
class Path:
    """A path as it is written, with its item; its key leaves out how variables are called."""

    text: str
    item: Mapping[str, Any]

    @property
    def variables(self) -> dict[str, str]:
        """The variables by name, each with the place it has in the path."""
        return {name: f"{{{at}}}" for at, name in enumerate(_VARIABLE.findall(self.text))}


def compare_paths(context: Context) -> None:
    """Record what changed in the operations of two documents."""
    old, new = _paths(context, context.old), _paths(context, context.new)
    used: set[str] = set()
    for key, path in old.items():
        for method, operation in _operations(context, context.old, path):
            where = context.at(f"{method.upper()} {named(path.text)}")
            used |= used_schemes(context.old, operation)
            other = new.get(key)
            if other is None or method not in other.item:
                told = "the path" if other is None else "the operation"
                last = sunset.lifetime(operation)
                where.found((sunset.removed(told, "operation", last, context.today),))
                continue
            with where.readable():
                _compare(where, path, other, operation, context.new.object(other.item[method]))
    for key, path in new.items():
        known = old[key].item if key in old else {}
        for method, operation in _operations(context, context.new, path):
            if method not in known:
                where = context.at(f"{method.upper()} {named(path.text)}")
                where.add("operation.added", "is new")
                _compare(where.added, path, path, operation, operation)
    for name, one, other in _webhooks(context):
        where = context.at(f"webhook {named(name)}", Direction.RESPONSE)
        _compare_callback(where, one, other)
    with context.at().readable():
        compare_schemes(context.at(), used)


def _compare(where: Where, old: Path, new: Path, before: Mapping[str, Any], after: Mapping[str, Any]) -> None:
    where.found(sunset.announced("operation", sunset.lifetime(before), sunset.lifetime(after)))
    one, other = before.get("operationId"), after.get("operationId")
    if one != other:
        rule = "operation.id-added" if one is None else "operation.id-changed"
        where.add(rule, f"operationId was {shown(one)}, now {shown(other)}")
    if renamed := [(a, b) for a, b in zip(old.variables, new.variables, strict=False) if a != b]:
        told = ", ".join(f"{shown(a)} is {shown(b)} now" for a, b in renamed)
        where.below("path").add("path.parameter-renamed", told)
    with where.readable():
        compare_parameters(
            where,
            read_parameters(where.context.old, old.item, before, old.variables),
            read_parameters(where.context.new, new.item, after, new.variables),
        )
    compare_request_bodies(where, before, after)
    compare_responses(where, before, after)
    if where.direction is Direction.REQUEST:
        compare_security(where, before, after)
        with where.readable():
            inner = [
                servers_of(item, operation) for item, operation in ((old.item, before), (new.item, after))
            ]
            if inner[0] or inner[1]:
                roots = (where.context.old.root, where.context.new.root)
                outer = [list(servers_of(root)) for root in roots]
                compare_servers(where, inner[0] or outer[0], inner[1] or outer[1])
    with where.readable():
        _callbacks(where, before, after)


def _callbacks(where: Where, before: Mapping[str, Any], after: Mapping[str, Any]) -> None:
    old = where.context.old.named(before, "callbacks")
    new = where.context.new.named(after, "callbacks")
    pairs: dict[str, list[Any]] = {}
    for at, (document, parts) in enumerate(((where.context.old, old), (where.context.new, new))):
        for name, part in parts.items():
            for expression, item in document.object(part).items():
                if not expression.startswith("x-"):
                    pairs.setdefault(f"{name} {expression}", [None, None])[at] = item
    for name, (one, other) in pairs.items():
        below = where.below(f"callback {shown(name.partition(' ')[0])}", where.direction.turned)
        _compare_callback(below, one, other)


def _compare_callback(where: Where, old: Any, new: Any) -> None:
    """What the API sends and its clients take: the directions are turned."""
    with where.readable():
        before = Path("", where.context.old.object(old)) if old is not None else Path("", {})
        after = Path("", where.context.new.object(new)) if new is not None else Path("", {})
        for method in METHODS:
            one, other = before.item.get(method), after.item.get(method)
            if one is None and other is None:
                continue
            if one is None or other is None:
                added = one is None
                word, said = ("added", "is new") if added else ("removed", "is sent no more")
                where.add(f"callback.{word}", f"{method.upper()} {said}")
                if added:
                    _compare_callback(where.added, new, new)
                continue
            with where.readable():
                operations = where.context.old.object(one), where.context.new.object(other)
                _compare(where, before, after, *operations)


def _webhooks(context: Context) -> Iterator[tuple[str, Any, Any]]:
    where = context.at()
    with where.readable():
        old = context.old.named(context.old.root, "webhooks")
        new = context.new.named(context.new.root, "webhooks")
        for name in (*old, *(name for name in new if name not in old)):
            yield name, old.get(name), new.get(name)


def _paths(context: Context, document: Document) -> dict[str, Path]:
    """Path items by what they match: `/users/{id}` and `/users/{name}` are one path."""
    found: dict[str, Path] = {}
    where = context.at()
    with where.readable():
        for text, part in document.named(document.root, "paths").items():
            if text.startswith("x-"):
                continue
            with where.below(f"path {named(text)}").readable():
                found[_VARIABLE.sub("{}", text)] = Path(text, _item(document, part))
    return found


def _item(document: Document, part: Any) -> Mapping[str, Any]:
    """A path item; what stands beside its reference applies as well."""
    item = document.object(part)
    beside = {name: value for name, value in part.items() if name != "$ref"}
    return {**item, **beside} if "$ref" in part else item


def _operations(context: Context, document: Document, path: Path) -> Iterator[tuple[str, Mapping[str, Any]]]:
    for method in METHODS:
        if method in path.item:
            try:
                yield method, document.object(path.item[method])
            except UnreadableError as error:
                context.at(f"{method.upper()} {named(path.text)}").add(error.code, error.message)
