"""package.json and package-lock.json: where they name which version.

Source: npm's documentation of package.json and package-lock.json
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any, Final

from writ.contracts.errors import ContractError
from writ.dependencies.model import Form, Use
from writ.dependencies.npm_ranges import oldest_in
from writ.dependencies.versions import package
from writ.ports.registry import Ecosystem

SECTIONS: Final = ("dependencies", "devDependencies", "optionalDependencies")
# What a lock keeps of a package and its registry says of it as well: a change of one is a change of the tree.
RELATIONS: Final = ("dependencies", "optionalDependencies", "peerDependencies", "peerDependenciesMeta")
_SIMPLE: Final = re.compile(r"(?P<sign>[\^~]?)(?P<version>\d+\.\d+\.\d+)")
_EXACT: Final = re.compile(r"\d+\.\d+\.\d+")


def manifest(path: str, written: str) -> tuple[Use, ...]:
    """What a package.json depends on; addresses, tags and workspaces are passed over."""
    document = _json(path, written)
    found: list[Use] = []
    for section in SECTIONS:
        items = document.get(section, {})
        if not isinstance(items, dict):
            raise ContractError("is not an object", field=f"{path}: {section}")
        start, end = _object_span(written, section)
        for name, spec in items.items():
            match = _entry(written, name, start, end)
            if isinstance(spec, str) and match is not None and spec == match["spec"]:
                found.append(_use(path, written, name, spec, match.start("spec")))
    return tuple(found)


def node_of(path: str, written: str) -> str | None:
    """The oldest Node that a package.json says it runs on."""
    engines = _json(path, written).get("engines")
    said = engines.get("node") if isinstance(engines, dict) else None
    return oldest_in(said) if isinstance(said, str) else None


def lock(path: str, written: str) -> tuple[Use, ...]:
    """The packages of a package-lock.json; one before version 3 repeats itself, and only npm writes it."""
    document = _json(path, written)
    packages = document.get("packages", {})
    old = document.get("lockfileVersion") != 3
    root = packages.get("", {}) if isinstance(packages, dict) else {}
    direct = {name for section in SECTIONS for name in root.get(section, {})}
    found: list[Use] = []
    for place, item in (packages if isinstance(packages, dict) else {}).items():
        name = place.rpartition("node_modules/")[2]
        if (
            not name
            or not isinstance(item, dict)
            or item.get("link")
            or not isinstance(item.get("version"), str)
        ):
            continue
        start, end = _value_span(written, place)
        found.append(
            Use(
                package=package(Ecosystem.NPM, str(item.get("name") or name)),
                path=path,
                line=written.count("\n", 0, start) + 1,
                form=Form.OPAQUE if old else Form.PACKAGE_LOCK,
                written=item["version"],
                start=start,
                end=end,
                version=item["version"],
                hashed="integrity" in item,
                direct=name in direct and place == f"node_modules/{name}",
                details={"place": place, "item": item},
            )
        )
    return tuple(found)


def _use(path: str, written: str, name: str, spec: str, place: int) -> Use:
    simple = _SIMPLE.fullmatch(spec)
    shift = simple.start("version") if simple else 0
    return Use(
        package=package(Ecosystem.NPM, name),
        path=path,
        line=written.count("\n", 0, place) + 1,
        form=Form.PACKAGE_JSON,
        written=spec,
        start=place + shift,
        end=place + len(spec),
        version=spec if _EXACT.fullmatch(spec) else None,
    )


def _entry(written: str, name: str, start: int, end: int) -> re.Match[str] | None:
    form = re.compile(rf'"{re.escape(json.dumps(name)[1:-1])}"\s*:\s*"(?P<spec>[^"\\]*)"')
    return form.search(written, start, end)


def _object_span(written: str, key: str) -> tuple[int, int]:
    """Where the object under a key of the document begins and ends."""
    for depth, place in _keys(written, key):
        if depth == 1:
            return place, json.JSONDecoder().raw_decode(written, place)[1]
    return 0, 0


def _value_span(written: str, key: str) -> tuple[int, int]:
    quoted = f"{json.dumps(key)}"
    match = re.search(rf"{re.escape(quoted)}\s*:\s*(?=\{{)", written)
    if match is None:
        raise ContractError("is written in a way that is not known", field=f"packages.{key}")
    return match.end(), json.JSONDecoder().raw_decode(written, match.end())[1]


def _keys(written: str, key: str) -> Iterator[tuple[int, int]]:
    """Depth and place of the value of each key of that name whose value is an object."""
    quoted = json.dumps(key)
    for match in re.finditer(rf"{re.escape(quoted)}\s*:\s*(?=\{{)", written):
        before = re.sub(r'"(?:[^"\\]|\\.)*"', "", written[: match.start()])
        yield before.count("{") - before.count("}"), match.end()


def _json(path: str, written: str) -> dict[str, Any]:
    try:
        document = json.loads(written)
    except (ValueError, RecursionError):
        raise ContractError("not JSON", field=path) from None
    if not isinstance(document, dict):
        raise ContractError("is not an object", field=path)
    return document
