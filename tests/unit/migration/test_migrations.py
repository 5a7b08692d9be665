"""Migrations by the API and the command line, taken on by their real flow, under the project's policy."""

from __future__ import annotations

import json
import time
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from functions.migration import handler
from functions.migration.api import api
from tests.support.commands import Command, commanding, shown
from tests.support.http import Answer, call
from tests.support.migrations import DOCUMENT, TABLE
from tests.support.migrations_plane import MigrationsPlane
from tests.support.reviewed import review_everything
from tests.support.rollouts import NEW, OLD, rollout
from tests.support.tasks import event
from writ.contracts.action import ASKED_BY
from writ.migration.state import Ending
from writ.ports.controls import FREEZES, budget_key, service_digest
from writ.rollout.state import Result, Row

START = "/v1/migrations"


@pytest.fixture
def world(monkeypatch: pytest.MonkeyPatch) -> MigrationsPlane:
    world = MigrationsPlane()
    world.connect(monkeypatch)
    return world


@pytest.fixture
def writ(world: MigrationsPlane, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Command:
    """Commands; whoever waits for the plane lets it go on."""
    monkeypatch.setattr(time, "sleep", lambda _seconds: world.settle())
    return commanding(monkeypatch, tmp_path, api)


def begin(**changes: Any) -> Answer:
    return call(api, "POST", START, {"document": {**DOCUMENT, **changes}}, name="Ann")


def tell(what: str, reason: str = "it looks wrong") -> Answer:
    return call(api, "POST", f"{START}/orders-total/{what}", {"reason": reason}, name="Ann")


def show(id: str = "orders-total") -> Any:
    answer = call(api, "GET", f"{START}/{id}")
    assert answer.status == 200, answer.body
    return answer.body


def approved(world: MigrationsPlane) -> None:
    """Somebody else approves the contract, and the flow hears of it."""
    action = world.waiting()
    assert action is not None
    world.plane.approve(action, "bob", handler.bot)


def state_after(writ: Command, what: str, reason: str) -> Any:
    return shown(writ("migrations", what, "orders-total", "--reason", reason, "--json"))["state"]


def contracted(world: MigrationsPlane) -> None:
    """The whole way forth."""
    assert begin().status == 202
    world.settle()
    approved(world)
    world.settle()


def test_a_migration_goes_forth_with_a_persons_approval_and_back(world: MigrationsPlane) -> None:
    olds = world.seed(11)
    assert begin().status == 202
    world.settle()
    assert world.record().stage == "switch"
    waiting = world.waiting()
    assert waiting is not None
    asked = world.plane.actions.records[waiting].action.parameters
    assert (asked[ASKED_BY], world.record().by_id) == ("ann", "ann")
    assert all({"total", "amount"} <= item.keys() for item in world.orders.values())
    approved(world)
    world.settle()
    assert (show()["state"], show()["writes"], show()["reads"]) == ("done", "new", "new")
    for id, item in world.orders.items():
        assert item["amount"] == olds[id]["total"]
        assert item["mail_key"]["S"] == olds[id]["mail"]["S"].lower()
        assert "total" not in item
    assert show()["old_version_can_read"] is False
    assert tell("reverse").status == 202
    world.settle()
    assert (show()["state"], show()["old_version_can_read"]) == ("reversed", True)
    assert world.orders == olds


def test_every_stage_is_evidence_and_is_told(world: MigrationsPlane) -> None:
    world.seed(3)
    contracted(world)
    tell("reverse")
    world.settle()
    told = [each.data for each in world.plane.announced()]
    moved = [(e.stage, e.writes, e.reads) for e in told if type(e).__name__ == "MigrationMoved"]  # type: ignore[attr-defined]
    assert moved == [
        ("expand", "both", "old"),
        ("switch", "both", "new"),
        ("leave", "new", "new"),
        ("rejoin", "both", "new"),
        ("return", "both", "old"),
        ("retract", "old", "old"),
    ]
    ends = [e.final for e in told if type(e).__name__ == "MigrationEnded"]  # type: ignore[attr-defined]
    assert ends == ["done", "reversed"]
    for mark in world.record().marks:
        assert f"{mark.action}.intent" in world.plane.evidence.entries


def test_a_dry_run_counts_and_shows_forms_and_writes_nothing(
    world: MigrationsPlane, writ: Command, tmp_path: Path
) -> None:
    olds = world.seed(7)
    file = tmp_path / "migration.json"
    file.write_text(json.dumps(DOCUMENT))
    result = writ("migrations", "plan", str(file))
    assert result.exit_code == 0, result.output
    assert "nothing was written" in result.output
    assert "S AAA" in result.output
    assert "N 99" in result.output
    assert "Ann" not in result.output
    assert world.orders == olds
    assert world.items.writes == 0
    found = shown(writ("migrations", "plan", str(file), "--json"))
    assert (found["state"], found["counts"]["scanned"], found["counts"]["changed"]) == ("surveyed", 7, 7)
    assert not world.migrations.locks


def test_a_dry_run_finds_what_no_change_can_read(
    world: MigrationsPlane, writ: Command, tmp_path: Path
) -> None:
    world.seed(3)
    world.orders["o00001"]["mail"] = {"N": "1"}
    file = tmp_path / "migration.json"
    file.write_text(json.dumps(DOCUMENT))
    result = writ("migrations", "plan", str(file))
    assert result.exit_code == 1
    assert "because mail: it is no string" in result.output


def test_nothing_is_written_while_it_is_paused(world: MigrationsPlane, writ: Command) -> None:
    world.seed(40)
    begin()
    world.until("backfill")
    world.runs.step()
    assert (
        shown(writ("migrations", "pause", "orders-total", "--reason", "wait", "--json"))["state"] == "paused"
    )
    written = world.items.writes
    world.settle()
    assert world.items.writes == written < 40
    listed = writ("migrations", "list").output
    assert "paused" in listed
    assert (
        shown(writ("migrations", "resume", "orders-total", "--reason", "go on", "--json"))["state"]
        == "running"
    )
    world.settle()
    assert world.items.writes == 40


def test_what_a_command_left_behind_outlives_many_batches(world: MigrationsPlane) -> None:
    world.seed(200)
    begin()
    world.until("backfill")
    runner = world.ports.runner
    runner.pause("orders-total", "act-pause", by="ann", reason="wait")
    runner.resume("orders-total", "act-resume", 1)
    paused = runner.find("orders-total", "act-pause")
    for _ in range(30):
        world.runs.step()
    (begun,) = [id for id, one in world.plane.actions.records.items() if one.action.name == "start-migration"]
    assert runner.find("orders-total", begun) is not None
    assert runner.pause("orders-total", "act-pause", by="ann", reason="wait") == paused
    assert world.record().pause is None


def test_an_abort_leaves_what_was_done(world: MigrationsPlane, writ: Command) -> None:
    olds = world.seed(40)
    begin()
    world.until("backfill")
    assert (
        shown(writ("migrations", "abort", "orders-total", "--reason", "no", "--json"))["state"] == "aborted"
    )
    world.settle()
    assert all(item["total"] == olds[id]["total"] for id, item in world.orders.items())
    assert not world.migrations.locks
    refused = shown(writ("migrations", "pause", "orders-total", "--reason", "no", "--json"), 1)
    assert refused["error"]["code"] == "conflict.over"
    assert (
        shown(writ("migrations", "reverse", "orders-total", "--reason", "no", "--json"))["state"]
        == "reversing"
    )
    world.settle()
    assert world.orders == olds


def test_there_is_no_way_back_past_a_step_without_a_reverse(world: MigrationsPlane) -> None:
    world.seed(3)
    begin(reverse={"contract": "none"})
    world.settle()
    approved(world)
    world.settle()
    assert show()["way_back"]["refused"] == "contract was begun, and declares no reverse"
    refused = tell("reverse")
    assert (refused.status, refused.body["code"]) == (409, "conflict.no_return")
    assert world.record().final is Ending.DONE


def freeze(world: MigrationsPlane) -> None:
    """From now on nothing of medium or high risk."""
    freeze = {"id": "f", "scope": {}, "owner": "o", "reason": "r", "declared_by": "ann"}
    times = {"starts_at": "2026-03-01T00:00:00Z", "ends_at": "2026-06-01T00:00:00Z"}
    world.plane.controls.documents[FREEZES] = json.dumps({"items": [{**freeze, **times}]})


def test_why_policy_holds_a_step_is_shown_and_nothing_is_recorded(
    world: MigrationsPlane, writ: Command
) -> None:
    world.seed(3)
    begin()
    world.until("backfill")
    assert show()["next"]["held"] is None
    freeze(world)
    known = dict(world.plane.actions.records)
    held = show()["next"]["held"]
    assert held == {"verdict": "deny", "code": "freeze", "message": "frozen by f until 2026-06-01T00:00Z"}
    assert world.plane.actions.records == known
    said = " ".join(writ("migrations", "show", "orders-total").output.split())
    assert "denied freeze: frozen by f until 2026-06-01T00:00Z" in said


def test_a_step_that_a_person_has_to_let_pass_says_so(world: MigrationsPlane, writ: Command) -> None:
    world.seed(3)
    begin()
    world.until("backfill")
    key = budget_key(service_digest("migration"))
    world.plane.controls.documents[key] = json.dumps({"budget": "review"})
    assert (show()["state"], show()["next"]["held"]["verdict"]) == ("running", "review")
    assert "waits for a person" in writ("migrations", "show", "orders-total").output


@pytest.mark.parametrize("words", [["start"], ["plan"], ["start", "--wait"]])
def test_a_start_that_waits_for_a_person_says_why_and_how_it_is_answered(
    world: MigrationsPlane,
    writ: Command,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    words: list[str],
) -> None:
    file = tmp_path / "migration.json"
    file.write_text(json.dumps(DOCUMENT))
    review_everything(monkeypatch)
    asked = writ("migrations", *words, str(file))
    assert asked.exit_code == 0, asked.output
    assert "budget_low: little error budget is left" in asked.output
    assert f"writ actions approve {world.waiting()} --reason …" in asked.stderr


def test_whoever_watches_is_told_that_it_waits_for_a_person(
    world: MigrationsPlane, writ: Command, tmp_path: Path
) -> None:
    world.seed(3)
    file = tmp_path / "migration.json"
    file.write_text(json.dumps(DOCUMENT))
    waited = writ("migrations", "start", str(file), "--wait")
    assert world.waiting() is not None
    assert "it waits for a person (nobody reads the old shape" in waited.stderr
    assert "writ actions approve" in waited.stderr


def test_a_freeze_holds_what_writes_and_not_the_way_back(world: MigrationsPlane) -> None:
    olds = world.seed(3)
    begin()
    world.until("backfill")
    world.runs.step()
    freeze(world)
    world.settle()
    assert (show()["state"], show()["pause"]["code"]) == ("halted", "freeze")
    assert tell("reverse").status == 202
    world.settle()
    assert show()["state"] == "reversed"
    assert world.orders == olds


def test_the_old_shape_stays_while_somebody_reads_it_or_a_rollout_is_open(world: MigrationsPlane) -> None:
    world.seed(3)
    world.reads.count_is = None
    begin()
    for _ in range(80):
        world.runs.step()
    assert show()["next"]["reason"] == "it is not known whether anybody reads the old shape"
    world.reads.count_is = 4
    assert show()["next"]["reason"] == "the old shape was read 4 times lately"
    world.reads.count_is = 0
    world.rollouts.held["shop"] = Row(service="shop", rollout=rollout())
    assert show()["next"]["reason"] == "shop-1 is open for shop"
    assert world.waiting() is None


@pytest.mark.parametrize("count", [4, None])
def test_a_person_lets_the_old_shape_go_only_while_nobody_reads_it(
    world: MigrationsPlane, count: float | None
) -> None:
    world.seed(3)
    begin()
    world.settle()
    world.reads.count_is = count
    approved(world)
    for _ in range(20):
        world.runs.step()
    assert world.record().stage == "switch"
    world.reads.count_is = 0
    world.settle()
    approved(world)
    world.settle()
    assert world.record().final is Ending.DONE


def test_a_release_that_is_taken_back_takes_its_migration_with_it(world: MigrationsPlane) -> None:
    olds = world.seed(3)
    begin(release="1.4.0")
    world.until("switch")
    world.rollouts.over["shop-1"] = rollout()
    end = {"rollout": "shop-1", "service": "shop", "release": "1", "way": "forward", "reason": "errors"}
    handler.bot.run(event("RolloutEnded.v1", "end-1", final="reverted", **end))
    assert show()["back"].startswith("1.4.0 was taken back from shop")
    assert show()["old_version_can_read"] is True
    world.settle()
    assert world.orders == olds


def ended(id: str, **changes: Any) -> None:
    """A rollout of the shop is over."""
    told = {"rollout": id, "service": "shop", "release": "1", "way": "forward", "reason": "errors", **changes}
    handler.bot.run(event("RolloutEnded.v1", f"end-{id}", **told))


def test_a_rollback_of_a_promoted_release_takes_its_migration_with_it(world: MigrationsPlane) -> None:
    olds = world.seed(3)
    begin(release="1.4.0")
    world.until("switch")
    world.rollouts.over["shop-1"] = rollout(final=Result.PROMOTED)
    ended("shop-1", final="promoted", release="1.4.0")
    assert show()["back"] is None
    back = rollout(id="shop-2", way="back", baseline=NEW, candidate=OLD, final=Result.PROMOTED)
    world.rollouts.over["shop-2"] = back
    ended("shop-2", final="promoted", way="back")
    assert show()["back"].startswith("1.4.0 was taken back from shop")
    world.settle()
    assert world.orders == olds


@pytest.mark.parametrize("promoted", [True, False])
def test_what_was_done_for_a_release_that_was_promoted_once_outlives_another_try_of_it(
    world: MigrationsPlane, promoted: bool
) -> None:
    world.seed(3)
    begin(release="1.4.0")
    world.settle()
    approved(world)
    world.settle()
    assert world.record().final is Ending.DONE
    world.rollouts.over["shop-1"] = rollout(final=Result.PROMOTED if promoted else Result.REVERTED)
    world.rollouts.over["shop-2"] = rollout(id="shop-2", final=Result.REVERTED)
    ended("shop-2", final="reverted")
    assert (show()["back"] is None) is promoted


def test_a_service_goes_back_once_its_data_can_be_read_again(world: MigrationsPlane) -> None:
    world.seed(3)
    contracted(world)
    then = {"service": "shop", "release": "1.3.0", "reason": "users complain"}
    wanted: dict[str, Any] = {"migration": "orders-total", "reason": "users complain", "then": then}
    handler.bot.run(event("MigrationReverseRequested.v1", "back-1", **wanted))
    rolled: list[str] = []
    while not rolled and world.runs.step():
        rolled = [each.type for each in world.plane.bus.events if each.type == "RollbackRequested.v1"]
        assert not rolled or all("total" in item for item in world.orders.values())
    assert rolled == ["RollbackRequested.v1"]


@pytest.mark.parametrize("paused", [False, True])
def test_who_asks_for_the_old_shape_while_it_is_on_its_way_back_is_told_as_well(
    world: MigrationsPlane, paused: bool
) -> None:
    world.seed(3)
    contracted(world)
    tell("reverse")
    world.until("restore")
    if paused:
        tell("pause")
    then = {"service": "shop", "release": "1.3.0", "reason": "users complain"}
    wanted: dict[str, Any] = {"migration": "orders-total", "reason": "users complain", "then": then}
    for number in range(2):
        handler.bot.run(event("MigrationReverseRequested.v1", f"back-{number}", **wanted))
    assert world.record().pause is None
    world.settle()
    rolled = [each for each in world.plane.bus.events if each.type == "RollbackRequested.v1"]
    assert len(rolled) == 1
    assert world.record().final is Ending.REVERSED


def test_a_stage_waits_until_everybody_has_its_flag(world: MigrationsPlane) -> None:
    world.seed(3)
    world.flags.shares["orders-both"] = 0
    begin(flags={"both": "orders-both"})
    world.until("expand")
    (asked,) = [each.data for each in world.plane.announced() if each.type == "FlagChangeRequested.v1"]
    assert (asked.flag, asked.percent) == ("orders-both", 100)  # type: ignore[attr-defined]
    for share in (0, 50, 99):
        world.flags.shares["orders-both"] = share
        for _ in range(20):
            world.runs.step()
        said = "the flag orders-both is not on for everybody yet, asked for at 2026-03-02T10:"
        assert show()["next"]["reason"].startswith(said)
    world.flags.shares["orders-both"] = 100
    world.until("backfill")


@pytest.mark.parametrize("which", ["both", "reads", "only"])
def test_a_flag_that_is_not_there_is_refused_before_anything_is_written(
    world: MigrationsPlane, which: str
) -> None:
    world.seed(3)
    answer = begin(flags={which: "no-flag"})
    assert (answer.status, answer.body["field"]) == (404, f"document.flags.{which}")
    assert world.migrations.read("orders-total") is None
    assert not world.plane.announced()


def test_a_flag_that_was_denied_is_asked_for_again_when_somebody_resumes(world: MigrationsPlane) -> None:
    world.seed(3)
    world.flags.shares["a-flag"] = 0
    begin(flags={"both": "a-flag"})
    world.until("expand")
    tell("pause")
    assert tell("resume").status == 202
    asked = [each.data for each in world.plane.announced() if each.type == "FlagChangeRequested.v1"]
    assert [(each.flag, each.percent) for each in asked] == [("a-flag", 100)] * 2  # type: ignore[attr-defined]
    world.flags.shares["a-flag"] = 100
    world.until("backfill")
    tell("pause")
    tell("resume")
    asked = [each.data for each in world.plane.announced() if each.type == "FlagChangeRequested.v1"]
    assert len(asked) == 2


@pytest.mark.parametrize(
    ("which", "stage", "wait_s"), [("both", "expand", 60), ("reads", "switch", 60), ("only", "leave", 10)]
)
def test_the_waits_of_a_stage_count_from_when_everybody_has_its_flag(
    world: MigrationsPlane, which: str, stage: str, wait_s: int
) -> None:
    world.seed(3)
    world.flags.shares["a-flag"] = 0
    begin(flags={which: "a-flag"})
    if stage == "leave":
        world.settle()
        approved(world)
    world.until(stage)
    world.plane.clock.forward(seconds=3600)
    world.flags.shares["a-flag"] = 100
    while world.record().turned_at is None:
        assert world.runs.step()
    turned = world.record().turned_at
    assert turned is not None
    while world.record().stage == stage and world.waiting() is None:
        assert world.runs.step()
    assert world.plane.clock.now() - turned >= timedelta(seconds=wait_s)
    asked = [each for each in world.plane.announced() if each.type == "FlagChangeRequested.v1"]
    assert len(asked) == 1


def test_a_flag_that_was_turned_off_again_has_to_settle_anew(world: MigrationsPlane) -> None:
    world.seed(3)
    world.flags.shares["a-flag"] = 0
    begin(flags={"both": "a-flag"})
    world.until("expand")
    for share, noted in ((100, True), (50, False), (100, True)):
        world.flags.shares["a-flag"] = share
        while (world.record().turned_at is not None) is not noted:
            assert world.runs.step()
    assert world.record().stage == "expand"
    assert world.record().expanded_at == world.record().turned_at


def test_the_old_shape_is_restored_once_everybody_has_gone_back_to_writing_both(
    world: MigrationsPlane,
) -> None:
    world.seed(3)
    world.flags.shares["a-flag"] = 100
    begin(flags={"only": "a-flag"})
    world.settle()
    approved(world)
    world.settle()
    tell("reverse")
    world.until("rejoin")
    world.plane.clock.forward(seconds=3600)
    world.flags.shares["a-flag"] = 0
    while (turned := world.record().turned_at) is None:
        assert world.runs.step()
    world.until("restore")
    assert world.plane.clock.now() - turned >= timedelta(seconds=10)


def test_an_item_that_cannot_be_read_stops_it_until_it_is_mended(world: MigrationsPlane) -> None:
    world.seed(3)
    world.orders["o00001"]["mail"] = {"N": "1"}
    begin()
    world.settle()
    assert (show()["state"], show()["pause"]["code"], show()["unfit"]) == (
        "halted",
        "migration.unfit",
        ["mail: it is no string"],
    )
    run = world.runs.latest()
    assert run is not None
    assert (run.status, run.error) == ("FAILED", "migration.unfit")  # which raises the alarm for flows
    world.orders["o00001"]["mail"] = {"S": "Ann1@Example.org"}
    assert tell("resume", "mended").status == 202
    world.settle()
    assert world.record().stage == "switch"


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"table": "no"}, "document.table"),
        ({"table": "service-other"}, "document.table"),
        ({"changes": []}, "document.changes"),
        ({"changes": [{"kind": "rename", "source": "total", "target": "id"}]}, "document.changes"),
        ({"changes": [{"kind": "guess", "target": "x"}]}, "document.changes.0"),
        ({"pace": {"batch": 0}}, "document.pace.batch"),
        ({"guards": {}}, "document.guards.old_reads"),
        ({"changes": [{"kind": "rename", "source": "a", "target": "a"}]}, "document.changes.0"),
        ({"surprise": 1}, "document.surprise"),
    ],
)
def test_bad_input_names_its_field_and_changes_nothing(
    world: MigrationsPlane, change: dict[str, Any], field: str
) -> None:
    refused = begin(**change)
    assert refused.status in (400, 404), refused.body
    assert refused.body["field"] == field
    assert "Value error" not in refused.body["detail"]
    assert not world.migrations.held
    assert not world.plane.actions.records


