"""Lists of actions: every one once, in order, whatever the pages; and cursors nobody can mix up."""

from __future__ import annotations

import base64
from datetime import timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from functions.approvals import cursor
from functions.approvals.listing import HORIZON, STATES, Place, Query, read_page
from tests.support.approvals import MemoryList
from tests.support.memory import START, MemoryActions
from tests.support.records import changed, claimed, closed
from writ.contracts.action import Status
from writ.contracts.errors import ContractError
from writ.ports.actions import ActionRecord, Phase
from writ.runtime.telemetry import state_of

NOW = START + timedelta(hours=6)
queries = st.builds(Query, st.none() | st.sampled_from(STATES), st.none() | st.sampled_from(["probe", "x"]))
ages = st.lists(st.integers(-2 * 1440, 34 * 1440), max_size=25)
places = st.builds(
    lambda day, minute, number: Place(
        partition=(NOW - timedelta(days=day)).strftime("%Y%m%d"),
        at=(NOW - timedelta(minutes=minute)).isoformat(),
        id=f"act-{number:032x}",
    ),
    st.integers(0, 31),
    st.integers(0, 9999),
    st.integers(0, 2**128 - 1),
)


def records(minutes: list[int]) -> list[ActionRecord]:
    """Actions of these ages in minutes, in every state in turn."""
    made = []
    for number, age in enumerate(minutes):
        record = claimed(number, NOW - timedelta(minutes=age), bot="probe" if number % 3 else "other")
        if number % 4 == 1:
            record = changed(record, phase=Phase.WAITING)
        elif number % 4 > 1:
            record = closed(record, Status.SUCCEEDED if number % 4 == 2 else Status.EXPIRED)
        made.append(record)
    return made


@given(minutes=ages, query=queries, limit=st.integers(1, 7), read=st.integers(1, 9))
def test_pages_hold_every_action_within_the_horizon_once_in_order(
    minutes: list[int], query: Query, limit: int, read: int
) -> None:
    made = [record for record in records(minutes) if record.created_at <= NOW]
    actions = MemoryList(MemoryActions(records={record.action.id: record for record in made}), read)
    found: list[ActionRecord] = []
    text: str | None = None
    for _ in range(200):
        place = None if text is None else cursor.resume(query, text)
        page = read_page(query, limit, place, NOW, actions)
        assert len(page.records) <= limit
        found += page.records
        if page.rest is None:
            break
        text = cursor.issue(query, page.rest)
    else:
        raise AssertionError("the pages have no end")
    oldest = (NOW - HORIZON).strftime("%Y%m%d")
    expected = [
        record.action.id
        for record in made
        if query.bot in (None, record.action.bot)
        and query.state in (None, state_of(record))
        and (query.state in ("waiting", "claimed") or record.created_at.strftime("%Y%m%d") >= oldest)
    ]
    assert sorted(record.action.id for record in found) == sorted(expected)
    if query.state in ("waiting", "claimed"):
        assert all(a.lease_until <= b.lease_until for a, b in pairwise(found))
    else:
        assert all(
            a.created_at.date() > b.created_at.date() or a.updated_at >= b.updated_at
            for a, b in pairwise(found)
        )


@given(query=st.builds(Query, st.none() | st.just("failed"), st.none() | st.just("probe")), place=places)
def test_cursor_comes_back_as_its_place(query: Query, place: Place) -> None:
    assert cursor.resume(query, cursor.issue(query, place)) == place


@given(place=places, data=st.data())
def test_damaged_cursor_is_refused(place: Place, data: st.DataObject) -> None:
    """I10"""
    text = cursor.issue(Query(), place)
    raw = bytearray(base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)))
    where = data.draw(st.integers(0, len(raw) - 1))
    raw[where] ^= data.draw(st.integers(1, 255))
    with pytest.raises(ContractError) as refused:
        cursor.resume(Query(), base64.urlsafe_b64encode(bytes(raw)).decode().rstrip("="))
    assert refused.value.field == "cursor"


@given(place=places, query=queries, other=queries)
def test_cursor_of_another_query_is_refused(place: Place, query: Query, other: Query) -> None:
    """I10"""
    if query == other:
        return
    with pytest.raises(ContractError):
        cursor.resume(other, cursor.issue(query, place))


def encoded(text: str) -> str:
    return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")


@given(
    text=st.text()
    | st.text(max_size=40).map(encoded)
    | st.sampled_from(
        [
            "",
            encoded("null"),
            encoded("[]"),
            encoded("[1,2,3,4]"),
            encoded('["20260302","","","x","y"]'),
            encoded('["waiting","","",null]'),
            encoded("[" * 4000),
            encoded('["20260302","2026","act-1","x"]'),
        ]
    )
)
def test_anything_else_is_no_cursor(text: str) -> None:
    """I10"""
    with pytest.raises(ContractError) as refused:
        cursor.resume(Query(), text)
    assert refused.value.field == "cursor"
