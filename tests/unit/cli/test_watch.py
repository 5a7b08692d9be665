"""Waiting for rest: it ends when everything has been done for a while, and names what is stuck."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import chain, repeat

import pytest

from cli.local.watch import POLL_S, QUIET_POLLS, Pulse, stuck, wait
from cli.output import CommandError

REST = Pulse(entries=4, signed=4)
BUSY = Pulse(queues={"backlog": 2})


class Clock:
    """Time that passes only by sleeping."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.now += seconds


def waited(pulses: Iterable[Pulse], timeout_s: float = 10) -> tuple[Pulse, list[Pulse], float]:
    clock, seen, source = Clock(), list[Pulse](), iter(pulses)
    pulse = wait(lambda: next(source), seen=seen.append, timeout_s=timeout_s, clock=clock, sleep=clock.sleep)
    return pulse, seen, clock.now


def test_rest_counts_only_once_it_has_lasted() -> None:
    pulse, seen, _ = waited([BUSY, *repeat(REST, QUIET_POLLS)])
    assert pulse == REST
    assert len(seen) == 1 + QUIET_POLLS


def test_an_event_between_two_queues_does_not_pass_for_rest() -> None:
    pulse, seen, _ = waited([REST, REST, BUSY, *repeat(REST, QUIET_POLLS)])
    assert pulse == REST
    assert len(seen) == 3 + QUIET_POLLS


def test_a_ledger_that_grew_between_two_looks_is_not_at_rest_yet() -> None:
    grown = Pulse(entries=6, signed=6)
    pulse, _, _ = waited([REST, REST, *repeat(grown, QUIET_POLLS)])
    assert pulse == grown


def test_time_runs_anew_whenever_something_moves() -> None:
    def draining() -> Iterator[Pulse]:
        for left in range(40, 0, -1):
            yield from repeat(Pulse(queues={"backlog": left}), 5)

    pulse, _, passed = waited(chain(draining(), repeat(REST)), timeout_s=5)
    assert pulse == REST
    assert passed > 40 * 4 * POLL_S


def test_what_does_not_move_is_named_with_where_to_look() -> None:
    with pytest.raises(CommandError) as raised:
        waited(repeat(BUSY), timeout_s=5)
    assert raised.value.message == "nothing has moved for 5 s: backlog: 2 events queued"
    assert raised.value.code == "watch.stuck"
    assert raised.value.hint == "writ logs backlog"


@pytest.mark.parametrize(
    ("pulse", "said", "hint"),
    [
        (Pulse(open_actions=("act-1",)), "no outcome yet: act-1", "writ logs reconciler"),
        (
            Pulse(open_actions=tuple(f"act-{number}" for number in range(7))),
            "no outcome yet: act-0, act-1, act-2, act-3, act-4 and 2 more",
            "writ logs reconciler",
        ),
        (
            Pulse(entries=9, signed=8),
            "ledger: the checkpoint covers 8 of 9 entries",
            "writ logs sequencer",
        ),
        (Pulse(queues={"policy": 1}), "policy: 1 event queued", "writ logs policy"),
    ],
)
def test_each_kind_of_unfinished_work_has_its_sentence(pulse: Pulse, said: str, hint: str) -> None:
    assert pulse.unfinished() == [said]
    assert stuck(pulse, 1).hint == hint


def test_waiting_for_a_person_and_dead_letters_do_not_keep_the_plane_from_rest() -> None:
    assert Pulse(dead={"backlog": 3}, waiting=2, entries=4, signed=4).settled