def test_a_table_that_no_service_has_says_which_may_be_named(world: MigrationsPlane) -> None:
    refused = begin(table="writ-local-actions")
    assert refused.body["detail"].endswith("begin with the setting services (service-)")
    assert not world.migrations.held


@pytest.mark.parametrize("what", ["pause", "resume", "abort", "reverse"])
def test_what_is_not_there_cannot_be_told_anything(world: MigrationsPlane, what: str) -> None:
    assert not world.migrations.held
    refused = tell(what)
    assert (refused.status, refused.body["field"]) == (404, "id")
    assert call(api, "GET", f"{START}/orders-total").status == 404


def test_of_a_table_one_migration_is_open(world: MigrationsPlane) -> None:
    world.seed(1)
    assert begin().status == 202
    again = begin()
    assert (again.status, again.body["field"]) == (409, "document.id")
    other = begin(id="another")
    assert (other.status, other.body["field"]) == (409, "document.table")
    assert list(world.migrations.locks) == [TABLE]


def test_what_is_shown_says_what_it_waits_for_and_how_to_come_back(
    world: MigrationsPlane, writ: Command
) -> None:
    world.seed(11)
    begin()
    world.settle()
    output = writ("migrations", "show", "orders-total").output
    assert "return, retract, clean" in output
    assert "both shapes" in output
    assert "11 scanned" in output
