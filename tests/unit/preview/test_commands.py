"""Previews by the command line and the API, over the bot in memory."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from functions.preview import api as routes
from functions.preview.model import preview_id
from functions.preview.perform import ACTIONS
from tests.support.commands import Command, commanding, shown
from tests.support.previews import REPOSITORY, PreviewWorld
from tests.support.wire import wire
from writ.contracts.action import Action

ID = preview_id(REPOSITORY, 42)


@pytest.fixture
def writ(world: PreviewWorld, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Command:
    world.label()
    world.settle()
    return commanding(monkeypatch, tmp_path, routes.api)


def test_a_preview_is_listed_and_shown(writ: Command) -> None:
    (item,) = shown(writ("previews", "list", "--json"))["items"]
    assert (item["id"], item["state"], item["pull_request"]) == (ID, "ready", 42)
    found = shown(writ("previews", "show", ID, "--json"))
    assert (found["seed"], found["goal"]["way"], found["run"]) == ("service@1", "up", f"{ID}-1")
    assert ID in writ("previews", "list").output
    assert "https://" in writ("previews", "show", ID).output


def test_a_preview_is_extended_by_a_person(world: PreviewWorld, writ: Command) -> None:
    world.plane.clock.forward(seconds=60)
    before = world.previews.rows[ID].expires_at
    answer = shown(writ("previews", "extend", ID, "--json"))
    assert answer["expires_at"] > before.isoformat()


def test_one_that_cannot_live_longer_is_a_conflict(world: PreviewWorld, writ: Command) -> None:
    row = world.previews.rows[ID]
    world.previews.rows[ID] = row.model_copy(update={"expires_at": row.ends_at})
    refused = shown(writ("previews", "extend", ID, "--json"), 1)
    assert refused["error"]["code"] == "conflict.lifetime"


def test_a_cost_ceiling_refuses_an_extension_and_says_so(world: PreviewWorld, writ: Command) -> None:
    world.plane.clock.forward(seconds=60)
    world.previews.teams["demo"]["other-1-00000000"] = 1000
    refused = shown(writ("previews", "extend", ID, "--json"), 1)
    assert refused["error"]["code"] == "policy.quota"
    assert "limit 1000" in refused["error"]["message"]


def test_two_extensions_at_once_do_not_pass_the_cost_ceiling_together(
    world: PreviewWorld, writ: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.plane.clock.forward(seconds=60)
    before = world.previews.rows[ID]
    extend = ACTIONS["extend-preview"].perform

    def late(action: Action, ports: Any) -> Any:
        """Policy has allowed it; then another extension of the team takes what is left."""
        world.previews.teams["demo"]["other-1-00000000"] = 1000
        return extend(action, ports)

    effects = {**ACTIONS, "extend-preview": replace(ACTIONS["extend-preview"], perform=late)}
    wiring = world.plane.wiring("preview", effects, world.wiring().ports)
    wire(monkeypatch, world.bot, routes, wiring)
    refused = shown(writ("previews", "extend", ID, "--json"), 1)
    assert refused["error"]["code"] == "limit.quota"
    assert world.previews.rows[ID] == before


def test_a_preview_is_destroyed_with_a_reason(world: PreviewWorld, writ: Command) -> None:
    asked = shown(writ("previews", "destroy", ID, "--reason", "nobody looks at it", "--json"))
    assert asked["state"] == "removing"
    world.settle()
    assert shown(writ("previews", "show", ID, "--json"))["state"] == "gone"
    again = shown(writ("previews", "destroy", ID, "--reason", "again", "--json"), 1)
    assert again["error"]["code"] == "not_found"


@pytest.mark.parametrize("id", ["nothing", "shop-1-00000000"])
def test_a_preview_that_is_not_there_is_not_found(writ: Command, id: str) -> None:
    assert shown(writ("previews", "show", id, "--json"), 1)["error"]["code"] == "not_found"
