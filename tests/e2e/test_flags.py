"""Flags on the running plane: what a person sets reaches the function that asks, and is evidence."""

from __future__ import annotations

from tests.e2e.conftest import Person, World, eventually

QUERY = {"query": "{ __typename }"}
# A function polls once a minute; a new process, which the emulator may start, knows at once.
LONGEST = 90


def graph(person: Person) -> int:
    return person("POST", "v1/graph", QUERY).status_code


def test_a_killed_flag_turns_its_behaviour_off_and_a_wider_rollout_on_again(
    world: World, operator: Person
) -> None:
    assert graph(operator) == 200
    shown = operator("GET", "v1/flags/graph-queries").json()
    assert (shown["now"]["percent"], shown["killed"]) == (100, False)
    killed = operator("POST", "v1/flags/graph-queries/kill", {"reason": "it hurts"})
    assert (killed.status_code, killed.json()["killed"]) == (200, True), killed.text
    assert eventually(lambda: graph(operator) == 503, LONGEST)
    back = operator("PATCH", "v1/flags/graph-queries", {"percent": 100, "reason": "mended"})
    assert back.status_code == 200, back.text
    assert eventually(lambda: graph(operator) == 200, LONGEST)
    assert operator("GET", "v1/flag-debt").json()["items"] == []
    for answer in (killed, back):
        action = operator("GET", f"v1/actions/{answer.headers['Writ-Action']}").json()
        assert (action["outcome"]["status"], len(action["evidence"])) == ("succeeded", 2)
    world.verified()


def test_one_action_is_paused_while_the_bot_goes_on(operator: Person) -> None:
    flag = "v1/flags/graph-queries"
    without = operator("PATCH", flag, {"off_for": ["acme"], "reason": "not acme"})
    assert without.status_code == 200, without.text
    held = operator("POST", "v1/bots/flags/actions/widen-flag/pause", {"reason": "not today"})
    assert held.status_code == 200, held.text
    refused = operator("PATCH", flag, {"off_for": [], "reason": "acme too"})
    assert (refused.status_code, refused.json()["code"]) == (403, "policy.action_paused")
    allowed = operator("PATCH", flag, {"off_for": ["acme", "globex"], "reason": "not them"})
    assert allowed.status_code == 200
    assert operator("POST", "v1/bots/flags/actions/widen-flag/resume", {"reason": "today"}).status_code == 200
    again = operator("PATCH", flag, {"off_for": [], "reason": "everybody"})
    assert again.status_code == 200
