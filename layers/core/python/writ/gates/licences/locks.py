"""Components out of the files by which Python and Node packages are pinned, each with its line.

What a file does not say, a licence most often, is told by others: see `collector`.
"""

from __future__ import annotations

import json
import re
import tomllib
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from typing import Any, Final

from writ.contracts.errors import ContractError
from writ.gates.licences.component import DEVELOPMENT, RUNTIME, Component, npm, pypi

# https://pip.pypa.io/en/stable/reference/requirements-file-format/
_REQUIREMENT: Final = re.compile(r"([A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9])?)\s*(?:\[[^\]]*\])?\s*(.*)")
_PINNED: Final = re.compile(r"===?\s*([A-Za-z0-9.!+_-]+)\s*")
# From a repository or an address, with no name before it: https://pip.pypa.io/en/stable/topics/vcs-support/
_EDITABLE: Final = re.compile(r"(?:-e|--editable)[\s=]+")
_DIRECT: Final = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:\S+|\S+@\S+:\S+")
_SECRET: Final = re.compile(r"(?<=://)[^/\s]*@")
_LONGEST: Final = 512
_PACKAGE: Final = re.compile(r'^\s*"((?:[^"\\]|\\.)*node_modules/(?:[^"\\]|\\.)+)"\s*:\s*\{', re.MULTILINE)
_TOML_PACKAGE: Final = re.compile(r"^\s*\[\[(?:package|packages)\]\]", re.MULTILINE)


def requirements(path: str, written: str) -> tuple[Component, ...]:
    """The packages of a requirements file; options, includes and comments are passed over.

    What comes straight from an address is a component of no version, whose licence nobody states.
    """
    found = []
    for number, line in _logical(written):
        bare = re.split(r"(?:^|\s)#", line, maxsplit=1)[0].split(";")[0].split(" --")[0].strip()
        direct = _EDITABLE.sub("", bare, count=1).strip("'\"")
        if _DIRECT.match(direct):
            found.append(Component(_SECRET.sub("", direct)[:_LONGEST], "", "", (), path, number))
            continue
        if not bare or bare.startswith("-"):
            continue
        match = _REQUIREMENT.fullmatch(bare)
        if match is None:
            raise ContractError("not a requirement", field=f"{path}:{number}")
        name, rest = match.groups()
        pin = _PINNED.fullmatch(rest)
        if pin is None and rest and rest[0] not in "<>=!~(@":
            raise ContractError("not a requirement", field=f"{path}:{number}")
        version = pin[1] if pin else ""
        found.append(Component(name, version, pypi(name, version), (), path, number))
    return tuple(found)


def project(path: str, written: str) -> tuple[Component, ...]:
    """What a pyproject.toml depends on; its groups and extras are not delivered.

    Source: https://packaging.python.org/en/latest/specifications/pyproject-toml/
    """
    document = _toml(path, written)
    lines = written.splitlines()
    table = _object(document.get("project", {}), path, "project")
    parts = [("project.dependencies", table.get("dependencies", []), RUNTIME)]
    parts += [
        (f"project.optional-dependencies.{name}", items, DEVELOPMENT)
        for name, items in _object(table.get("optional-dependencies", {}), path, "project").items()
    ]
    parts += [
        (f"dependency-groups.{name}", items, DEVELOPMENT)
        for name, items in _object(document.get("dependency-groups", {}), path, "dependency-groups").items()
    ]
    found = []
    for field, items, scope in parts:
        if not isinstance(items, list):
            raise ContractError("is not a list", field=f"{path}: {field}")
        for item in items:
            if isinstance(item, str) and (match := _REQUIREMENT.match(item)):
                line = next((n for n, text in enumerate(lines, 1) if f'"{item}"' in text), None)
                found.append(Component(match[1], "", pypi(match[1], ""), (), path, line, scope))
    return tuple(found)


