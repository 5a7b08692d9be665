"""A component of a product, and what is declared of its licence."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final
from urllib.parse import quote

DEVELOPMENT: Final = "development"
RUNTIME: Final = "runtime"


@dataclass(frozen=True, slots=True)
class Component:
    """`licences` as declared: SPDX expressions, ids or free names; several are joined as `purl`'s kind does.

    `path` and `line` are where it is named, and `scope` is whether it is delivered or only built with.
    `published` is when its release was, in ISO 8601, where the file says it.
    """

    name: str
    version: str
    purl: str
    licences: tuple[str, ...]
    path: str
    line: int | None = None
    scope: str = RUNTIME
    published: str = ""

    @property
    def kind(self) -> str:
        """The ecosystem: `pypi`, `npm`, `maven`, …"""
        return self.purl.removeprefix("pkg:").partition("/")[0] if self.purl.startswith("pkg:") else ""

    @property
    def shown(self) -> str:
        return f"{self.name} {self.version}".rstrip()


def pypi(name: str, version: str) -> str:
    """The package URL of a Python package; its name is normalised as PEP 503 says."""
    return _purl("pypi", re.sub(r"[-_.]+", "-", name).lower(), version)


def npm(name: str, version: str) -> str:
    """The package URL of an npm package; the `@` of a scope is escaped."""
    return _purl("npm", name, version)


def _purl(kind: str, name: str, version: str) -> str:
    """Source: https://github.com/package-url/purl-spec"""
    tail = f"@{quote(version, safe='')}" if version else ""
    return f"pkg:{kind}/{quote(name, safe='/')}{tail}"
