"""Rollouts by the command line and the API, over both bots in memory without faults."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from functions.canary import api as canary_routes
from functions.canary import handler as canary
from functions.rollback import api as rollback_routes
from functions.rollback import handler as rollback
from functions.rollback.migrations import NoMigrations
from functions.rollback.shapes import holding
from tests.chaos.rollout.world import Build, World
from tests.support.commands import Command, commanding, shown
from tests.support.http import call
from tests.support.migrations import CONTRACTED, migrated
from tests.support.reviewed import review_everything
from tests.support.rollouts import NEW, OLD, SERVICE, command
from writ.ports.flows import RunState
from writ.rollout.kept import Judged
from writ.runtime.testimony import intent_id


@pytest.fixture
def world(monkeypatch: pytest.MonkeyPatch) -> World:
    world = World(seed=1, build=Build(), calm=True)
    world.faults.rate = 0.0
    for name, module in (("canary", canary), ("rollback", rollback)):
        monkeypatch.setitem(module.bot.__dict__, "wiring", world.bot(name).wiring)
    monkeypatch.setattr(canary_routes, "_rollouts", lambda: world.rollouts)
    monkeypatch.setattr(rollback_routes, "_incidents", lambda: world.incidents)
    monkeypatch.setattr(rollback_routes, "_rollouts", lambda: world.rollouts)
    return world


@pytest.fixture
def writ(world: World, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Command:
    assert world.calm
    return commanding(monkeypatch, tmp_path, canary_routes.api)


@pytest.fixture
def wanted(tmp_path: Path) -> str:
    body = {name: value for name, value in command().items() if name != "by"}
    file = tmp_path / "rollout.json"
    file.write_text(json.dumps(body))
    return str(file)


def settle(world: World) -> None:
    for _ in range(60):
        world.step()
        if world.is_settled():
            return
    raise AssertionError("it is not over")


def test_a_release_is_rolled_out_and_shown_with_its_trail(world: World, writ: Command, wanted: str) -> None:
    begun = shown(writ("canary", "start", wanted, "--json"))
    assert (begun["id"], begun["state"]) == ("shop-1", "starting")
    begun_by = world.rollouts.find("shop-1")
    assert begun_by is not None
    assert begun_by.by_id
    settle(world)
    kept = world.rollouts.find("shop-1")
    assert kept is not None
    assert (kept.by, kept.by_id) == (begun_by.by, "")  # an id would outlive the erasure of whose it is
    found = shown(writ("canary", "status", "shop-1", "--json"))
    assert (found["final"], found["healthy"]) == ("promoted", True)
    assert [entry["kind"] for entry in found["trail"]] == ["start", "shift", "shift", "promote", "close"]
    assert all(entry["end"] == "done" and entry["action"] for entry in found["trail"])
    assert world.aliases.served() == NEW.versions
    listed = writ("canary", "status")
    assert "shop-1" in listed.output
    assert "promoted" in listed.output


def test_a_start_that_waits_for_a_person_says_why_and_how_it_is_answered(
    world: World, writ: Command, wanted: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    review_everything(monkeypatch)
    asked = writ("canary", "start", wanted)
    (action,) = world.actions.records
    assert "budget_low: little error budget is left" in asked.output
    assert f"writ actions approve {action} --reason …" in asked.stderr
    assert "'code'" not in asked.output


def test_a_second_rollout_of_the_service_is_a_conflict(writ: Command, wanted: str) -> None:
    writ("canary", "start", wanted)
    refused = shown(writ("canary", "start", wanted, "--json"), 1)
    assert refused["error"]["code"] == "conflict.rollout"
    assert refused["error"]["field"] == "group.service"


def test_a_rollout_that_cannot_begin_is_refused_and_is_no_failure_of_the_bot(
    world: World, writ: Command, wanted: str
) -> None:
    body = json.loads(Path(wanted).read_text())
    group, release = body["group"], body["release"]
    typed = {**group, "functions": ["service-typed-wrong"]}
    wrong = {
        ("not_found", "group.functions"): {
            "group": typed,
            "release": {**release, "versions": {"service-typed-wrong": "2"}},
        },
        ("conflict.release", "release.versions"): {"release": {**release, "versions": OLD.versions}},
    }
    for (code, field), changes in wrong.items():
        Path(wanted).write_text(json.dumps({**body, **changes}))
        refused = shown(writ("canary", "start", wanted, "--json"), 1)["error"]
        assert (refused["code"], refused["field"]) == (code, field)
    assert not world.actions.records
    assert not world.rollouts.held


def test_an_abort_takes_a_rollout_back(world: World, writ: Command, wanted: str) -> None:
    writ("canary", "start", wanted)
    world.step()
    aborted = shown(writ("canary", "abort", "shop-1", "--reason", "wrong release", "--json"))
    assert aborted["state"] == "reverting"
    settle(world)
    found = shown(writ("canary", "status", "shop-1", "--json"))
    assert found["final"] == "reverted"
    assert "wrong release" in found["reason"]
    assert world.aliases.served() == OLD.versions
    answer = call(rollback_routes.api, "GET", "/v1/incidents/shop-1")
    assert (answer.status, answer.body["severity"], answer.body["service"]) == (200, "minor", "shop")
    assert answer.body["looks"] == found["looks"] == []


def test_an_abort_frees_the_service_at_once_while_its_flow_sleeps(
    world: World, writ: Command, wanted: str
) -> None:
    body = json.loads(Path(wanted).read_text())
    Path(wanted).write_text(json.dumps({**body, "plan": {**body["plan"], "verify_s": 0}}))
    writ("canary", "start", wanted)
    for _ in range(3):
        world.step()
    assert [run.state for run in world.flows.runs.values()] == [RunState.RUNNING]
    writ("canary", "abort", "shop-1", "--reason", "wrong release")
    before = world.clock.now()
    while world.queue or world.delivered < len(world.bus.events):
        world.route()
        queued, world.queue = world.queue, []
        for bot, event in queued:
            world.deliver(bot, event)
    assert world.clock.now() == before
    assert world.rollouts.open() == []
    assert world.aliases.served() == OLD.versions
    settle(world)
    assert {run.state for run in world.flows.runs.values()} == {RunState.SUCCEEDED}
    assert {record.outcome.status for record in world.actions.records.values() if record.outcome} == {
        "succeeded"
    }


def test_the_judgement_that_decided_a_move_is_shown_with_the_rollout(
    world: World, writ: Command, wanted: str
) -> None:
    writ("canary", "start", wanted)
    settle(world)
    looks = shown(writ("canary", "status", "shop-1", "--json"))["looks"]
    assert [(look["seq"], look["kind"]) for look in looks] == [(2, "shift"), (3, "promote")]
    assert all(look["judgement"]["verdict"] == "pass" for look in looks)
    drawn = writ("canary", "status", "shop-1").output
    assert "seen when it was decided: #3 promote" in drawn
    assert "✔ pass" in drawn


def test_what_an_open_rollout_waits_for_is_looked_at_and_shown(
    world: World, writ: Command, wanted: str
) -> None:
    world.story = "unknown"
    writ("canary", "start", wanted)
    for _ in range(3):
        world.step()
    coming = shown(writ("canary", "status", "shop-1", "--json"))["next"]
    assert (coming["what"], coming["reason"], coming["verdict"]) == (None, "not settled yet", "unknown")
    said = writ("canary", "status", "shop-1").output
    assert "seen now" in said
    assert "not settled yet" in said
    settle(world)
    assert shown(writ("canary", "status", "shop-1", "--json"))["next"] is None


def test_a_release_that_fails_leaves_its_judgement_in_the_incident_and_in_signed_evidence(
    world: World, writ: Command, wanted: str
) -> None:
    world.story = "worse"
    writ("canary", "start", wanted)
    settle(world)
    (look,) = call(rollback_routes.api, "GET", "/v1/incidents/shop-1").body["looks"]
    assert (look["kind"], look["judgement"]["verdict"]) == ("revert", "fail")
    intent = world.evidence.entries[intent_id(look["action"])]
    move = intent["predicate"]["action"]["parameters"]["move"]
    assert Judged.model_validate(move["judged"]) == Judged.model_validate(look["judgement"])


def test_incidents_are_listed_the_newest_first_with_their_releases(
    world: World, writ: Command, wanted: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    for id in ("shop-1", "shop-2"):
        assert writ("canary", "start", wanted).exit_code == 0
        world.step()
        writ("canary", "abort", id, "--reason", "wrong")
        settle(world)
    page = call(rollback_routes.api, "GET", "/v1/incidents", query={"limit": "1"}).body
    assert ([item["id"] for item in page["items"]], page["next_cursor"]) == (["shop-2"], "shop-2")
    asking = commanding(monkeypatch, tmp_path, rollback_routes.api)
    items = shown(asking("incidents", "list", "--json"))["items"]
    assert [item["id"] for item in items] == ["shop-2", "shop-1"]
    assert {item["from_release"] for item in items} == {"1.4.0"}
    kept = world.rollouts.find("shop-1")
    assert kept is not None
    assert items[1]["to_release"] == kept.baseline.id
    said = asking("incidents", "list").output
    assert f"1.4.0 to {kept.baseline.id}" in said
    assert said.index("shop-2") < said.index("shop-1")
    assert "wrong" in asking("incidents", "show", "shop-1").output
    assert shown(asking("incidents", "show", "shop-9", "--json"), 1)["error"]["code"] == "not_found"


@pytest.mark.parametrize("id", ["shop-2", "shop", "past%2F1"])
def test_an_incident_that_is_not_there_is_no_fault(world: World, id: str) -> None:
    assert world.calm
    answer = call(rollback_routes.api, "GET", f"/v1/incidents/{id}")
    assert (answer.status, answer.body["field"]) == (404, "id")


def test_a_rollback_puts_the_earlier_release_back(
    world: World, writ: Command, wanted: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    file = Path(wanted)
    earlier = json.loads(file.read_text())
    for id, version in (("1.3.0", "2"), ("1.4.0", "3")):
        versions = dict.fromkeys(OLD.versions, version)
        file.write_text(json.dumps({**earlier, "release": {"id": id, "versions": versions}}))
        assert writ("canary", "start", wanted).exit_code == 0
        settle(world)
    rolling = commanding(monkeypatch, tmp_path, rollback_routes.api)
    begun = shown(rolling("rollback", SERVICE, "--reason", "users complain", "--json"))
    assert begun["id"] == "shop-3"
    writ = commanding(monkeypatch, tmp_path, canary_routes.api)
    refused = shown(writ("canary", "abort", "shop-3", "--reason", "no", "--json"), 1)
    assert refused["error"]["code"] == "conflict.rollback"
    settle(world)
    found = world.rollouts.find("shop-3")
    assert found is not None
    assert (found.candidate.id, found.way) == ("1.3.0", "back")
    assert world.aliases.served() == dict.fromkeys(OLD.versions, "2")


def test_a_rollback_across_a_contract_says_that_the_data_go_first_and_where_to_see_it(
    world: World, writ: Command, wanted: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = Path(wanted)
    asked = json.loads(file.read_text())
    for id, version in (("1.3.0", "2"), ("1.4.0", "3")):
        file.write_text(
            json.dumps({**asked, "release": {"id": id, "versions": dict.fromkeys(OLD.versions, version)}})
        )
        assert writ("canary", "start", wanted).exit_code == 0
        settle(world)
    monkeypatch.setattr(NoMigrations, "holding", lambda *_: holding([migrated(*CONTRACTED)]))
    said = {"service": SERVICE, "reason": "users complain"}
    answer = call(rollback_routes.api, "POST", "/v1/rollbacks", said)
    assert (answer.status, answer.body) == (202, {"service": SERVICE, "state": "restoring data"})
    assert answer.headers["Location"] == "/v1/migrations/orders-total"
    assert world.rollouts.find("shop-3") is None


def test_a_rollback_without_a_good_release_says_so(
    world: World, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    assert not world.rollouts.held
    rolling = commanding(monkeypatch, tmp_path, rollback_routes.api)
    refused = shown(rolling("rollback", SERVICE, "--reason", "users complain", "--json"), 1)
    assert (refused["error"]["code"], refused["error"]["field"]) == ("not_found", "service")


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"release": {"id": "1", "versions": {}}}, "release.versions"),
        ({"plan": {"steps": [{"weight": 2}]}}, "plan.steps.0.weight"),
        ({"plan": {"steps": [{"weight": 0.5}, {"weight": 0.1}]}}, "plan"),
        ({"group": {"service": "shop", "functions": []}}, "group.functions"),
        ({"watch": {}}, "watch.criteria"),
        ({"surprise": 1}, "surprise"),
    ],
)
def test_bad_input_names_its_field_and_changes_nothing(
    world: World, writ: Command, wanted: str, change: dict[str, object], field: str
) -> None:
    body = {**json.loads(Path(wanted).read_text()), **change}
    Path(wanted).write_text(json.dumps(body))
    refused = shown(writ("canary", "start", wanted, "--json"), 2)
    assert refused["error"]["field"] == field
    assert not world.rollouts.held
    assert not world.actions.records
