"""A registry of npm packages behind the registry port.

Source: npm's documentation of its registry, the full form of a package's metadata, for only that says when
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final
from urllib.parse import quote

from pydantic import AwareDatetime, BaseModel, ConfigDict, TypeAdapter, ValidationError

from writ.adapters.pypi_index import repository_of
from writ.adapters.registry_http import RegistryHttp
from writ.contracts.errors import TransientError
from writ.dependencies.node_files import RELATIONS
from writ.ports.registry import Listing, Package, Release

# What a lock repeats of a version.
_FIELDS: Final = (*RELATIONS, "engines", "bin", "os", "cpu", "libc")
_SCRIPTS: Final = ("preinstall", "install", "postinstall")
_time: Final = TypeAdapter(AwareDatetime)


class _Dist(BaseModel):
    model_config = ConfigDict(extra="ignore", frozen=True, defer_build=True)

    integrity: str = ""
    tarball: str = ""


class _Version(BaseModel):
    model_config = ConfigDict(extra="allow", frozen=True, defer_build=True)

    version: str
    dist: _Dist = _Dist()
    deprecated: str | bool | None = None
    repository: dict[str, Any] | str | None = None


class _Document(BaseModel):
    model_config = ConfigDict(extra="ignore", frozen=True, defer_build=True)

    versions: dict[str, _Version]
    time: dict[str, Any] = {}


class NpmRegistry:
    """See writ.ports.registry.Registry. `base` is the registry as npm takes it."""

    def __init__(self, base: str, http: RegistryHttp | None = None) -> None:
        self._base = base.rstrip("/")
        self._http = http or RegistryHttp()

    def listing(self, package: Package) -> Listing:
        document = self._document(package)
        found = [_release(each, document.time.get(each.version)) for each in document.versions.values()]
        return Listing(package, tuple(found))

    def requires(self, package: Package, version: str) -> tuple[str, ...] | None:
        found = self._document(package).versions.get(version)
        return None if found is None else _requires(found)

    def source(self, package: Package, version: str) -> str | None:
        found = self._document(package).versions.get(version)
        said = found.repository if found else None
        return repository_of(str(said.get("url", "")) if isinstance(said, dict) else said or "")

    def _document(self, package: Package) -> _Document:
        url = f"{self._base}/{quote(package.name, safe='@')}"
        try:
            return _Document.model_validate(self._http.json(url, "application/json"))
        except ValidationError:
            raise TransientError("the registry's answer does not read", code="registry.answer") from None


def _release(found: _Version, time: Any) -> Release:
    extra: Mapping[str, Any] = found.model_extra or {}
    fields = {name: extra[name] for name in _FIELDS if extra.get(name)}
    scripts = extra.get("scripts")
    if isinstance(scripts, Mapping) and any(name in scripts for name in _SCRIPTS):
        fields["hasInstallScript"] = True
    return Release(
        version=found.version,
        published_at=_when(time),
        yanked=bool(found.deprecated),
        hashes=(found.dist.integrity,) if found.dist.integrity else (),
        tarball=found.dist.tarball,
        requires=_requires(found),
        fields=fields,
    )


def _requires(found: _Version) -> tuple[str, ...]:
    stated = (found.model_extra or {}).get("dependencies")
    return tuple(f"{name} {range_}" for name, range_ in sorted((stated or {}).items()))


def _when(time: Any) -> Any:
    try:
        return _time.validate_python(time)
    except ValidationError:
        return None
