"""A policy bundle: the Rego files and data that decide, known by one digest."""

from __future__ import annotations

import hashlib
import importlib.util
import json
import os
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Any, Final, Self

from writ.policy.errors import BundleError
from writ.policy.source import Module

PACKAGE: Final = "writ_bundle"
DIRECTORY_VARIABLE: Final = "WRIT_POLICIES"
DATA: Final = "data.json"


@dataclass(frozen=True)
class Bundle:
    """Modules in order of their paths, the data beside them, and the SHA-256 that stands for both."""

    modules: tuple[Module, ...]
    data: Mapping[str, Any]
    digest: str

    @property
    def entrypoints(self) -> tuple[str, ...]:
        return tuple(path for module in self.modules for path in module.entrypoints)

    def behind(self, *entrypoints: str) -> tuple[Module, ...]:
        """The modules of the entrypoints' packages, and of every package that those name, and so on."""
        wanted, found = {entrypoint.rpartition("/")[0] for entrypoint in entrypoints}, set[Module]()
        while more := {module for module in self.modules if module.package in wanted} - found:
            found |= more
            named = {name for module in more for name in module.references}
            wanted |= {
                module.package for module in self.modules for name in named if _covers(module.package, name)
            }
        return tuple(module for module in self.modules if module in found)

    def data_behind(self, modules: Iterable[Module]) -> dict[str, Any]:
        """The top-level entries of the data that modules may read; a module that names all of it gets it."""
        named = {name.partition("/")[0] for module in modules for name in module.references}
        return {key: value for key, value in self.data.items() if key in named or "" in named}

    @property
    def windows(self) -> list[dict[str, Any]]:
        """The organisation's change windows, `calendar.windows` of the data, with the calendars they name.

        A name that `calendar.holidays` does not have stays a name, which no reader of a window accepts.
        """
        calendar = self.data.get("calendar", {})
        known = calendar.get("holidays", {})
        return [
            {**window, "calendars": [_calendar(name, known) for name in window["calendars"]]}
            if isinstance(window, dict) and isinstance(window.get("calendars"), list)
            else window
            for window in calendar.get("windows", [])
        ]

    @classmethod
    def of(cls, texts: Mapping[str, str]) -> Self:
        """Build a bundle from path → text. Tests (`*_test.rego`) are no part of it.

        The digest is SHA-256 over the JSON array of [path, text] pairs sorted by path, ASCII-escaped and
        without white space. Data in `a/b/data.json` is found as `data.a.b`, as in a bundle of OPA.

        Raises BundleError when there is no module, a `data.json` is not a JSON object, or two of them meet.
        """
        kept = sorted((path, text) for path, text in texts.items() if not path.endswith("_test.rego"))
        modules = tuple(Module(path, text) for path, text in kept if path.endswith(".rego"))
        if not modules:
            raise BundleError("no Rego file in the bundle")
        canonical = json.dumps(kept, ensure_ascii=True, separators=(",", ":"))
        return cls(modules, merged_data(dict(kept)), hashlib.sha256(canonical.encode()).hexdigest())

    @classmethod
    def load(cls, directory: Traversable) -> Self:
        """Read every `*.rego` and `data.json` under a directory. Raises BundleError."""
        if not directory.is_dir():
            raise BundleError(f"no policy directory {directory}")
        return cls.of(read_texts(directory))

    @classmethod
    def load_default(cls, directory: Path | None = None) -> Self:
        """Read the package `writ_bundle` where it is deployed, else the directory given or WRIT_POLICIES."""
        if importlib.util.find_spec(PACKAGE) is not None:
            return cls.load(files(PACKAGE))
        named = directory or os.environ.get(DIRECTORY_VARIABLE)
        if not named:
            raise BundleError(f"no package {PACKAGE}, and {DIRECTORY_VARIABLE} is not set")
        return cls.load(Path(named))


def read_texts(directory: Traversable) -> dict[str, str]:
    """Path → text of the Rego files (tests too) and of each `data.json` under a directory."""
    return {path: file.read_text(encoding="utf-8") for path, file in _walk(directory, "")}


def _walk(directory: Traversable, prefix: str) -> Iterator[tuple[str, Traversable]]:
    for entry in directory.iterdir():
        path = f"{prefix}{entry.name}"
        if entry.is_dir():
            yield from _walk(entry, f"{path}/")
        elif path.endswith(".rego") or is_data(path):
            yield path, entry


def is_data(path: str) -> bool:
    """Whether a path of a bundle is that of data and not of a module."""
    return path == DATA or path.endswith(f"/{DATA}")


def merged_data(texts: Mapping[str, str]) -> dict[str, Any]:
    """One document out of each `data.json`, at the place its folder names.

    Source: https://www.openpolicyagent.org/docs/management-bundles#bundle-file-format

    Raises BundleError when one is not a JSON object, or two say something of one key.
    """
    whole: dict[str, Any] = {}
    for path in sorted(filter(is_data, texts), key=lambda path: (path.count("/"), path)):
        place = whole
        for folder in path.split("/")[:-1]:
            place = place.setdefault(folder, {})
            if not isinstance(place, dict):
                raise BundleError(f"{path} lies where other data is no object")
        found = _data(path, texts[path])
        if both := sorted(place.keys() & found.keys()):
            raise BundleError(f"{path} says {both[0]} again")
        place.update(found)
    return whole


def _calendar(name: Any, known: Any) -> Any:
    found = known.get(name) if isinstance(known, dict) and isinstance(name, str) else None
    return {"name": name, **found} if isinstance(found, dict) else name


def _covers(package: str, name: str) -> bool:
    """Whether a reference may lead into a package: to a rule of it, to all of it, or to a folder it is in."""
    return not name or f"{name}/".startswith(f"{package}/") or f"{package}/".startswith(f"{name}/")


def _data(path: str, text: str) -> Mapping[str, Any]:
    try:
        data = json.loads(text)
    except ValueError as error:
        raise BundleError(f"{path} is not JSON: {error}") from None
    if not isinstance(data, dict):
        raise BundleError(f"{path} is not an object")
    return data
