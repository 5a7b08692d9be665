"""Reads an OpenAPI document from a file or stdin: JSON, or YAML as OpenAPI wants it."""

from __future__ import annotations

import json
import math
import re
import sys
from pathlib import Path
from typing import Any, ClassVar, Final

import yaml

from cli.output import CommandError

STDIN: Final = "-"
_LARGEST: Final = 64_000_000
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


def read_document(name: str, field: str) -> Any:
    """The document in a file, `-` for stdin, as a JSON value.

    Raises CommandError with the given field for what cannot be read, or is neither JSON nor YAML.
    """
    try:
        raw = sys.stdin.buffer.read(_LARGEST + 1) if name == STDIN else _bytes(Path(name))
        text = raw.decode("utf-8-sig")
    except OSError as error:
        raise CommandError(f"{name} cannot be read: {error.strerror or error}", field=field) from None
    except UnicodeDecodeError:
        raise CommandError(f"{name} is not UTF-8", field=field) from None
    if len(raw) > _LARGEST:
        raise CommandError(f"{name} has more than {_LARGEST:,} bytes", field=field)
    try:
        return json.loads(text, parse_constant=_refused)
    except (ValueError, RecursionError) as error:
        if text.lstrip()[:1] in ("{", "["):
            raise CommandError(f"{name} is not JSON: {_reason(error)}", field=field) from None
    try:
        value = yaml.load(text, Loader=_Loader)  # noqa: S506 - made from the safe one
        _settle(value)
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        raise CommandError(f"{name} is neither JSON nor YAML: {_reason(error)}", field=field) from None
    return value


def _bytes(path: Path) -> bytes:
    with path.open("rb") as file:
        return file.read(_LARGEST + 1)


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
