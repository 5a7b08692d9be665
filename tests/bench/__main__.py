"""`python -m tests.bench`: every budget, with its baseline of the same run, as one JSON document."""

from __future__ import annotations

import json
import os
import platform
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from tests.bench.measure import Figure
from tests.bench.sizes import Sizes

os.environ.setdefault("WRIT_POLICIES", str(Path(__file__).parents[2] / "policies"))


def figures(sizes: Sizes, told: Console) -> Iterator[Figure]:
    """Every figure, in the order of the design."""
    from tests.bench import cold_start, commands, cost, decisions, deployed, kernel, ledger

    for part in (cold_start, kernel, decisions, ledger, cost, deployed, commands):
        with told.status(f"measuring {part.__name__.rsplit('.', 1)[1].replace('_', ' ')}"):
            yield from part.measure(sizes)


def document(found: list[Figure]) -> dict[str, Any]:
    """What is printed: the machine, and one row a budget."""
    rows = [figure.row() for figure in found]
    return {
        "machine": machine(),
        "within": all(row["within"] is not False for row in rows),
        "figures": rows,
    }


def machine() -> dict[str, Any]:
    """What figures were measured on."""
    return {"python": platform.python_version(), "machine": platform.machine(), "cores": os.cpu_count()}


def table(found: list[Figure]) -> Table:
    """The same for people."""
    made = Table("budget", "measured", "allowed", "baseline", "speed", "used", title="Budgets")
    for figure in found:
        row = figure.row()
        sign = "≤" if figure.at_most else "≥"
        mark = {True: "[green]", False: "[red]", None: "[dim]"}[row["within"]]
        made.add_row(
            figure.name,
            figure.note if figure.value is None else f"{row['value']:,g} {figure.unit}",
            f"{sign} {row['budget']:,g}",
            "" if row["baseline"] is None else f"{row['baseline']:,g}",
            "" if row["speed"] is None else f"{row['speed']:.2f}",
            "" if row["ratio"] is None else f"{mark}{row['ratio']:.0%}",
        )
    return made


def main() -> int:
    told = Console(stderr=True)
    try:
        sizes = Sizes.load()
    except ValueError as error:
        told.print(str(error))
        return 2
    found = list(figures(sizes, told))
    told.print(table(found))
    json.dump(document(found), sys.stdout, indent=2, ensure_ascii=False)
    sys.stdout.write("\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
