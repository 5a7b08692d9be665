"""Units and dollars by AWS's own rules, and a ledger whose every request has a price."""

from __future__ import annotations

from typing import Any

import pytest

from stacks.tables import TABLES, Key, TableSpec
from tests.bench import cost
from tests.bench.capacity import item_bytes, query_units, read_units, write_units
from tests.bench.measure import ranked
from tests.bench.meter import Meter
from tests.bench.prices import PRICES, Unit, per_million

PLAIN = TableSpec("plain", Key("pk"), {})


def of_bytes(size: int) -> dict[str, Any]:
    """An item of `size` bytes: two for each attribute's name."""
    return {"pk": {"S": "k"}, "xx": {"S": "x" * (size - 5)}}


@pytest.mark.parametrize(
    ("value", "size"),
    [
        ({"S": "né"}, 3),
        ({"B": b"\x00" * 71}, 71),
        ({"N": "0"}, 1),
        ({"N": "-1200.50"}, 4),
        ({"N": "1234"}, 3),
        ({"BOOL": True}, 1),
        ({"NULL": True}, 1),
        ({"L": []}, 3),
        ({"L": [{"S": "ab"}, {"S": "c"}]}, 3 + 3 + 2),
        ({"M": {"k": {"S": "v"}}}, 3 + 2 + 1),
    ],
    ids=str,
)
def test_attribute_has_the_size_dynamodb_gives_it(value: dict[str, Any], size: int) -> None:
    assert item_bytes({"name": value}) == len("name") + size


def test_type_without_a_rule_is_refused() -> None:
    with pytest.raises(LookupError, match="SS"):
        item_bytes({"tags": {"SS": ["a"]}})


@pytest.mark.parametrize(("size", "units"), [(6, 1), (1024, 1), (1025, 2), (4096, 4), (4097, 5)])
def test_write_takes_a_unit_a_kilobyte(size: int, units: int) -> None:
    assert item_bytes(of_bytes(size)) == size
    assert write_units(of_bytes(size), PLAIN) == units


def test_index_is_written_when_the_item_has_its_key() -> None:
    keys = {
        "all": Key("day", "pk"),
        "some": Key("day", projected=("small",)),
        "absent": Key("other"),
    }
    item = {**of_bytes(3000), "day": {"S": "d"}, "small": {"S": "s"}}
    assert write_units(item, TableSpec("t", Key("pk"), {})) == 3
    assert write_units(item, TableSpec("t", Key("pk"), keys)) == 3 + 3 + 1


@pytest.mark.parametrize(("size", "units"), [(6, 1), (4096, 1), (4097, 2)])
def test_read_takes_a_unit_four_kilobytes_and_half_of_it_where_it_may_be_stale(size: int, units: int) -> None:
    assert read_units(of_bytes(size), consistent=True) == units
    assert read_units(of_bytes(size), consistent=False) == units / 2


def test_what_is_not_there_costs_the_least_read() -> None:
    assert read_units(None, consistent=True) == 1
    assert query_units([], consistent=False) == 0.5


def test_query_rounds_its_items_together() -> None:
    assert query_units([of_bytes(100)] * 40, consistent=True) == 1
    assert query_units([of_bytes(100)] * 41, consistent=False) == 1.0


def test_million_is_reckoned_from_what_a_part_of_it_used() -> None:
    dollars = per_million({Unit.WRITE: 40, Unit.KMS: 1}, 10)
    assert dollars[Unit.WRITE] == pytest.approx(4 * 0.625)
    assert dollars[Unit.KMS] == pytest.approx(100_000 * 0.15 / 10_000)
    with pytest.raises(ValueError, match="nothing"):
        per_million({}, 0)


def test_every_unit_has_a_price_and_its_page() -> None:
    assert PRICES.keys() == set(Unit)
    assert all(price.source.startswith("https://aws.amazon.com/") for price in PRICES.values())


