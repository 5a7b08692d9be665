"""DynamoDB through pynamodb models: binding to physical tables, and errors in Writ's terms."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import cache
from itertools import islice
from typing import TYPE_CHECKING, Any, Final, TypeVar

from pynamodb.connection import Connection, TableConnection
from pynamodb.exceptions import (
    DeleteError,
    DoesNotExist,
    PutError,
    PynamoDBConnectionError,
    TransactWriteError,
    UpdateError,
)
from pynamodb.models import Model
from pynamodb.transactions import TransactWrite

from writ.contracts.errors import ConflictError, ContendedError, TransientError, WritError

if TYPE_CHECKING:
    from botocore.session import Session

ModelT = TypeVar("ModelT", bound=Model)
OtherT = TypeVar("OtherT", bound=Model)
Pair = tuple[str, str]
_REFUSED: Final = "ConditionalCheckFailed"
_CANCELLED: Final = "TransactionCanceledException"  # for another reason than a condition
_PAGE_SIZE: Final = 200
_PAGES: Final = 10
_ROUNDS: Final = 4


class TransactionRefusedError(ConflictError):
    """A condition of a transaction did not hold; `failed` are the positions of its items, puts first."""

    def __init__(self, failed: frozenset[int]) -> None:
        super().__init__("a condition of the transaction did not hold", code="conflict.transaction")
        self.failed = failed


class _SharedConnection(Connection):
    """A connection on the session of this process, for any number of tables."""

    @property
    def session(self) -> Session:
        from writ.adapters.aws import session

        return session()

    def know(self, table: TableConnection) -> None:
        """Serve a table: pynamodb makes a session and a client for each, which a cold start cannot afford."""
        self._tables[table.table_name] = table.get_meta_table()
        table.connection = self


def bind(model: type[ModelT], table: str) -> type[ModelT]:
    """Point a model at its physical table; a process has one environment, so this is done in place."""
    meta: Any = model.Meta
    if meta.table_name != table or model._connection is None:
        meta.table_name = table
        meta.region = _region()
        model._connection = None
        connection().know(model._get_connection())
    return model


@cache
def connection() -> _SharedConnection:
    """The one connection of models and transactions."""
    return _SharedConnection(
        region=_region(), connect_timeout_seconds=2, read_timeout_seconds=10, max_retry_attempts=3
    )


def _region() -> str:
    """What botocore would say; a function has it in its environment, and needs no session for it."""
    from writ.adapters.aws import session

    return os.environ.get("AWS_DEFAULT_REGION") or session().get_config_variable("region") or "us-east-1"


def get(model: type[ModelT], key: str, sort: str | None = None) -> ModelT | None:
    """A strongly consistent read; None for an item that is not there."""
    with _translated("reading"):
        try:
            return model.get(key, sort, consistent_read=True)
        except DoesNotExist:
            return None


def save(item: Model, condition: Any = None) -> None:
    """A conditional put. Raises ConflictError when the condition does not hold."""
    with _translated("writing"):
        item.save(condition=condition)


def replace(item: Model, unchanged: Any) -> None:
    """A put in the place of what was read. Raises ContendedError where that is `unchanged` no more."""
    try:
        save(item, unchanged)
    except ConflictError:
        raise ContendedError("another attempt is at it") from None


def update(item: Model, actions: list[Any], condition: Any = None) -> None:
    """A conditional update of some attributes. Raises ConflictError when the condition does not hold."""
    with _translated("updating"):
        item.update(actions=actions, condition=condition)


def delete(item: Model, condition: Any = None) -> None:
    """A conditional delete; what is not there is deleted already. Raises ConflictError for the condition."""
    with _translated("deleting"):
        item.delete(condition=condition)


def get_many(model: type[ModelT], keys: Sequence[tuple[str, str] | str]) -> Sequence[ModelT]:
    """Strongly consistent reads, a hundred in one request; items that are not there are left out."""
    with _translated("reading"):
        return list(model.batch_get(list(keys), consistent_read=True))


def get_across(
    first: tuple[type[ModelT], Sequence[Pair]], second: tuple[type[OtherT], Sequence[Pair]]
) -> tuple[Mapping[Pair, ModelT], Mapping[Pair, OtherT]]:
    """Strongly consistent reads from two tables in one request; what is not there is left out.

    The keys of both tables are the strings `pk` and `sk`.
    """
    from botocore.exceptions import BotoCoreError, ClientError

    from writ.adapters import aws

    asked: Any = {
        model.Meta.table_name: {
            "ConsistentRead": True,
            "Keys": [{"pk": {"S": pk}, "sk": {"S": sk}} for pk, sk in keys],
        }
        for model, keys in (first, second)
    }
    found: dict[str, list[Any]] = {}
    for _ in range(_ROUNDS):
        try:
            client: Any = connection().client
            answer = client.batch_get_item(RequestItems=asked)
        except (BotoCoreError, ClientError) as error:
            raise aws.failure(error, "reading") from error
        for table, items in answer["Responses"].items():
            found.setdefault(table, []).extend(items)
        if not (asked := answer.get("UnprocessedKeys")):
            return _by_key(first[0], found), _by_key(second[0], found)
    raise TransientError("reading: keys were left unprocessed")


def _by_key(model: type[ModelT], found: Mapping[str, list[Any]]) -> Mapping[Pair, ModelT]:
    items = found.get(model.Meta.table_name, [])
    return {(raw["pk"]["S"], raw["sk"]["S"]): model.from_raw_data(raw) for raw in items}


def put_many(model: type[ModelT], items: Sequence[ModelT]) -> None:
    """Unconditional puts, 25 in one request; those the service leaves over are sent again."""
    with _translated("writing"), model.batch_write() as batch:
        for item in items:
            batch.save(item)


def page(index: Any, key: str, range_condition: Any, *, limit: int) -> Sequence[Any]:
    """The first items of a query, in order."""
    with _translated("querying"):
        return list(index.query(key, range_condition, limit=limit))


def query(
    index: Any,
    key: str,
    range_condition: Any = None,
    *,
    limit: int,
    start: Mapping[str, Any] | None = None,
    filter_condition: Any = None,
    descending: bool = False,
    consistent: bool = False,
) -> tuple[Sequence[Any], Mapping[str, Any] | None]:
    """Up to `limit` items after the key `start`, and the key to go on from, or None at the end.

    It reads `_PAGES` pages at most, so with a filter that little passes it may return fewer items, even
    none, and a key.
    """
    with _translated("querying"):
        results = index.query(
            key,
            range_condition,
            filter_condition,
            scan_index_forward=not descending,
            last_evaluated_key=dict(start) if start else None,
            page_size=_PAGE_SIZE,
            **({"consistent_read": True} if consistent else {}),  # an index of a table knows no such thing
        )
        model: Any = index if isinstance(index, type) else index._model
        pages = results.page_iter
        found: list[Any] = []
        for page_found in islice(pages, _PAGES):
            items = page_found["Items"]
            for place, item in enumerate(items, 1):
                found.append(model.from_raw_data(item))
                if len(found) == limit:
                    rest = {name: item[name] for name in pages.key_names}
                    return found, rest if place < len(items) else pages.last_evaluated_key
        return found, pages.last_evaluated_key


def each(index: Any, key: str, *, at_once: int, descending: bool = False) -> Iterator[Any]:
    """All items of a partition, however many; `at_once` are asked for in one go."""
    start: Mapping[str, Any] | None = None
    while True:
        items, start = query(index, key, limit=at_once, start=start, descending=descending)
        yield from items
        if start is None:
            return


def scan(
    model: type[ModelT], *, limit: int, start: Mapping[str, Any] | None = None
) -> tuple[Sequence[ModelT], Mapping[str, Any] | None]:
    """One strongly consistent page of a whole table, in no order, and the key to go on from, or None."""
    with _translated("scanning"):
        results = model.scan(
            limit=limit,
            page_size=limit,
            last_evaluated_key=dict(start) if start else None,
            consistent_read=True,
        )
        return list(results), results.last_evaluated_key


def count(index: Any, key: str) -> int:
    """How many items a partition of an index has."""
    with _translated("counting"):
        return int(index.count(key))


@contextmanager
def transaction() -> Iterator[TransactWrite]:
    """All or nothing. Raises TransactionRefusedError for a condition, ContendedError for contention."""
    try:
        with TransactWrite(connection=connection()) as writes:
            yield writes
    except TransactWriteError as error:
        reasons = error.cancellation_reasons
        failed = frozenset(
            place for place, reason in enumerate(reasons) if reason is not None and reason.code == _REFUSED
        )
        if failed:
            raise TransactionRefusedError(failed) from None
        raise _error(error, "writing together") from error


@contextmanager
def _translated(doing: str) -> Iterator[None]:
    try:
        yield
    except (DeleteError, PutError, UpdateError) as error:
        if error.cause_response_code == "ConditionalCheckFailedException":
            raise ConflictError(
                f"{doing} {getattr(error, 'table_name', '') or 'an item'}: it has changed"
            ) from None
        raise _error(error, doing) from error
    except PynamoDBConnectionError as error:
        raise _error(error, doing) from error


def _error(error: Any, doing: str) -> WritError:
    from writ.adapters.aws import CROWDED

    code = error.cause_response_code
    if code in CROWDED or code == _CANCELLED:
        return ContendedError(f"{doing}: {code}", code=TransientError.code)
    if code in {"AccessDeniedException", "ValidationException", "ResourceNotFoundException"}:
        return WritError(f"{doing}: {code}", code="dependency.refused")
    return TransientError(f"{doing}: {code or type(error.cause).__name__}")
