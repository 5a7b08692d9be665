"""Notes through the whole loop: one comment a pull request, whatever the forge and the plane do meanwhile."""

from __future__ import annotations

import itertools
import os
import random
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from functions.pr import perform
from functions.pr.comment import render
from functions.pr.ports import Ports
from tests.support.controls import LEASE
from tests.support.faults import Crash, Faults
from tests.support.pull_requests import PULL, Commenting, noted
from writ.contracts.action import Status
from writ.contracts.errors import (
    BusyError,
    ContendedError,
    ForgeBusyError,
    PermanentError,
    TransientError,
    WritError,
)
from writ.contracts.event import AnyEvent
from writ.ports.actions import Phase
from writ.runtime.wiring import Wiring

SCHEDULES = int(os.environ.get("WRIT_CHAOS_SCHEDULES", "60"))

pytestmark = pytest.mark.usefixtures("decisions_remembered")


@pytest.fixture
def commenting() -> Commenting:
    return Commenting()


def shown(commenting: Commenting) -> str:
    (comment,) = commenting.github.ours
    return comment.body


def test_notes_of_topics_are_sections_of_one_comment_and_carry_a_writ(commenting: Commenting) -> None:
    commenting.note("preview", "building")
    commenting.note("gate", "passed")
    (record,) = commenting.note("preview", "ready")
    body = shown(commenting)
    assert "> passed" in body
    assert "> ready" in body
    assert "building" not in body
    assert record.outcome is not None
    assert record.outcome.status is Status.SUCCEEDED
    assert record.outcome.observed["topics"] == ["gate", "preview"]
    assert commenting.plane.evidence.order[-2:] == [
        f"{record.action.id}.intent",
        f"{record.action.id}.outcome",
    ]


def test_comment_is_announced(commenting: Commenting) -> None:
    commenting.note("gate", "passed")
    (event,) = [event for event in commenting.plane.bus.events if event.type == "PullRequestCommented.v1"]
    (comment,) = commenting.github.ours
    assert event.detail()["data"] == {
        "repository": PULL.repository,
        "pull_request": PULL.number,
        "comment": comment.id,
        "url": comment.url,
        "topics": ["gate"],
    }


def test_repository_in_other_letters_has_the_same_comment(commenting: Commenting) -> None:
    commenting.note("gate", "passed")
    commenting.note("preview", "ready", repository="Acme/SHOP")
    assert "> passed" in shown(commenting)
    assert "> ready" in shown(commenting)


def test_note_that_comes_late_changes_nothing(commenting: Commenting) -> None:
    commenting.note("gate", "new")
    before = list(commenting.github.asked)
    early = noted("gate", "old", commenting.plane.clock.now() - timedelta(minutes=9), id="late")
    assert commenting.bot().run(early) == []
    assert commenting.github.asked == before
    assert "> new" in shown(commenting)


def test_same_event_again_asks_nothing_of_the_forge(commenting: Commenting) -> None:
    event = noted("gate", "passed", commenting.plane.clock.now())
    commenting.bot().run(event)
    before = list(commenting.github.asked)
    commenting.bot().run(event)
    assert commenting.github.asked == before


def test_without_a_forge_notes_are_kept_and_nothing_is_said(commenting: Commenting) -> None:
    github, commenting.forge = commenting.github, None
    (record,) = commenting.note("gate", "passed")
    assert record.outcome is not None
    assert record.outcome.observed == {"posted": False, "topic": "gate"}
    assert not [event for event in commenting.plane.bus.events if event.type.startswith("PullRequest")]
    commenting.forge = github
    commenting.note("preview", "ready")
    assert "> passed" in shown(commenting), "what was kept is shown as soon as there is a forge"


def test_plane_that_forgot_all_takes_over_its_comment_and_nobody_elses(commenting: Commenting) -> None:
    commenting.note("gate", "passed")
    copy = commenting.github.write(shown(commenting))
    anew = Commenting(forge=commenting.forge, numbers=itertools.count(1000))
    anew.note("preview", "ready")
    assert "> ready" in shown(anew)
    assert commenting.github.kept[copy.id] == copy
    anew.note("gate", "failed")
    assert "> failed" in shown(anew)


