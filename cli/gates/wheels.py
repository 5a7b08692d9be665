"""Licences of what lock files pin and nobody installed here, from the wheels that pip gets.

Names and versions are all that pip is told, and wheels all that it may get: no option of a repository's files
reaches it, nothing is imported from the checkout, nothing of a package is run. So a job may hold a token.
"""

from __future__ import annotations

import hashlib
import re
import subprocess
import sys
import tempfile
import time
import zipfile
import zlib
from collections import deque
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Final

from packaging.utils import canonicalize_name, canonicalize_version, parse_wheel_filename

from cli.gates.installed import MOST_BYTES, of_distribution
from cli.gates.lock_entries import Digest, Locked, Pin, locked_in, pin_of
from cli.output import Output, counted
from cli.progress import Bars
from writ.gates.tree import Tree

Fetch = Callable[[Sequence[Pin], Path, float], str | None]
_BUDGET_S: Final = 900
_MOST_ROUNDS: Final = 8
_MOST_CALLS: Final = 60
_FAILURES: Final = 4
_ALGORITHMS: Final = frozenset({"sha256", "sha384", "sha512"})
_REFUSED: Final = re.compile(r"No matching distribution found for ([A-Za-z0-9._-]+)==")
_METADATA: Final = re.compile(r"[^/]+\.dist-info/METADATA")
_TEXT: Final = re.compile(r"[^/]+\.dist-info/(?:licenses/)?(?:LICEN[CS]E|COPYING)[^/]*")
_METHODS: Final = frozenset({zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED})


class Wheels:
    """Says on `output` what takes a while, and what could not be had; `fetch` is pip's part."""

    def __init__(self, output: Output, fetch: Fetch | None = None) -> None:
        self._output, self._fetch = output, fetch or from_pip

    def licences(self, tree: Tree, known: Collection[str]) -> dict[str, tuple[str, ...]]:
        """Licences by package URL of Python packages that are locked, declare none there, and are not known.

        A wheel counts for the package of its name; where lock files have digests of that, with one of them.
        """
        locked = locked_in(tree, known)
        found: dict[str, tuple[str, ...]] = {}
        until = time.monotonic() + _BUDGET_S
        with tempfile.TemporaryDirectory() as place, Bars(self._output) as bars:
            rounds = _rounds(locked)
            for number, pins in enumerate(rounds[:_MOST_ROUNDS]):
                bars.step(f"licences of {counted(len(pins), 'package')} in the wheels that pip gets")
                folder = Path(place) / str(number)
                folder.mkdir()
                self._fetch_all(pins, folder, until)
                found |= dict(_read(folder, locked))
        if left := sum(map(len, rounds[_MOST_ROUNDS:])):
            self._output.note(f"left out: {counted(left, 'version')} of packages that are locked too often")
        return found

    def _fetch_all(self, pins: Sequence[Pin], folder: Path, until: float) -> None:
        """Without those that have no wheel for this machine, which pip names; and what it stumbles over is
        looked for by halves, unless it gets nothing at all."""
        waiting = deque([list(pins)])
        calls = failures = lost = absent = 0
        worked = False
        said: str | None = None
        while waiting and calls < _MOST_CALLS and time.monotonic() < until:
            part = waiting.popleft()
            answer = self._fetch(part, folder, until - time.monotonic())
            calls += 1
            if answer is None:
                worked = True
                continue
            said = answer
            refused = {canonicalize_name(name) for name in _REFUSED.findall(said)}
            kept = [pin for pin in part if pin[0] not in refused]
            absent += len(part) - len(kept)
            if len(kept) < len(part):
                waiting += [kept] if kept else []
                continue
            failures += 1
            if failures >= _FAILURES and not worked:
                # One by itself tells whether it is they that it stumbles over, or all that it is asked.
                worked = self._fetch(part[-1:], folder, until - time.monotonic()) is None
                if not worked:
                    waiting.append(part)
                    break
            middle = len(part) // 2
            waiting += [part[:middle], part[middle:]] if middle else []
            lost += 0 if middle else 1
        if absent:
            self._output.note(f"{counted(absent, 'package')} without a wheel for this machine")
        if left := lost + sum(map(len, waiting)):
            why = (said or "it took too long").splitlines()[-1]
            self._output.note(f"pip got no wheel of {counted(left, 'package')}: {why}")


