"""Ports that are made when they are first asked for something: a start pays for none it does not need."""

from __future__ import annotations

from collections.abc import Callable
from functools import cached_property
from typing import Any, TypeVar, cast

PortT = TypeVar("PortT")


def late(make: Callable[[], PortT]) -> PortT:
    """What `make` returns, once something of it is asked for; `make` imports what it needs."""
    return cast(PortT, _Late(make))


class _Late:
    def __init__(self, make: Callable[[], object]) -> None:
        self._make = make

    def __getattr__(self, name: str) -> Any:
        return getattr(self._made, name)

    @cached_property
    def _made(self) -> object:
        return self._make()
