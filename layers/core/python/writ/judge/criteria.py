"""What a canary is judged by: metrics, which way each is bad, what is tolerated, how sure a verdict is."""

import math
from enum import StrEnum
from typing import Annotated, Final, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

Name = Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9_.-]*$", max_length=128)]
Positive = Annotated[float, Field(gt=0, allow_inf_nan=False)]
Ratio = Annotated[float, Field(ge=1, le=1000, allow_inf_nan=False)]
Chance = Annotated[float, Field(gt=0, le=0.5)]

MOST_METRICS: Final = 50
# Below every unit in use: it makes a zero a value that a ratio can be built with, and changes nothing else.
_TINY: Final = 1e-9


class Bad(StrEnum):
    """Which way of a metric is harm."""

    INCREASE = "increase"
    DECREASE = "decrease"
    EITHER = "either"


class Side(StrEnum):
    """One way in which a metric can do harm; `either` has both."""

    INCREASE = "increase"
    DECREASE = "decrease"


class _Metric(BaseModel):
    """What every metric has.

    `clump` is how many values or events of a version come together and so count as one: five errors of one
    bad client, the requests that one slow minute made slow. It is the design effect of sampling in clusters
    (Kish 1965, Survey Sampling, §5.4): the variance between windows over that of independent values.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", defer_build=True)

    name: Name
    unit: Annotated[str, Field(max_length=16)] = ""
    bad: Bad = Bad.INCREASE
    weight: Positive = 1.0
    required: bool = True
    clump: Annotated[float, Field(ge=1, le=100_000, allow_inf_nan=False)] = 1.0

    @property
    def sides(self) -> tuple[Side, ...]:
        """The ways in which harm is looked for."""
        return (Side.INCREASE, Side.DECREASE) if self.bad is Bad.EITHER else (Side(self.bad.value),)


class Distribution(_Metric):
    """A metric whose single values are compared: latencies, sizes, shares of a processor; none below zero.

    Ratios are canary to baseline where an increase is bad, baseline to canary where a decrease is. Up to
    `allowed` nothing is wrong; a pass has shown that the ratio is below `harmful`, and that no more than
    `harmful_tail` times as many of the canary's values are among the worst tenth; without it, a pass says
    nothing of the tail. Values below `floor` (in
    the metric's unit) count as `floor`: differences beneath it do not matter.
    """

    kind: Literal["distribution"] = "distribution"
    allowed: Ratio = 1.05
    harmful: Ratio = 1.3
    harmful_tail: Ratio | None = 3.0
    floor: Positive = _TINY

    @model_validator(mode="after")
    def _room(self) -> Self:
        if self.harmful <= self.allowed:
            raise ValueError("harmful is not above allowed")
        if self.harmful_tail is not None and self.harmful_tail <= 1:
            raise ValueError("harmful_tail is not above 1")
        return self


class Count(_Metric):
    """A metric of events in an exposure: errors in requests, restarts in seconds.

    Ratios are of the two rates, as for a distribution. A canary whose own rate is shown to be below
    `acceptable` (events a unit of exposure, such as a service's error budget) passes without a ratio, which
    two versions without an error do not have.
    """

    kind: Literal["count"] = "count"
    allowed: Ratio = 1.0
    harmful: Ratio = 2.0
    acceptable: Positive | None = None

    @model_validator(mode="after")
    def _room(self) -> Self:
        if self.harmful <= self.allowed:
            raise ValueError("harmful is not above allowed")
        if self.acceptable is not None and self.bad is not Bad.INCREASE:
            raise ValueError("acceptable is a rate for what is bad when it increases")
        return self


Metric = Annotated[Distribution | Count, Field(discriminator="kind")]


class Criteria(BaseModel):
    """The metrics of a rollout and the risks that are taken over all its looks together.

    `false_alarms`: the chance that a version within what is allowed ever fails. `false_passes`: that a
    harmful one passes. A metric's weight is its share of the first.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", defer_build=True)

    metrics: Annotated[tuple[Metric, ...], Field(min_length=1, max_length=MOST_METRICS)]
    false_alarms: Chance = 0.05
    false_passes: Chance = 0.05

    @model_validator(mode="after")
    def _named_once(self) -> Self:
        names = [metric.name for metric in self.metrics]
        twice = sorted({name for name in names if names.count(name) > 1})
        if twice:
            raise ValueError(f"named twice: {', '.join(twice)}")
        return self

    def share(self, metric: Distribution | Count) -> float:
        """A metric's part of all weight."""
        return metric.weight / math.fsum(other.weight for other in self.metrics)
