"""I2 on the backlog's own table: one fact is one occurrence, whatever is repeated, reordered or killed."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from functions.backlog.facts import gather
from functions.backlog.perform import ACTIONS
from functions.backlog.plan import plan
from functions.backlog.ports import Ports
from functions.backlog.task import DetailedTask
from tests.support.memory import START
from tests.support.tasks import MemoryTasks, Plane, check_failed
from writ.contracts.action import Action

DELIVERIES = st.lists(st.integers(0, 8), min_size=1, max_size=30)


@given(DELIVERIES)
def test_deliveries_in_any_order_and_number_count_each_fact_once(deliveries: list[int]) -> None:
    plane = Plane()
    bot = plane.bot()
    for number in deliveries:
        bot.run(check_failed(number, name=f"check {'ab'[number % 2]}"))
    facts = {name: len({n for n in deliveries if n % 2 == odd}) for odd, name in enumerate("ab")}
    counted = {task.dedup_key[-1]: task.occurrences for task in plane.tasks.tasks.values()}
    assert counted == {name: count for name, count in facts.items() if count}


@given(DELIVERIES, st.randoms(use_true_random=False))
def test_the_order_of_events_does_not_change_the_score(deliveries: list[int], random: Any) -> None:
    shuffled = deliveries.copy()
    random.shuffle(shuffled)
    scores = []
    for order in (deliveries, shuffled):
        plane = Plane()
        bot = plane.bot()
        for number in order:
            bot.run(check_failed(number, at=START - timedelta(days=number)))
        (task,) = plane.tasks.tasks.values()
        scores.append((task.scores, task.quadrant, task.occurrences, task.days, task.last_seen))
    assert scores[0] == scores[1]


class _Killed(Exception):
    """The process died right after its write."""


class _Dying(MemoryTasks):
    """Dies after the writes whose number is in `deaths`: the effect happened, its caller never knew."""

    def __init__(self, deaths: set[int]) -> None:
        super().__init__()
        self.deaths, self.writes = deaths, 0

    def apply(
        self, task: DetailedTask, *, expected: int, action_id: str, observed: Mapping[str, Any]
    ) -> Mapping[str, Any]:
        fresh = action_id not in self.effects
        result = super().apply(task, expected=expected, action_id=action_id, observed=observed)
        self.writes += fresh
        if fresh and self.writes in self.deaths:
            raise _Killed
        return result


@given(
    deliveries=DELIVERIES,
    deaths=st.sets(st.integers(1, 40), max_size=20),
    zombies=st.lists(st.integers(0, 29), max_size=10),
)
def test_an_effect_repeated_after_a_crash_or_by_a_zombie_happens_once(
    deliveries: list[int], deaths: set[int], zombies: list[int]
) -> None:
    tasks = _Dying(deaths)
    ports = Ports(tasks=tasks)
    planned: dict[int, Action] = {}
    for number in deliveries:
        event = check_failed(number)
        for action in plan(event, gather(event, ports), START):
            planned[number] = action
            _carry_out(action, ports)
    late = [planned[number % 9] for number in zombies if number % 9 in planned]
    for action in late:
        _carry_out(action, ports)
        observed = ACTIONS[action.name].observe(action, ports)
        assert observed == ACTIONS[action.name].perform(action, ports)
    (task,) = tasks.tasks.values()
    assert task.occurrences == len(set(deliveries)) == task.version


def _carry_out(action: Action, ports: Ports) -> None:
    try:
        ACTIONS[action.name].perform(action, ports)
    except _Killed:
        ACTIONS[action.name].perform(action, ports)  # the next attempt, without asking first
