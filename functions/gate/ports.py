"""What the gate bot needs from outside: the results that are kept, and the bundle that decides here."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from functions.gate.results import Results
from writ.adapters.late_results import late_results
from writ.runtime.environment import Environment


@dataclass(frozen=True, slots=True)
class Ports:
    """The gate bot's own ports; `bundle` is the digest of the deployed policies."""

    results: Results
    bundle: Callable[[], str]


def connect(environment: Environment) -> Ports:
    """The ports of a deployed function."""
    from writ.runtime import access

    return Ports(late_results(environment.table("gates")), lambda: access.bundle().digest)
