"""The catalogue of feature flags, read and checked at synth: `functions/flags/catalogue.yaml`.

A flag is asked for by its name as a literal, `flags.enabled("graph-queries", …, default=True)`: that is how
the code is searched for the uses of each.
"""

from __future__ import annotations

import ast
import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import yaml
from pydantic import ValidationError

from stacks.manifest import BotFolder
from writ.contracts.errors import ContractError, from_validation
from writ.contracts.flags import Flag, feature

ROOT: Final = Path(__file__).parent.parent
CATALOGUE: Final = ROOT / "functions" / "flags" / "catalogue.yaml"
SEARCHED: Final = ("functions", "layers/core/python/writ")
_PLACE: Final = "functions/flags/catalogue.yaml"
_METHOD: Final = "enabled"


@dataclass(frozen=True)
class Use:
    """One place that asks for a flag, `functions/evidence/api.py:81` say, and the default it gives."""

    flag: str
    place: str
    default: bool


def load(path: Path = CATALOGUE) -> dict[str, Flag]:
    """Every flag by name.

    Raises ContractError (`flags.invalid`) that names the field, `flags.graph-queries.expires` say.
    """
    try:
        document = yaml.safe_load(path.read_text(encoding="utf-8"))
    except yaml.YAMLError as error:
        raise ContractError(f"{_PLACE}: not YAML: {error}", code="flags.invalid") from None
    given = document.get("flags") if isinstance(document, dict) and document.keys() == {"flags"} else None
    if not isinstance(given, dict):
        raise ContractError(f"{_PLACE}: has one key, flags, an object", code="flags.invalid", field="flags")
    return {str(name): _flag(str(name), fields) for name, fields in given.items()}


def _flag(name: str, fields: object) -> Flag:
    if not isinstance(fields, dict) or "name" in fields:
        message = f"{_PLACE}: a flag is an object, and its name is its key"
        raise ContractError(message, code="flags.invalid", field=f"flags.{name}")
    try:
        return Flag.model_validate({"name": name, **fields})
    except ValidationError as error:
        place = f"flags.{name}"
        problem = from_validation(error, place)
        field = f"{place}.{problem.field}" if problem.field else place
        raise ContractError(f"{_PLACE}: {problem.message}", code="flags.invalid", field=field) from None


def uses(root: Path = ROOT, searched: Iterable[str] = SEARCHED) -> list[Use]:
    """Every place in the code that asks for a flag, by path and line.

    Raises ContractError (`flags.unreadable`) where the name or the default is no literal.
    """
    files = sorted(path for folder in searched for path in (root / folder).rglob("*.py"))
    return [use for path in files for use in _uses_in(path, path.relative_to(root).as_posix())]


def _uses_in(path: Path, shown: str) -> Iterator[Use]:
    text = path.read_text(encoding="utf-8")
    if f".{_METHOD}(" not in text:
        return
    for node in ast.walk(ast.parse(text)):
        if not (isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute)):
            continue
        if node.func.attr != _METHOD or "default" not in {keyword.arg for keyword in node.keywords}:
            continue
        default = next(keyword.value for keyword in node.keywords if keyword.arg == "default")
        name = node.args[0] if node.args else None
        if _passes_on(name, default):
            continue
        place = f"{shown}:{node.lineno}"
        if not (isinstance(name, ast.Constant) and isinstance(default, ast.Constant)):
            message = f"{place}: the name of a flag and its default are literals"
            raise ContractError(message, code="flags.unreadable")
        yield Use(str(name.value), place, bool(default.value))


def _passes_on(name: ast.expr | None, default: ast.expr) -> bool:
    """An adapter that hands the question of its caller on: `enabled(name, tenant, default=default)`."""
    return (
        isinstance(name, ast.Name)
        and name.id == "name"
        and isinstance(default, ast.Name)
        and default.id == "default"
    )


def check(flags: Mapping[str, Flag], found: Iterable[Use]) -> None:
    """Raises ContractError for code that asks for an unknown flag, or with another default than declared."""
    for use in found:
        flag = flags.get(use.flag)
        if flag is None:
            message = f"{use.place}: {_PLACE} has no flag {use.flag}"
            raise ContractError(message, code="flags.unknown", field=use.flag)
        if flag.default is not use.default:
            message = f"{use.place}: the default of {use.flag} is declared as {flag.default}"
            raise ContractError(message, code="flags.default", field=use.flag)


def declared(flags: Mapping[str, Flag]) -> str:
    """The declared flags as Powertools reads them, the first layer of what functions are told."""
    features = {name: feature(flag.rollout) for name, flag in sorted(flags.items())}
    return _json({"features": features})


def unset() -> str:
    """The layer of what people set, before they set anything."""
    return _json({"features": {}, "settings": {}})


def staged(folders: Iterable[BotFolder], flags: Mapping[str, Flag], found: Iterable[Use]) -> bytes:
    """What the bot `flags` finds beside its modules: flags, uses, and the teams that own anything."""
    places: dict[str, list[str]] = {}
    for use in found:
        places.setdefault(use.flag, []).append(use.place)
    document = {
        "flags": {name: flag.model_dump(mode="json") for name, flag in sorted(flags.items())},
        "uses": places,
        "teams": sorted({folder.manifest.owner for folder in folders}),
    }
    return _json(document).encode()


def _json(value: Any) -> str:
    return json.dumps(value, separators=(",", ":"), sort_keys=False)


# What AppConfig checks before it deploys a version, and refuses it if it does not hold.
SCHEMA: Final = _json(
    {
        "$schema": "http://json-schema.org/draft-04/schema#",
        "type": "object",
        "required": ["features"],
        "additionalProperties": False,
        "properties": {
            "settings": {"type": "object"},
            "features": {
                "type": "object",
                "additionalProperties": {
                    "type": "object",
                    "required": ["default"],
                    "additionalProperties": False,
                    "properties": {
                        "default": {"type": "boolean"},
                        "rules": {
                            "type": "object",
                            "additionalProperties": {
                                "type": "object",
                                "required": ["when_match", "conditions"],
                                "additionalProperties": False,
                                "properties": {
                                    "when_match": {"type": "boolean"},
                                    "conditions": {"type": "array", "minItems": 1},
                                },
                            },
                        },
                    },
                },
            },
        },
    }
)
