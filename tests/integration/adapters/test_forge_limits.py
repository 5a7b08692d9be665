"""What is remembered of a busy forge: the latest time it named, for every bot, forgotten a day later."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

import pytest

from tests.support.memory import START
from tests.support.moto_aws import moto_aws
from writ.adapters import aws
from writ.adapters.forge_limit_table import ForgeLimitTable

MINUTE = timedelta(minutes=1)


@pytest.fixture
def table() -> Iterator[ForgeLimitTable]:
    with moto_aws("usage"):
        yield ForgeLimitTable("usage")


def test_latest_time_counts_whoever_was_told_it(table: ForgeLimitTable) -> None:
    assert table.waiting_until() is None
    table.wait(START + 5 * MINUTE)
    ForgeLimitTable("usage").wait(START + MINUTE)
    table.wait(START + 5 * MINUTE)
    assert ForgeLimitTable("usage").waiting_until() == START + 5 * MINUTE
    ForgeLimitTable("usage").wait(START + 9 * MINUTE)
    assert table.waiting_until() == START + 9 * MINUTE


def test_what_is_over_is_forgotten_a_day_later(table: ForgeLimitTable) -> None:
    table.wait(START)
    (item,) = aws.client("dynamodb").scan(TableName="usage")["Items"]
    assert int(item["ttl"]["N"]) == int((START + timedelta(days=1)).timestamp())
