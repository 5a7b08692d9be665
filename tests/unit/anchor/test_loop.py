"""Ticks through the whole loop: a checkpoint is posted once, whatever GitHub and the plane do meanwhile."""

from __future__ import annotations

import os
import random
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Any

import pytest

from functions.anchor import facts, perform, plan
from functions.anchor.facts import OWN_ENTRIES
from functions.anchor.ports import Ports
from tests.support.anchors import (
    NEWEST,
    REPOSITORY,
    MemoryMemory,
    MemoryStatuses,
    MovingLog,
    root_at,
    tick,
)
from tests.support.controls import LEASE, ControlledPlane
from tests.support.faults import Crash, Faults
from tests.support.log_forge import ORIGIN, Forge
from writ.contracts.action import Status
from writ.contracts.anchor import AnchorSite
from writ.contracts.errors import BusyError, ForgeBusyError, PermanentError, TransientError, WritError
from writ.ports.actions import ActionRecord, Phase
from writ.runtime.bot import Bot
from writ.runtime.wiring import LoopPorts, Wiring

SCHEDULES = int(os.environ.get("WRIT_CHAOS_SCHEDULES", "80"))
SITE = AnchorSite(repository=REPOSITORY)
HOUR = timedelta(hours=1)
FORGE = Forge()

pytestmark = pytest.mark.usefixtures("decisions_remembered")


@dataclass
class Anchoring:
    """The anchor bot on a plane of memory ports."""

    site: AnchorSite | None = SITE
    plane: ControlledPlane = field(default_factory=ControlledPlane)
    log: MovingLog = field(default_factory=lambda: MovingLog(FORGE))
    github: MemoryStatuses = field(default_factory=MemoryStatuses)
    memory: MemoryMemory = field(default_factory=MemoryMemory)
    ticks: int = 0

    def wiring(self) -> Wiring[Ports]:
        ports = Ports(self.site, ORIGIN, self.log.files, self.github, self.memory, self.plane.clock)
        return self.plane.wiring("anchor", perform.ACTIONS, ports)

    def bot(self, wiring: Wiring[Ports] | None = None) -> Bot[Ports, facts.Facts]:
        made = Bot(
            "anchor",
            facts=facts.gather,
            plan=plan.plan,
            perform=perform.ACTIONS,
            ports=lambda _environment: self.wiring().ports,
        )
        made.__dict__["wiring"] = wiring or self.wiring()
        return made

    def tick(self, size: int | None = None) -> list[ActionRecord]:
        """An hour later; the log has `size` entries by then."""
        self.ticks += 1
        self.plane.clock.instant += HOUR
        if size is not None:
            self.log.grow(size)
        return self.again()

    def again(self) -> list[ActionRecord]:
        """The last tick, delivered again."""
        return self.bot().run(tick(f"tick-{self.ticks}", self.plane.clock.now()))

    def sizes(self) -> list[int]:
        """What was posted, in order."""
        return [int(description.split()[1]) for *_, description in self.github.posted]


@pytest.fixture
def anchoring() -> Anchoring:
    return Anchoring()


def test_post_says_size_and_root_under_the_logs_name_and_carries_a_writ(anchoring: Anchoring) -> None:
    (record,) = anchoring.tick(120)
    description = f"size 120 root {root_at(120).hex()}"
    assert anchoring.github.posted == [(REPOSITORY, NEWEST, f"writ/{ORIGIN}", description)]
    assert record.outcome is not None
    assert record.outcome.status is Status.SUCCEEDED
    assert record.outcome.observed["commit"] == NEWEST
    assert anchoring.plane.evidence.order == [f"{record.action.id}.intent", f"{record.action.id}.outcome"]
    intent = anchoring.plane.evidence.entries[f"{record.action.id}.intent"]
    assert intent["subject"][0]["digest"]["sha256"] == root_at(120).hex()
    assert intent["predicate"]["action"]["parameters"]["description"] == description


