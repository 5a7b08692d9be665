"""Reads of an old shape, as the application counts them in CloudWatch.

https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_GetMetricData.html
"""

from __future__ import annotations

from datetime import datetime
from typing import Any, Final

from botocore.exceptions import BotoCoreError, ClientError

from writ.adapters import aws
from writ.contracts.errors import TransientError
from writ.migration.document import Metric

_PERIOD_S: Final = 60
_PAGES: Final = 50


class CloudWatchOldReads:
    """See OldReads."""

    def count(self, metric: Metric, since: datetime, until: datetime) -> float | None:
        dimensions = [{"Name": name, "Value": value} for name, value in sorted(metric.dimensions.items())]
        wanted = {"Namespace": metric.namespace, "MetricName": metric.name, "Dimensions": dimensions}
        query = {"Id": "reads", "MetricStat": {"Metric": wanted, "Period": _PERIOD_S, "Stat": "Sum"}}
        values: list[float] = []
        more: dict[str, Any] = {}
        for _ in range(_PAGES):
            try:
                answer: dict[str, Any] = aws.client("cloudwatch").get_metric_data(
                    MetricDataQueries=[query], StartTime=since, EndTime=until, **more
                )
            except (BotoCoreError, ClientError) as error:
                raise aws.failure(error, "reading a metric") from error
            for result in answer["MetricDataResults"]:
                values += [float(value) for value in result["Values"]]
            if not answer.get("NextToken"):
                return sum(values) if values else None
            more = {"NextToken": answer["NextToken"]}
        raise TransientError("the metric has too many pages")
