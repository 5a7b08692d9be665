"""Flags as callers and operators see them, through the loop and the project's own policy."""

from __future__ import annotations

import json
from datetime import date, timedelta
from pathlib import Path

import pytest

from functions.flags.api import api
from functions.flags.debt import debt
from functions.flags.handler import bot
from functions.flags.perform import ACTIONS
from tests.support.commands import Command, commanding, shown
from tests.support.controls import command
from tests.support.http import Answer, call
from tests.support.memory import START
from tests.unit.flags.conftest import FlagsPlane, a_flag, catalogue
from writ.contracts.action import Action
from writ.contracts.errors import PermanentError, TransientError
from writ.contracts.flags import Rollout, Setting
from writ.ports.controls import FREEZES


def patch(name: str, **body: object) -> Answer:
    return call(api, "PATCH", f"/v1/flags/{name}", {"reason": "because", **body}, name="Ann")


def kill(name: str) -> Answer:
    return call(api, "POST", f"/v1/flags/{name}/kill", {"reason": "it hurts"}, name="Ann")


def live(flags: FlagsPlane) -> dict[str, object]:
    features: dict[str, object] = json.loads(flags.store.texts[flags.store.live])["features"]
    return features


def test_a_flag_shows_what_is_declared_until_somebody_sets_it(flags: FlagsPlane) -> None:
    seen = call(api, "GET", "/v1/flags/new-search").body
    assert (seen["now"], seen["set"], seen["killed"]) == (seen["declared"], None, False)
    assert seen["used_in"] == ["functions/shop/api.py:7"]
    assert [flag["name"] for flag in call(api, "GET", "/v1/flags").body["items"]] == [
        "new-search",
        "risky-search",
        "search",
    ]


def test_a_wider_rollout_is_deployed_announced_and_keeps_what_was_left_out(flags: FlagsPlane) -> None:
    patch("new-search", on_for=["acme"])
    answer = patch("new-search", percent=40)
    assert (answer.status, answer.body["now"]) == (
        200,
        {"percent": 40, "on_for": ["acme"], "off_for": []},
    )
    assert "new-search" in live(flags)
    event = flags.plane.announced()[-1]
    assert (event.type, event.data.model_dump()["percent"]) == ("FlagChanged.v1", 40)
    assert flags.store.labels[flags.store.live] == answer.headers["Writ-Action"]


def test_more_of_a_risky_flag_waits_for_a_second_person_and_less_does_not(flags: FlagsPlane) -> None:
    waiting = patch("risky-search", percent=50)
    assert (waiting.status, waiting.body["reasons"][0]["code"]) == (202, "risk_high")
    assert flags.store.live == 1
    flags.plane.approve(waiting.body["action"], "bob", bot)
    assert call(api, "GET", "/v1/flags/risky-search").body["now"]["percent"] == 50
    assert patch("risky-search", percent=5).status == 200


def test_a_kill_holds_for_everybody_also_in_a_freeze(flags: FlagsPlane) -> None:
    freeze = {"id": "f", "scope": {}, "owner": "o", "reason": "r", "declared_by": "ann"}
    times = {"starts_at": START.isoformat(), "ends_at": (START + timedelta(days=9)).isoformat()}
    flags.plane.controls.documents[FREEZES] = json.dumps({"items": [{**freeze, **times}]})
    assert patch("search", percent=100, off_for=["acme"]).status == 200
    assert patch("search", percent=100, off_for=[]).body["code"] == "policy.freeze"
    answer = kill("search")
    assert (answer.status, answer.body["killed"], live(flags)["search"]) == (200, True, {"default": False})
    assert flags.plane.announced()[-1].type == "FlagKilled.v1"


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({}, "percent"),
        ({"percent": 101}, "percent"),
        ({"percent": 1.5}, "percent"),
        ({"percent": True}, "percent"),
        ({"on_for": ["a b"]}, "on_for.0"),
        ({"on_for": ["acme"], "off_for": ["acme"]}, "off_for"),
        ({"percent": 5, "reason": " "}, "reason"),
        ({"percent": 5, "colour": "red"}, "colour"),
    ],
)
def test_bad_input_names_the_field_and_changes_nothing(
    flags: FlagsPlane, body: dict[str, object], field: str
) -> None:
    answer = patch("new-search", **body)
    assert (answer.status, answer.body["field"].removeprefix("body.")) == (400, field)
    assert len(flags.store.texts) == 1


def test_an_unknown_flag_is_404(flags: FlagsPlane) -> None:
    assert [patch("nothing", percent=1).status, kill("nothing").status] == [404, 404]
    assert call(api, "GET", "/v1/flags/nothing").status == 404


def test_what_was_approved_before_a_kill_turns_nothing_on_again(flags: FlagsPlane) -> None:
    waiting = patch("risky-search", percent=50)
    kill("risky-search")
    record = flags.plane.approve(waiting.body["action"], "bob", bot)
    assert record.outcome is not None
    assert (record.outcome.code, record.outcome.overtaken) == ("conflict.moved", True)
    assert call(api, "GET", "/v1/flags/risky-search").body["now"]["percent"] == 0


