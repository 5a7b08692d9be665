"""`python -m tests.recording`: records anew what registries say of a few packages, for tests/data/registries.

Run by hand, never by a test. pip and npm ask, each as it is configured on this machine. Of their answers only
what Writ's clients read is written down, and no name of a host: a recording that has one is refused.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime
from email.parser import BytesHeaderParser
from pathlib import Path
from typing import Any, Final

from pip._internal.commands.download import DownloadCommand

from tests.support.playback import FILES, INDEX_JSON, RECORDED, TARBALLS, strangers, version_of

# Small ones without compiled parts; each version is there for something that a test looks at.
PYPI: Final[Mapping[str, tuple[str, ...]]] = {
    "attrs": ("20.3.0", "21.1.0"),  # the second was yanked
    "certifi": ("2024.2.2", "2024.7.4", "2024.8.30"),
    "idna": ("3.6", "3.7", "3.8", "3.10"),
    "iniconfig": ("2.0.0", "2.1.0", "2.3.0"),  # the last wants a newer Python
    "packaging": ("24.0", "24.1", "24.2"),
    "python-dateutil": ("2.8.2", "2.9.0.post0"),
    "six": ("1.16.0", "1.17.0"),
}
NPM: Final[Mapping[str, tuple[str, ...]]] = {
    "@types/ms": ("0.7.31", "0.7.34", "2.1.0"),
    "debug": ("4.3.4", "4.3.5", "4.3.6", "4.3.7"),  # all but the last want one version of ms alone
    "ms": ("2.1.2", "2.1.3"),
    "picocolors": ("1.0.0", "1.0.1", "1.1.0"),
}
_FILE: Final = ("filename", "requires-python", "yanked", "upload-time")
_HEADERS: Final = ("Metadata-Version", "Name", "Version", "Requires-Python", "Requires-Dist")
_LINKS: Final = ("Home-page", "Project-URL")
_VERSION: Final = (
    "name",
    "version",
    "deprecated",
    "dependencies",
    "optionalDependencies",
    "peerDependencies",
    "peerDependenciesMeta",
    "engines",
    "bin",
    "os",
    "cpu",
    "libc",
)
_INSTALLING: Final = ("preinstall", "install", "postinstall")
_TIMEOUT_S: Final = 300


def main() -> int:
    """Record everything, or nothing: files are written once all of it is known and names no host."""
    with tempfile.TemporaryDirectory() as folder:
        made = {**_python(Path(folder) / "wheels"), **_node(Path(folder) / "npm")}
    made["recorded.json"] = _document({"at": datetime.now(UTC).date().isoformat()})
    for path, text in made.items():
        if found := strangers(text):
            print(f"{path} names {', '.join(sorted(found))}", file=sys.stderr)  # noqa: T201
            return 1
    for kind in ("pypi", "npm"):
        shutil.rmtree(RECORDED / kind, ignore_errors=True)
    for path, text in made.items():
        (RECORDED / path).parent.mkdir(parents=True, exist_ok=True)
        (RECORDED / path).write_text(text, encoding="utf-8")
    return 0


def _python(wheels: Path) -> dict[str, str]:
    """Listings, and the metadata of wheels, by the place where they are written."""
    made: dict[str, str] = {}
    for name, versions in PYPI.items():
        _download(wheels, [f"{name}=={version}" for version in versions])
    metadata = {wheel.name: _metadata(wheel) for wheel in sorted(wheels.glob("*.whl"))}
    for name, listing in _listings(PYPI):
        files = [file for file in listing["files"] if version_of(file["filename"]) in PYPI[name]]
        kept = [_file(file, metadata.get(file["filename"])) for file in files]
        made[f"pypi/{name}.json"] = _document({"meta": {"api-version": "1.1"}, "name": name, "files": kept})
    return {**made, **{f"pypi/metadata/{filename}.metadata": text for filename, text in metadata.items()}}


def _listings(names: Iterable[str]) -> Iterator[tuple[str, dict[str, Any]]]:
    """What the index says of packages, asked by pip's own session: its index, its certificates."""
    command = DownloadCommand("download", "")
    options, _ = command.parse_args([])
    session = command._build_session(options)
    for name in names:
        answer = session.get(f"{options.index_url.rstrip('/')}/{name}/", headers={"Accept": INDEX_JSON})
        answer.raise_for_status()
        yield name, answer.json()


