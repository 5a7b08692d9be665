"""Parameters and headers: whether they must be sent, where, how they are written, and their schemas."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from writ.openapi import sunset
from writ.openapi.bodies import compare_content
from writ.openapi.change import named, shown
from writ.openapi.context import Where
from writ.openapi.document import Document, UnreadableError, as_list, flag
from writ.openapi.node import Parts

_PLACES: Final = ("path", "query", "header", "cookie")
_STYLES: Final = {"path": "simple", "query": "form", "header": "simple", "cookie": "form"}
# Said by the body and by security: "the parameter definition shall be ignored", OpenAPI 3.1.1, 4.8.12.
_IGNORED: Final = ("accept", "content-type", "authorization")

Key = tuple[str, str]
Parameters = dict[Key, Mapping[str, Any]]


def read_parameters(
    document: Document, item: Mapping[str, Any], operation: Mapping[str, Any], variables: Mapping[str, str]
) -> Parameters:
    """The parameters of an operation by place and name; its own take the place of those of the path.

    Variables of the path have the name that they are given. Raises UnreadableError for what is no parameter.
    """
    found: Parameters = {}
    for owner in (item, operation):
        for part in as_list(owner.get("parameters", ()), "parameters"):
            parameter = document.object(part)
            place, name = parameter.get("in"), parameter.get("name")
            if place not in _PLACES or not isinstance(name, str):
                raise UnreadableError("a parameter has no name, or no place that OpenAPI knows")
            if place == "header" and name.lower() in _IGNORED:
                continue
            key = (
                name.lower() if place == "header" else variables.get(name, name) if place == "path" else name
            )
            found[place, key] = parameter
    return found


def compare_parameters(where: Where, old: Parameters, new: Parameters) -> None:
    """Record what changed in the parameters of an operation."""
    moved: set[Key] = set()
    for key, parameter in old.items():
        if key in new:
            at = where.below(f"{key[0]} parameter {named(parameter['name'])}")
            with at.readable():
                _compare(at, key[0], parameter, new[key])
            continue
        at = where.below(f"{key[0]} parameter {named(key[1])}")
        elsewhere = [other for other in new if other not in old and other[1].lower() == key[1].lower()]
        if elsewhere:
            moved.update(elsewhere)
            at.add("parameter.location-changed", f"was sent in the {key[0]}, now in the {elsewhere[0][0]}")
            with at.readable():
                _value(at, parameter, new[elsewhere[0]])
            continue
        last = sunset.lifetime(parameter)
        at.found((sunset.removed("the parameter", "parameter", last, where.context.today),))
    for key, parameter in new.items():
        if key not in old and key not in moved:
            at = where.below(f"{key[0]} parameter {named(parameter['name'])}")
            with at.readable():
                must = key[0] == "path" or flag(parameter, "required")
                word = "must" if must else "may"
                at.add(f"parameter.added-{'required' if must else 'optional'}", f"is new, and {word} be sent")
                _value(at.added, parameter, parameter)


def _compare(at: Where, place: str, old: Mapping[str, Any], new: Mapping[str, Any]) -> None:
    before, after = (place == "path" or flag(each, "required") for each in (old, new))
    if before != after:
        rule, said = ("required", "must be sent now") if after else ("optional", "may be left out now")
        at.add(f"parameter.{rule}", said)
    at.found(sunset.announced("parameter", sunset.lifetime(old), sunset.lifetime(new)))
    if flag(old, "allowEmptyValue") != flag(new, "allowEmptyValue"):
        word = "allowed" if flag(new, "allowEmptyValue") else "refused"
        at.add(f"parameter.empty-{word}", f"an empty value is {word}")
    if "content" not in old and "content" not in new:
        written = [_written(place, each) for each in (old, new)]
        if written[0] != written[1]:
            told = ", ".join(
                f"{name} was {shown(one)}, now {shown(other)}"
                for name, one, other in zip(("style", "explode", "allowReserved"), *written, strict=True)
                if one != other
            )
            at.add("parameter.serialization-changed", told)
    _value(at, old, new)


def _value(at: Where, old: Mapping[str, Any], new: Mapping[str, Any]) -> None:
    if "content" in old and "content" in new:
        compare_content(at, old, new)
    elif "content" in old or "content" in new:
        at.add("parameter.serialization-changed", "is written by a media type, or was")
    else:
        at.found(at.context.schemas.compare(schema_of(old), schema_of(new), at.direction))


def compare_headers(where: Where, old: Mapping[str, Any], new: Mapping[str, Any]) -> None:
    """Record what changed in the headers of a response."""
    before = _headers(where.context.old, old)
    after = _headers(where.context.new, new)
    for name, part in before.items():
        at = where.below(f"header {named(name)}")
        with at.readable():
            header = where.context.old.object(part)
            if name not in after:
                at.add("response-header.removed", "is answered no more")
                continue
            other = where.context.new.object(after[name])
            one_must, other_must = flag(header, "required"), flag(other, "required")
            if one_must != other_must:
                word, said = ("required", "is always there") if other_must else ("optional", "may be missing")
                at.add(f"response-header.{word}", said)
            _value(at, header, other)
    for name, part in after.items():
        if name not in before:
            at = where.below(f"header {named(name)}")
            at.add("response-header.added", "is new")
            with at.readable():
                header = where.context.new.object(part)
                _value(at.added, header, header)


def _headers(document: Document, response: Mapping[str, Any]) -> dict[str, Any]:
    named = document.named(response, "headers")
    return {name.lower(): part for name, part in named.items() if name.lower() != "content-type"}


def schema_of(owner: Mapping[str, Any]) -> Parts:
    """The schema of a part; without one it allows anything."""
    return (owner["schema"],) if "schema" in owner else ()


def _written(place: str, parameter: Mapping[str, Any]) -> tuple[Any, Any, Any]:
    style = parameter.get("style", _STYLES[place])
    explode = flag(parameter, "explode", style == "form")
    return style, explode, flag(parameter, "allowReserved")
