"""The registry over DynamoDB by moto: what the loop counts is shown, and policy reads what is set."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

import pytest

from functions.registry.pause import Pause
from functions.registry.performance import MONTH, Tally, first_slot, slot, within
from functions.registry.statistics import StatisticsTable
from tests.support.memory import START
from tests.support.moto_aws import moto_aws
from tests.support.records import claimed, closed
from writ.adapters.action_table import ActionTable
from writ.adapters.control_table import ControlTable
from writ.adapters.guard_table import GuardTable
from writ.contracts.action import Status
from writ.contracts.errors import ConflictError
from writ.ports.controls import pause_key

KEY = pause_key("probe")


@pytest.fixture(autouse=True)
def _account() -> Iterator[None]:
    with moto_aws("actions", "controls", "usage"):
        yield


def paused() -> bool | None:
    return GuardTable("controls", "usage", list).read("probe", "low", "0" * 64, START).paused


def test_what_is_set_is_what_policy_reads() -> None:
    controls = ControlTable("controls")
    assert (controls.read(KEY), paused()) == (None, False)
    held = Pause.changed(True, by="ann", reason="it loops", since=START)
    controls.replace(KEY, None, held.dump(), action_id="act-1", observed={"n": 1})
    assert (Pause.parse(controls.read(KEY)), paused()) == (held, True)
    free = Pause.changed(False, by="bob", reason="mended", since=START)
    controls.replace(KEY, held.dump(), free.dump(), action_id="act-2", observed={"n": 2})
    assert paused() is False


def test_of_two_writers_one_wins() -> None:
    controls = ControlTable("controls")
    controls.replace(KEY, None, "first", action_id="act-1", observed={})
    for before in (None, "zeroth"):
        with pytest.raises(ConflictError):
            controls.replace(KEY, before, "second", action_id="act-2", observed={})
    assert controls.read(KEY) == "first"
    assert controls.applied("act-2") is None


def test_an_effect_happens_once_and_is_remembered() -> None:
    controls = ControlTable("controls")
    assert controls.applied("act-1") is None
    controls.replace(KEY, None, "first", action_id="act-1", observed={"n": 1})
    again = controls.replace(KEY, "first", "second", action_id="act-1", observed={"n": 2})
    assert again == controls.applied("act-1") == {"n": 1}
    assert controls.read(KEY) == "first"


def test_outcomes_are_found_by_bot_and_hour() -> None:
    actions = ActionTable("actions", "usage")
    ends = [Status.SUCCEEDED, Status.SUCCEEDED, Status.FAILED, Status.DENIED, Status.EXPIRED]
    for number, status in enumerate(ends):
        record = claimed(number, START - timedelta(hours=number))
        actions.claim(record, [])
        actions.close(record, closed(record, status, 100))
    hours = StatisticsTable("usage").hours("probe", first_slot(START, MONTH), slot(START))
    assert len(hours) == 5
    assert within(hours, START, MONTH) == Tally(2, 1, 1, 1, 500)
    assert within(hours, START, timedelta(hours=2)) == Tally(succeeded=2, total_ms=200)
    assert StatisticsTable("usage").hours("other", first_slot(START, MONTH), slot(START)) == {}


def test_a_month_of_hours_is_read_whole() -> None:
    statistics = StatisticsTable("usage")
    item = statistics._item
    with item.batch_write() as batch:
        for back in range(730):
            batch.save(item("stat#probe", slot(START - timedelta(hours=back)), succeeded=1))
    hours = statistics.hours("probe", first_slot(START, MONTH), slot(START))
    assert within(hours, START, MONTH).succeeded == len(hours) == 720
