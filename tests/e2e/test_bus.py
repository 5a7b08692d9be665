"""Events that break their contract, and more of them at once than a bot may handle."""

from __future__ import annotations

import json
from collections import Counter
from functools import cache
from typing import Any

from cli.local import dead_letters
from cli.local.dead_letters import Repair
from cli.local.story import read_actions
from tests.e2e.conftest import World, eventually
from writ.contracts.schemas import documents

BURST = 500
AT_ONCE = 3


@cache
def sample_of(path: str) -> str:
    """A generated sample: all are made for one, which takes half a second of a processor."""
    return documents()[path]


def failed_check(number: int) -> dict[str, Any]:
    """The detail of a CheckFailed event, one of many that are about one check."""
    detail: dict[str, Any] = json.loads(sample_of("github/CheckFailed.v1.sample.json"))
    detail["meta"]["id"] = f"burst-{number}"
    detail["data"] |= {"kind": "run", "check_id": 10_000 + number, "name": f"check {number % 20}"}
    return detail


def put(world: World, details: list[dict[str, Any]]) -> None:
    events = world.plane.aws("events")
    for start in range(0, len(details), 10):
        answer = events.put_events(
            Entries=[
                {
                    "EventBusName": world.plane.file.bus_name,
                    "Source": "writ.intake",
                    "DetailType": "CheckFailed.v1",
                    "Detail": json.dumps(detail),
                }
                for detail in details[start : start + 10]
            ]
        )
        assert answer["FailedEntryCount"] == 0


def test_a_broken_event_goes_to_the_dead_letters_with_its_reason_and_is_repaired(world: World) -> None:
    before = world.count("actions")
    detail = failed_check(99_999)
    del detail["data"]["name"]
    put(world, [detail])
    eventually(lambda: world.pulse().dead.get("backlog"))
    assert world.count("actions") == before
    (looked_at,) = dead_letters.resend(world.plane, "backlog", [], dry_run=True)
    assert (looked_at.letter.code, looked_at.letter.field) == ("contract.missing_field", "detail.data.name")
    (sent,) = dead_letters.resend(world.plane, "backlog", [Repair.parse("data.name=lint")])
    assert sent.sent
    eventually(lambda: world.count("actions") == before + 1)
    # It was as broken for the other bot that hears of failed checks.
    eventually(lambda: world.pulse().dead.get("pr"))
    assert [
        each.sent for each in dead_letters.resend(world.plane, "pr", [Repair.parse("data.name=lint")])
    ] == [True]
    assert world.pulse().dead == {}
    world.verified()


def test_a_burst_on_a_bot_limited_to_three_at_once_loses_nothing(world: World) -> None:
    functions = world.plane.aws("lambda")
    name = world.plane.thing("backlog")
    (mapping,) = functions.list_event_source_mappings(FunctionName=name)["EventSourceMappings"]
    functions.update_event_source_mapping(UUID=mapping["UUID"], ScalingConfig={"MaximumConcurrency": AT_ONCE})
    put(world, [failed_check(number) for number in range(BURST)])
    world.verified()
    actions = Counter(
        action.event_id for action in read_actions(world.copy()) if action.event_id.startswith("burst-")
    )
    del actions["burst-99999"]
    assert len(actions) == BURST
    assert set(actions.values()) == {1}
    assert world.pulse().dead == {}
