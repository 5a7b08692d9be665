"""A policy bundle: the Rego files and data that decide, known by one digest."""

from __future__ import annotations

import hashlib
import importlib.util
import json
import os
from collections.abc import Iterator, Mapping
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

    def behind(self, entrypoint: str) -> tuple[Module, ...]:
        """The modules of the entrypoint's package, and of every package that those name, and so on."""
        wanted, found = {entrypoint.rpartition("/")[0]}, set[Module]()
        while more := {module for module in self.modules if module.package in wanted} - found:
            found |= more
            named = {name for module in more for name in module.references}
            wanted |= {
                module.package for module in self.modules for name in named if _covers(module.package, name)
            }
        return tuple(module for module in self.modules if module in found)

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
        without white space.

        Raises BundleError when there is no module, or `data.json` is not a JSON object.
        """
        kept = sorted((path, text) for path, text in texts.items() if not path.endswith("_test.rego"))
        modules = tuple(Module(path, text) for path, text in kept if path.endswith(".rego"))
        if not modules:
            raise BundleError("no Rego file in the bundle")
        canonical = json.dumps(kept, ensure_ascii=True, separators=(",", ":"))
        return cls(modules, _data(texts.get(DATA, "{}")), hashlib.sha256(canonical.encode()).hexdigest())

    @classmethod
    def load(cls, directory: Traversable) -> Self:
        """Read every `*.rego` under a directory, and its `data.json`. Raises BundleError."""
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
    """Path → text of the Rego files (tests too) and of `data.json` under a directory."""
    return {path: file.read_text(encoding="utf-8") for path, file in _walk(directory, "")}


def _walk(directory: Traversable, prefix: str) -> Iterator[tuple[str, Traversable]]:
    for entry in directory.iterdir():
        path = f"{prefix}{entry.name}"
        if entry.is_dir():
            yield from _walk(entry, f"{path}/")
        elif path.endswith(".rego") or path == DATA:
            yield path, entry


def _calendar(name: Any, known: Any) -> Any:
    found = known.get(name) if isinstance(known, dict) and isinstance(name, str) else None
    return {"name": name, **found} if isinstance(found, dict) else name


def _covers(package: str, name: str) -> bool:
    """Whether a reference may lead into a package: to a rule of it, to all of it, or to a folder it is in."""
    return not name or f"{name}/".startswith(f"{package}/") or f"{package}/".startswith(f"{name}/")


def _data(text: str) -> Mapping[str, Any]:
    try:
        data = json.loads(text)
    except ValueError as error:
        raise BundleError(f"{DATA} is not JSON: {error}") from None
    if not isinstance(data, dict):
        raise BundleError(f"{DATA} is not an object")
    return data
