"""In which order services go back. Pure."""

from __future__ import annotations

from collections.abc import Collection, Mapping


def in_order(service: str, depends_on: Mapping[str, Collection[str]]) -> list[str]:
    """A service and all that depend on it, directly or not: each after everything that depends on it.

    Services that depend on each other in a circle have no such order; they come in the order of their names.
    """
    reached: list[str] = []
    _visit(service, depends_on, set(), reached)
    return reached


def _visit(
    service: str, depends_on: Mapping[str, Collection[str]], seen: set[str], reached: list[str]
) -> None:
    if service in seen:
        return
    seen.add(service)
    for other in sorted(name for name, needed in depends_on.items() if service in needed):
        _visit(other, depends_on, seen, reached)
    reached.append(service)
