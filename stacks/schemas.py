"""Our contracts are JSON Schema 2020-12; the EventBridge registry speaks draft 4."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

_BOUNDS: Final = {"exclusiveMinimum": "minimum", "exclusiveMaximum": "maximum"}
# Keywords that came after draft 4 and only narrow or annotate: a documentation registry does without.
_LATER: Final = frozenset({"examples", "propertyNames", "contains", "if", "then", "else", "discriminator"})
_LITERAL: Final = frozenset({"default", "enum", "required"})
_NAMED: Final = frozenset({"properties", "patternProperties", "$defs"})


def draft4(schema: Mapping[str, Any]) -> dict[str, Any]:
    """The same contract in JSON Schema draft 4 (https://json-schema.org/draft-04/schema)."""
    return {"$schema": "http://json-schema.org/draft-04/schema#", **_converted(schema)}


def _converted(schema: Mapping[str, Any]) -> dict[str, Any]:
    result: dict[str, Any] = {}
    for keyword, value in schema.items():
        if keyword in _LATER or keyword in {"$schema", "$id"}:
            continue
        if keyword in _BOUNDS and not isinstance(value, bool):
            result[_BOUNDS[keyword]] = value
            result[keyword] = True
        elif keyword == "const":
            result["enum"] = [value]
        elif keyword in _LITERAL:
            result[keyword] = value
        elif keyword == "$ref":
            result["$ref"] = value.replace("#/$defs/", "#/definitions/")
        elif keyword in _NAMED:
            target = "definitions" if keyword == "$defs" else keyword
            result[target] = {name: _node(part) for name, part in value.items()}
        else:
            result[keyword] = _node(value)
    return result


def _node(value: Any) -> Any:
    if isinstance(value, Mapping):
        return _converted(value)
    if isinstance(value, list):
        return [_node(item) for item in value]
    return value
