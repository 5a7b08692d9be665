"""Lists of actions on DynamoDB give the pages that the port in memory gives."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

import pytest

from functions.approvals.index import ActionIndex
from functions.approvals.listing import Place, Query, read_page
from tests.support.approvals import MemoryList
from tests.support.memory import START, MemoryActions
from tests.support.moto_aws import moto_aws
from tests.support.records import changed, claimed, closed
from writ.adapters.action_table import ActionTable
from writ.contracts.action import Status
from writ.ports.actions import ActionRecord, Phase

NOW = START + timedelta(hours=12)
QUERIES = [
    Query(),
    Query(bot="probe"),
    Query(bot="nobody"),
    Query(state="succeeded"),
    Query(state="failed", bot="other"),
    Query(state="waiting"),
    Query(state="claimed", bot="probe"),
]


@pytest.fixture(scope="module")
def lists() -> Iterator[tuple[ActionIndex, MemoryList]]:
    memory = MemoryActions()
    with moto_aws("actions", "controls", "usage"):
        table = ActionTable("actions", "usage")
        for number in range(30):
            at = NOW - timedelta(hours=7 * number)
            record = claimed(number, at, bot="probe" if number % 3 else "other")
            for store in (memory, table):
                store.claim(record, [])
                if number % 5 == 1:
                    later = at + timedelta(hours=number)
                    store.advance(record, changed(record, phase=Phase.WAITING, lease_until=later))
                elif number % 5 > 1:
                    status = Status.SUCCEEDED if number % 5 == 2 else Status.FAILED
                    store.close(record, closed(record, status))
        yield ActionIndex("actions"), MemoryList(memory)


def listed(actions: ActionIndex | MemoryList, query: Query, limit: int) -> list[ActionRecord]:
    found: list[ActionRecord] = []
    place: Place | None = None
    for _ in range(100):
        page = read_page(query, limit, place, NOW, actions)
        assert len(page.records) <= limit
        found += page.records
        if (place := page.rest) is None:
            return found
    raise AssertionError("the pages have no end")


@pytest.mark.parametrize("query", QUERIES, ids=str)
@pytest.mark.parametrize("limit", [1, 4, 100])
def test_pages_are_those_of_the_port_in_memory(
    lists: tuple[ActionIndex, MemoryList], query: Query, limit: int
) -> None:
    index, memory = lists
    assert listed(index, query, limit) == listed(memory, query, limit)
    assert bool(listed(index, query, limit)) is (query.bot != "nobody")
