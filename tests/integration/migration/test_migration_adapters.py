"""Migrations over DynamoDB and CloudWatch, by moto: records, items behind the fence, old reads."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest

from tests.support.memory import START, ManualClock
from tests.support.migrations import TABLE, document, order
from tests.support.moto_aws import moto_aws
from tests.support.rollouts import rollout
from writ.adapters import aws
from writ.adapters.migration_table import MigrationTable
from writ.adapters.old_reads import CloudWatchOldReads
from writ.adapters.rollout_table import RolloutTable
from writ.adapters.service_items import TOGETHER, ServiceItems
from writ.contracts.errors import ConflictError, PermanentError
from writ.migration.changes import Edit, Mode, edit
from writ.migration.decide import Look, next_move
from writ.migration.document import Metric
from writ.migration.ports import Fence
from writ.migration.runner import Runner
from writ.migration.state import Asker, Ending, Mark, Record, Stage, Sweep
from writ.migration.transitions import ended, entered
from writ.migration.values import same
from writ.rollout.state import Guard, Row

CHANGES = document().changes


@pytest.fixture
def items() -> Iterator[ServiceItems]:
    with moto_aws("migrations", "rollouts"):
        aws.client("dynamodb").create_table(
            TableName=TABLE,
            KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
            AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
            BillingMode="PAY_PER_REQUEST",
        )
        yield ServiceItems("migrations", "rollouts")


@pytest.fixture
def table(items: ServiceItems) -> MigrationTable:
    assert items.key_of(TABLE) == ("id",)
    return MigrationTable("migrations")


def record(**changes: Any) -> Record:
    begun = Record(
        id="orders-total",
        document=document(),
        key=("id",),
        started_at=START,
        stage_at=START,
        sweep=Sweep.begin(Mode.SURVEY, 2),
        marks=(Mark(stage=Stage.SURVEY, at=START, action="act-1"),),
    )
    return begun.model_copy(update=changes)


def put(*items: dict[str, Any]) -> None:
    for item in items:
        aws.client("dynamodb").put_item(TableName=TABLE, Item=item)


def fill(item: dict[str, Any]) -> tuple[dict[str, Any], Edit]:
    return {"id": item["id"]}, edit(Mode.FILL, CHANGES, item)


def fence(of: Record, free: str | None = None) -> Fence:
    return Fence(of.id, of.epoch, free)


def test_of_the_migrations_of_a_table_one_is_open(table: MigrationTable) -> None:
    first = record()
    table.start(first)
    for other in (first, record(id="another")):
        with pytest.raises(ConflictError) as refused:
            table.start(other)
        assert refused.value.code == "conflict.migration"
    table.start(record(id="orders-total-plan-1", dry_run=True))
    assert table.holder(TABLE) == first.id
    over = ended(first, Ending.DONE, START)
    table.write(first, over)
    assert table.holder(TABLE) == ""
    table.start(record(id="another"))
    with pytest.raises(ConflictError) as taken:
        table.write(over, over.after(final=None))
    assert taken.value.code == "conflict.migration"
    assert table.read(first.id) == over


def test_a_record_is_written_once_for_a_version_and_listed_until_it_is_over(table: MigrationTable) -> None:
    first = record()
    table.start(first)
    after = entered(first, Stage.EXPAND, "act-2", START)
    table.write(first, after)
    with pytest.raises(ConflictError):
        table.write(first, after)
    assert table.read(first.id) == after
    assert list(table.open()) == [after]
    over = ended(after, Ending.ABORTED, START)
    table.write(after, over)
    assert list(table.open()) == []
    assert list(table.all()) == list(table.of("shop")) == [over]


def test_every_item_of_every_segment_is_scanned_once(items: ServiceItems) -> None:
    put(*(order(number) for number in range(23)))
    seen: list[str] = []
    for segment in range(3):
        after = None
        while True:
            page = items.scan(TABLE, segment, 3, after, 4)
            seen += [str(item["id"]["S"]) for item in page.items]
            if (after := page.after) is None:
                break
    assert sorted(seen) == [f"o{number:05d}" for number in range(23)]


def test_edits_are_written_to_items_that_are_as_they_were_seen(
    items: ServiceItems, table: MigrationTable
) -> None:
    table.start(held := record())
    olds = [order(number, tags={"SS": ["a", "b"]}) for number in range(TOGETHER + 3)]
    put(*olds)
    put({**olds[1], "total": {"N": "77"}}, {**olds[2], "note": {"S": "newer"}})
    aws.client("dynamodb").delete_item(TableName=TABLE, Key={"id": olds[3]["id"]})
    written = items.edit(TABLE, [fill(old) for old in olds], fence(held))
    assert [place for place, done in enumerate(written) if not done] == [1, 3]
    assert items.get(TABLE, {"id": olds[3]["id"]}) is None
    changed = items.get(TABLE, {"id": olds[1]["id"]})
    assert changed is not None
    assert "amount" not in changed
    other = items.get(TABLE, {"id": olds[2]["id"]})
    assert other is not None
    assert (other["note"], other["amount"]) == ({"S": "newer"}, olds[2]["total"])
    assert same(other["tags"], olds[2]["tags"])
    assert list(items.edit(TABLE, [fill(olds[0])], fence(held))) == [False]


def test_nothing_is_written_behind_a_fence_that_does_not_hold(
    items: ServiceItems, table: MigrationTable
) -> None:
    table.start(held := record())
    put(old := order(1))
    after = entered(held, Stage.EXPAND, "act-2", START)
    table.write(held, after)
    with pytest.raises(ConflictError) as fenced:
        items.edit(TABLE, [fill(old)], fence(held))
    assert fenced.value.code == "migration.fenced"
    assert items.get(TABLE, {"id": old["id"]}) == old
    assert list(items.edit(TABLE, [fill(old)], fence(after))) == [True]


def test_nothing_is_contracted_while_a_rollout_is_open(items: ServiceItems, table: MigrationTable) -> None:
    table.start(held := record())
    rollouts, (old, other) = RolloutTable("rollouts"), (order(1), order(2))
    put(old, other)
    assert list(items.edit(TABLE, [fill(old)], fence(held, "shop"))) == [True]
    taken = Row(service="shop").after(number=1, rollout=rollout())
    rollouts.write(None, taken)
    with pytest.raises(ConflictError):
        items.edit(TABLE, [fill(other)], fence(held, "shop"))
    assert items.get(TABLE, {"id": other["id"]}) == other
    rollouts.write(taken, taken.after(rollout=None))
    assert list(items.edit(TABLE, [fill(other)], fence(held, "shop"))) == [True]


def test_a_promoted_release_that_is_still_watched_does_not_hold_a_contract(
    items: ServiceItems, table: MigrationTable
) -> None:
    table.start(held := record())
    put(old := order(1))
    guard = Guard(rollout="shop-1", until=START + timedelta(days=30))
    RolloutTable("rollouts").write(None, Row(service="shop").after(number=1, guard=guard))
    assert list(items.edit(TABLE, [fill(old)], fence(held, "shop"))) == [True]


def test_what_dynamodb_refuses_is_no_fault_that_passes(items: ServiceItems, table: MigrationTable) -> None:
    table.start(held := record())
    put(old := order(1))
    bad = Edit({"id": {"S": "other"}}, (), {"total": old["total"]})
    with pytest.raises(PermanentError) as refused:
        items.edit(TABLE, [({"id": old["id"]}, bad)], fence(held))
    assert refused.value.code == "migration.refused"
    assert items.key_of("service-not-there") is None


def test_a_table_goes_forth_and_back_batch_by_batch(items: ServiceItems, table: MigrationTable) -> None:
    clock, number = ManualClock(), 0
    olds = {old["id"]["S"]: old for old in (order(n) for n in range(12))}
    put(*olds.values())
    runner = Runner(table, items, clock)
    runner.start(document(), "orders-total", "act-0", by=Asker("ann", "sub-1"), dry_run=False)

    def settle() -> None:
        nonlocal number
        for _ in range(200):
            found = table.read("orders-total")
            assert found is not None
            if found.final is not None:
                return
            move = next_move(found, Look(old_reads=0.0), clock.now())
            clock.forward(seconds=30)
            if not move.waits:
                number += 1
                runner.move("orders-total", found.seq, move, f"act-{number}")
        raise AssertionError("it does not end")

    settle()
    news = [item for segment in range(2) for item in items.scan(TABLE, segment, 2, None, 100).items]
    assert len(news) == 12
    assert all(edit(Mode.DROP, CHANGES, item).empty and "total" not in item for item in news)
    assert all(item["amount"] == olds[str(item["id"]["S"])]["total"] for item in news)
    runner.reverse("orders-total", "act-back", "it was wrong", 2)
    settle()
    back = {
        str(item["id"]["S"]): item
        for segment in range(2)
        for item in items.scan(TABLE, segment, 2, None, 100).items
    }
    assert back == olds


def test_old_reads_are_counted_and_unknown_without_a_point(items: ServiceItems) -> None:
    assert items.key_of(TABLE)
    metric = Metric(namespace="Shop", name="OldOrderReads", dimensions={"Service": "shop"})
    reads, since = CloudWatchOldReads(), START - timedelta(minutes=10)
    assert reads.count(metric, since, START) is None
    datum = {"MetricName": metric.name, "Dimensions": [{"Name": "Service", "Value": "shop"}]}
    for minutes, value in ((5, 0.0), (3, 2.0), (20, 9.0)):
        at = START - timedelta(minutes=minutes)
        aws.client("cloudwatch").put_metric_data(
            Namespace=metric.namespace, MetricData=[{**datum, "Value": value, "Timestamp": at}]
        )
    assert reads.count(metric, since, START) == 2.0
    assert reads.count(metric, START - timedelta(minutes=6), START - timedelta(minutes=4)) == 0.0
    assert reads.count(metric, since, START + timedelta(minutes=1)) == 2.0
    assert reads.count(metric, since, START + timedelta(minutes=3)) is None


@pytest.mark.parametrize("status", ["PartialData", "InternalError", "Forbidden"])
def test_old_reads_of_which_only_a_part_is_told_are_unknown(
    monkeypatch: pytest.MonkeyPatch, status: str
) -> None:
    metric = Metric(namespace="Shop", name="OldOrderReads")
    part = {"Values": [0.0], "Timestamps": [START], "StatusCode": status}
    rest = {**part, "StatusCode": "Complete"}
    pages: list[dict[str, Any]] = [
        {"MetricDataResults": [part], "NextToken": "more"},
        {"MetricDataResults": [rest]},
    ]

    class Client:
        def get_metric_data(self, *, NextToken: str = "", **_asked: Any) -> dict[str, Any]:
            return pages[1] if NextToken else pages[0]

    monkeypatch.setattr(aws, "client", lambda _name: Client())
    reads, since = CloudWatchOldReads(), START - timedelta(minutes=10)
    assert reads.count(metric, since, START) == (0.0 if status == "PartialData" else None)
    del pages[0]["NextToken"]
    assert reads.count(metric, since, START) is None
