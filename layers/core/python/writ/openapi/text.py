"""Reads the text of an OpenAPI document: JSON, or YAML as OpenAPI wants it."""

from __future__ import annotations

import json
import math
import re
from typing import Any, ClassVar, Final

import yaml

from writ.contracts.errors import ContractError
from writ.yaml_bounds import load

_KNOWN: Final = (str, int, float, type(None))


class _Loader(getattr(yaml, "CSafeLoader", yaml.SafeLoader)):  # type: ignore[misc]
    """YAML by the JSON schema of 1.2 (OpenAPI 3.1.1, 4.4): `no` is a text and a day is one, unlike in 1.1."""

    yaml_implicit_resolvers: ClassVar[dict[str, list[Any]]] = {}


for _tag, _pattern, _first in (
    ("bool", "true|True|TRUE|false|False|FALSE", "tTfF"),
    ("null", "null|Null|NULL|~|", ["n", "N", "~", ""]),
    ("int", "[-+]?(?:0|[1-9][0-9]*)", "-+0123456789"),
    ("float", r"[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?", "-+0123456789."),
    ("merge", "<<", "<"),
):
    _Loader.add_implicit_resolver(f"tag:yaml.org,2002:{_tag}", re.compile(f"(?:{_pattern})$"), list(_first))


def parse(text: str) -> Any:
    """The JSON value that a text says. Raises ContractError for what is neither JSON nor YAML."""
    try:
        return json.loads(text, parse_constant=_refused)
    except (ValueError, RecursionError) as error:
        if text.lstrip()[:1] in ("{", "["):
            raise ContractError(f"it is not JSON: {_reason(error)}") from None
    try:
        value = load(text, _Loader)
        _settle(value)
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        raise ContractError(f"it is neither JSON nor YAML: {_reason(error)}") from None
    return value


def _settle(root: Any) -> None:
    """Turn names into texts, in place: an alias stays one object, however often it stands there."""
    waiting, done = [root], set[int]()
    while waiting:
        value = waiting.pop()
        if isinstance(value, float) and not math.isfinite(value):
            raise ValueError(f"{value} is no number")
        if not isinstance(value, (dict, list, *_KNOWN)):
            raise ValueError(f"there is a {type(value).__name__} in it, which JSON has not")
        if not isinstance(value, dict | list) or id(value) in done:
            continue
        done.add(id(value))
        if isinstance(value, dict):
            named = {_name(name): each for name, each in value.items()}
            value.clear()
            value.update(named)
            waiting += named.values()
        else:
            waiting += value


def _name(name: object) -> str:
    return name if isinstance(name, str) else json.dumps(name, default=str)


def _refused(constant: str) -> float:
    raise ValueError(f"{constant} is no number")


def _reason(error: Exception) -> str:
    if isinstance(error, RecursionError):
        return "it is nested too deeply"
    return " ".join(str(error).split())[:200]