def test_own_entries_call_for_no_other_post_and_one_more_does(anchoring: Anchoring) -> None:
    anchoring.tick(120)
    assert len(anchoring.plane.evidence.order) == OWN_ENTRIES
    for _ in range(3):
        assert anchoring.tick(120 + OWN_ENTRIES) == []
    anchoring.tick(121 + OWN_ENTRIES)
    assert anchoring.sizes() == [120, 123]


def test_nothing_is_asked_of_github_when_nothing_is_due(anchoring: Anchoring) -> None:
    anchoring.tick(120)
    asked = anchoring.github.asked
    anchoring.tick(122)
    assert anchoring.github.asked == asked


def test_same_tick_twice_posts_once(anchoring: Anchoring) -> None:
    anchoring.tick(120)
    anchoring.memory.kept.clear()  # the effect key holds by itself
    anchoring.again()
    assert anchoring.sizes() == [120]


def test_configured_commit_takes_the_status() -> None:
    anchoring = Anchoring(AnchorSite(repository=REPOSITORY, commit="b" * 40))
    anchoring.tick(9)
    assert [commit for _, commit, _, _ in anchoring.github.posted] == ["b" * 40]


def test_without_a_repository_nothing_is_done_and_the_log_says_so(capsys: pytest.CaptureFixture[str]) -> None:
    anchoring = Anchoring(site=None)
    assert anchoring.tick(120) == []
    assert (anchoring.github.asked, anchoring.plane.evidence.order) == (0, [])
    assert "checkpoints are posted nowhere" in capsys.readouterr().out


def test_checkpoint_that_the_log_did_not_sign_is_not_posted(anchoring: Anchoring) -> None:
    anchoring.log.grow(5)
    anchoring.log.files.checkpoint = (Forge().note(6, root_at(6)), "6")
    with pytest.raises(WritError, match=r"ledger\.checkpoint"):
        anchoring.tick()
    assert anchoring.github.posted == []


@pytest.mark.parametrize("code", ["github.unauthorized", "github.forbidden", "github.invalid"])
def test_what_github_refuses_for_good_fails_with_its_code(anchoring: Anchoring, code: str) -> None:
    anchoring.site = AnchorSite(repository=REPOSITORY, commit=NEWEST)
    anchoring.github.fails = [PermanentError("no", code=code)]
    (record,) = anchoring.tick(120)
    assert record.outcome is not None
    assert (record.outcome.status, record.outcome.code) == (Status.FAILED, code)
    assert anchoring.github.posted == []
    anchoring.tick(122)
    assert anchoring.sizes() == [122], "what is not covered yet is posted an hour later"


def test_answer_that_was_lost_is_found_and_not_posted_again(anchoring: Anchoring) -> None:
    anchoring.site = AnchorSite(repository=REPOSITORY, commit=NEWEST)
    anchoring.github.fails, anchoring.github.late = [TransientError("lost")], True
    (record,) = anchoring.tick(120)
    assert record.outcome is not None
    assert record.outcome.status is Status.SUCCEEDED
    assert anchoring.tick(122) == [], "what was found is remembered like what was heard of"


def test_tick_that_failed_takes_up_the_same_action_though_the_log_has_grown(anchoring: Anchoring) -> None:
    anchoring.site = AnchorSite(repository=REPOSITORY, commit=NEWEST)
    anchoring.github.fails = [TransientError("away")]
    with pytest.raises(TransientError):
        anchoring.tick(120)
    anchoring.log.grow(121)
    (record,) = anchoring.again()
    assert record.attempt == 2
    assert anchoring.sizes() == [120]
    assert len(anchoring.plane.actions.records) == 1


def test_github_is_left_alone_for_as_long_as_it_asks(anchoring: Anchoring) -> None:
    anchoring.site = AnchorSite(repository=REPOSITORY, commit=NEWEST)
    anchoring.log.grow(120)
    until = anchoring.plane.clock.now() + HOUR + timedelta(minutes=30)
    anchoring.github.fails = [ForgeBusyError("busy", until, code="github.busy")]
    with pytest.raises(TransientError, match=r"github\.busy"):
        anchoring.tick()
    assert anchoring.github.asked == 1
    (action,) = anchoring.plane.actions.records
    anchoring.plane.clock.forward(minutes=29)
    with pytest.raises(BusyError):
        anchoring.wiring().loop.resume(action)
    assert anchoring.again() == []
    assert anchoring.github.asked == 1
    anchoring.plane.clock.forward(minutes=1)
    assert anchoring.wiring().loop.resume(action).phase is Phase.CLOSED
    assert anchoring.sizes() == [120]


