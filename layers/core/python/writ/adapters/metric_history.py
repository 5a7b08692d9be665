"""The counts of indicators out of CloudWatch: 30 days by hours, and six hours by five minutes.

It keeps five minutes for 63 days and hours for 455, so that nothing is kept beside it.
https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_GetMetricData.html
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from itertools import islice
from typing import Any, Final

from botocore.exceptions import BotoCoreError, ClientError

from writ.adapters import aws
from writ.contracts.errors import TransientError
from writ.contracts.service import Indicator, Metric
from writ.slo.counts import HOUR, LONGEST_BY_SLOTS, PERIOD, SLOT, History
from writ.slo.reading import Points, Series, asked, history

_QUERIES: Final = 500
_PAGES: Final = 50


class MetricHistory:
    """See Metered. `parameters` are the values that dimensions hold by name, read when first needed."""

    def __init__(self, parameters: Callable[[Sequence[str]], Mapping[str, str]]) -> None:
        self._parameters = parameters

    def read(self, indicators: Sequence[Indicator], now: datetime) -> Sequence[History]:
        wanted = [asked(indicator) for indicator in indicators]
        series = [one for several in wanted for one in several]
        names = sorted({name for one in series for name in one.metric.parameters})
        values = self._parameters(names) if names else {}
        slots = iter(_points(series, values, SLOT, LONGEST_BY_SLOTS, now))
        hours = iter(_points(series, values, HOUR, PERIOD, now))
        return [
            history(indicator, list(islice(slots, len(several))), list(islice(hours, len(several))))
            for indicator, several in zip(indicators, wanted, strict=True)
        ]


def _points(
    series: Sequence[Series], values: Mapping[str, str], period: timedelta, window: timedelta, now: datetime
) -> list[Points]:
    seconds = round(period.total_seconds())
    first = (now - window).timestamp() // seconds * seconds
    span = {"StartTime": datetime.fromtimestamp(first, UTC), "EndTime": now}
    queries = [_query(f"q{number}", one, values, seconds) for number, one in enumerate(series)]
    found: list[dict[datetime, float]] = [{} for _ in series]
    for at in range(0, len(queries), _QUERIES):
        for number, points in _pages({"MetricDataQueries": queries[at : at + _QUERIES], **span}):
            found[number] |= points
    return list(found)


def _pages(asked: Mapping[str, Any]) -> list[tuple[int, dict[datetime, float]]]:
    found: list[tuple[int, dict[datetime, float]]] = []
    more: dict[str, Any] = {}
    for _ in range(_PAGES):
        try:
            answer: dict[str, Any] = aws.client("cloudwatch").get_metric_data(**asked, **more)
        except (BotoCoreError, ClientError) as error:
            raise aws.failure(error, "reading metrics of services") from error
        for result in answer["MetricDataResults"]:
            points = zip(result["Timestamps"], result["Values"], strict=True)
            found.append((int(result["Id"][1:]), {at.astimezone(UTC): float(value) for at, value in points}))
        if not answer.get("NextToken"):
            return found
        more = {"NextToken": answer["NextToken"]}
    raise TransientError("metrics have too many pages")


def _query(id: str, series: Series, values: Mapping[str, str], seconds: int) -> dict[str, Any]:
    stat = {"Metric": _metric(series.metric, values), "Period": seconds, "Stat": series.statistic}
    return {"Id": id, "MetricStat": stat}


def _metric(metric: Metric, values: Mapping[str, str]) -> dict[str, Any]:
    dimensions = [{"Name": name, "Value": value} for name, value in metric.resolved(values).items()]
    return {"Namespace": metric.namespace, "MetricName": metric.metric, "Dimensions": dimensions}