def test_less_of_what_was_killed_meanwhile_gives_it_to_nobody(flags: FlagsPlane) -> None:
    patch("new-search", percent=5)
    (action,) = [record.action for record in flags.plane.actions.records.values()]
    kill("new-search")
    late = Action.of(
        "flags", action.name, action.target, reason="x", once_per=("late",), parameters=action.parameters
    )
    with pytest.raises(PermanentError, match="meanwhile") as raised:
        ACTIONS[late.name].perform(late, flags.ports)
    assert raised.value.code == "conflict.moved"
    assert call(api, "GET", "/v1/flags/new-search").body["now"]["percent"] == 0


def test_a_second_attempt_makes_no_second_version_but_deploys_the_first(flags: FlagsPlane) -> None:
    class Busy(type(flags.store)):  # type: ignore[misc]
        def deploy(self, number: int) -> None:
            raise TransientError("another deployment", code="dependency.contended")

    flags.store.__class__ = Busy
    answer = patch("new-search", percent=40)
    assert answer.status == 503
    (action,) = [record.action for record in flags.plane.actions.records.values()]
    effect = ACTIONS[action.name]
    assert (effect.observe(action, flags.ports), len(flags.store.texts)) == (None, 2)
    flags.store.__class__ = Busy.__mro__[1]
    observed = effect.perform(action, flags.ports)
    assert (flags.store.live, len(flags.store.texts)) == (2, 2)
    assert effect.observe(action, flags.ports) == observed


def test_a_repeat_never_deploys_an_older_version_over_a_newer(flags: FlagsPlane) -> None:
    patch("new-search", percent=40)
    (action,) = [record.action for record in flags.plane.actions.records.values()]
    patch("new-search", percent=50)
    ACTIONS[action.name].perform(action, flags.ports)
    assert flags.store.live == 3


def test_settings_that_nobody_can_read_refuse_a_change(flags: FlagsPlane) -> None:
    flags.store.texts[1] = '{"features": {}}'
    assert patch("new-search", percent=40).body["code"] == "dependency.unreadable"


def test_a_flag_on_for_everybody_is_so_since_the_first_time(flags: FlagsPlane) -> None:
    patch("new-search", percent=100)
    flags.plane.clock.instant = START + timedelta(days=20)
    patch("new-search", percent=100, on_for=["acme"])
    flags.plane.clock.instant = START + timedelta(days=31)
    (item,) = call(api, "GET", "/v1/flag-debt").body["items"]
    assert (item["flag"], item["kind"], item["days"]) == ("new-search", "full", 31)


def test_every_kind_of_debt_is_found_and_a_kill_switch_may_stay_on() -> None:
    settings = {
        "full": Setting(
            rollout=Rollout(percent=100),
            by="ann",
            reason="all",
            since=START,
            full_since=START - timedelta(days=30),
        )
    }
    far = {"added": date(2026, 1, 1), "expires": date(2026, 6, 1)}
    flags = catalogue(
        a_flag("expired", added=date(2026, 1, 1), expires=START.date()),
        a_flag("full", **far),
        a_flag("nobodys", owner="ghosts", **far),
        a_flag("unused", **far),
        a_flag("switch", kind="kill-switch", default=True, expires=None, rollout={"percent": 100}),
        uses=dict.fromkeys(("expired", "full", "nobodys", "switch"), ("x.py:1",)),
    )
    found = [(item.flag, item.kind) for item in debt(flags, settings, START)]
    assert found == [
        ("expired", "expired"),
        ("full", "full"),
        ("nobodys", "no_owner"),
        ("unused", "unused"),
    ]
    day_before = [item.flag for item in debt(flags, settings, START - timedelta(days=1))]
    assert day_before == ["nobodys", "unused"]


def test_the_report_is_published_once_a_day_and_names_what_is_in_debt(flags: FlagsPlane) -> None:
    flags.catalogue = catalogue(a_flag("new-search"), uses={})
    for number in range(2):
        bot.run(command("ScheduleTicked.v1", f"tick-{number}", START, schedule="rate(1 day)"))
    (event,) = flags.plane.announced()
    assert event.type == "FlagDebtReported.v1"
    said = event.data.model_dump()
    assert (said["flags"], [item["kind"] for item in said["items"]]) == (1, ["unused"])


@pytest.fixture
def writ(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, flags: FlagsPlane) -> Command:
    return commanding(monkeypatch, tmp_path, api)


def test_the_terminal_lists_sets_kills_and_shows_debt(writ: Command) -> None:
    assert "everybody" in writ("flags", "list").stdout
    done = shown(writ("flags", "set", "new-search", "--percent", "25", "--reason", "a quarter", "--json"))
    assert (done["now"]["percent"], done["set"]["by"]) == (25, "Ann")
    text = writ("flags", "show", "new-search").stdout
    parts = ("25 %", "a quarter", "10 %", "shops, by their number", "functions/shop/api.py:7")
    assert all(part in text for part in parts)
    named = writ("flags", "set", "new-search", "--percent", "0", "--on-for", "ann", "--reason", "only her")
    assert ("ann alone" in named.stdout, "nobody" in named.stdout) == (True, False)
    emptied = writ("flags", "set", "new-search", "--on-for", "", "--reason", "nor she")
    assert ("ann" in emptied.stdout, "nobody" in emptied.stdout) == (False, True)
    assert "nobody: killed" in writ("flags", "kill", "search", "--reason", "it hurts").stdout
    assert "0 of 3 flags in debt" in writ("flags", "debt").stderr
    waiting = writ("flags", "set", "risky-search", "--percent", "90", "--reason", "all")
    assert "a second person decides" in waiting.stderr
