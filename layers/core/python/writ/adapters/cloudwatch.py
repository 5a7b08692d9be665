"""Metrics from CloudWatch, a minute a point.

https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_GetMetricData.html
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any, Final

from botocore.exceptions import BotoCoreError, ClientError

from writ.adapters import aws
from writ.contracts.errors import TransientError
from writ.rollout.ports import Points, Query

_QUERIES: Final = 500
_PAGES: Final = 50


class CloudWatchMetrics:
    """See Metrics."""

    def read(self, queries: Sequence[Query], since: datetime, until: datetime) -> Sequence[Points]:
        found: list[Points] = []
        for at in range(0, len(queries), _QUERIES):
            found += self._read(queries[at : at + _QUERIES], since, until)
        return found

    def _read(self, queries: Sequence[Query], since: datetime, until: datetime) -> list[Points]:
        asked = [_asked(f"q{number}", query) for number, query in enumerate(queries)]
        series: list[dict[datetime, float]] = [{} for _ in queries]
        more: dict[str, Any] = {}
        for _ in range(_PAGES):
            try:
                answer: dict[str, Any] = aws.client("cloudwatch").get_metric_data(
                    MetricDataQueries=asked, StartTime=since, EndTime=until, **more
                )
            except (BotoCoreError, ClientError) as error:
                raise aws.failure(error, "reading metrics") from error
            for result in answer["MetricDataResults"]:
                points = zip(result["Timestamps"], result["Values"], strict=True)
                series[int(result["Id"][1:])] |= {_minute(at): float(value) for at, value in points}
            if not answer.get("NextToken"):
                return list(series)
            more = {"NextToken": answer["NextToken"]}
        raise TransientError("metrics have too many pages")


def _asked(id: str, query: Query) -> dict[str, Any]:
    dimensions = {
        "FunctionName": query.function,
        "Resource": f"{query.function}:{query.alias}",
        "ExecutedVersion": query.version,
    }
    metric = {
        "Namespace": query.namespace,
        "MetricName": query.metric,
        "Dimensions": [{"Name": name, "Value": value} for name, value in dimensions.items()],
    }
    return {"Id": id, "MetricStat": {"Metric": metric, "Period": 60, "Stat": query.statistic}}


def _minute(at: datetime) -> datetime:
    return at.astimezone(UTC).replace(second=0, microsecond=0)
