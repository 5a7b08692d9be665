"""Where packages come from on this machine: the addresses that pip and npm are configured with.

No address is written down here: an index is asked because somebody named it, or because pip or npm would.
Each of these has one of its own where nobody configured any.
"""

from __future__ import annotations

import os
import re
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
_NO: Final = frozenset({"", "0", "false", "no", "off", "n", "f"})
_WIDE: Final = {"COLUMNS": "500"}  # lines of help that are not broken inside an address
_DEFAULT: Final = re.compile(r"--index-url <url> [^)]{0,80}\(default (https?://[^\s)]+)\)")
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
    """None where pip is told to ask none, or one that is no address on the web."""
    pip = [sys.executable, "-P", "-m", "pip"]
    settings = _settings(_told([*pip, "config", "list"]))
    if settings.get("no-index", "false").lower() not in _NO:
        return None
    if "index-url" in settings:
        return _address(settings["index-url"])
    return _default_of(_told([*pip, "download", "--help"]))


def _settings(listed: str) -> dict[str, str]:
    """What pip goes by when it downloads: of its environment, else of the command, else of all commands."""
    found: dict[str, str] = {}
    for section in ("global.", "download.", ":env:."):
        for line in listed.splitlines():
            name, _, value = line.partition("=")
            if name.startswith(section):
                found[name.removeprefix(section)] = value.strip("'")
    return found


def _default_of(text: str) -> str | None:
    """The index that pip asks where nobody configured one: its help alone says which."""
    found = _DEFAULT.search(" ".join(text.split()))
    return found[1] if found else None


def _npm() -> str | None:
    npm = shutil.which("npm")
    return _address(_told([npm, "config", "get", "registry"])) if npm else None


def _told(command: list[str]) -> str:
    """What a command says; nothing where it fails."""
    try:
        done = subprocess.run(
            command, capture_output=True, text=True, timeout=_TIMEOUT_S, check=False, env=os.environ | _WIDE
        )
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return done.stdout.strip() if done.returncode == 0 else ""


def _address(said: str) -> str | None:
    return said if said.startswith(("http://", "https://")) else None


def _checked(url: str, field: str) -> str:
    try:
        return _url.validate_python(url)
    except ValidationError:
        message = "the address of an index begins with https:// and has no user in it"
        raise UsageError(message, field=field) from None