def test_comment_of_another_app_is_not_taken_over(commenting: Commenting) -> None:
    theirs = commenting.github.write(render("f" * 32, []))
    commenting.note("gate", "passed")
    assert commenting.github.kept[theirs.id] == theirs
    assert "> passed" in shown(commenting)


def test_answer_that_was_lost_is_found_and_no_second_comment_made(commenting: Commenting) -> None:
    commenting.github.fails, commenting.github.late = [TransientError("lost")], True
    (record,) = commenting.note("gate", "passed")
    assert record.phase is Phase.CLOSED
    commenting.note("preview", "ready")
    assert "> ready" in shown(commenting)


def test_comment_that_somebody_deleted_is_made_anew(commenting: Commenting) -> None:
    commenting.note("gate", "passed")
    commenting.github.kept.clear()
    commenting.note("preview", "ready")
    assert "> passed" in shown(commenting)


def test_copy_of_the_comment_is_left_to_who_made_it(commenting: Commenting) -> None:
    commenting.note("gate", "passed")
    copy = commenting.github.write(shown(commenting))
    thread = commenting.threads.threads[PULL.key]
    commenting.threads.threads[PULL.key] = thread.at(None)
    commenting.note("preview", "ready")
    assert commenting.github.kept[copy.id] == copy
    assert "> ready" in shown(commenting)


def test_copy_is_not_taken_for_a_comment_that_somebody_deleted(commenting: Commenting) -> None:
    commenting.note("gate", "passed")
    (ours,) = commenting.github.ours
    copy = commenting.github.write(ours.body)
    del commenting.github.kept[ours.id]
    commenting.note("preview", "ready")
    assert commenting.github.kept[copy.id] == copy
    assert "> ready" in shown(commenting)


def test_comment_that_is_on_its_way_is_waited_for(commenting: Commenting) -> None:
    """Its answer is late, and so is its effect: nothing else is made until no request can live any more."""
    commenting.github.fails = [TransientError("no answer")]
    with pytest.raises(TransientError):
        commenting.note("gate", "passed")
    thread = commenting.threads.threads[PULL.key]
    (action,) = commenting.plane.actions.records
    with pytest.raises(TransientError) as held:
        commenting.wiring().loop.resume(action)
    assert held.value.code == "pr.busy"
    notes = commenting.threads.notes(PULL)
    commenting.github.write(render(thread.nonce, notes), author=1)
    commenting.plane.clock.instant += LEASE
    assert commenting.wiring().loop.resume(action).phase is Phase.CLOSED
    assert len(commenting.github.ours) == 1


def test_other_note_waits_while_one_is_written(commenting: Commenting) -> None:
    commenting.note("gate", "passed")
    thread = commenting.threads.threads[PULL.key]
    now = commenting.plane.clock.now()
    commenting.threads.threads[PULL.key] = thread.held("somebody", now + LEASE * 4)
    with pytest.raises(ContendedError, match=r"pr\.busy") as held:
        commenting.note("preview", "ready")
    assert held.value.until == now + LEASE * 4
    commenting.plane.clock.instant += LEASE * 4
    for id in commenting.plane.actions.records:
        commenting.wiring().loop.resume(id)
    assert "> ready" in shown(commenting)


@pytest.mark.parametrize(
    "code", ["forge.unauthorized", "forge.forbidden", "forge.not_found", "forge.invalid"]
)
def test_what_the_forge_refuses_for_good_fails_with_its_code(commenting: Commenting, code: str) -> None:
    commenting.github.fails = [PermanentError("no", code=code)]
    (record,) = commenting.note("gate", "passed")
    assert record.outcome is not None
    assert (record.outcome.status, record.outcome.code) == (Status.FAILED, code)
    commenting.note("preview", "ready")
    assert "> passed" in shown(commenting), "the next note shows what was kept"


