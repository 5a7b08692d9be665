"""AWS by moto, in process, with tables as the stacks define them."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from moto import mock_aws

from stacks.tables import EVERYTHING, Key, TableSpec
from writ.adapters import aws, dynamo

REGION = "us-east-1"
_CREDENTIALS = {
    "AWS_ACCESS_KEY_ID": "testing",
    "AWS_SECRET_ACCESS_KEY": "testing",
    "AWS_SESSION_TOKEN": "testing",
    "AWS_DEFAULT_REGION": REGION,
}


@contextmanager
def moto_aws(*tables: str) -> Iterator[None]:
    """Fresh accounts with the named tables under their logical names; clients of before are forgotten."""
    with pytest.MonkeyPatch.context() as environment, mock_aws():
        for name, value in _CREDENTIALS.items():
            environment.setenv(name, value)
        environment.delenv("AWS_ENDPOINT_URL", raising=False)
        _forget()
        for spec in EVERYTHING.tables:
            if spec.name in tables:
                aws.client("dynamodb").create_table(**_definition(spec))
        yield
    _forget()


def _forget() -> None:
    for cached in (aws.client, aws.session, dynamo.connection):
        cached.cache_clear()


def _definition(spec: TableSpec) -> dict[str, Any]:
    keys = [spec.key, *spec.indexes.values()]
    attributes = {
        name: "N" if name in key.number else "S" for key in keys for name in (key.partition, key.sort) if name
    }
    definition: dict[str, Any] = {
        "TableName": spec.name,
        "KeySchema": _schema(spec.key),
        "AttributeDefinitions": [
            {"AttributeName": name, "AttributeType": kind} for name, kind in attributes.items()
        ],
        "BillingMode": "PAY_PER_REQUEST",
    }
    if spec.indexes:
        definition["GlobalSecondaryIndexes"] = [
            {"IndexName": name, "KeySchema": _schema(key), "Projection": _projection(key)}
            for name, key in spec.indexes.items()
        ]
    return definition


def _schema(key: Key) -> list[dict[str, str]]:
    parts = [{"AttributeName": key.partition, "KeyType": "HASH"}]
    return [*parts, {"AttributeName": key.sort, "KeyType": "RANGE"}] if key.sort else parts


def _projection(key: Key) -> dict[str, Any]:
    if not key.projected:
        return {"ProjectionType": "ALL"}
    return {"ProjectionType": "INCLUDE", "NonKeyAttributes": list(key.projected)}
