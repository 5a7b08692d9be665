"""Writes a new bot: one folder that works, to be changed into what it should do."""

from __future__ import annotations

import keyword
import re
from pathlib import Path
from string import Template
from typing import Final

from cli.output import UsageError
from cli.plane import ROOT

TEMPLATES: Final = ROOT / "cli" / "templates" / "bot"
SUFFIX: Final = ".tmpl"

_NAME: Final = re.compile(r"[a-z][a-z0-9]{1,23}")
_RESERVED: Final = frozenset({"api", "bus", "functions", "writ"})


def write_bot(name: str, root: Path = ROOT) -> list[Path]:
    """Write `functions/<name>/` and its runbook; returns the files, none of which existed before.

    Raises UsageError for a name that cannot be a bot's, or is one's already.
    """
    _check(name, root)
    written = []
    for template in sorted(TEMPLATES.rglob(f"*{SUFFIX}")):
        place = template.relative_to(TEMPLATES).with_suffix("")
        runbook = place == Path("runbook.md")
        target = root / "docs/runbooks" / f"{name}.md" if runbook else root / "functions" / name / place
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(
            Template(template.read_text(encoding="utf-8")).substitute(name=name), encoding="utf-8"
        )
        written.append(target)
    return written


def _check(name: str, root: Path) -> None:
    if _NAME.fullmatch(name) is None or keyword.iskeyword(name) or name in _RESERVED:
        raise UsageError(
            f"{name!r} cannot be the name of a bot",
            field="NAME",
            hint="a noun in lower case, 2 to 24 letters and digits, e.g. make new-bot NAME=probe",
        )
    if (root / "functions" / name).exists():
        raise UsageError(
            f"functions/{name} is there already", field="NAME", hint="choose another name, or change that bot"
        )
    runbook = root / "docs/runbooks" / f"{name}.md"
    if runbook.exists():
        raise UsageError(f"docs/runbooks/{name}.md is there already", field="NAME", hint="move it away first")