class TestMeter:
    """Requests as botocore makes them, and answers as AWS gives them."""

    def test_put_that_is_refused_is_charged(self) -> None:
        meter = Meter()

        def refused() -> None:
            raise PermissionError

        with pytest.raises(PermissionError):
            meter.ask("PutItem", {"TableName": "log", "Item": {"pk": {"S": "head"}}}, refused)
        assert meter.used == {Unit.WRITE: 1}
        assert meter.requests == {"PutItem": 1}

    def test_batch_charges_what_came_and_what_is_not_there_but_not_what_was_put_off(self) -> None:
        meter = Meter()
        keys = [{"edge": {"S": "e"}, "position": {"S": str(number)}} for number in range(5)]
        request = {"RequestItems": {"index": {"ConsistentRead": True, "Keys": keys}}}
        answer = {
            "Responses": {"index": [of_bytes(5000), of_bytes(10)]},
            "UnprocessedKeys": {"index": {"Keys": keys[:1]}},
        }
        assert meter.ask("BatchGetItem", request, lambda: answer) is answer
        assert meter.used == {Unit.READ: 2 + 1 + 2}

    def test_transaction_writes_twice_what_it_puts_and_what_it_checks(self) -> None:
        meter = Meter()
        key = {"pk": {"S": "ds-1"}, "sk": {"S": "key"}}
        parts = [
            {"ConditionCheck": {"TableName": "subjects", "Key": key}},
            {"Put": {"TableName": "subjects", "Item": {**of_bytes(1025), "sk": {"S": "entry"}}}},
        ]
        meter.ask("TransactWriteItems", {"TransactItems": parts}, dict)
        assert meter.used == {Unit.WRITE: 2 + 4}
        with pytest.raises(LookupError, match="Delete"):
            meter.ask("TransactWriteItems", {"TransactItems": [{"Delete": {}}]}, dict)

    def test_data_keys_have_a_price_of_their_own(self) -> None:
        meter = Meter()
        meter.ask("GenerateDataKey", {}, dict)
        meter.ask("Decrypt", {}, dict)
        assert meter.used == {Unit.DATA_KEY: 2}

    def test_big_event_is_several(self) -> None:
        meter = Meter()
        meter.ask("PutEvents", {"Entries": [{"Detail": "x" * 65_536}, {"Detail": "x"}]}, dict)
        assert meter.used == {Unit.EVENT: 3}

    def test_operation_without_a_price_is_refused_before_it_is_made(self) -> None:
        made: list[int] = []
        with pytest.raises(LookupError, match="DeleteItem"):
            Meter().ask("DeleteItem", {}, lambda: made.append(1))
        assert made == []


def test_every_entry_is_paid_for_at_least_once_in_each_place() -> None:
    few = cost.spend(20, commits=1, percent=0)
    [entries] = [spec for spec in TABLES if spec.name == "entries"]
    assert len(few.entry_bytes) == 20
    assert few.requests["Sign"] == 2  # the two lines of a checkpoint
    assert few.requests["PutItem"] == 20 + 3  # the entries, the head twice, and how far the sweep is
    assert few.dollars[Unit.WRITE] > few.floor + 0.625 * (len(entries.indexes) + 1)
    assert few.dollars.keys() == set(Unit) - {Unit.DATA_KEY}  # nobody's key is used
    assert few.total == sum(few.dollars.values())
    more = cost.spend(20, commits=2, percent=0)
    assert more.requests["Sign"] == 4
    assert more.total > few.total


def test_entries_about_people_pay_for_their_keys_and_their_place_under_them() -> None:
    none, half, every = (cost.spend(20, commits=1, percent=percent) for percent in (0, 50, 100))
    sealed = [spent.requests.get("TransactWriteItems", 0) - made(spent) for spent in (none, half, every)]
    assert sealed == [0, 10, 20]
    assert [spent.requests["PutItem"] for spent in (none, half, every)] == [23, 13, 3]
    assert none.total < half.total < every.total
    # Twice the entry, its place under the key and the check of the key, where there was one put.
    [entries] = [spec for spec in TABLES if spec.name == "entries"]
    written = every.dollars[Unit.WRITE] - none.dollars[Unit.WRITE]
    assert len(entries.indexes) == 1
    assert written >= 5 * 0.625
    assert made(every) == every.requests["Decrypt"] > 0  # the sequencer opens what the recorder made


def made(spent: cost.Spent) -> int:
    """Keys of people whom nobody had met."""
    return spent.requests.get("GenerateDataKey", 0)


@pytest.mark.parametrize(
    ("percent", "value"), [(1, 1.0), (50, 50.0), (99, 99.0), (100, 100.0)], ids=lambda number: f"{number:g}"
)
def test_percentile_is_one_of_the_values(percent: int, value: float) -> None:
    assert ranked([float(number) for number in range(100, 0, -1)], percent) == value
    assert ranked([7.0], percent) == 7.0
