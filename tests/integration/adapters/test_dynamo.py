"""Pages, batches, transactions and errors of DynamoDB, in Writ's terms."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import pytest
from botocore.exceptions import ClientError, EndpointConnectionError
from pynamodb.attributes import NumberAttribute, UnicodeAttribute
from pynamodb.exceptions import GetError, PutError, TransactWriteError
from pynamodb.indexes import AllProjection, GlobalSecondaryIndex
from pynamodb.models import Model
from pynamodb.transactions import TransactWrite

from writ.adapters import dynamo
from writ.contracts.errors import ConflictError, ContendedError, WritError


class _Recent(GlobalSecondaryIndex["Number"]):
    class Meta:
        index_name = "recent"
        projection = AllProjection()

    day = UnicodeAttribute(hash_key=True)
    updated_at = UnicodeAttribute(range_key=True)


class Number(Model):
    """A number in the table of actions, in the order of its index `recent`."""

    class Meta:
        table_name = "actions"

    action_id = UnicodeAttribute(hash_key=True)
    day = UnicodeAttribute()
    updated_at = UnicodeAttribute()
    value = NumberAttribute()

    recent = _Recent()


class Pair(Model):
    """An item of the table of the index, which has two keys."""

    class Meta:
        table_name = "index"

    edge = UnicodeAttribute(hash_key=True)
    position = UnicodeAttribute(range_key=True)


def number(model: type[Number], value: int) -> Number:
    return model(f"n{value}", day="all", updated_at=f"{value // 2:03d}", value=value)


@pytest.fixture
def numbers(account: None) -> type[Number]:
    model = dynamo.bind(Number, "actions")
    for value in range(25):
        dynamo.save(number(model, value))
    return model


def pages(numbers: type[Number], limit: int, **options: Any) -> list[list[int]]:
    found: list[list[int]] = []
    start: Mapping[str, Any] | None = None
    for _ in range(60):
        items, start = dynamo.query(numbers.recent, "all", limit=limit, start=start, **options)
        found.append([int(item.value) for item in items])
        if start is None:
            return found
    raise AssertionError("the pages have no end")


@pytest.mark.parametrize("limit", [1, 5, 24, 25, 26, 100])
@pytest.mark.parametrize("descending", [False, True])
@pytest.mark.parametrize("even", [False, True])
def test_pages_hold_every_match_once_in_order(
    numbers: type[Number], limit: int, descending: bool, even: bool
) -> None:
    condition = numbers.value.is_in(*range(0, 25, 2)) if even else None
    found = pages(numbers, limit, descending=descending, filter_condition=condition)
    together = [value for page in found for value in page]
    assert sorted(together) == [value for value in range(25) if not even or value % 2 == 0]
    places = [value // 2 for value in together]
    assert places == sorted(places, reverse=descending)
    assert all(len(page) <= limit for page in found)


def test_small_pages_of_the_service_are_put_together(
    numbers: type[Number], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(dynamo, "_PAGE_SIZE", 3)
    found = pages(numbers, 10)
    assert [len(page) for page in found] == [10, 10, 5]
    assert sorted(value for page in found for value in page) == list(range(25))


def test_a_filter_that_passes_little_gives_a_short_page_and_a_key(
    numbers: type[Number], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(dynamo, "_PAGE_SIZE", 2)
    monkeypatch.setattr(dynamo, "_PAGES", 3)
    found = pages(numbers, 5, filter_condition=numbers.value >= 24)
    assert found[0] == []
    assert [value for page in found for value in page] == [24]


def test_range_condition_bounds_the_query(numbers: type[Number]) -> None:
    items, rest = dynamo.query(numbers.recent, "all", numbers.updated_at > "010", limit=50)
    assert (sorted(int(item.value) for item in items), rest) == ([22, 23, 24], None)
    first = dynamo.page(numbers.recent, "all", numbers.updated_at <= "010", limit=3)
    assert [item.updated_at for item in first] == ["000", "000", "001"]


def test_get_many_takes_more_keys_than_one_request_may_hold_and_leaves_out_the_absent(account: None) -> None:
    model = dynamo.bind(Pair, "index")
    for place in range(120):
        dynamo.save(model("all", f"{place:03d}"))
    found = dynamo.get_many(model, [("all", f"{place:03d}") for place in range(130)] + [("none", "003")])
    assert sorted(item.position for item in found) == [f"{place:03d}" for place in range(120)]


def test_pages_of_a_table_itself(account: None) -> None:
    model = dynamo.bind(Pair, "index")
    dynamo.put_many(model, [model(edge, f"{place:03d}") for edge in ("one", "two") for place in range(30)])
    first, rest = dynamo.query(model, "one", model.position > "004", limit=20)
    last, end = dynamo.query(model, "one", model.position > "004", limit=20, start=rest)
    assert [item.position for item in [*first, *last]] == [f"{place:03d}" for place in range(5, 30)]
    assert (len(first), end) == (20, None)


def test_condition_that_fails_is_a_conflict(numbers: type[Number]) -> None:
    writes: tuple[Callable[[], None], ...] = (
        lambda: dynamo.save(number(numbers, 3), numbers.action_id.does_not_exist()),
        lambda: dynamo.update(numbers("n3"), [numbers.value.set(1)], numbers.value == 4),
    )
    for write in writes:
        with pytest.raises(ConflictError):
            write()
    dynamo.update(numbers("n3"), [numbers.value.set(33)], numbers.value == 3)
    found = dynamo.get(numbers, "n3")
    assert found is not None
    assert found.value == 33


def test_transaction_writes_all_or_nothing_and_names_who_refused(numbers: type[Number]) -> None:
    absent, present = numbers.action_id.does_not_exist(), numbers.action_id.exists()

    def write_together() -> None:
        with dynamo.transaction() as writes:
            writes.save(number(numbers, 100), condition=absent)
            writes.save(number(numbers, 3), condition=absent)
            writes.update(numbers("n101"), actions=[numbers.value.set(1)], condition=present)

    with pytest.raises(dynamo.TransactionRefusedError) as refused:
        write_together()
    assert refused.value.failed == {1, 2}
    assert dynamo.get(numbers, "n100") is None


def client_error(code: str) -> ClientError:
    return ClientError({"Error": {"Code": code}}, "PutItem")


@pytest.mark.parametrize(
    ("cause", "code"),
    [
        (client_error("ProvisionedThroughputExceededException"), "dependency.unavailable"),
        (client_error("InternalServerError"), "dependency.unavailable"),
        (EndpointConnectionError(endpoint_url="https://x"), "dependency.unavailable"),
        (client_error("AccessDeniedException"), "dependency.refused"),
        (client_error("ValidationException"), "dependency.refused"),
    ],
)
@pytest.mark.parametrize("kind", [PutError, GetError])
def test_failed_call_is_an_error_of_ours(kind: type[Exception], cause: Exception, code: str) -> None:
    with pytest.raises(WritError) as raised, dynamo._translated("writing"):
        raise kind("failed", cause)
    assert raised.value.code == code
    assert raised.value.retryable is (code == "dependency.unavailable")
    assert isinstance(raised.value, ContendedError) is ("Throughput" in str(cause))


def test_contended_transaction_may_be_tried_again(account: None, monkeypatch: pytest.MonkeyPatch) -> None:
    def cancelled(*_: object) -> None:
        cause = ClientError(
            {
                "Error": {"Code": "TransactionCanceledException"},
                "CancellationReasons": [{"Code": "TransactionConflict"}, {"Code": "None"}],
            },
            "TransactWriteItems",
        )
        raise TransactWriteError("cancelled", cause)

    monkeypatch.setattr(TransactWrite, "_commit", cancelled)
    model = dynamo.bind(Pair, "index")
    with pytest.raises(ContendedError), dynamo.transaction() as writes:
        writes.save(model("all", "001"))