def _download(wheels: Path, requirements: Iterable[str]) -> None:
    """Wheels, for an index may keep the metadata of them to itself."""
    for requirement in requirements:
        command = [sys.executable, "-m", "pip", "download", "--no-deps", "--only-binary", ":all:"]
        command += ["--quiet", "--dest", str(wheels), requirement]
        # Nothing of this machine's own beside the index.
        without = {"PIP_CONSTRAINT": "", "PIP_FIND_LINKS": "", "PIP_EXTRA_INDEX_URL": ""}
        subprocess.run(command, check=True, timeout=_TIMEOUT_S, env={**os.environ, **without})


def _metadata(wheel: Path) -> str:
    """The headers of a wheel's metadata that are read, and of links those to code that lies on the forge."""
    with zipfile.ZipFile(wheel) as archive:
        (place,) = [name for name in archive.namelist() if name.endswith(".dist-info/METADATA")]
        headers = BytesHeaderParser().parsebytes(archive.read(place))
    lines = [(name, value) for name in _HEADERS for value in headers.get_all(name, ())]
    lines += [
        (name, value)
        for name in _LINKS
        for value in headers.get_all(name, ())
        if "//github.com/" in value and not strangers(value)
    ]
    return "".join(f"{name}: {value}\n" for name, value in lines)


def _file(file: Mapping[str, Any], metadata: str | None) -> dict[str, Any]:
    kept = {key: file[key] for key in _FILE if file.get(key) is not None}
    kept |= {"url": FILES + file["filename"], "hashes": {"sha256": file["hashes"]["sha256"]}}
    if metadata is not None:  # what is left of it has another digest
        kept["core-metadata"] = {"sha256": hashlib.sha256(metadata.encode()).hexdigest()}
    return kept


def _node(cache: Path) -> dict[str, str]:
    """Packuments, by the place where they are written; npm keeps what it is told in its cache."""
    made: dict[str, str] = {}
    for name in NPM:
        command = ["npm", "view", name, "time", "--json", "--cache", str(cache)]
        subprocess.run(command, check=True, timeout=_TIMEOUT_S, stdout=subprocess.DEVNULL)
    for path in sorted((cache / "_cacache" / "content-v2").rglob("*")):
        document = json.loads(path.read_bytes()) if path.is_file() else {}
        name = str(document.get("name"))
        if name in NPM and "time" in document:
            versions = {version: _manifest(document["versions"][version]) for version in NPM[name]}
            times = {version: document["time"][version] for version in NPM[name]}
            made[f"npm/{name}.json"] = _document({"name": name, "versions": versions, "time": times})
    return made


def _manifest(version: Mapping[str, Any]) -> dict[str, Any]:
    kept = {key: version[key] for key in _VERSION if version.get(key) is not None}
    scripts = {key: text for key, text in version.get("scripts", {}).items() if key in _INSTALLING}
    repository = version.get("repository")
    if repository is not None and not strangers(json.dumps(repository)):
        kept["repository"] = repository
    file = str(version["dist"]["tarball"]).rpartition("/")[2]
    dist = {
        "integrity": version["dist"]["integrity"],
        "tarball": f"{TARBALLS}{version['name']}/-/{file}",
    }
    return {**kept, **({"scripts": scripts} if scripts else {}), "dist": dist}


def _document(found: Mapping[str, Any]) -> str:
    return json.dumps(found, indent=1) + "\n"


if __name__ == "__main__":
    raise SystemExit(main())
