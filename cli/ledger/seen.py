"""Keeps the last checkpoint of each log that this person verified, from one command to the next."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Final

import typer

from cli.output import CommandError
from cli.plane import STATE
from writ.ledger.errors import VerificationError
from writ.ledger.memory import Memory

SEEN: Final = STATE / "seen.json"

SeenOption = Annotated[
    Path,
    typer.Option(
        "--seen",
        metavar="FILE",
        envvar="WRIT_SEEN",
        show_default=False,
        help="Where the last checkpoint of each log is remembered; .writ/seen.json if absent.",
    ),
]


def recall(path: Path) -> Memory:
    """What was seen so far. Raises CommandError for a file that is not one of ours."""
    try:
        return Memory.decode(path.read_bytes())
    except FileNotFoundError:
        return Memory()
    except VerificationError as error:
        raise CommandError(
            f"{path}: {error.message}",
            code=error.code,
            field="--seen",
            hint="name another file, or delete this one to begin with no checkpoint seen",
        ) from None


def remember(path: Path, memory: Memory) -> None:
    """Write down what was seen: whole or not at all."""
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_suffix(".part")
    draft.write_bytes(memory.encode())
    draft.replace(path)
