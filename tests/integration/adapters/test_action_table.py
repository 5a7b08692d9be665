"""One contract for the store of actions, held by the memory port and by DynamoDB: conditions and counters."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from tests.support.memory import START, MemoryActions
from tests.support.records import changed, claimed, closed
from writ.adapters import aws
from writ.adapters.action_table import COUNTER_TTL_S, ActionTable
from writ.contracts.action import Approval, Outcome, Status
from writ.contracts.errors import ConflictError, LimitExceededError, WritError
from writ.ports.actions import ActionStore, Phase, Reservation

HOUR = Reservation("counter#probe#low", "2026030210", 2)
TARGET = Reservation("counter#probe#low", "2026030210#ab", 1)
EXPIRED = START + timedelta(hours=1)


@pytest.fixture(params=["memory", "dynamodb"])
def store(request: pytest.FixtureRequest) -> ActionStore:
    if request.param == "memory":
        return MemoryActions()
    request.getfixturevalue("account")
    return ActionTable("actions", "usage")


@pytest.fixture
def table(account: None) -> ActionTable:
    return ActionTable("actions", "usage")


def usage(pk: str, sk: str) -> dict[str, dict[str, str]]:
    key = {"pk": {"S": pk}, "sk": {"S": sk}}
    item: dict[str, dict[str, str]] = (
        aws.client("dynamodb").get_item(TableName="usage", Key=key).get("Item", {})
    )
    return item


class TestContract:
    def test_a_record_comes_back_as_it_was_claimed(self, store: ActionStore) -> None:
        record = claimed()
        store.claim(record, [])
        assert store.get(record.action.id) == record
        assert store.get(claimed(1).action.id) is None

    def test_second_claim_of_one_effect_is_a_conflict_and_changes_nothing(self, store: ActionStore) -> None:
        """I2"""
        record = claimed()
        store.claim(record, [HOUR])
        for reservations in ([], [HOUR], [replace(HOUR, limit=1)]):
            with pytest.raises(ConflictError):
                store.claim(replace(record, attempt=7), reservations)
        assert store.get(record.action.id) == record
        store.claim(claimed(1), [HOUR])

    def test_counter_is_full_at_its_limit_and_not_before(self, store: ActionStore) -> None:
        for number in range(2):
            store.claim(claimed(number), [HOUR])
        with pytest.raises(LimitExceededError):
            store.claim(claimed(2), [HOUR])
        assert store.get(claimed(2).action.id) is None
        store.claim(claimed(2), [replace(HOUR, slot="2026030211")])

    def test_reservations_are_taken_together_or_not_at_all(self, store: ActionStore) -> None:
        store.claim(claimed(0), [TARGET])
        for _ in range(3):
            with pytest.raises(LimitExceededError):
                store.claim(claimed(1), [HOUR, TARGET])
        store.claim(claimed(1), [HOUR])
        store.claim(claimed(2), [HOUR])

    def test_limit_of_zero_admits_none_and_no_limit_counts_all(self, store: ActionStore) -> None:
        with pytest.raises(LimitExceededError):
            store.claim(claimed(0), [replace(HOUR, limit=0)])
        for number in range(3):
            store.claim(claimed(number), [replace(HOUR, limit=None)])
        with pytest.raises(LimitExceededError):
            store.claim(claimed(3), [replace(HOUR, limit=3)])

    def test_advance_replaces_the_version_it_read_and_no_other(self, store: ActionStore) -> None:
        before = claimed()
        store.claim(before, [])
        answer = Approval(approved=True, by="ann", at=START, reason="fine")
        after = changed(before, phase=Phase.WAITING, approval=answer, lease_until=EXPIRED)
        store.advance(before, after)
        assert store.get(before.action.id) == after
        with pytest.raises(ConflictError):
            store.advance(before, changed(before, attempt=9))
        assert store.get(before.action.id) == after

    def test_advance_takes_its_reservations_with_it(self, store: ActionStore) -> None:
        before = claimed()
        store.claim(before, [])
        after = changed(before, attempt=2)
        with pytest.raises(LimitExceededError):
            store.advance(before, after, [replace(HOUR, limit=0)])
        assert store.get(before.action.id) == before
        store.advance(before, after, [replace(HOUR, limit=1)])
        with pytest.raises(LimitExceededError):
            store.claim(claimed(1), [replace(HOUR, limit=1)])

    def test_advance_of_what_was_never_claimed_is_a_conflict(self, store: ActionStore) -> None:
        with pytest.raises(ConflictError):
            store.advance(claimed(), changed(claimed()))

    def test_first_close_stands(self, store: ActionStore) -> None:
        """I3"""
        before = claimed()
        store.claim(before, [])
        after = closed(before)
        store.close(before, after)
        for late in (closed(before), closed(before, Status.FAILED)):
            with pytest.raises(ConflictError):
                store.close(before, late)
        assert store.get(before.action.id) == after

    def test_stale_are_those_of_the_phase_whose_lease_is_over_the_oldest_first(
        self, store: ActionStore
    ) -> None:
        records = [claimed(number, START + timedelta(seconds=10 * (7 - number))) for number in range(6)]
        for record in records:
            store.claim(record, [])
        waiting = changed(records[0], phase=Phase.WAITING, lease_until=START)
        store.advance(records[0], waiting)
        store.close(records[1], closed(records[1]))
        assert store.stale(Phase.WAITING, START, 10) == [waiting]
        assert store.stale(Phase.CLAIMED, records[3].lease_until, 10) == [records[5], records[4], records[3]]
        assert store.stale(Phase.CLAIMED, EXPIRED, 2) == [records[5], records[4]]
        assert list(store.stale(Phase.CLAIMED, START, 10)) == []


def test_close_counts_the_outcome_once_in_the_hour(table: ActionTable) -> None:
    for number, status in enumerate((Status.SUCCEEDED, Status.SUCCEEDED, Status.DENIED)):
        record = claimed(number)
        table.claim(record, [])
        after = closed(record, status, after_ms=100 * (number + 1))
        table.close(record, after)
        with pytest.raises(ConflictError):
            table.close(record, after)
    counted = usage("stat#probe", "2026030210")
    assert {name: counted[name]["N"] for name in ("succeeded", "denied", "total_ms")} == {
        "succeeded": "2",
        "denied": "1",
        "total_ms": "600",
    }
    assert "failed" not in counted


@pytest.mark.parametrize("code", ["rollout.moved", "conflict.superseded"])
def test_what_another_overtook_is_closed_and_counts_for_nothing(table: ActionTable, code: str) -> None:
    record = claimed()
    table.claim(record, [])
    after = changed(record, phase=Phase.CLOSED, outcome=Outcome(status=Status.FAILED, code=code))
    table.close(record, after)
    assert table.get(record.action.id) == after
    with pytest.raises(ConflictError):
        table.close(record, after)
    assert usage("stat#probe", "2026030210") == {}


def test_close_without_an_outcome_is_refused_before_anything_is_written(table: ActionTable) -> None:
    record = claimed()
    table.claim(record, [])
    with pytest.raises(ValueError, match="without an outcome"):
        table.close(record, changed(record, phase=Phase.CLOSED))
    assert table.get(record.action.id) == record


def test_counters_are_forgotten_two_days_later(table: ActionTable) -> None:
    table.claim(claimed(), [HOUR])
    counter = usage(HOUR.counter, HOUR.slot)
    assert (counter["n"]["N"], counter["ttl"]["N"]) == ("1", str(int(START.timestamp()) + COUNTER_TTL_S))


def test_action_is_listed_by_its_day_and_leaves_the_open_ones_when_it_closes(table: ActionTable) -> None:
    record = claimed()
    table.claim(record, [])
    key = {"action_id": {"S": record.action.id}}
    item = aws.client("dynamodb").get_item(TableName="actions", Key=key)["Item"]
    assert (item["day"]["S"], item["state"]["S"], item["open_phase"]["S"]) == (
        "20260302",
        "claimed",
        "claimed",
    )
    table.close(record, closed(record, Status.FAILED))
    item = aws.client("dynamodb").get_item(TableName="actions", Key=key)["Item"]
    assert item["state"]["S"] == "failed"
    assert "open_phase" not in item


def test_missing_table_is_refused_in_our_terms(account: None) -> None:
    elsewhere = ActionTable("elsewhere", "usage")
    record = claimed()
    for call in (
        lambda: elsewhere.get(record.action.id),
        lambda: elsewhere.claim(record, []),
        lambda: elsewhere.stale(Phase.CLAIMED, START, 1),
        lambda: elsewhere.claim(record, [HOUR]),
    ):
        with pytest.raises(WritError) as refused:
            call()
        assert refused.value.code == "dependency.refused"
