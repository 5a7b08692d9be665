"""Licences of what lock files pin and nobody installed here, from the wheels that pip gets.

Names and versions are all that pip is told, and wheels all that it may get: no option of a repository's files
reaches it, and nothing of a package is run. So this is safe where a job holds a token.
"""

from __future__ import annotations

import re
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from hashlib import file_digest
from pathlib import Path
from typing import Final

from packaging.utils import InvalidName, canonicalize_name
from packaging.version import InvalidVersion, Version

from cli.gates.installed import MOST_BYTES, of_distribution
from cli.output import Output, counted
from cli.progress import Bars
from writ.gates.licences.component import Component
from writ.gates.licences.inventory import take
from writ.gates.tree import Tree, text

Pin = tuple[str, str]
Fetch = Callable[[Sequence[Pin], Path], str | None]
_TIMEOUT_S: Final = 900
_MOST_REFUSED: Final = 50
_DIGEST: Final = re.compile(r"\b[0-9a-f]{64}\b")
_REFUSED: Final = re.compile(r"No matching distribution found for ([A-Za-z0-9._-]+)==")
_METADATA: Final = re.compile(r"[^/]+\.dist-info/METADATA")
_TEXT: Final = re.compile(r"[^/]+\.dist-info/(?:licenses/)?(?:LICEN[CS]E|COPYING)[^/]*")


class Wheels:
    """Says on `output` what takes a while, and what could not be had; `fetch` is pip's part."""

    def __init__(self, output: Output, fetch: Fetch | None = None) -> None:
        self._output, self._fetch = output, fetch or from_pip

    def licences(self, tree: Tree, known: Collection[str]) -> dict[str, tuple[str, ...]]:
        """Licences by package URL of Python packages that are locked, declare none there, and are not known.

        A wheel counts only if its digest is in a file that names it, where one of these has digests.
        """
        asked = [each for each in take(tree).components if _is_asked(each, known)]
        found: dict[str, tuple[str, ...]] = {}
        digests = _digests(tree, asked)
        with tempfile.TemporaryDirectory() as place, Bars(self._output) as bars:
            for number, pins in enumerate(_rounds(asked)):
                bars.step(f"licences of {counted(len(pins), 'package')} in the wheels that pip gets")
                folder = Path(place) / str(number)
                folder.mkdir()
                self._fetch_all(pins, folder)
                found |= dict(_read(sorted(folder.glob("*.whl")), digests))
        return found

    def _fetch_all(self, pins: Sequence[Pin], folder: Path) -> None:
        """Without those that have no wheel for this machine, which pip names one by one."""
        left = list(pins)
        for _ in range(_MOST_REFUSED):
            said = self._fetch(left, folder) if left else None
            if said is None:
                return
            refused = {canonicalize_name(name) for name in _REFUSED.findall(said)}
            without = [(name, version) for name, version in left if name not in refused]
            if len(without) == len(left):
                self._output.note(f"pip got none of {len(left)} wheels: {(said.splitlines() or [''])[-1]}")
                return
            left = without


def from_pip(pins: Sequence[Pin], folder: Path) -> str | None:
    """Have pip put the wheels of these into a folder; what it said, where it got none of them."""
    wanted = folder.with_suffix(".txt")
    wanted.write_text("".join(f"{name}=={version}\n" for name, version in pins), encoding="utf-8")
    command = [sys.executable, "-m", "pip", "download", "--quiet", "--no-input", "--no-deps"]
    command += ["--only-binary", ":all:", "--dest", str(folder), "--requirement", str(wanted)]
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=_TIMEOUT_S, check=False)
    except (OSError, subprocess.TimeoutExpired) as error:
        return type(error).__name__
    return (done.stderr.strip() or f"it ended with {done.returncode}") if done.returncode else None


def _is_asked(component: Component, known: Collection[str]) -> bool:
    return component.kind == "pypi" and not component.licences and component.purl not in known


def _rounds(asked: Iterable[Component]) -> Iterator[list[Pin]]:
    """Pins such that no round has a package twice, for pip takes one version of each."""
    left = sorted({pin for each in asked if (pin := _pin(each))})
    while left:
        first = {name: (name, version) for name, version in reversed(left)}
        yield sorted(first.values())
        left = [pin for pin in left if first[pin[0]] != pin]


def _pin(component: Component) -> Pin | None:
    """The name and version as pip is told them; None where either is anything else."""
    try:
        return canonicalize_name(component.name, validate=True), str(Version(component.version))
    except (InvalidName, InvalidVersion):
        return None


def _digests(tree: Tree, asked: Iterable[Component]) -> dict[str, set[str]]:
    """By package URL all digests in the files that name it."""
    of_file = {path: set(_DIGEST.findall(text(tree.read(path)) or "")) for path in {c.path for c in asked}}
    found: dict[str, set[str]] = {}
    for each in asked:
        found.setdefault(each.purl, set()).update(of_file[each.path])
    return found


def _read(
    wheels: Sequence[Path], digests: Mapping[str, Collection[str]]
) -> Iterator[tuple[str, tuple[str, ...]]]:
    for wheel in wheels:
        said = _distribution(wheel)
        if said is not None and _is_locked(wheel, digests.get(said[0])):
            yield said


def _is_locked(wheel: Path, digests: Collection[str] | None) -> bool:
    """Whether this is what is locked: of what nobody asked for nothing is, and without digests anything."""
    if not digests:
        return digests is not None
    with wheel.open("rb") as content:
        return file_digest(content, "sha256").hexdigest() in digests


def _distribution(wheel: Path) -> tuple[str, tuple[str, ...]] | None:
    try:
        with zipfile.ZipFile(wheel) as archive:
            short = [each for each in archive.infolist() if each.file_size <= MOST_BYTES]
            metadata = [each for each in short if _METADATA.fullmatch(each.filename)]
            texts = [each for each in short if _TEXT.fullmatch(each.filename)]

            def read(entry: zipfile.ZipInfo) -> str:
                return archive.read(entry).decode("utf-8", errors="replace")

            if len(metadata) != 1:
                return None
            return of_distribution(read(metadata[0]), lambda: [read(each) for each in texts])
    except (OSError, zipfile.BadZipFile, NotImplementedError, RuntimeError):
        return None