def test_github_that_asks_to_wait_before_a_plan_is_left_alone_as_well(anchoring: Anchoring) -> None:
    until = anchoring.plane.clock.now() + HOUR + timedelta(minutes=50)
    anchoring.github.fails = [ForgeBusyError("busy", until, code="github.busy")]
    with pytest.raises(ForgeBusyError):
        anchoring.tick(120)
    assert anchoring.again() == []
    assert anchoring.github.asked == 1
    anchoring.tick()
    assert anchoring.sizes() == [120]


@pytest.mark.parametrize("seed", range(SCHEDULES))
def test_no_checkpoint_is_posted_twice_whatever_fails(seed: int) -> None:
    """I1, I2 and I3 with faults at every port call of the loop and of the bot."""
    anchoring, chance = Anchoring(), random.Random(seed)
    for number in range(4):
        anchoring.log.grow(10 * (number + 1))
        anchoring.ticks += 1
        anchoring.plane.clock.instant += HOUR
        for _ in range(30):
            anchoring.plane.clock.instant += LEASE
            if deliver(anchoring, Faults(chance, rate=0.15)):
                break
        settle(anchoring)
    assert len(set(anchoring.github.posted)) == len(anchoring.github.posted), seed
    assert anchoring.sizes() == sorted(anchoring.sizes()), seed
    records = anchoring.plane.actions.records.values()
    assert {planned_size(record) for record in records} == {10, 20, 30, 40}, seed
    done = {planned_size(record) for record in records if succeeded(record)}
    assert done == set(anchoring.sizes()), seed
    entries = anchoring.plane.evidence.entries
    expected = {f"{record.action.id}.{phase}" for record in records for phase in ("intent", "outcome")}
    assert entries.keys() == expected, seed


def deliver(anchoring: Anchoring, faults: Faults) -> bool:
    """Deliver the tick to a new process; whether it was done with."""
    wiring = anchoring.wiring()
    broken = replace(wiring.ports, **_wrapped(faults, statuses=anchoring.github, memory=anchoring.memory))
    bot = anchoring.bot(_with_faults(anchoring, broken, faults))
    try:
        bot.run(tick(f"tick-{anchoring.ticks}", anchoring.plane.clock.now()))
    except (Crash, WritError):
        return False
    return True


def settle(anchoring: Anchoring) -> None:
    """What the reconciler does about actions that stand still, without faults."""
    anchoring.plane.clock.instant += LEASE
    for id, record in list(anchoring.plane.actions.records.items()):
        if record.phase is not Phase.CLOSED:
            anchoring.wiring().loop.resume(id)


def _with_faults(anchoring: Anchoring, ports: Ports, faults: Faults) -> Wiring[Ports]:
    wiring = anchoring.plane.wiring("anchor", perform.ACTIONS, ports)
    kernel: LoopPorts = wiring.loop._ports
    plane = anchoring.plane
    broken = _wrapped(faults, actions=plane.actions, evidence=plane.evidence, bus=plane.bus)
    wiring.loop._ports = replace(kernel, **broken)
    wiring.loop._testimony = replace(wiring.loop._testimony, evidence=broken["evidence"])
    return wiring


def _wrapped(faults: Faults, **ports: Any) -> dict[str, Any]:
    return {name: faults.wrap(port, name) for name, port in ports.items()}


def planned_size(record: ActionRecord) -> int:
    size = record.action.parameters["size"]
    assert isinstance(size, int)
    return size


def succeeded(record: ActionRecord) -> bool:
    return record.outcome is not None and record.outcome.status is Status.SUCCEEDED
