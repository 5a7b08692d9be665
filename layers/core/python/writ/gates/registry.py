"""Finds the gates: each is a folder beside this module, whose `collector.py` has a `GATE`."""

from __future__ import annotations

import pkgutil
from collections.abc import Sequence
from functools import cache
from importlib import import_module
from pathlib import Path

from writ.contracts.errors import ContractError
from writ.gates.gate import Gate


@cache
def names() -> tuple[str, ...]:
    """Names of all gates, in order; none is loaded for that."""
    here = [str(Path(__file__).parent)]
    return tuple(sorted(module.name for module in pkgutil.iter_modules(here) if module.ispkg))


def load(chosen: Sequence[str] = ()) -> tuple[Gate, ...]:
    """The gates of these names, all where none is named. Raises ContractError for a name that is none's."""
    for name in chosen:
        if name not in names():
            raise ContractError(f"no gate {name}; there are {', '.join(names())}", field="only")
    return tuple(_gate(name) for name in names() if not chosen or name in chosen)


@cache
def _gate(name: str) -> Gate:
    gate = import_module(f"writ.gates.{name}.collector").GATE
    if not isinstance(gate, Gate) or gate.name != name:
        raise ContractError(f"writ.gates.{name}.collector has no gate of this name", field="GATE")
    return gate