def from_pip(pins: Sequence[Pin], folder: Path, seconds: float) -> str | None:
    """Have pip put the wheels of these into a folder; what it said, where it got none of them."""
    wanted = folder.with_suffix(".txt")
    wanted.write_text("".join(f"{name}=={version}\n" for name, version in pins), encoding="utf-8")
    # -P: a folder called `pip` in the checkout is not run in its place.
    command = [sys.executable, "-P", "-m", "pip", "download", "--quiet", "--no-input", "--no-deps"]
    command += [
        "--retries",
        "2",
        "--only-binary",
        ":all:",
        "--dest",
        str(folder),
        "--requirement",
        str(wanted),
    ]
    try:
        done = subprocess.run(
            command, capture_output=True, text=True, timeout=seconds, check=False, cwd=folder.parent
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        return type(error).__name__
    return (done.stderr.strip() or f"it ended with {done.returncode}") if done.returncode else None


def _rounds(pins: Iterable[Pin]) -> list[list[Pin]]:
    """Pins such that no round has a package twice, for pip takes one version of each."""
    rounds: list[list[Pin]] = []
    seen: dict[str, int] = {}
    for pin in sorted(pins):
        number = seen.get(pin[0], 0)
        seen[pin[0]] = number + 1
        if number == len(rounds):
            rounds.append([])
        rounds[number].append(pin)
    return rounds


def _read(folder: Path, locked: Mapping[Pin, Locked]) -> Iterator[tuple[str, tuple[str, ...]]]:
    for wheel in sorted(folder.glob("*.whl")):
        pin = _named(wheel)
        wanted = locked.get(pin) if pin else None
        if pin and wanted and _is_locked(wheel, wanted.digests):
            said = _distribution(wheel)
            if said is not None and said[0] == pin:
                yield from ((purl, said[1]) for purl in wanted.purls)


def _named(wheel: Path) -> Pin | None:
    try:
        name, version, _, _ = parse_wheel_filename(wheel.name)
    except ValueError:
        return None
    return name, canonicalize_version(version)


def _is_locked(wheel: Path, digests: Collection[Digest] | None) -> bool:
    if digests is None:
        return True
    for name in _ALGORITHMS & {name for name, _ in digests}:
        with wheel.open("rb") as content:
            if (name, hashlib.file_digest(content, name).hexdigest()) in digests:
                return True
    return False


def _distribution(wheel: Path) -> tuple[Pin, tuple[str, ...]] | None:
    """What a wheel says of itself: name and version, and licences; None where that does not read."""
    try:
        with zipfile.ZipFile(wheel) as archive:
            entries = [each for each in archive.infolist() if each.compress_type in _METHODS]
            metadata = [each for each in entries if _METADATA.fullmatch(each.filename)]
            texts = [each for each in entries if _TEXT.fullmatch(each.filename)]
            if len(metadata) != 1 or (written := _text(archive, metadata[0])) is None:
                return None
            said = of_distribution(written, lambda: _only(archive, texts))
            if said is None:
                return None
            pin = pin_of(said.name, said.version)
            return (pin, said.licences) if pin else None
    except (OSError, EOFError, ValueError, RuntimeError, zipfile.BadZipFile, zlib.error):
        return None


def _only(archive: zipfile.ZipFile, texts: Sequence[zipfile.ZipInfo]) -> list[str]:
    """The text of a licence where there is one; none of several is read."""
    found = _text(archive, texts[0]) if len(texts) == 1 else None
    return [] if found is None else [found]


def _text(archive: zipfile.ZipFile, entry: zipfile.ZipInfo) -> str | None:
    """None for what is larger than is read, whatever the archive says of its size."""
    with archive.open(entry) as content:
        found = content.read(MOST_BYTES + 1)
    return found.decode("utf-8", errors="replace") if len(found) <= MOST_BYTES else None
