"""Whether a caller may use a route: asked of policy for every request, denied when it cannot tell."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from functools import cache
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any

from writ.contracts.errors import WritError
from writ.runtime.doors import RUNS, Door
from writ.runtime.environment import current

if TYPE_CHECKING:
    from datetime import datetime

    from writ.contracts.action import Decision
    from writ.policy.bundle import Bundle
    from writ.policy.engine import PolicyEngine


def require(claims: Mapping[str, Any], route: str, door: Door) -> None:
    """Raise `authentication.missing` without a verified subject, `forbidden` where policy says no.

    `route` is method and path template, `GET /v1/bots/{name}` say; `door` tells who verified the claims.
    """
    if not claims.get("sub"):
        raise WritError("no verified caller", code="authentication.missing")
    if not _may(claims, route, door):
        raise WritError("policy does not allow this caller to use this route", code="forbidden")


def _may(claims: Mapping[str, Any], route: str, door: Door) -> bool:
    if door == "workflows":
        return _doorkeeper(door).authorize_run(claims, route, served(current().bot))
    return _doorkeeper(door).authorize(claims, route)


@cache
def served(bot: str) -> Mapping[str, Any]:
    """Whose runs may call which routes of a bot, by the file it was deployed with; nobody's without one."""
    place = Path(next(iter(import_module(f"functions.{bot}").__path__)), RUNS)
    found: Mapping[str, Any] = json.loads(place.read_bytes()) if place.is_file() else {}
    return found


@cache
def bundle() -> Bundle:
    """The policies this process was deployed with."""
    from writ.policy.bundle import Bundle

    return Bundle.load_default()


@cache
def windows() -> Sequence[dict[str, Any]]:
    """The change windows that these policies know."""
    return bundle().windows


@cache
def engine() -> PolicyEngine:
    """The policy engine of this process, compiled at its first use: what decides on actions, and no more."""
    from writ.policy.engine import CALLERS, GATES, PULLS, PolicyEngine

    others = (CALLERS, GATES, PULLS)
    return PolicyEngine(bundle(), only=[name for name in bundle().entrypoints if not name.startswith(others)])


@cache
def _doorkeeper(door: Door) -> PolicyEngine:
    """Knows only who may come in there: what decides on actions takes six times as long to compile."""
    from writ.policy.engine import AUTHORIZATION, OF_RUNS, PolicyEngine

    return PolicyEngine(bundle(), only=OF_RUNS if door == "workflows" else AUTHORIZATION)


class LatePolicy:
    """The engine of this process for whoever may not need it, or not yet: see PolicyEngine."""

    @property
    def bundle(self) -> Bundle:
        return bundle()

    def decide(self, document: Mapping[str, Any], now: datetime) -> Decision:
        return engine().decide(document, now)

    def evaluate(self, entrypoint: str, value: Any) -> Any:
        return engine().evaluate(entrypoint, value)
