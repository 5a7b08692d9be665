"""Who only met somebody else comes back in seconds; nobody is given up before what held him is over."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Final

import pytest

from stacks.manifest import load_folders
from tests.support.memory import START
from tests.support.records import claimed
from tests.unit.runtime.test_batch import Letters
from writ.contracts.errors import BusyError, ContendedError, ForgeBusyError, TransientError, WritError
from writ.contracts.event import AnyEvent
from writ.ports.actions import ActionRecord
from writ.runtime import attempts
from writ.runtime.batch import MAX_RECEIVES, process
from writ.runtime.connect import LEASE_MARGIN
from writ.runtime.redelivery import LONGEST_S, QUICK_S, wait_s

CHANCES: Final = (0.0, 0.5, 0.999)
# What each queue waits by itself; see stacks/constructs/triggers.py.
SIX_TIMEOUTS: Final = 6
TIMEOUTS: Final = sorted({folder.manifest.timeout_s for folder in load_folders() if folder.has_queue})
RACE: Final = ContendedError("another attempt was faster")


@dataclass
class Queue:
    """What it was asked to show again, and when; `away`: how it fails."""

    away: Exception | None = None
    hidden: dict[str, int] = field(default_factory=dict)

    def hide(self, handle: str, seconds: int) -> None:
        if self.away is not None:
            raise self.away
        self.hidden[handle] = seconds


def waits(problem: WritError, now: datetime = START, chance: float = 0.0) -> list[int | None]:
    """After each receive but the last, which is followed by none."""
    return [wait_s(problem, receives, now, chance) for receives in range(1, MAX_RECEIVES)]


def test_who_lost_a_race_comes_back_in_seconds_and_once_as_late_as_ever() -> None:
    assert waits(RACE) == [2, 8, 32, None]
    assert waits(RACE, chance=CHANCES[-1]) == [3, 12, 48, None]


@pytest.mark.parametrize("problem", [TransientError("away"), ForgeBusyError("later", START)])
def test_what_may_last_is_left_to_the_queue(problem: WritError) -> None:
    assert waits(problem) == [None] * (MAX_RECEIVES - 1)


@pytest.mark.parametrize("chance", CHANCES)
def test_nobody_waits_for_longer_than_what_holds_him(chance: float) -> None:
    """The third receive is the one right after its end; clocks of two functions differ by a little."""
    for left in (-10.0, 1.5, 20.0, 200.0):
        until = START + timedelta(seconds=left)
        found = waits(BusyError("held", until=until), chance=chance)
        quick = [wait for wait in found if wait is not None]
        assert len(quick) == len(QUICK_S) == MAX_RECEIVES - 2
        assert all(0 < wait <= max(left, 0) + 4 for wait in quick), left
        assert quick[-1] > left


def test_sqs_hides_nothing_for_longer_than_half_a_day() -> None:
    held = BusyError("held", until=START + timedelta(days=1))
    assert waits(held) == [2, 8, LONGEST_S, None]


@pytest.mark.parametrize("chance", CHANCES)
@pytest.mark.parametrize("timeout", TIMEOUTS)
@pytest.mark.parametrize("known", [True, False])
def test_who_meets_a_dead_attempt_outlives_its_lease(timeout: int, known: bool, chance: float) -> None:
    """Its lease is the timeout and a margin, and began right before."""
    lease = timedelta(seconds=timeout) + LEASE_MARGIN
    busy = BusyError("held", until=START + lease if known else None)
    came = [START]
    for receives in range(1, MAX_RECEIVES):
        wait = wait_s(busy, receives, came[-1], chance)
        came.append(came[-1] + timedelta(seconds=SIX_TIMEOUTS * timeout if wait is None else wait))
    later = [at - (START + lease) for at in came if at >= START + lease]
    assert came[1] - START <= timedelta(seconds=3)
    assert came[-1] - START > SIX_TIMEOUTS * timedelta(seconds=timeout)
    assert later
    if known:
        assert later[0] <= timedelta(seconds=4)


def record(number: int, ends: str, receives: int = 1) -> dict[str, Any]:
    meta = {"id": f"tick-{number}", "time": "2026-03-02T10:00:00Z", "producer": "scheduler"}
    detail = {"meta": meta, "data": {"schedule": "rate(1 hour)", "outcome": ends}}
    return {
        "messageId": f"m{number}",
        "receiptHandle": f"r{number}",
        "body": json.dumps({"detail-type": "ScheduleTicked.v1", "detail": detail}),
        "attributes": {"ApproximateReceiveCount": str(receives)},
    }


def run(event: AnyEvent) -> list[ActionRecord]:
    match getattr(event.data, "outcome", ""):
        case "race":
            raise RACE
        case "away":
            raise TransientError("away")
        case "bug":
            raise KeyError("whoops")
    return []


def deliver(queue: Queue, *records: dict[str, Any]) -> tuple[list[str], Letters]:
    letters = Letters()
    answer = process("probe", {"Records": list(records)}, None, run, letters, queue=queue)
    return [failure["itemIdentifier"] for failure in answer["batchItemFailures"]], letters


def test_of_a_batch_only_those_come_back_soon_that_lost_a_race() -> None:
    queue = Queue()
    failed, letters = deliver(
        queue,
        record(1, "race"),
        record(2, "fine"),
        record(3, "away"),
        record(4, "race", receives=2),
        record(5, "bug"),
        record(6, "race", receives=MAX_RECEIVES - 1),
        record(7, "race", receives=MAX_RECEIVES),
    )
    assert failed == ["m1", "m3", "m4", "m5", "m6"]
    assert queue.hidden.keys() == {"r1", "r4"}
    assert queue.hidden["r1"] in (2, 3)
    assert 8 <= queue.hidden["r4"] <= 12
    assert [error.code for _, error, _ in letters.sent] == ["dependency.contended"]


@pytest.mark.parametrize("away", [TransientError("no answer"), RuntimeError("a defect")])
def test_where_the_queue_does_not_answer_they_come_back_as_late_as_ever(away: Exception) -> None:
    queue = Queue(away)
    failed, letters = deliver(queue, record(1, "race"), record(2, "fine"), record(3, "race"))
    assert (failed, queue.hidden, letters.sent) == (["m1", "m3"], {}, [])


def test_a_batch_that_succeeds_asks_nothing_of_its_queue() -> None:
    queue = Queue(RuntimeError("it was asked"))
    assert deliver(queue, record(1, "fine"))[0] == []


def test_an_effect_that_met_somebody_says_until_when() -> None:
    kept, until = claimed(), START + timedelta(seconds=20)
    told = attempts.unsettled(kept, [BusyError("held", code="pr.busy", until=until)])
    assert isinstance(told, ContendedError)
    assert (told.code, told.until) == ("pr.busy", until)
    assert not isinstance(attempts.unsettled(kept, [TransientError("away")]), ContendedError)
    assert attempts.held(kept).until == kept.lease_until
