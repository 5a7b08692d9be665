"""Faults at port calls: before the effect, after it, or not at all, by a seeded schedule."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from writ.contracts.errors import TransientError


class Crash(BaseException):
    """The process died: nothing may catch this."""


@dataclass
class Faults:
    """Decides the fate of each port call. `rate` is the share of calls that fail in some way."""

    random: random.Random
    rate: float
    log: list[str] = field(default_factory=list)
    meanwhile: Callable[[], None] | None = None
    _nested: bool = False

    def interleave(self) -> None:
        """Let another worker run in the middle of this call, one level deep."""
        if self.meanwhile is None or self._nested:
            return
        self._nested = True
        try:
            self.meanwhile()
        finally:
            self._nested = False

    def wrap(self, port: Any, name: str) -> Any:
        return _Faulty(port, name, self)

    def fate(self) -> str:
        if self.random.random() >= self.rate:
            return "ok"
        return self.random.choice(
            [
                "crash-before",
                "crash-after",
                "error-before",
                "error-after",
                "interleave-before",
                "interleave-after",
            ]
        )


class _Faulty:
    def __init__(self, port: Any, name: str, faults: Faults) -> None:
        self._port, self._name, self._faults = port, name, faults

    def __getattr__(self, method: str) -> Any:
        target = getattr(self._port, method)

        def call(*args: Any, **kwargs: Any) -> Any:
            fate = self._faults.fate()
            if fate != "ok":
                self._faults.log.append(f"{self._name}.{method}: {fate}")
            if fate == "crash-before":
                raise Crash
            if fate == "error-before":
                raise TransientError("injected before the effect")
            if fate == "interleave-before":
                self._faults.interleave()
            result = target(*args, **kwargs)
            if fate == "interleave-after":
                self._faults.interleave()
            if fate == "crash-after":
                raise Crash
            if fate == "error-after":
                raise TransientError("injected after the effect")
            return result

        return call
