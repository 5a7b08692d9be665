"""A release that was promoted, and fails within its guard; and what a pull request is told."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from functions.rollback.guard import BUDGET
from functions.rollback.migrations import NoMigrations
from functions.rollback.shapes import holding
from tests.chaos.rollout.world import Build, World
from tests.support.migrations import CONTRACTED, migrated
from tests.support.rollouts import FUNCTIONS, NEW, OLD, PLAN, SERVICE, WATCH, MemoryHooks, command
from tests.support.tasks import event
from writ.contracts.events.forge import PullRequestNoted
from writ.contracts.events.migrations import MigrationReverseRequested
from writ.rollout.plan import Hook
from writ.rollout.ports import HookAnswer
from writ.rollout.state import Rollout

GUARDED = PLAN.model_copy(update={"guard_s": 3600, "health": Hook(function="shop-health")})
ALARM = {"alarm": "shop-burn", "reason": "Threshold Crossed", "previous": "OK"}


def fresh() -> World:
    world = World(seed=1, build=Build(), calm=True)
    world.faults.rate = 0.0
    return world


def settle(world: World) -> None:
    for _ in range(80):
        world.step()
        if world.is_settled():
            return
    raise AssertionError("it is not over")


def promoted(world: World, version: str = "2", **more: Any) -> Rollout:
    """A release that was rolled out, and is guarded."""
    release = {"id": f"1.{version}.0", "versions": dict.fromkeys(FUNCTIONS, version)}
    watch = WATCH.model_copy(update={"alarms": ("shop-burn",)}).model_dump(mode="json")
    plan = GUARDED.model_dump(mode="json")
    asked = command(plan=plan, release=release, watch=watch, **more)
    world.ask("RolloutRequested.v1", "canary", **asked)
    settle(world)
    [made] = [
        each
        for each in world.rollouts.over.values()
        if each.way == "forward" and each.candidate.id == release["id"]
    ]
    assert made.final == "promoted"
    return made


def raise_alarm(world: World, name: str = "shop-burn") -> None:
    for bot in ("canary", "rollback"):
        world.ask("AlarmRaised.v1", bot, **{**ALARM, "alarm": name})
    settle(world)


def notes(world: World) -> list[PullRequestNoted]:
    return [each.data for each in world.bus.events if isinstance(each.data, PullRequestNoted)]


class Sick(MemoryHooks):
    """A health function that finds a release unhealthy once its rollout is over."""

    def call(self, hook: Hook, rollout: Rollout, key: str) -> HookAnswer:
        super().call(hook, rollout, key)
        return HookAnswer(
            key != "guard" or rollout.candidate.versions != dict.fromkeys(FUNCTIONS, "3"), "no stock"
        )


def test_a_burn_alarm_in_the_guard_takes_the_release_back() -> None:
    world = fresh()
    promoted(world)
    promoted(world, "3")
    raise_alarm(world)
    back = world.rollouts.past(SERVICE, 1)[0]
    assert (back.way, back.candidate.id, back.final) == ("back", "1.2.0", "promoted")
    assert world.aliases.served() == dict.fromkeys(FUNCTIONS, "2")
    assert "shop-burn" in world.incidents.held[back.id].reason


@pytest.mark.parametrize("seconds", [0, 3700])
def test_an_alarm_of_another_service_or_after_the_guard_changes_nothing(seconds: int) -> None:
    world = fresh()
    promoted(world)
    promoted(world, "3")
    world.clock.forward(seconds=seconds)
    raise_alarm(world, "shop-burn" if seconds else "other-burn")
    assert world.aliases.served() == dict.fromkeys(FUNCTIONS, "3")
    assert len(world.rollouts.over) == 2


def test_a_health_check_that_fails_in_the_guard_takes_the_release_back() -> None:
    world = fresh()
    world.hooks = Sick()
    promoted(world)
    promoted(world, "3")
    world.step()
    settle(world)
    assert world.aliases.served() == dict.fromkeys(FUNCTIONS, "2")
    assert "no stock" in world.incidents.held[f"{SERVICE}-3"].reason


def test_slow_health_functions_take_a_part_of_a_tick_and_each_minute_another_one_comes_first() -> None:
    world = fresh()
    made = promoted(world)
    row = world.rollouts.held[SERVICE]
    assert row.guard is not None
    world.rollouts.held.clear()
    for number in range(1, 8):
        id = f"slow{number}-1"
        world.rollouts.over[id] = made.after(id=id)
        guard = row.guard.model_copy(update={"rollout": id})
        world.rollouts.held[f"slow{number}"] = row.model_copy(
            update={"service": f"slow{number}", "guard": guard}
        )
    asked: list[list[str]] = []

    class Slow(MemoryHooks):
        def call(self, hook: Hook, rollout: Rollout, key: str) -> HookAnswer:
            world.clock.forward(seconds=5)
            asked[-1].append(rollout.id)
            return super().call(hook, rollout, key)

    world.hooks = Slow()
    for _ in range(7):
        asked.append([])
        began = world.clock.now()
        world.tick("rollback")
        assert world.clock.now() - began <= BUDGET + timedelta(seconds=5)
        world.clock.forward(seconds=40)
    assert {len(each) for each in asked} == {4}
    assert {id for each in asked for id in each} == {f"slow{number}-1" for number in range(1, 8)}


def test_a_guard_that_is_over_is_not_read_again(monkeypatch: pytest.MonkeyPatch) -> None:
    world = fresh()
    promoted(world)
    world.clock.forward(seconds=3700)
    monkeypatch.setattr(world.rollouts, "read", lambda service: pytest.fail(f"{service} was read"))
    world.tick("rollback")


def test_what_was_taken_back_is_not_gone_back_to_and_without_a_good_release_it_is_an_incident_only() -> None:
    world = fresh()
    first = promoted(world)
    world.rollouts.over[first.id] = first.after(healthy=None)
    second = promoted(world, "3")
    raise_alarm(world)
    assert world.aliases.served() == dict.fromkeys(FUNCTIONS, "3")
    incident = world.incidents.held[second.id]
    assert (incident.severity, "shop-burn" in incident.reason) == ("major", True)
    raise_alarm(world)
    assert len(world.rollouts.over) == 2


@pytest.mark.parametrize("contract", ["undo", "none"])
def test_a_release_that_fails_after_a_contract_has_the_data_restored_first_and_once(
    monkeypatch: pytest.MonkeyPatch, contract: str
) -> None:
    world = fresh()
    world.hooks = Sick()
    promoted(world)
    held = migrated(*CONTRACTED, release="1.3.0", reverse={"contract": contract})
    monkeypatch.setattr(NoMigrations, "holding", lambda *_: holding([held]))
    failed = promoted(world, "3")
    for _ in range(3):
        world.step()
    asked = [each.data.then for each in world.bus.events if isinstance(each.data, MigrationReverseRequested)]
    assert [then and then.service for then in asked] == ([SERVICE] if contract == "undo" else [])
    assert "no stock" in world.incidents.held[failed.id].reason
    assert world.aliases.served() == dict.fromkeys(FUNCTIONS, "3")


def test_an_alarm_that_an_open_rollout_names_takes_the_candidate_back() -> None:
    world = fresh()
    watch = WATCH.model_copy(update={"alarms": ("shop-burn",)}).model_dump(mode="json")
    world.ask("RolloutRequested.v1", "canary", **command(watch=watch))
    for _ in range(2):
        world.step()
    raise_alarm(world)
    ended = world.rollouts.over[f"{SERVICE}-1"]
    assert (ended.final, "shop-burn" in (ended.stop or "")) == ("reverted", True)
    assert world.aliases.served() == OLD.versions


def test_an_alarm_from_before_a_release_takes_it_back_neither_while_it_is_rolled_out_nor_after() -> None:
    world = fresh()
    promoted(world)
    late = event("AlarmRaised.v1", "late-1", world.clock.now(), **ALARM)
    world.clock.forward(seconds=1)
    watch = WATCH.model_copy(update={"alarms": ("shop-burn",)}).model_dump(mode="json")
    release = {"id": "1.3.0", "versions": dict.fromkeys(FUNCTIONS, "3")}
    asked = command(watch=watch, release=release, plan=GUARDED.model_dump(mode="json"))
    world.ask("RolloutRequested.v1", "canary", **asked)
    for _ in range(2):
        world.step()
    row = world.rollouts.held[SERVICE]
    assert row.rollout is not None
    assert row.rollout.stage >= 0
    world.deliver("canary", late)
    world.deliver("rollback", late)
    settle(world)
    world.deliver("rollback", late)
    settle(world)
    assert world.aliases.served() == dict.fromkeys(FUNCTIONS, "3")
    assert len(world.rollouts.over) == 2


def test_a_pull_request_is_told_of_every_step_of_its_release() -> None:
    world = fresh()
    promoted(world, repository="acme/shop", pull_request=42)
    said = [note.text.partition("\n")[0] for note in notes(world)]
    assert said[0].startswith("The rollout of **1.2.0** on shop has begun")
    assert [any(part in text for text in said) for part in ("10%", "50%", "everything", "✔")] == [True] * 4
    assert {(note.repository, note.pull_request, note.topic) for note in notes(world)} == {
        ("acme/shop", 42, "rollout")
    }
    times = [note.noted_at for note in notes(world)]
    assert times == sorted(times)


def test_a_pull_request_is_told_why_its_release_was_taken_back_and_where_the_record_is() -> None:
    world = fresh()
    world.story = "worse"
    world.ask("RolloutRequested.v1", "canary", **command(repository="acme/shop", pull_request=42))
    settle(world)
    said = [note.text for note in notes(world)]
    assert any("taken back" in text and "errors" in text for text in said)
    assert "GET /v1/incidents/shop-1" in said[-1]
    assert NEW.id in "".join(said)


def test_a_reason_marks_nothing_up_and_names_nobody() -> None:
    from writ.rollout.notes import plain

    assert plain("see @ann\n[x](y) `z`") == "see @\u200bann \\[x\\](y) \\`z\\`"
