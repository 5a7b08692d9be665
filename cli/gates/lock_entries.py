"""What lock files say of what they pin: by which digests, and whether it comes from an index at all."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from itertools import pairwise
from pathlib import PurePosixPath
from typing import Any, Final

from packaging.utils import canonicalize_name, canonicalize_version
from packaging.version import Version

from writ.gates.licences.component import Component
from writ.gates.licences.inventory import take
from writ.gates.tree import Tree, text

Pin = tuple[str, str]
"""A package's name and version, each in the one form that all its forms come to."""
Digest = tuple[str, str]
"""An algorithm and a digest in hexadecimal, both in lower case."""
# https://pip.pypa.io/en/stable/topics/secure-installs/
_HASH: Final = re.compile(r"--hash[ =](\w+):([0-9a-fA-F]+)")
_TOML_LOCKS: Final = frozenset({"poetry.lock", "uv.lock"})
_ELSEWHERE: Final = frozenset({"vcs", "directory", "archive"})  # of pylock.toml
_DEPTH: Final = 3


@dataclass(frozen=True, slots=True)
class _Entry:
    """What a file says of a pin: its digests, None where it has none, and whether it comes from an index."""

    digests: frozenset[Digest] | None
    of_index: bool


@dataclass(frozen=True, slots=True)
class Locked:
    """What is wanted of a pin: its package URLs as they are written, and the digests that files have of it.

    `digests` is None where no file has any; none of those that a file has may be one that is known here.
    """

    purls: frozenset[str]
    digests: frozenset[Digest] | None


def locked_in(tree: Tree, known: Collection[str]) -> dict[Pin, Locked]:
    """The Python packages of an index that are locked, declare no licence there, and are not known."""
    components = [each for each in take(tree).components if each.kind == "pypi"]
    entries: dict[tuple[str, Pin], _Entry] = {}
    for path in {each.path for each in components}:
        written = text(tree.read(path)) or ""
        mine = [each for each in components if each.path == path]
        entries |= {(path, pin): entry for pin, entry in _entries(path, written, mine).items()}
    found: dict[Pin, Locked] = {}
    elsewhere: set[Pin] = set()
    for each in components:
        pin = pin_of(each.name, each.version)
        entry = entries.get((each.path, pin)) if pin else None
        if pin is None or entry is None or not entry.of_index:
            elsewhere |= {pin} if pin else set()
            continue
        if each.licences or each.purl in known:
            continue
        before = found.get(pin)
        purls, others = (before.purls, before.digests) if before else (frozenset(), None)
        both = (
            entry.digests if others is None else others if entry.digests is None else entry.digests | others
        )
        found[pin] = Locked(purls | {each.purl}, both)
    # What some file takes from elsewhere is not what an index has of that name.
    return {pin: wanted for pin, wanted in found.items() if pin not in elsewhere}


def _entries(path: str, written: str, components: Iterable[Component]) -> dict[Pin, _Entry]:
    """What a file says of its pins; several entries of one count together."""
    if path.endswith(".json"):
        pins = (pin_of(each.name, each.version) for each in components)
        return {pin: _Entry(None, of_index=True) for pin in pins if pin}
    if path.endswith(".toml") or PurePosixPath(path).name in _TOML_LOCKS:
        said = _toml_entries(written)
    else:
        said = _requirements_entries(written, components)
    found: dict[Pin, _Entry] = {}
    for pin, entry in said:
        before = found.get(pin, entry)
        both = frozenset({*(before.digests or ()), *(entry.digests or ())})
        has = before.digests is not None or entry.digests is not None
        found[pin] = _Entry(both if has else None, before.of_index and entry.of_index)
    return found


def _requirements_entries(written: str, components: Iterable[Component]) -> Iterator[tuple[Pin, _Entry]]:
    split = written.splitlines()
    starts = sorted({each.line for each in components if each.line is not None})
    end_of = dict(pairwise([*starts, len(split) + 1]))
    for each in components:
        pin = pin_of(each.name, each.version)
        if pin is not None and each.line is not None:
            entry = "\n".join(split[each.line - 1 : end_of[each.line] - 1])
            hashed = [(name.lower(), value.lower()) for name, value in _HASH.findall(entry)]
            yield pin, _Entry(frozenset(hashed) if hashed else None, of_index=True)


def _toml_entries(written: str) -> Iterator[tuple[Pin, _Entry]]:
    """Of poetry.lock, uv.lock and pylock.toml: each says in its own way what it takes from elsewhere."""
    try:
        document = tomllib.loads(written)
    except (tomllib.TOMLDecodeError, RecursionError):
        return
    metadata = document.get("metadata")
    files = metadata.get("files", {}) if isinstance(metadata, dict) else {}
    for item in [*_listed(document.get("package")), *_listed(document.get("packages"))]:
        pin = pin_of(str(item.get("name", "")), str(item.get("version", "")))
        if pin is None:
            continue
        source = item.get("source")
        of_index = _ELSEWHERE.isdisjoint(item) and (
            source is None
            or (isinstance(source, dict) and ("registry" in source or source.get("type") == "legacy"))
        )
        hashed = list(_hashes([item.get(name) for name in ("wheels", "sdist", "files")]))
        hashed += _hashes(files.get(item.get("name")) if isinstance(files, dict) else None)
        yield pin, _Entry(frozenset(hashed) if hashed else None, of_index)


def _listed(value: object) -> list[dict[str, Any]]:
    return [each for each in value if isinstance(each, dict)] if isinstance(value, list) else []


def _hashes(value: object, depth: int = 0) -> Iterator[Digest]:
    """Every `hash = "sha256:…"` and `hashes = {sha256 = "…"}` in a part of an entry."""
    if isinstance(value, list) and depth < _DEPTH:
        for each in value:
            yield from _hashes(each, depth + 1)
    elif isinstance(value, dict):
        name, _, digest = str(value.get("hash", "")).partition(":")
        if digest:
            yield name.lower(), digest.lower()
        named = value.get("hashes")
        if isinstance(named, dict):
            yield from ((str(name).lower(), str(digest).lower()) for name, digest in named.items())


def pin_of(name: str, version: str) -> Pin | None:
    """A name, and a version of which there is one form only; None where either is anything else."""
    try:
        return canonicalize_name(name, validate=True), canonicalize_version(Version(version))
    except ValueError:
        return None
