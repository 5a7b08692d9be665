"""Requirements files, their locks with hashes, and pyproject.toml: where they name which version.

Source: https://pip.pypa.io/en/stable/reference/requirements-file-format/ and
https://packaging.python.org/en/latest/specifications/pyproject-toml/
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from writ.contracts.errors import ContractError
from writ.dependencies.model import Form, Use
from writ.dependencies.versions import oldest_allowed, package, requirement
from writ.ports.registry import Ecosystem

_HEAD: Final = re.compile(
    r"(?P<name>[A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9])?)[ \t]*(?:\[(?P<extras>[^\]\n]*)\])?[ \t]*"
    r"(?P<spec>(?:[<>=!~]=?=?[ \t]*[^\s;#\\,]+[ \t]*,?[ \t]*)*)"
)
_PIN: Final = re.compile(r"==[ \t]*(?P<version>[^\s;#\\,*]+)")
_HASH: Final = re.compile(r"--hash[= ](?P<hash>sha(?:256|384|512):[0-9a-f]{64,128})")
_VIA: Final = re.compile(r"#[ \t]*(?:via[ \t]*)?(?P<name>[A-Za-z0-9][A-Za-z0-9._-]*)?")


def requirements(path: str, written: str) -> tuple[Use, ...]:
    """The packages that a requirements file names; options, includes and addresses are passed over."""
    found: list[Use] = []
    for number, start, text in _logical(written):
        head = _HEAD.match(text)
        if head is None or text.startswith("-") or "://" in text.split("#")[0] or "@" in text.split(";")[0]:
            continue
        spec = head["spec"].rstrip().rstrip(",")
        pin = _PIN.fullmatch(spec)
        where = head.start("spec") + (pin.start("version") if pin else 0)
        shown = pin["version"] if pin else spec
        hashes = list(_HASH.finditer(text))
        between = text[hashes[0].end() : hashes[1].start()] if len(hashes) > 1 else None
        found.append(
            Use(
                package=package(Ecosystem.PYPI, head["name"]),
                path=path,
                line=number,
                form=Form.REQUIREMENT,
                written=spec,
                start=start + where,
                end=start + where + len(shown),
                version=pin["version"] if pin else None,
                hashed=bool(hashes),
                via=_via(written, start + len(text)),
                hashes=(start + hashes[0].start(), start + hashes[-1].end()) if hashes else (0, 0),
                extras=_extras((head["extras"] or "").split(",")),
                details={"between": between} if between else {},
            )
        )
    return tuple(found)


def project(path: str, written: str) -> tuple[Use, ...]:
    """What a pyproject.toml depends on, with its extras and groups, and what builds it."""
    found: list[Use] = []
    used: set[int] = set()
    for item in _stated(path, written):
        read = requirement(item)
        if read is None or read.url is not None:
            continue
        for match in re.finditer(f"(?P<quote>[\"']){re.escape(item)}(?P=quote)", written):
            if match.start() not in used:
                used.add(match.start())
                found.append(_declared(path, written, read, item, match.start() + 1))
                break
    return tuple(found)


def optional_parts(path: str, written: str) -> dict[tuple[str, str], frozenset[str]]:
    """The packages of each extra and each group of a pyproject.toml, by `extra` or `group` and its name."""
    document = _toml(path, written)
    table = document.get("project", {})
    extras = table.get("optional-dependencies", {}) if isinstance(table, dict) else {}
    found: dict[tuple[str, str], frozenset[str]] = {}
    for kind, lists in (("extra", extras), ("group", document.get("dependency-groups", {}))):
        for name, items in lists.items() if isinstance(lists, dict) else ():
            read = [requirement(item) for item in items if isinstance(item, str)]
            found[kind, name] = frozenset(str(canonicalize_name(each.name)) for each in read if each)
    return found


def python_of(path: str, written: str) -> str | None:
    """The oldest Python that a pyproject.toml says it runs on."""
    table = _toml(path, written).get("project", {})
    said = table.get("requires-python") if isinstance(table, dict) else None
    return oldest_allowed(said) if isinstance(said, str) else None


def opaque(path: str, written: str) -> tuple[Use, ...]:
    """The packages of a uv.lock, poetry.lock or pdm.lock, which only its own tool writes."""
    items = _toml(path, written).get("package", [])
    return tuple(
        Use(
            package=package(Ecosystem.PYPI, item["name"]),
            path=path,
            line=1,
            form=Form.OPAQUE,
            written=str(item["version"]),
            start=0,
            end=0,
            version=str(item["version"]),
        )
        for item in (items if isinstance(items, list) else [])
        if isinstance(item, dict) and isinstance(item.get("name"), str) and item.get("version")
    )


def _declared(path: str, written: str, read: Requirement, item: str, start: int) -> Use:
    spec = str(read.specifier)
    head = _HEAD.match(item)
    raw = (head["spec"].rstrip().rstrip(",") if head else "") or ""
    pin = _PIN.fullmatch(raw)
    where = (head.start("spec") if head else 0) + (pin.start("version") if pin else 0)
    shown = pin["version"] if pin else raw
    return Use(
        package=package(Ecosystem.PYPI, read.name),
        path=path,
        line=written.count("\n", 0, start) + 1,
        form=Form.PYPROJECT,
        written=raw or spec,
        start=start + where,
        end=start + where + len(shown),
        version=pin["version"] if pin else None,
        extras=_extras(read.extras),
    )


def _extras(names: Iterable[str]) -> tuple[str, ...]:
    return tuple(sorted(str(canonicalize_name(name.strip())) for name in names if name.strip()))


def _stated(path: str, written: str) -> Iterator[str]:
    document = _toml(path, written)
    table, build = document.get("project", {}), document.get("build-system", {})
    lists = [table.get("dependencies", []), build.get("requires", [])]
    lists += _values(table.get("optional-dependencies", {})) + _values(document.get("dependency-groups", {}))
    for items in lists:
        yield from (item for item in items if isinstance(item, str)) if isinstance(items, list) else ()


def _values(table: Any) -> list[Any]:
    return list(table.values()) if isinstance(table, Mapping) else []


def _logical(written: str) -> Iterator[tuple[int, int, str]]:
    """Line number, place and text of each logical line, as it stands in the file."""
    lines = written.splitlines(keepends=True)
    place, number = 0, 0
    while number < len(lines):
        first, start, text = number, place, ""
        while number < len(lines):
            line = lines[number]
            text, place, number = text + line, place + len(line), number + 1
            if not line.rstrip("\r\n").endswith("\\"):
                break
        bare = text.lstrip(" \t")
        if bare.strip() and not bare.startswith("#"):
            yield first + 1, start + len(text) - len(bare), bare.rstrip("\r\n")


def _via(written: str, end: int) -> tuple[str, ...]:
    """Who brought a package in, by the comments that uv and pip-tools write below it."""
    found: list[str] = []
    rest = written[end:].splitlines()[1:]
    for line in rest:
        if not line.startswith((" ", "\t")) or not line.strip().startswith("#"):
            break
        match = _VIA.match(line.strip())
        if match and match["name"] and not line.strip().startswith("# via -"):
            found.append(match["name"])
    return tuple(name for name in found if name != "via")


def _toml(path: str, written: str) -> dict[str, Any]:
    try:
        return tomllib.loads(written)
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        raise ContractError(f"not TOML: {str(error)[:120]}", field=path) from None
