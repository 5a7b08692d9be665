"""The bill of materials of a release, in CycloneDX 1.6: https://cyclonedx.org/docs/1.6/json/

The same release has the same bytes, whenever they are made.
"""

from __future__ import annotations

import re
import uuid
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from writ.contracts.errors import ContractError
from writ.contracts.events.releases import ReleaseFile
from writ.contracts.statement import rfc3339
from writ.gates.licences.component import DEVELOPMENT, Component
from writ.gates.licences.locks import package_lock, requirements, toml_lock
from writ.ledger.canonical import canonical

SPECIFICATION: Final = "1.6"
_NAMESPACE: Final = uuid.UUID("7d2b0a52-3f5c-5d0c-9a51-1f1f2c6c8f11")
_ID: Final = re.compile(r"[A-Za-z0-9.+-]{1,64}")
_READERS: Final = {"package-lock.json": package_lock, "npm-shrinkwrap.json": package_lock}


@dataclass(frozen=True, slots=True)
class Released:
    """What the bill is of."""

    repository: str
    name: str
    version: str
    tag: str
    sha: str
    at: datetime


def components_of(files: Mapping[str, str]) -> tuple[Component, ...]:
    """What lock files pin for those who run it, each package once, by its package URL.

    Raises ContractError that names the file which does not read, or which is no lock file.
    """
    found: dict[str, Component] = {}
    for path, written in sorted(files.items()):
        name = path.rpartition("/")[2]
        reader = _READERS.get(name)
        if reader is None:
            if name.endswith(".toml") or name in ("poetry.lock", "uv.lock"):
                reader = toml_lock
            elif name.startswith("requirements") and name.endswith((".txt", ".lock")):
                reader = requirements
            else:
                raise ContractError("is not a lock file that is known", field=path)
        for component in reader(path, written):
            if component.scope != DEVELOPMENT and component.version:
                found.setdefault(component.purl, component)
    return tuple(found[purl] for purl in sorted(found))


def compose(released: Released, files: Sequence[ReleaseFile], components: Iterable[Component]) -> bytes:
    """The document: the release with its files, and the components that they are made with."""
    subject = f"{released.repository}@{released.tag}"
    document: dict[str, Any] = {
        "$schema": f"http://cyclonedx.org/schema/bom-{SPECIFICATION}.schema.json",
        "bomFormat": "CycloneDX",
        "specVersion": SPECIFICATION,
        "serialNumber": f"urn:uuid:{uuid.uuid5(_NAMESPACE, subject)}",
        "version": 1,
        "metadata": {
            "timestamp": rfc3339(released.at),
            "component": {
                "type": "application",
                "bom-ref": subject,
                "name": released.name,
                "version": released.version,
                "properties": [
                    {"name": "writ:repository", "value": released.repository},
                    {"name": "writ:tag", "value": released.tag},
                    {"name": "writ:commit", "value": released.sha},
                ],
            },
        },
        "components": [*map(_file, files), *map(_library, components)],
    }
    return canonical(document)


def _file(file: ReleaseFile) -> dict[str, Any]:
    return {
        "type": "file",
        "bom-ref": f"file:{file.name}",
        "name": file.name,
        "hashes": [{"alg": "SHA-256", "content": file.sha256}],
    }


def _library(component: Component) -> dict[str, Any]:
    made: dict[str, Any] = {
        "type": "library",
        "bom-ref": component.purl,
        "name": component.name,
        "version": component.version,
        "purl": component.purl,
    }
    if component.licences:
        made["licenses"] = [{"license": {"name": name}} for name in component.licences]
    return made
