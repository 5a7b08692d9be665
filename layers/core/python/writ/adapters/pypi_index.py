"""A simple index of Python packages behind the registry port.

Source: PEP 691 (JSON), PEP 700 (versions and upload times), PEP 658 and 714 (metadata beside a wheel);
https://packaging.python.org/en/latest/specifications/simple-repository-api/
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from datetime import datetime
from email.parser import BytesHeaderParser
from functools import partial
from typing import Final
from urllib.parse import quote, urljoin, urlsplit

from packaging.utils import (
    InvalidSdistFilename,
    InvalidWheelFilename,
    parse_sdist_filename,
    parse_wheel_filename,
)
from packaging.version import InvalidVersion, Version
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, ValidationError

from writ.adapters.registry_http import Kept, RegistryHttp
from writ.contracts.errors import TransientError
from writ.ports.registry import Listing, Package, Release

_JSON: Final = "application/vnd.pypi.simple.v1+json"
# Of the wheels of one look: a lock asks about each of its packages once for every one that changes.
_KEPT: Final = 4096
_LOOPBACK: Final = frozenset({"127.0.0.1", "::1", "localhost"})
_FORGE: Final = "github.com"
# What a project calls the place of its code: https://packaging.python.org/en/latest/specifications/well-known-project-urls/
_SOURCES: Final = ("source", "repository", "sourcecode", "github", "code", "homepage")


class _File(BaseModel):
    model_config = ConfigDict(extra="ignore", frozen=True, defer_build=True, populate_by_name=True)

    filename: str
    url: str
    hashes: dict[str, str] = {}
    requires_python: str | None = Field(default=None, alias="requires-python")
    yanked: bool | str = False
    uploaded_at: AwareDatetime | None = Field(default=None, alias="upload-time")
    metadata: bool | dict[str, str] = Field(default=False, alias="core-metadata")


class _Project(BaseModel):
    model_config = ConfigDict(extra="ignore", frozen=True, defer_build=True)

    files: list[_File]


class SimpleIndex:
    """See writ.ports.registry.Registry. `base` is the address that pip takes as its index."""

    def __init__(self, base: str, http: RegistryHttp | None = None) -> None:
        self._base = base.rstrip("/")
        self._http = http or RegistryHttp()
        self._described: Kept[Mapping[str, list[str]]] = Kept(_KEPT)

    def listing(self, package: Package) -> Listing:
        found: dict[str, list[_File]] = {}
        for file in self._files(package):
            if (version := _version_of(file.filename)) is not None:
                found.setdefault(version, []).append(file)
        return Listing(package, tuple(_release(version, files) for version, files in found.items()))

    def requires(self, package: Package, version: str) -> tuple[str, ...] | None:
        headers = self._metadata(package, version)
        return None if headers is None else tuple(headers.get("requires-dist", ()))

    def source(self, package: Package, version: str) -> str | None:
        headers = self._metadata(package, version)
        if headers is None:
            return None
        named = dict(_labelled(headers.get("project-url", ())))
        urls = [named.get(label, "") for label in _SOURCES] + list(headers.get("home-page", ()))
        return next((name for url in urls if (name := repository_of(url))), None)

    def _files(self, package: Package) -> Sequence[_File]:
        document = self._http.json(self._page(package), _JSON)
        try:
            return _Project.model_validate(document).files
        except ValidationError:
            raise TransientError("the index's answer does not read", code="registry.answer") from None

    def _page(self, package: Package) -> str:
        return f"{self._base}/{quote(package.name, safe='')}/"

    def _metadata(self, package: Package, version: str) -> Mapping[str, list[str]] | None:
        """Headers of the metadata of a wheel, checked against the hash that the index gives for it."""
        for file in self._files(package):
            if not (file.filename.endswith(".whl") and file.metadata and _is(file.filename, version)):
                continue
            url = urljoin(self._page(package), f"{file.url.partition('#')[0]}.metadata")
            parts = urlsplit(url)
            if parts.scheme != "https" and parts.hostname not in _LOOPBACK:
                continue
            expected = file.metadata.get("sha256") if isinstance(file.metadata, dict) else None
            return self._described.get(url, partial(self._headers, url, expected))
        return None

    def _headers(self, url: str, expected: str | None) -> Mapping[str, list[str]]:
        content = self._http.read(url, "*/*")
        if expected is not None and hashlib.sha256(content).hexdigest() != expected:
            raise TransientError("metadata is not what the index says", code="registry.digest")
        headers: dict[str, list[str]] = {}
        for name, value in BytesHeaderParser().parsebytes(content).items():
            headers.setdefault(name.lower(), []).append(str(value))
        return headers


def repository_of(url: str) -> str | None:
    """`owner/name` of an address on the forge."""
    text = (
        url.strip()
        .removeprefix("git+")
        .removeprefix("git:")
        .removeprefix("git@")
        .replace(f"{_FORGE}:", f"{_FORGE}/")
    )
    parts = urlsplit(text if "//" in text else f"https://{text}")
    names = [part for part in parts.path.split("/") if part]
    if (parts.hostname or "").removeprefix("www.") != _FORGE or len(names) < 2:
        return None
    return f"{names[0]}/{names[1].removesuffix('.git')}"


def _labelled(values: Sequence[str]) -> list[tuple[str, str]]:
    parts = [value.partition(",") for value in values]
    return [("".join(c for c in label.lower() if c.isalnum()), url.strip()) for label, _, url in parts]


def _release(version: str, files: Sequence[_File]) -> Release:
    times = [file.uploaded_at for file in files]
    known: list[datetime] = [time for time in times if time is not None]
    return Release(
        version=version,
        published_at=max(known) if len(known) == len(times) else None,
        # A release is gone when all of it is: https://peps.python.org/pep-0592
        yanked=all(bool(file.yanked) for file in files),
        requires_python=next((file.requires_python for file in files if file.requires_python), ""),
        hashes=tuple(sorted(f"sha256:{file.hashes['sha256']}" for file in files if _hashed(file))),
    )


def _hashed(file: _File) -> bool:
    return not file.yanked and "sha256" in file.hashes


def _version_of(filename: str) -> str | None:
    try:
        if filename.endswith(".whl"):
            return str(parse_wheel_filename(filename)[1])
        return str(parse_sdist_filename(filename)[1])
    except (InvalidSdistFilename, InvalidWheelFilename, InvalidVersion):
        return None


def _is(filename: str, version: str) -> bool:
    """Whether a file is of a version; 1.1 is 1.1.0."""
    found = _version_of(filename)
    try:
        return found is not None and Version(found) == Version(version)
    except InvalidVersion:
        return False
