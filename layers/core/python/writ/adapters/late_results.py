"""Results of gates, whose table is imported when the first of them is asked for: most starts never do."""

from __future__ import annotations

from typing import TYPE_CHECKING

from writ.adapters.late import late

if TYPE_CHECKING:
    from writ.adapters.gate_table import ResultTable


def late_results(table: str) -> ResultTable:
    """See ResultTable."""

    def make() -> ResultTable:
        from writ.adapters.gate_table import ResultTable

        return ResultTable(table)

    return late(make)
