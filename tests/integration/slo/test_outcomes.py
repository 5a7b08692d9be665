"""What the loop counts as it closes actions is the history that objectives are judged by."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

import pytest

from tests.support.memory import START
from tests.support.moto_aws import moto_aws
from tests.support.records import changed, claimed, closed
from writ.adapters import aws
from writ.adapters.action_table import ActionTable
from writ.adapters.outcome_table import OutcomeTable
from writ.contracts.action import Status
from writ.slo.counts import HOUR, PERIOD, Count

FIVE_MINUTES = timedelta(minutes=5)


@pytest.fixture(autouse=True)
def _account() -> Iterator[None]:
    with moto_aws("actions", "usage"):
        yield


def close(number: int, status: Status, ago: timedelta) -> None:
    """Carry one action to an outcome, so long ago."""
    actions = ActionTable("actions", "usage")
    before = claimed(number)
    actions.claim(before, [])
    after = closed(before, status)
    actions.close(before, changed(after, updated_at=START - ago))


def test_outcomes_are_counted_in_their_hour_and_in_their_five_minutes() -> None:
    close(1, Status.SUCCEEDED, timedelta())
    close(2, Status.FAILED, timedelta(minutes=2))
    close(3, Status.SUCCEEDED, timedelta(minutes=40))
    close(4, Status.FAILED, timedelta(hours=30))
    for number, status in ((5, Status.DENIED), (6, Status.EXPIRED)):
        close(number, status, timedelta())
    history = OutcomeTable("usage").history("probe", START)
    assert history.within(FIVE_MINUTES, START) == Count(1, 1)
    assert history.within(HOUR, START) == Count(2, 1)
    assert history.within(PERIOD, START) == Count(2, 2)


def test_what_is_older_than_the_period_is_not_read_and_a_bot_that_did_nothing_has_no_history() -> None:
    close(1, Status.FAILED, timedelta(days=31))
    outcomes = OutcomeTable("usage")
    assert outcomes.history("probe", START).within(PERIOD, START) == Count()
    assert outcomes.history("nobody", START).within(PERIOD, START) == Count()


def test_hours_that_were_counted_before_there_were_slots_still_count_in_the_period() -> None:
    item = {"pk": {"S": "stat#probe"}, "sk": {"S": START.strftime("%Y%m%d%H")}, "succeeded": {"N": "7"}}
    aws.client("dynamodb").put_item(TableName="usage", Item=item)
    history = OutcomeTable("usage").history("probe", START)
    assert history.within(PERIOD, START) == Count(7, 0)
    assert history.within(HOUR, START) == Count()


def test_a_history_longer_than_a_page_is_read_whole() -> None:
    client = aws.client("dynamodb")
    for ago in range(719):
        hour = START - timedelta(hours=ago)
        item = {
            "pk": {"S": "stat#probe"},
            "sk": {"S": hour.strftime("%Y%m%d%H")},
            "succeeded": {"N": "10"},
            "pad": {"S": "x" * 2000},
        }
        client.put_item(TableName="usage", Item=item)
    assert OutcomeTable("usage").history("probe", START).within(PERIOD, START) == Count(7190, 0)
