"""DynamoDB through pynamodb models: binding to physical tables, and errors in Writ's terms."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import cache
from typing import Any, Final, TypeVar

from pynamodb.connection import Connection
from pynamodb.exceptions import DoesNotExist, PutError, PynamoDBConnectionError, TransactWriteError
from pynamodb.models import Model
from pynamodb.transactions import TransactWrite

from writ.contracts.errors import ConflictError, TransientError, WritError

ModelT = TypeVar("ModelT", bound=Model)
_REFUSED: Final = "ConditionalCheckFailed"


class TransactionRefusedError(ConflictError):
    """A condition of a transaction did not hold; `failed` are the positions of its items, puts first."""

    def __init__(self, failed: frozenset[int]) -> None:
        super().__init__("a condition of the transaction did not hold", code="conflict.transaction")
        self.failed = failed


def bind(model: type[ModelT], table: str) -> type[ModelT]:
    """Point a model at its physical table; a process has one environment, so this is done in place."""
    from writ.adapters.aws import session

    meta: Any = model.Meta
    if meta.table_name != table or getattr(meta, "region", None) is None:
        meta.table_name = table
        meta.region = session().get_config_variable("region") or "us-east-1"
        meta.read_timeout_seconds = 10
        meta.connect_timeout_seconds = 2
        meta.max_retry_attempts = 3
        model._connection = None
    return model


@cache
def connection() -> Connection:
    """The connection of transactions."""
    from writ.adapters.aws import session

    return Connection(region=session().get_config_variable("region") or "us-east-1")


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


def page(index: Any, key: str, range_condition: Any, *, limit: int) -> Sequence[Any]:
    """The first items of a query, in order."""
    with _translated("querying"):
        return list(index.query(key, range_condition, limit=limit))


@contextmanager
def transaction() -> Iterator[TransactWrite]:
    """All or nothing. Raises TransactionRefusedError for a condition, TransientError for contention."""
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
    except PutError as error:
        if error.cause_response_code == "ConditionalCheckFailedException":
            raise ConflictError(f"{doing} {getattr(error, 'table_name', '') or 'an item'}: it has changed") from None
        raise _error(error, doing) from error
    except PynamoDBConnectionError as error:
        raise _error(error, doing) from error


def _error(error: Any, doing: str) -> WritError:
    code = error.cause_response_code
    if code in {"AccessDeniedException", "ValidationException", "ResourceNotFoundException"}:
        return WritError(f"{doing}: {code}", code="dependency.refused")
    return TransientError(f"{doing}: {code or type(error.cause).__name__}")
