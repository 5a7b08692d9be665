"""Prints what our verifier and the stock clients say of every edit: `make tamper-matrix`."""

from __future__ import annotations

import sys
from typing import Final

from rich.console import Console
from rich.table import Table
from rich.text import Text

from tests.support.forged_world import World
from tests.support.stock import VERSIONS, npm_verdicts, python_verdict
from tests.support.tampering import edits
from writ.ledger.errors import VerificationError
from writ.ledger.verify_bundle import verify_bundle

_COLUMN: Final = 48


def main() -> int:
    world, every = World(), list(edits())
    genuine = world.case(world.bundle)
    cases = [edit.make(world) for edit in every]
    table = Table(box=None, pad_edge=False, header_style="bold")
    for column in ("edit", "writ", *(f"{name} {version}" for name, version in VERSIONS.items())):
        table.add_column(column, no_wrap=True)
    passed, npm = 0, npm_verdicts([genuine, *cases])
    for name, case, by_npm in zip(
        ["nothing: the genuine bundle", *(f"{edit.group}: {edit.name}" for edit in every)],
        [genuine, *cases],
        npm,
        strict=True,
    ):
        try:
            verify_bundle(case.data, case.trust, case.policy)
            ours = None
            passed += 1
        except VerificationError as error:
            ours = f"{error.code} {'.'.join((error.field or '').split('.')[-2:])}".strip()
        table.add_row(name, *map(_verdict, (ours, python_verdict(case), by_npm)))
    console = Console(width=None if sys.stdout.isatty() else 200)
    console.print(table)
    console.print(f"\n{len(every)} edits, {passed - 1} of them accepted by Writ")
    return 0 if passed == 1 else 1


def _verdict(said: str | None) -> Text:
    """What was said, cut to what a column holds."""
    if said is None:
        return Text("accepted", style="yellow")
    return Text(said if len(said) <= _COLUMN else said[: _COLUMN - 1] + "…", style="dim")


if __name__ == "__main__":
    sys.exit(main())
