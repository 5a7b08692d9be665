"""How much each benchmark does; the environment can make it more, or next to nothing for a smoke test."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Self


@dataclass(frozen=True, slots=True)
class Sizes:
    """Read from `WRIT_BENCH_<NAME>`.

    `suite` runs the unit, property and contract tests too, `run` does what `make run` does; `entries` is how
    many the ledger is given in a second; `plane` is how many actions are sent to a plane that is up, 0 for
    none; `functions` names those whose cold start is measured, all where it is empty.
    """

    cold_rounds: int = 7
    actions: int = 400
    decisions: int = 3000
    leaves: int = 100_000
    statements: int = 4000
    rounds: int = 5
    entries: int = 1000
    plane: int = 100
    suite: int = 0
    run: int = 0
    functions: str = ""

    @classmethod
    def load(cls, variables: Mapping[str, str] | None = None) -> Self:
        """Raises ValueError that names a variable which is no number."""
        source = os.environ if variables is None else variables
        given: dict[str, int | str] = {}
        for field in fields(cls):
            name = f"WRIT_BENCH_{field.name.upper()}"
            text = source.get(name, "")
            if not text:
                continue
            if field.name == "functions":
                given[field.name] = text
                continue
            if not text.isascii() or not text.isdigit():
                raise ValueError(f"{name} is not a number: {text!r}")
            given[field.name] = int(text)
        return cls(**given)  # type: ignore[arg-type]
