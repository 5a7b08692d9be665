"""What the policy bot needs from outside: the controls, the bundle that decides, and the time."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

from writ.adapters.control_table import ControlTable
from writ.adapters.system import SystemClock
from writ.contracts.action import Decision
from writ.policy.bundle import Bundle
from writ.ports.clock import Clock
from writ.ports.controls import ControlStore
from writ.runtime.access import LatePolicy
from writ.runtime.environment import Environment


class Rules(Protocol):
    """The deployed bundle and its answers."""

    @property
    def bundle(self) -> Bundle: ...

    def decide(self, document: Mapping[str, Any], now: datetime) -> Decision: ...

    def evaluate(self, entrypoint: str, value: Any) -> Any: ...


@dataclass(frozen=True, slots=True)
class Ports:
    """The policy bot's own ports."""

    controls: ControlStore
    rules: Rules
    clock: Clock

    def waivable(self) -> Sequence[str]:
        """The rules that an exception may waive. Raises PolicyError when the bundle does not say."""
        return tuple(str(rule) for rule in self.rules.evaluate("writ/actions/waivable", {}))

    def breakable(self) -> Sequence[str]:
        """The rules that break-glass may override. Raises PolicyError when the bundle does not say."""
        return tuple(str(rule) for rule in self.rules.evaluate("writ/actions/breakable", {}))


def connect(environment: Environment) -> Ports:
    """The ports of a deployed function."""
    return Ports(ControlTable(environment.table("controls")), LatePolicy(), SystemClock())
