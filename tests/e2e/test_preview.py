"""The life of a preview on the running plane, by signed webhooks, with a removal that was left half done."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import httpx

from cli.demo.preview_world import PullRequests, Space
from cli.local.replay import Webhook
from cli.localforge.server import TAKE_IN, LocalServer
from cli.operate.ticks import send
from functions.preview.model import preview_id
from tests.e2e.conftest import Person, World, eventually

REPOSITORY = "writ-demo/shop"
LONGEST = 150


def tick(world: World) -> None:
    """Wake the sweeper as its schedule does, without waiting for that."""
    send(world.plane, "preview", "rate(1 minute)")


def test_a_preview_is_built_called_updated_and_nothing_is_left_of_a_half_removed_one(
    world: World, operator: Person, forge: LocalServer
) -> None:
    def opened(webhooks: Sequence[Webhook]) -> None:
        # What the bot is to note on is there: notes that fail spend the budget that merges go by.
        for webhook in webhooks:
            httpx.post(forge.address + TAKE_IN, content=webhook.body).raise_for_status()

    pull_requests, space = PullRequests(world.plane, opened), Space(world.plane)
    number = pull_requests.number()
    id = preview_id(REPOSITORY, number)

    def preview(state: str, **expected: Any) -> Any:
        found = operator("GET", f"v1/previews/{id}")
        wanted = {"state": state, **expected}
        shown = found.json() if found.status_code == 200 else {}
        return shown if all(shown.get(name) == value for name, value in wanted.items()) else None

    pull_requests.label(number)
    ready = eventually(lambda: preview("ready"), LONGEST)
    answer = space.get(ready["url"], "/items")
    assert {item["id"] for item in answer["items"]} >= {"article-1", "customer-1", "order-1"}
    assert [item["email"] for item in answer["items"] if "email" in item] == ["[redacted]"]

    commit = pull_requests.push(number)
    eventually(lambda: preview("ready", commit=commit), LONGEST)
    assert space.get(ready["url"], "/items")["commit"] == commit
    assert operator("POST", f"v1/previews/{id}/extend").status_code == 200

    space.protect(id, protected=True)
    pull_requests.close(number)
    assert "TerminationProtection" in eventually(lambda: space.failed_run(id), LONGEST)
    assert space.left_of(id)
    space.protect(id, protected=False)

    def swept() -> Any:
        tick(world)
        return preview("gone")

    eventually(swept, LONGEST)
    assert space.left_of(id) == []
    assert operator("GET", "v1/previews/shop-1-00000000").status_code == 404
    world.verified()
