"""Counts of services out of CloudWatch, with dimensions that only a deployment knows, by moto."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tests.support.moto_aws import moto_aws
from writ.adapters import aws
from writ.adapters.metric_history import MetricHistory
from writ.adapters.parameters import Parameters
from writ.contracts.errors import TransientError
from writ.contracts.service import ServiceManifest
from writ.slo.counts import Count

NAME = "/writ-test-api-id"
GATEWAY = {"namespace": "AWS/ApiGateway", "dimensions": {"ApiId": "{api-id}"}}
SERVICE = ServiceManifest.model_validate(
    {
        "name": "shop",
        "summary": "A shop, for example.",
        "owner": "shop",
        "runbook": "docs/shop.md",
        "indicators": {
            "gateway": {
                "kind": "requests",
                "objective": 99.0,
                "total": {**GATEWAY, "metric": "Count"},
                "bad": {**GATEWAY, "metric": "5xx"},
            },
            "jobs": {
                "kind": "events",
                "objective": 99.0,
                "good": {"namespace": "Shop", "metric": "Done"},
                "bad": {"namespace": "Shop", "metric": "Lost"},
            },
        },
    }
)


def put(namespace: str, name: str, value: float, at: datetime, **dimensions: str) -> None:
    pairs = [{"Name": key, "Value": held} for key, held in dimensions.items()]
    data: dict[str, Any] = {"MetricName": name, "Dimensions": pairs, "Timestamp": at, "Value": value}
    aws.client("cloudwatch").put_metric_data(Namespace=namespace, MetricData=[data])


def test_indicators_are_counted_by_slots_and_hours_in_one_reading() -> None:
    now = datetime.now(UTC).replace(minute=42, second=0, microsecond=0) - timedelta(hours=1)
    with moto_aws():
        aws.client("ssm").put_parameter(Name=NAME, Value="a1b2c3", Type="String")
        for ago, total, bad in ((timedelta(minutes=2), 10, 4), (timedelta(days=5), 100, 1)):
            put("AWS/ApiGateway", "Count", total, now - ago, ApiId="a1b2c3")
            put("AWS/ApiGateway", "5xx", bad, now - ago, ApiId="a1b2c3")
        put("AWS/ApiGateway", "5xx", 50, now - timedelta(minutes=2), ApiId="another")
        put("Shop", "Done", 7, now - timedelta(hours=7))
        metered = MetricHistory(Parameters({"api-id": NAME}).read)
        gateway, jobs = metered.read(list(SERVICE.indicators.values()), now)
    assert gateway.within(timedelta(minutes=5), now) == Count(6, 4)
    assert gateway.within(timedelta(days=3), now) == Count(6, 4)
    assert gateway.within(timedelta(days=30), now) == Count(105, 5)
    assert jobs.within(timedelta(hours=6), now) == Count()
    assert jobs.within(timedelta(days=30), now) == Count(7, 0)


def test_a_parameter_that_is_not_there_yet_is_said_and_asked_for_again() -> None:
    with moto_aws():
        parameters = Parameters({"api-id": NAME})
        with pytest.raises(TransientError, match="api-id"):
            parameters.read(["api-id"])
        aws.client("ssm").put_parameter(Name=NAME, Value="a1b2c3", Type="String")
        assert parameters.read(["api-id"]) == {"api-id": "a1b2c3"}
