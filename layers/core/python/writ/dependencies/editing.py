"""Changes files so that they name other versions, and nothing else about them.

What cannot be changed so raises ContractError with the code `bump.by-hand`, and what only a resolver can say
with `bump.resolver`; then no file is changed at all.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Final

from writ.contracts.errors import ContractError
from writ.dependencies.action_files import COMMIT
from writ.dependencies.model import Form, Update, Use
from writ.dependencies.versions import allows, is_beyond, ordered
from writ.ports.registry import Ecosystem, Release

BY_HAND: Final = "bump.by-hand"
RESOLVER: Final = "bump.resolver"
_UPPER: Final = re.compile(r"(?P<before>.*,\s*|)<(?P<bound>\d+)(?P<zeros>(?:\.0)*)")
_BETWEEN: Final = " \\\n    "
Patch = tuple[int, int, str]


def edited(files: Mapping[str, str], updates: Sequence[Update]) -> dict[str, str]:
    """The files that change, as they are afterwards. Raises ContractError."""
    patches: dict[str, list[Patch]] = {}
    for update in updates:
        for use in update.uses:
            if not is_behind(use, update):
                continue
            patches.setdefault(use.path, []).extend(_patches(files[use.path], use, update))
            if use.form is Form.PACKAGE_LOCK:
                patches[use.path] += _root(files, use, update)
    changed = {path: _applied(files[path], found) for path, found in patches.items() if found}
    if not changed:
        raise ContractError("no file names a version of it that can be changed", code=BY_HAND)
    return changed


def is_behind(use: Use, update: Update) -> bool:
    """Whether it has to change: an older version, or a range that ends before the new one.

    A range that begins after it is of another part of the repository, which is farther.
    """
    ecosystem, version = use.package.ecosystem, update.release.version
    if use.version is not None:
        here, there = ordered(ecosystem, use.version), ordered(ecosystem, version)
        return here is not None and there is not None and bool(here < there)
    if not use.written or allows(ecosystem, use.written, version):
        return False
    return not is_beyond(ecosystem, use.written, version)


def _patches(text: str, use: Use, update: Update) -> Iterable[Patch]:
    release = update.release
    if use.form is Form.ACTION:
        return [_action(text, use, release)]
    if use.form is Form.PACKAGE_LOCK:
        return _locked(text, use, release)
    if use.form is Form.OPAQUE:
        raise ContractError(f"{use.path} is written by its own tool alone", code=RESOLVER, field=use.path)
    if use.version is None:
        return [_range(use, release.version)]
    patches = [(use.start, use.end, release.version)]
    if use.hashed:
        patches.append(_hashes(text, use, release))
    return patches


def _range(use: Use, version: str) -> Patch:
    """A range that lets the version in: another number after `^` or `~`, a higher bound after `<`."""
    if use.package.ecosystem is Ecosystem.NPM and re.fullmatch(r"[\^~]\d+\.\d+\.\d+", use.written):
        return (use.start, use.end, version)
    upper = _UPPER.fullmatch(use.written)
    if use.package.ecosystem is Ecosystem.PYPI and upper is not None:
        major = int(re.split(r"\D", version)[0]) + 1
        made = f"{upper['before']}<{major}{upper['zeros']}"
        if allows(Ecosystem.PYPI, made, version):
            return (use.start, use.end, made)
    raise ContractError(
        f"{use.path}:{use.line}: {use.written} does not let {version} in, and is changed by hand",
        code=BY_HAND,
        field=use.path,
    )


def _hashes(text: str, use: Use, release: Release) -> Patch:
    """All hashes of the release in the place of those of the one before, in the way these stand."""
    start, end = use.hashes
    if not release.hashes:
        raise ContractError("the registry tells no hashes of it", code=BY_HAND, field=use.path)
    between = str(
        use.details.get("between", _BETWEEN if "\r\n" not in text else _BETWEEN.replace("\n", "\r\n"))
    )
    sign = "=" if text.startswith("--hash=", start) else " "
    lead = re.match(r"[^-]*", between)
    joined = (lead[0] if lead else _BETWEEN).join(f"--hash{sign}{value}" for value in sorted(release.hashes))
    return (start, end, joined)


def _action(text: str, use: Use, release: Release) -> Patch:
    if not use.hashed:
        return (use.start, use.end, release.version)
    if not COMMIT.fullmatch(release.commit):
        raise ContractError("nobody says at which commit its tag is", code=BY_HAND, field=use.path)
    said = int(str(use.details["said"]))
    old = text[said : use.end]
    version = (
        release.version
        if old.startswith("v") == release.version.startswith("v")
        else _like(old, release.version)
    )
    return (use.start, use.end, release.commit + text[use.start + 40 : said] + version)


def _like(old: str, version: str) -> str:
    return f"v{version}" if old.startswith("v") else version.removeprefix("v")


def _locked(text: str, use: Use, release: Release) -> list[Patch]:
    entry = text[use.start : use.end]
    integrity = next((value for value in release.hashes if value.startswith("sha512-")), None)
    values = {"version": release.version}
    if use.hashed:
        if integrity is None:
            raise ContractError("the registry tells no integrity of it", code=BY_HAND, field=use.path)
        values["integrity"] = integrity
    if '"resolved"' in entry:
        values["resolved"] = release.tarball
    return [_member(entry, name, value, use.start, use.path) for name, value in values.items()]


def _root(files: Mapping[str, str], use: Use, update: Update) -> list[Patch]:
    """A lock repeats the ranges of the manifest beside it; they change together."""
    text, folder = files[use.path], use.path.rpartition("/")[0]
    manifest = f"{folder}/package.json" if folder else "package.json"
    head = re.search(r'"packages"\s*:\s*\{\s*""\s*:\s*(?=\{)', text)
    if head is None or not use.direct:
        return []
    end = json.JSONDecoder().raw_decode(text, head.end())[1]
    found = []
    for stated in update.uses:
        if stated.path == manifest and stated.form is Form.PACKAGE_JSON and is_behind(stated, update):
            name = re.escape(json.dumps(use.package.name))
            for match in re.finditer(rf'{name}\s*:\s*"(?P<spec>[^"]*)"', text[head.end() : end]):
                sign = "" if stated.version else match["spec"][:1]
                place = head.end() + match.start("spec")
                found.append((place, place + len(match["spec"]), sign + update.release.version))
    return found


def _member(entry: str, name: str, value: str, start: int, path: str) -> Patch:
    match = re.search(rf'"{name}"\s*:\s*"(?P<value>[^"\\]*)"', entry)
    if match is None or not value:
        raise ContractError(f"{name} cannot be changed", code=BY_HAND, field=path)
    return (start + match.start("value"), start + match.end("value"), json.dumps(value)[1:-1])


def _applied(text: str, patches: Sequence[Patch]) -> str:
    for start, end, new in sorted(set(patches), reverse=True):
        text = text[:start] + new + text[end:]
    return text
