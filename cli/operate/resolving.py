"""Locks made anew by uv and npm, in a folder of their own: see writ.ports.resolver."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path, PurePosixPath
from tempfile import TemporaryDirectory
from typing import Final

from cli.indexes import Addresses
from cli.plane import ROOT
from writ.contracts.errors import PermanentError
from writ.dependencies.python_files import optional_parts, requirements
from writ.ports.registry import Ecosystem, Package

_TIMEOUT_S: Final = 600
_SHOWN: Final = 300
Run = Callable[[Sequence[str], Path], "subprocess.CompletedProcess[str]"]


def run(command: Sequence[str], folder: Path) -> subprocess.CompletedProcess[str]:
    """Run a tool in a folder. Packages' own scripts are never run."""
    return subprocess.run(
        command,
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=_TIMEOUT_S,
        check=False,
        env={**os.environ},
    )


@dataclass(frozen=True)
class Tools:
    """See writ.ports.resolver.Resolver."""

    addresses: Addresses
    run: Run = run

    def can(self, path: str, files: Mapping[str, str]) -> bool:
        if PurePosixPath(path).name == "package-lock.json":
            beside = str(PurePosixPath(path).with_name("package.json"))
            return beside in files and bool(_npm()) and json.loads(files[path]).get("lockfileVersion") == 3
        return _input(path, files) is not None and bool(_uv())

    def lock(
        self, path: str, files: Mapping[str, str], steps: Sequence[tuple[Package, str]], before: datetime
    ) -> str:
        at = PurePosixPath(path)
        with TemporaryDirectory() as temporary:
            folder = Path(temporary)
            for other, text in files.items():
                if PurePosixPath(other).parent == at.parent:
                    (folder / PurePosixPath(other).name).write_bytes(text.encode())
            is_npm = at.name == "package-lock.json"
            command = (
                self._npm(files[path], steps, before) if is_npm else self._uv(path, files, steps, before)
            )
            try:
                done = self.run(command, folder)
            except (OSError, subprocess.TimeoutExpired) as error:
                message = f"{Path(command[0]).name} did not end: {type(error).__name__}"
                raise PermanentError(message, code="resolver.failed") from None
            if done.returncode != 0:
                said = " ".join(done.stderr.split())
                said = said if len(said) <= _SHOWN else f"… {said[-_SHOWN:].partition(' ')[2]}"
                raise PermanentError(f"{Path(command[0]).name}: {said}", code="resolver.failed")
            return (folder / at.name).read_bytes().decode()

    def _uv(
        self, path: str, files: Mapping[str, str], steps: Sequence[tuple[Package, str]], before: datetime
    ) -> list[str]:
        lock, name = files[path], PurePosixPath(path).name
        pinned = [f"{p.name}=={version}" for p, version in steps if p.ecosystem is Ecosystem.PYPI]
        made_from = str(_input(path, files))
        return [
            str(_uv()),
            *("pip", "compile", PurePosixPath(made_from).name, "--output-file", name),
            *_parts(made_from, files[made_from], lock),
            *("--quiet", "--no-header", "--no-build", "--exclude-newer", before.isoformat()),
            *(("--generate-hashes",) if "--hash=" in lock else ()),
            *(() if "# via" in lock else ("--no-annotate",)),
            *(("--universal",) if " ; " in lock else ()),
            *(("--default-index", self.addresses.pypi) if self.addresses.pypi else ()),
            *(word for pin in pinned for word in ("--upgrade-package", pin)),
        ]

    def _npm(self, lock: str, steps: Sequence[tuple[Package, str]], before: datetime) -> list[str]:
        names = [package.name for package, _ in steps if package.ecosystem is Ecosystem.NPM]
        return [
            str(_npm()),
            *("update", *names, "--package-lock-only", "--ignore-scripts", "--no-audit", "--no-fund"),
            *("--before", before.isoformat()),
            *(() if '"resolved"' in lock else ("--omit-lockfile-registry-resolved",)),
            *(("--registry", self.addresses.npm) if self.addresses.npm else ()),
        ]


def _input(path: str, files: Mapping[str, str]) -> str | None:
    """What a lock of Python packages is made from: `x.in` for `x.lock`, or the project."""
    at = PurePosixPath(path)
    beside = [at.with_suffix(".in")]
    if at.name == "requirements.lock":
        beside.append(at.with_name("pyproject.toml"))
    return next((str(each) for each in beside if str(each) in files), None) if at.suffix != ".in" else None


def _parts(path: str, written: str, lock: str) -> list[str]:
    """Options for the extras and groups of a project that its lock was made with: those it holds whole.

    A lock does not say them itself. One that was made without them all over again would lose packages.
    """
    if PurePosixPath(path).name != "pyproject.toml":
        return []
    held = {use.package.name for use in requirements(path, lock)}
    parts = optional_parts(path, written).items()
    return [word for (kind, name), asked in parts if asked and asked <= held for word in (f"--{kind}", name)]


def _uv() -> str | None:
    ours = ROOT / ".venv/bin/uv"
    return str(ours) if ours.is_file() else shutil.which("uv")


def _npm() -> str | None:
    return shutil.which("npm")
