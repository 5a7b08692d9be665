"""Reads of an old shape, as the application counts them in CloudWatch.

https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_GetMetricData.html
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any, Final

from botocore.exceptions import BotoCoreError, ClientError

from writ.adapters import aws
from writ.contracts.errors import TransientError
from writ.migration.document import Metric

_PERIOD_S: Final = 60
# A point bears the time at which its minute began; it is there a minute or two after that is over.
_FRESH: Final = timedelta(seconds=4 * _PERIOD_S)
_PAGES: Final = 50


class CloudWatchOldReads:
    """See OldReads. Unknown as well where CloudWatch answers in part, or has no point of the last minutes."""

    def count(self, metric: Metric, since: datetime, until: datetime) -> float | None:
        dimensions = [{"Name": name, "Value": value} for name, value in sorted(metric.dimensions.items())]
        wanted = {"Namespace": metric.namespace, "MetricName": metric.name, "Dimensions": dimensions}
        query = {"Id": "reads", "MetricStat": {"Metric": wanted, "Period": _PERIOD_S, "Stat": "Sum"}}
        values: list[float] = []
        newest: datetime | None = None
        more: dict[str, Any] = {}
        for _ in range(_PAGES):
            try:
                answer: dict[str, Any] = aws.client("cloudwatch").get_metric_data(
                    MetricDataQueries=[query], StartTime=since, EndTime=until, **more
                )
            except (BotoCoreError, ClientError) as error:
                raise aws.failure(error, "reading a metric") from error
            whole = ("Complete", "PartialData") if answer.get("NextToken") else ("Complete",)
            for result in answer["MetricDataResults"]:
                if result.get("StatusCode") not in whole:  # PartialData: the next page has the rest
                    return None
                values += [float(value) for value in result["Values"]]
                newest = max([*result["Timestamps"], *([newest] if newest else [])], default=None)
            if not answer.get("NextToken"):
                return None if newest is None or until - newest > _FRESH else sum(values)
            more = {"NextToken": answer["NextToken"]}
        raise TransientError("the metric has too many pages")
