"""A document as it was read: its version, its parts and where its references lead."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any, Final
from urllib.parse import unquote

from writ.contracts.errors import ContractError
from writ.openapi.change import shown

_VERSION: Final = re.compile(r"3\.(?P<minor>[01])(?:\.[0-9]+)?(?:-[A-Za-z0-9.]+)?")
_LONGEST_CHAIN: Final = 32
_DEEPEST: Final = 100
_MOST_PARTS: Final = 5_000_000
_GREATEST: Final = 10**300


class UnreadableError(ContractError):
    """A part of a document cannot be read; `code` is the rule that says so."""

    code = "part.unreadable"


class Document:
    """An OpenAPI document: a JSON value, with references resolved inside it and nowhere else.

    Raises UnreadableError for one that is not of OpenAPI 3.0 or 3.1.
    """

    def __init__(self, root: Any) -> None:
        if not isinstance(root, Mapping):
            raise UnreadableError("it is no object", code="document.unreadable")
        if "swagger" in root:
            raise UnreadableError("OpenAPI 2.0 is not read: convert it to 3.0", code="document.unreadable")
        version = root.get("openapi")
        found = _VERSION.fullmatch(version) if isinstance(version, str) else None
        if not found:
            said = f"openapi is {shown(version)}" if "openapi" in root else "it has no field openapi"
            raise UnreadableError(f"{said}; 3.0 and 3.1 are read", code="document.unreadable")
        _check_size(root)
        self.root: Mapping[str, Any] = root
        self.minor = int(found["minor"])

    @property
    def says(self) -> str:
        return f"3.{self.minor}"

    @property
    def info_version(self) -> str | None:
        """The version that the document gives to the API."""
        info = self.root.get("info")
        version = info.get("version") if isinstance(info, Mapping) else None
        return version if isinstance(version, str) else None

    def target(self, reference: Any) -> Any:
        """What a reference leads to (RFC 6901, as a fragment). Raises UnreadableError for nothing here."""
        if not isinstance(reference, str):
            raise UnreadableError("a reference is no text", code="reference.unresolvable")
        if reference != "#" and not reference.startswith("#/"):
            told = f"`{shown(reference)}` leads out of the document: put all into one file first"
            raise UnreadableError(told, code="reference.unresolvable")
        value: Any = self.root
        for step in reference[2:].split("/") if len(reference) > 1 else ():
            name = unquote(step).replace("~1", "/").replace("~0", "~")
            if isinstance(value, Mapping) and name in value:
                value = value[name]
            elif _is_list(value) and re.fullmatch("0|[1-9][0-9]{0,8}", name) and int(name) < len(value):
                value = value[int(name)]
            else:
                raise UnreadableError(f"`{shown(reference)}` leads nowhere", code="reference.unresolvable")
        return value

    def object(self, value: Any) -> Mapping[str, Any]:
        """A part that is an object, behind references. Raises UnreadableError for anything else."""
        for _ in range(_LONGEST_CHAIN):
            if not isinstance(value, Mapping):
                raise UnreadableError(f"it is {kind_of(value)} where an object belongs")
            if "$ref" not in value:
                return value
            value = self.target(value["$ref"])
        raise UnreadableError("its references lead in a circle", code="reference.unresolvable")

    def named(self, owner: Mapping[str, Any], field: str) -> Mapping[str, Any]:
        """A field that is an object of parts by name, empty where it is left out."""
        return as_object(owner.get(field, {}), field)


def _check_size(root: Any) -> None:
    """Refuse what would not end or not fit: YAML makes much, or something endless, of little."""
    waiting: list[tuple[Any, int]] = [(root, 0)]
    count = 0
    while waiting:
        value, depth = waiting.pop()
        count += 1
        if depth > _DEEPEST or count > _MOST_PARTS:
            told = f"more than {_DEEPEST} levels" if depth > _DEEPEST else f"more than {_MOST_PARTS:,} parts"
            raise UnreadableError(f"it has {told}", code="document.unreadable")
        if isinstance(value, Mapping):
            if not all(isinstance(name, str) for name in value):
                raise UnreadableError("a name in it is no text", code="document.unreadable")
            waiting += ((each, depth + 1) for each in value.values())
        elif _is_list(value):
            waiting += ((each, depth + 1) for each in value)
        elif isinstance(value, int) and abs(value) > _GREATEST:
            raise UnreadableError("a number in it is beyond all measure", code="document.unreadable")


def as_object(value: Any, field: str) -> Mapping[str, Any]:
    """Raises UnreadableError that names the field for anything but an object."""
    if not isinstance(value, Mapping):
        raise UnreadableError(f"{field} is {kind_of(value)} where an object belongs")
    return value


def as_list(value: Any, field: str) -> Sequence[Any]:
    """Raises UnreadableError that names the field for anything but a list."""
    if not _is_list(value):
        raise UnreadableError(f"{field} is {kind_of(value)} where a list belongs")
    found: Sequence[Any] = value
    return found


def flag(owner: Mapping[str, Any], field: str, default: bool = False) -> bool:
    """A field that is true or false. Raises UnreadableError that names it for anything else."""
    value = owner.get(field, default)
    if not isinstance(value, bool):
        raise UnreadableError(f"{field} is {kind_of(value)} where true or false belongs")
    return value


def kind_of(value: Any) -> str:
    """What a JSON value is, in words."""
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true or false"
    if isinstance(value, int | float):
        return "a number"
    if isinstance(value, str):
        return "a text"
    return "a list" if _is_list(value) else "an object"


def _is_list(value: Any) -> bool:
    return isinstance(value, list | tuple)
