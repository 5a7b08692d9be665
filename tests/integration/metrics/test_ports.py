"""Data points in CloudWatch."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from functions.metrics.lines import Datum
from functions.metrics.ports import AT_ONCE, put
from tests.support.moto_aws import moto_aws
from writ.adapters import aws
from writ.contracts.errors import WritError

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)


def datum(number: int, unit: str = "Count") -> Datum:
    bot = {"Name": "bot", "Value": "backlog"}
    return {
        "MetricName": f"Acts{number}",
        "Dimensions": [bot],
        "Timestamp": NOW,
        "Unit": unit,
        "Values": [2.0, 3.0],
    }


def test_data_are_put_under_the_namespace_as_many_as_there_are() -> None:
    with moto_aws():
        put([datum(number) for number in range(AT_ONCE + 1)])
        cloudwatch = aws.client("cloudwatch")
        pages = cloudwatch.get_paginator("list_metrics").paginate(Namespace="Writ")
        assert sum(len(page["Metrics"]) for page in pages) == AT_ONCE + 1
        found = cloudwatch.get_metric_statistics(
            Namespace="Writ",
            MetricName=f"Acts{AT_ONCE}",
            Dimensions=datum(0)["Dimensions"],
            StartTime=NOW,
            EndTime=NOW.replace(hour=13),
            Period=3600,
            Statistics=["Sum"],
        )
        assert [point["Sum"] for point in found["Datapoints"]] == [5.0]


def test_nothing_is_put_of_nothing() -> None:
    with moto_aws():
        put([])
        assert aws.client("cloudwatch").list_metrics(Namespace="Writ")["Metrics"] == []


def test_what_cloudwatch_refuses_is_said() -> None:
    with moto_aws(), pytest.raises(WritError) as refused:
        put([{**datum(1), "Value": 1.0}])
    assert refused.value.code == "dependency.refused"
