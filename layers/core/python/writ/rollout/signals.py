"""Signals that a rollout is watched by: criteria of the judge, where their figures are, and hard stops."""

from typing import Annotated, Self

from pydantic import Field, model_validator

from writ.judge.criteria import Count, Criteria
from writ.rollout.plan import Value

_Metric = Annotated[str, Field(min_length=1, max_length=128)]


class Source(Value):
    """Where a criterion's figures are: events and exposure of a count, a statistic of a distribution."""

    namespace: Annotated[str, Field(min_length=1, max_length=128)] = "AWS/Lambda"
    metric: _Metric
    exposure: _Metric | None = None
    statistic: Annotated[str, Field(pattern=r"^(Average|Maximum|p\d{1,2}(\.\d{1,2})?)$")] = "p90"


class Stop(Value):
    """A hard stop: the candidate's events burn the error budget `burn` times as fast as its objective allows.

    `objective` is the share of the exposure without an event. It takes `least` events, so that one unlucky
    request stops nothing. Source: Google, The Site Reliability Workbook, 2018, chapter 5.
    """

    metric: _Metric
    objective: Annotated[float, Field(gt=0, lt=1)] = 0.999
    burn: Annotated[float, Field(gt=0, le=1000)] = 14.4
    window_s: Annotated[int, Field(ge=60, le=3600)] = 300
    least: Annotated[int, Field(ge=1, le=1000)] = 3


class Watch(Value):
    """Criteria of the judge, where their figures are, and the hard stops.

    `alarms` are names of CloudWatch alarms about the service, its burn alarms say, that tell the plane's
    topic: one that goes off takes the candidate back, also within `guard_s` after the rollout.
    """

    criteria: Criteria
    sources: dict[str, Source]
    stops: Annotated[tuple[Stop, ...], Field(max_length=10)] = ()
    alarms: Annotated[
        tuple[Annotated[str, Field(min_length=1, max_length=255)], ...], Field(max_length=10)
    ] = ()

    @model_validator(mode="after")
    def _matching(self) -> Self:
        metrics = {metric.name: metric for metric in self.criteria.metrics}
        if metrics.keys() != self.sources.keys():
            raise ValueError("every criterion has a source, and every source a criterion")
        for name, metric in metrics.items():
            if isinstance(metric, Count) is not (self.sources[name].exposure is not None):
                raise ValueError(f"{name}: a count has an exposure, a distribution has none")
        counts = {name for name, metric in metrics.items() if isinstance(metric, Count)}
        if not {stop.metric for stop in self.stops} <= counts:
            raise ValueError("a stop is about a count")
        return self
