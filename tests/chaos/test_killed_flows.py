"""Flows on a plane whose functions are killed while they take steps: each ends, nothing is done twice."""

from __future__ import annotations

import os
import random
from collections import Counter
from datetime import UTC, datetime
from typing import Any

import httpx

from tests.chaos.killing import Killing, reported
from tests.e2e.conftest import Person, World, eventually
from tests.e2e.test_people import failing
from writ.ledger.trusted_root import read_trust
from writ.ledger.verify_pack import verify_pack

KILLS = int(os.environ.get("WRIT_KILLS", "12")) // 2
PACKS = 4
# A killed attempt's lease is five minutes; the flow tries for longer than that.
PATIENCE_S = 900


def test_packs_are_made_though_the_functions_that_make_them_die(world: World, operator: Person) -> None:
    killing = Killing(world)
    killing.hasten()
    with reported(killing, "killed-flows"):
        _packs_are_made(world, operator, killing)


def _packs_are_made(world: World, operator: Person, killing: Killing) -> None:
    began = datetime.now(UTC)
    world.send(failing("chaos"))
    world.settle()
    question = {"since": began.isoformat(), "until": datetime.now(UTC).isoformat()}
    places = [operator("POST", "v1/evidence/packs", question).headers["Location"] for _ in range(PACKS)]
    killing.kill(KILLS, random.Random(2026), often="packs")
    for place in places:
        shown = eventually(lambda place=place: _ready(operator, place), seconds=PATIENCE_S)
        assert shown["statements"] >= 2
    trust = read_trust(operator("GET", "v1/log/trust-root").content)
    assert len({_entries(operator, place, trust) for place in places}) == 1
    killing.rest()
    world.verified()
    steps = Counter[tuple[str, str]]()
    for action in operator("GET", "v1/actions", bot="packs", limit="100").json()["items"]:
        steps[action["name"], action["target"]["id"]] += 1
    assert set(steps.values()) == {1}, f"more than once: {steps.most_common(3)}"
    assert len(steps) == 3 * PACKS, f"{len(steps)} steps of {3 * PACKS}"


def _ready(operator: Person, place: str) -> Any:
    shown = operator("GET", place).json()
    assert shown["state"] in {"running", "ready"}, shown
    return shown if shown["state"] == "ready" else None


def _entries(operator: Person, place: str, trust: Any) -> tuple[str, ...]:
    data = httpx.get(operator("GET", place).json()["link"], timeout=30).content
    return tuple(item.entry for item in verify_pack(data, trust).items)
