"""An audit of a large log in a process of its own: CPU and memory, against bare hashing and verification."""

from __future__ import annotations

import json
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any, Final

from rich.console import Console
from rich.progress import Progress

from tests.bench.large_log import write_log
from writ.ledger.dsse import ECDSA, decode, pre_authentication_encoding
from writ.ledger.leaf import decode_leaf
from writ.ledger.logcopy import LogCopy
from writ.ledger.packed import decode_pack
from writ.ledger.tiles import ENTRIES, Tile, decode_bundle, tiles_of

_BASELINE_BUNDLES: Final = 16
_ROUNDS: Final = 5
_ROOT: Final = Path(__file__).parents[2]
# A process begins with the peak of the one that started it, so that has to be a small one.
_WATCH: Final = """
import json, resource, subprocess, sys
done = subprocess.run(sys.argv[1:], stdout=subprocess.PIPE)
used = resource.getrusage(resource.RUSAGE_CHILDREN)
json.dump([done.stdout.decode(), used.ru_utime + used.ru_stime, used.ru_maxrss], sys.stdout)
"""


@dataclass(frozen=True, slots=True)
class Audited:
    """One audit in `jobs` processes: what it took, and its CPU in µs an entry, beside the baseline's.

    The baseline hashes each envelope and each leaf, and with `signatures` verifies each signature with a key
    at hand: what cannot be left out. `ratio` is how much more the whole audit is. CPU is that of all
    processes, `peak_mib` that of the largest.
    """

    entries: int
    signatures: bool
    jobs: int
    cpu_s: float
    wall_s: float
    peak_mib: float
    us_per_entry: float
    baseline_us: float

    def row(self) -> dict[str, Any]:
        rounded = {
            name: round(value, 2) if isinstance(value, float) else value
            for name, value in asdict(self).items()
        }
        return {**rounded, "ratio": round(self.us_per_entry / self.baseline_us, 2)}


def made(folder: Path, entries: int, told: Console) -> Path:
    """The log of so many entries below a folder, made unless it is there."""
    place = folder / str(entries)
    if not (place / "checkpoint").is_file():
        with Progress(console=told, transient=True) as bar:
            task = bar.add_task(f"making a log of {entries:,} entries", total=entries)
            write_log(place, entries, progress=lambda done, _all: bar.update(task, completed=done))
    return place


def measure(folder: Path, entries: int, *, signatures: bool, jobs: int = 1) -> Audited:
    """Audit a log in so many processes. Raises RuntimeError when the audit does not pass."""
    floors = [baseline(folder, entries, signatures=signatures)]
    started = time.perf_counter()
    cpu, peak = _audit(folder, signatures, jobs)
    wall = time.perf_counter() - started
    floors.append(baseline(folder, entries, signatures=signatures))
    return Audited(entries, signatures, jobs, cpu, wall, peak, cpu / entries * 1e6, statistics.mean(floors))


def baseline(folder: Path, entries: int, *, signatures: bool) -> float:
    """Microseconds of CPU an entry for hashes and, if asked for, signatures alone; the median of rounds."""
    sample = list(_sample(LogCopy(folder), entries))
    seconds = []
    for _ in range(_ROUNDS):
        started = time.process_time()
        for leaf, envelope, key, signature, signed in sample:
            sha256(b"\x00" + leaf).digest()
            sha256(envelope).digest()
            if signatures:
                key.verify(signature, signed, ECDSA)
        seconds.append((time.process_time() - started) / len(sample))
    return statistics.median(seconds) * 1e6


def _sample(copy: LogCopy, entries: int) -> Iterator[tuple[bytes, bytes, Any, bytes, bytes]]:
    from cryptography.x509 import load_pem_x509_certificate

    keys: dict[bytes, Any] = {}
    for tile in _spread(list(tiles_of(ENTRIES, entries))):
        leaves = decode_bundle(copy.tile(tile) or b"")
        for leaf, envelope in zip(leaves, decode_pack(copy.pack(tile) or b"", tile.width), strict=True):
            if envelope is None:
                continue
            pem, opened = decode_leaf(leaf).certificate_pem, decode(envelope)
            if pem not in keys:
                keys[pem] = load_pem_x509_certificate(pem).public_key()
            yield leaf, envelope, keys[pem], opened.signature, pre_authentication_encoding(opened.payload)


def _spread(tiles: Sequence[Tile]) -> Sequence[Tile]:
    return tiles[:: max(1, len(tiles) // _BASELINE_BUNDLES)]


def _audit(folder: Path, signatures: bool, jobs: int = 1) -> tuple[float, float]:
    """Seconds of CPU and the peak of memory in MiB of `writ ledger audit` in so many processes."""
    words = ["ledger", "audit", str(folder), "--jobs", str(jobs), "--json", "--fresh"]
    words += [] if signatures else ["--no-signatures"]
    words += ["--state", str(folder / "audit.db"), "--seen", str(folder / "seen.json")]
    command = [sys.executable, "-c", _WATCH, sys.executable, "-m", "cli", *words]
    answer = subprocess.run(command, stdout=subprocess.PIPE, check=True, cwd=_ROOT)
    text, seconds, kilobytes = json.loads(answer.stdout)
    report = json.loads(text)
    if not report.get("ok"):
        raise RuntimeError(f"the audit did not pass: {report}")
    return seconds, kilobytes / 1024
