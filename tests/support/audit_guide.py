"""Runs what the audit guide shows, as it is written there."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).parents[2]
PAGE: Final = ROOT / "docs" / "guides" / "audit.md"
FOLDER: Final = "/tmp/audit"
_FENCE: Final = re.compile(r"^```(\w+)\n(.*?)^```", re.MULTILINE | re.DOTALL)


def section(title: str) -> Mapping[str, Sequence[str]]:
    """The snippets under a heading, by language, in order."""
    text = PAGE.read_text(encoding="utf-8").partition(f"\n## {title}\n")[2].partition("\n## ")[0]
    found: dict[str, list[str]] = {}
    for language, snippet in _FENCE.findall(text):
        found.setdefault(language, []).append(snippet)
    return found


def run(
    snippet: str, *, folder: Path, base: Path, before: Sequence[str] = (), **variables: str
) -> subprocess.CompletedProcess[str]:
    """Run a shell snippet in `base`, with `folder` for the guide's; `before` goes before its shell."""
    bin_folder = Path(sys.executable).parent
    environment = {
        **os.environ,
        "PATH": f"{bin_folder}{os.pathsep}{os.environ['PATH']}",
        "NODE_PATH": str(ROOT / "node_modules"),
        **variables,
    }
    return subprocess.run(
        [*before, "bash", "-euo", "pipefail", "-c", snippet.replace(FOLDER, str(folder))],
        cwd=base,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