def toml_lock(path: str, written: str) -> tuple[Component, ...]:
    """The packages of a poetry.lock, uv.lock or pylock.toml (PEP 751)."""
    document = _toml(path, written)
    items = document.get("package", document.get("packages", []))
    if not isinstance(items, list):
        raise ContractError("is not a list", field=f"{path}: package")
    starts = [written.count("\n", 0, match.start()) + 1 for match in _TOML_PACKAGE.finditer(written)]
    found = []
    for number, item in enumerate(items):
        name, version = _text(item, "name", f"{path}: package.{number}"), item.get("version", "")
        source = item.get("source", {})
        if isinstance(source, dict) and source.keys() & {"editable", "virtual", "directory"}:
            continue  # the project itself, or a part of it
        line = starts[number] if number < len(starts) else None
        purl, moment = pypi(name, str(version)), _published(item)
        found.append(Component(name, str(version), purl, (), path, line, published=moment))
    return tuple(found)


def _published(item: Mapping[str, Any]) -> str:
    """When the newest file of a release was uploaded, as uv.lock and pylock.toml say; else nothing.

    Source: https://packaging.python.org/en/latest/specifications/pylock-toml/#packages-wheels-upload-time
    """
    wheels = item.get("wheels")
    files = [item.get("sdist"), item.get("archive"), *(wheels if isinstance(wheels, list) else ())]
    times = [file.get("upload-time") for file in files if isinstance(file, dict)]
    return max((str(moment) for moment in times if isinstance(moment, str | datetime)), default="")


def package_lock(path: str, written: str) -> tuple[Component, ...]:
    """The packages of a package-lock.json of version 1, 2 or 3, with the licences it states.

    Source: npm's documentation of package-lock.json
    """
    try:
        document = _object(json.loads(written), path, "")
    except (ValueError, RecursionError):
        raise ContractError("not JSON", field=path) from None
    if "packages" not in document:
        return tuple(_old_packages(path, _object(document.get("dependencies", {}), path, "dependencies"), 0))
    lines = {match[1]: written.count("\n", 0, match.start(1)) + 1 for match in _PACKAGE.finditer(written)}
    found = []
    for place, value in _object(document["packages"], path, "packages").items():
        item = _object(value, path, f"packages.{place}")
        if "node_modules/" not in place or item.get("link") is True:
            continue  # the project itself, and its workspaces
        name = str(item.get("name") or place.rpartition("node_modules/")[2])
        version = _text(item, "version", f"{path}: packages.{place}")
        scope = DEVELOPMENT if item.get("dev") is True else RUNTIME
        licences = tuple(_npm_licences(item.get("license", item.get("licenses"))))
        found.append(Component(name, version, npm(name, version), licences, path, lines.get(place), scope))
    return tuple(found)


def _old_packages(path: str, items: Mapping[str, Any], depth: int) -> Iterator[Component]:
    if depth > 50:
        raise ContractError("dependencies are nested too deep", field=f"{path}: dependencies")
    for name, value in items.items():
        item = _object(value, path, f"dependencies.{name}")
        version = _text(item, "version", f"{path}: dependencies.{name}")
        scope = DEVELOPMENT if item.get("dev") is True else RUNTIME
        yield Component(name, version, npm(name, version), (), path, None, scope)
        nested = _object(item.get("dependencies", {}), path, f"dependencies.{name}.dependencies")
        yield from _old_packages(path, nested, depth + 1)


def _npm_licences(value: Any) -> Iterable[str]:
    """`license` is an expression; older packages have an object, or a list of such.

    Source: npm's documentation of package.json, its field `license`
    """
    for item in value if isinstance(value, list) else [value]:
        said = item.get("type") if isinstance(item, dict) else item
        if isinstance(said, str):
            yield said


def _logical(written: str) -> Iterator[tuple[int, str]]:
    """Lines with those that a backslash continues, under the number of the first."""
    start, held = 0, ""
    for number, line in enumerate(written.splitlines(), start=1):
        start = start if held else number
        if line.endswith("\\"):
            held += line[:-1] + " "
            continue
        yield start, held + line
        held = ""
    if held:
        yield start, held


def _toml(path: str, written: str) -> dict[str, Any]:
    try:
        return tomllib.loads(written)
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        raise ContractError(f"not TOML: {str(error)[:120]}", field=path) from None


def _object(value: Any, path: str, field: str) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise ContractError("is not an object", field=f"{path}: {field}" if field else path)
    return value


def _text(item: Any, name: str, field: str) -> str:
    value = item.get(name) if isinstance(item, dict) else None
    if not isinstance(value, str) or not value:
        raise ContractError(f"has no {name}", field=field)
    return value
