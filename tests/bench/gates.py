"""`python -m tests.bench.gates`: how long the gates take over this repository, as one JSON document.

Beside each is the time that only reading the files takes, in the same run. Advisories are looked up in a
mirror made for it: WRIT_GATES_ADVISORIES is how many there are, WRIT_GATES_COMPONENTS how many components.
"""

from __future__ import annotations

import json
import os
import random
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from time import perf_counter, process_time
from typing import Any, Final

from rich.console import Console
from rich.table import Table

from cli.gates.advisories import LocalMirror
from cli.gates.checkout import opened
from tests.bench.__main__ import machine
from writ.gates import registry
from writ.gates.evaluate import engine_of, run
from writ.gates.gate import Context
from writ.gates.licences.component import Component, pypi
from writ.gates.security import components
from writ.gates.security.outside import Outside
from writ.gates.tree import MemoryTree
from writ.policy.bundle import Bundle

ROOT: Final = Path(__file__).parents[2]
NOW: Final = datetime(2026, 11, 25, tzinfo=UTC)
ADVISORIES: Final = int(os.environ.get("WRIT_GATES_ADVISORIES") or 20_000)
COMPONENTS: Final = int(os.environ.get("WRIT_GATES_COMPONENTS") or 1_000)
_ROUNDS: Final = 3


def seconds(call: Callable[[], object]) -> float:
    """CPU seconds of a call, the best of a few rounds."""
    best = float("inf")
    for _ in range(_ROUNDS):
        started = process_time()
        call()
        best = min(best, process_time() - started)
    return best


def gates() -> dict[str, Any]:
    """Each gate over this checkout, without what a run starts once and without other programs."""
    bundle = Bundle.load(ROOT / "policies")
    figures: dict[str, Any] = {}
    with opened(ROOT, None) as tree:
        paths = tree.paths()
        reading = seconds(lambda: [tree.read(path) for path in paths])
        context = Context("acme/writ", NOW, {"window": {"windows": bundle.windows, "freezes": []}})
        for gate in registry.load():
            engine = engine_of(bundle, [gate])
            figures[gate.name] = seconds(lambda: run(tree, context, [gate], engine))  # noqa: B023 - called here
    return {"files": len(paths), "reading_s": reading, "gates_s": figures}


def command() -> dict[str, float]:
    """The whole of `writ gate run`, start and linters too, by the clock."""
    started = perf_counter()
    subprocess.run([sys.executable, "-m", "cli", "gate", "run"], cwd=ROOT, check=False, capture_output=True)
    return {"writ_gate_run_s": perf_counter() - started}


def advisories(rng: random.Random) -> Iterator[tuple[str, bytes]]:
    """Advisories of the form and size of real ones, over packages of which some are components."""
    for number in range(ADVISORIES):
        name = f"package-{rng.randrange(COMPONENTS * 5)}"
        fixed = f"{rng.randrange(1, 9)}.{rng.randrange(20)}.{rng.randrange(20)}"
        versions = [f"0.{minor}.{patch}" for minor in range(6) for patch in range(6)]
        document = {
            "id": f"PYSEC-2026-{number}",
            "aliases": [f"CVE-2026-{number}"],
            "modified": "2026-11-24T00:00:00Z",
            "details": "what somebody can do " * 40,
            "severity": [
                {"type": "CVSS_V3", "score": "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:N/A:N"},
            ],
            "affected": [
                {
                    "package": {"ecosystem": "PyPI", "name": name, "purl": f"pkg:pypi/{name}"},
                    "ranges": [{"type": "ECOSYSTEM", "events": [{"introduced": "0"}, {"fixed": fixed}]}],
                    "versions": versions,
                }
            ],
            "references": [{"type": "WEB", "url": f"https://example.test/{number}/{at}"} for at in range(8)],
        }
        yield f"{document['id']}.json", json.dumps(document).encode()


def lookup() -> dict[str, Any]:
    """Components in a mirror that is one zip, beside unpacking and parsing all of it and nothing more."""
    rng = random.Random(7)
    found = [
        Component(name, f"{rng.randrange(1, 9)}.{rng.randrange(20)}.0", "", (), "requirements.lock", number)
        for number, name in enumerate((f"package-{number}" for number in range(COMPONENTS)), 1)
    ]
    named = [
        Component(item.name, item.version, pypi(item.name, item.version), (), item.path, item.line)
        for item in found
    ]
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder) / "all.zip"
        with zipfile.ZipFile(place, "w", zipfile.ZIP_DEFLATED) as archive:
            size = 0
            for name, content in advisories(rng):
                archive.writestr(name, content)
                size += len(content)
        mirror = LocalMirror(place)
        parsing = seconds(lambda: [json.loads(content) for _, content in mirror.files()])
        whole = seconds(lambda: components.facts(MemoryTree({}), named, Outside(mirror), NOW))
        facts, _, _ = components.facts(MemoryTree({}), named, Outside(mirror), NOW)
    return {
        "components": COMPONENTS,
        "advisories": ADVISORIES,
        "megabytes": round(size / 1e6, 1),
        "weaknesses": len(facts["weaknesses"]),
        "unpacking_and_parsing_s": parsing,
        "lookup_s": whole,
        "ratio": round(whole / parsing, 2),
    }


def table(figures: dict[str, Any]) -> Table:
    """The same for people."""
    made = Table("what", "seconds", "times reading")
    reading = figures["repository"]["reading_s"]
    made.add_row("reading the files", f"{reading:.3f}", "1")
    for name, value in figures["repository"]["gates_s"].items():
        made.add_row(f"gate {name}", f"{value:.3f}", f"{value / reading:.1f}")
    made.add_row("writ gate run, by the clock", f"{figures['command']['writ_gate_run_s']:.3f}", "")
    made.add_row("advisories: unpacking, parsing", f"{figures['lookup']['unpacking_and_parsing_s']:.3f}", "")
    made.add_row("advisories: looking up", f"{figures['lookup']['lookup_s']:.3f}", "")
    return made


def main() -> int:
    figures = {"machine": machine(), "repository": gates(), "command": command(), "lookup": lookup()}
    Console(stderr=True).print(table(figures))
    json.dump(figures, sys.stdout, indent=2)
    sys.stdout.write("\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