def test_note_waits_for_as_long_as_the_forge_asks(commenting: Commenting) -> None:
    until = commenting.plane.clock.now() + timedelta(minutes=30)
    commenting.github.fails = [ForgeBusyError("busy", until)]
    with pytest.raises(ForgeBusyError):
        commenting.note("gate", "passed")
    asked = list(commenting.github.asked)
    (id,) = commenting.plane.actions.records
    with pytest.raises(BusyError):
        commenting.wiring().loop.resume(id)
    assert commenting.github.asked == asked
    commenting.plane.clock.instant = until
    commenting.wiring().loop.resume(id)
    assert "> passed" in shown(commenting)


@pytest.mark.parametrize("seed", range(SCHEDULES))
def test_never_a_second_comment_whatever_fails(seed: int) -> None:
    """I1, I2 and I3 with faults at every port call, notes in any order, repeats and workers at once."""
    commenting, chance = Commenting(), random.Random(seed)
    commenting.github.write("hello")
    start = commenting.plane.clock.now()
    events = [
        noted(topic, f"{topic} {number}", start + timedelta(seconds=number), id=f"{topic}-{number}")
        for number in range(3)
        for topic in ("gate", "preview", "canary")
    ]
    queue = [*events, *chance.sample(events, 3)]
    chance.shuffle(queue)
    for _ in range(60):
        if not queue:
            break
        commenting.plane.clock.instant += timedelta(seconds=chance.choice([1, 10, 40]))
        event, faults = queue.pop(0), Faults(chance, rate=0.08)
        other = chance.choice(events)
        faults.meanwhile = lambda other=other: attempt(commenting, other)
        if not deliver(commenting, event, faults):
            queue.append(event)
        assert len(commenting.github.ours) <= 1, seed
    settle(commenting)
    body = shown(commenting)
    for topic in ("gate", "preview", "canary"):
        assert f"> {topic} 2" in body, seed
    records = commenting.plane.actions.records.values()
    assert all(record.phase is Phase.CLOSED for record in records), seed
    expected = {f"{record.action.id}.{phase}" for record in records for phase in ("intent", "outcome")}
    assert commenting.plane.evidence.entries.keys() == expected, seed


def attempt(commenting: Commenting, event: AnyEvent) -> None:
    """Another worker gets an event, without faults."""
    try:
        commenting.bot().run(event)
    except WritError:
        return  # it is delivered again


def deliver(commenting: Commenting, event: AnyEvent, faults: Faults) -> bool:
    """Deliver an event to a new process; whether it was done with."""
    try:
        commenting.bot(_with_faults(commenting, faults)).run(event)
    except (Crash, WritError):
        return False
    return True


def settle(commenting: Commenting) -> None:
    """What the reconciler does about actions that stand still, without faults."""
    for _ in range(2):
        commenting.plane.clock.instant += 2 * LEASE
        for id, record in list(commenting.plane.actions.records.items()):
            if record.phase is not Phase.CLOSED:
                try:
                    commenting.wiring().loop.resume(id)
                except BusyError:
                    continue
    commenting.note("last", "settled")


def _with_faults(commenting: Commenting, faults: Faults) -> Wiring[Ports]:
    plane, own = commenting.plane, commenting.ports()
    forge = faults.wrap(commenting.github, "forge")
    ports = replace(own, threads=faults.wrap(own.threads, "threads"), forge=lambda: forge)
    wiring = plane.wiring("pr", perform.ACTIONS, ports)
    broken: dict[str, Any] = {
        name: faults.wrap(port, name)
        for name, port in {"actions": plane.actions, "evidence": plane.evidence, "bus": plane.bus}.items()
    }
    wiring.loop._ports = replace(wiring.loop._ports, **broken)
    wiring.loop._testimony = replace(wiring.loop._testimony, evidence=broken["evidence"])
    return wiring
