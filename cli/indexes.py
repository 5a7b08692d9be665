"""Where packages come from on this machine: the addresses that pip and npm are configured with.

No address is written down here: an index is asked because somebody named it, or because pip or npm would.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Collection
from dataclasses import dataclass
from typing import Final

from pydantic import TypeAdapter, ValidationError

from cli.output import UsageError
from writ.adapters.npm_registry import NpmRegistry
from writ.adapters.pypi_index import SimpleIndex
from writ.adapters.registries import Registries
from writ.contracts.forge_site import ApiUrl
from writ.ports.registry import Ecosystem, Registry

_TIMEOUT_S: Final = 30
_url: Final[TypeAdapter[str]] = TypeAdapter(ApiUrl)


@dataclass(frozen=True)
class Addresses:
    """What was given on the command line."""

    pypi: str | None = None
    npm: str | None = None


def registries(given: Addresses, used: Collection[Ecosystem]) -> Registry:
    """The registries of the ecosystems that are used; one that nobody configured is left out, and says so."""
    found: dict[Ecosystem, Registry] = {}
    if Ecosystem.PYPI in used and (url := given.pypi or _pip()):
        found[Ecosystem.PYPI] = SimpleIndex(_checked(url, "--pypi"))
    if Ecosystem.NPM in used and (url := given.npm or _npm()):
        found[Ecosystem.NPM] = NpmRegistry(_checked(url, "--npm"))
    return Registries(found)


def _pip() -> str | None:
    if url := os.environ.get("PIP_INDEX_URL"):
        return url
    return _told([sys.executable, "-m", "pip", "config", "get", "global.index-url"])


def _npm() -> str | None:
    npm = shutil.which("npm")
    return _told([npm, "config", "get", "registry"]) if npm else None


def _told(command: list[str]) -> str | None:
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=_TIMEOUT_S, check=False)
    except (OSError, subprocess.TimeoutExpired):
        return None
    said = done.stdout.strip()
    return said if done.returncode == 0 and said.startswith(("http://", "https://")) else None


def _checked(url: str, field: str) -> str:
    try:
        return _url.validate_python(url)
    except ValidationError:
        message = "the address of an index begins with https:// and has no user in it"
        raise UsageError(message, field=field) from None
