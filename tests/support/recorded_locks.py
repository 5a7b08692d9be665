"""Files of a repository that depends on packages as they were recorded, with their real hashes."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, Final

from tests.support.playback import recorded_hashes, recorded_packument

_REPEATED: Final = ("dependencies", "peerDependenciesMeta", "engines")


def requirements(pinned: Mapping[str, str]) -> str:
    """A lock with hashes, as uv writes it."""
    return "".join(
        f"{name}=={version} \\\n"
        + " \\\n".join(f"    --hash={value}" for value in recorded_hashes(name, version))
        + "\n"
        for name, version in pinned.items()
    )


def package_files(pinned: Mapping[str, str], stated: Mapping[str, str] | None = None) -> dict[str, str]:
    """A package.json with its package-lock.json, as npm writes them; its ranges begin at what is stated."""
    ranges = {name: f"^{version}" for name, version in (stated or pinned).items()}
    packages: dict[str, Any] = {"": {"name": "shop", "dependencies": ranges}}
    for name, version in pinned.items():
        said = (recorded_packument(name) or {})["versions"][version]
        packages[f"node_modules/{name}"] = {
            "version": version,
            "resolved": said["dist"]["tarball"],
            "integrity": said["dist"]["integrity"],
            **{key: said[key] for key in _REPEATED if key in said},
        }
    lock = {"name": "shop", "lockfileVersion": 3, "requires": True, "packages": packages}
    return {
        "package.json": json.dumps({"name": "shop", "dependencies": ranges}, indent=2) + "\n",
        "package-lock.json": json.dumps(lock, indent=2) + "\n",
    }
