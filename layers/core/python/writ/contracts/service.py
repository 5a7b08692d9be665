"""The manifest of a service that is no bot: who owns it, what is measured of it, and what it promises.

Every indicator is a share of good events. A promise about a percentile is one too, said otherwise: "p95
within 800 ms" holds exactly when at least 95 % of the requests take 800 ms or less. Only the share has a
budget: its events add up over windows and are counted, where percentiles of two hours say nothing of both.
Google, "Implementing SLOs" (The Site Reliability Workbook, 2018, chapter 2) makes the same choice.
"""

import re
from collections.abc import Mapping
from typing import Annotated, Final, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from writ.contracts.action import Name

# Values that only exist once the plane is deployed, as `{name}` in a dimension.
PARAMETERS: Final = ("api-id",)
_HELD: Final = re.compile(r"\{([^{}]*)\}")

Objective = Annotated[float, Field(gt=0, lt=100)]
_Value = Annotated[str, Field(min_length=1, max_length=1024, pattern=r"^[\x20-\x7e]+$")]


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", strict=True, defer_build=True)


class Metric(_Part):
    """A metric of CloudWatch, by its namespace, name and dimensions.

    https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_Metric.html
    """

    namespace: Annotated[str, Field(pattern=r"^[\x20-\x39\x3b-\x7e]+$", max_length=255)]
    metric: Annotated[str, Field(min_length=1, max_length=255, pattern=r"^[\x20-\x7e]+$")]
    dimensions: Annotated[dict[_Value, _Value], Field(max_length=30)] = {}

    @model_validator(mode="after")
    def _known_parameters(self) -> Self:
        for name in self.parameters:
            if name not in PARAMETERS:
                raise ValueError(f"there is no parameter {name}; there are {', '.join(PARAMETERS)}")
        return self

    @property
    def parameters(self) -> tuple[str, ...]:
        """Names of the parameters that its dimensions hold."""
        return tuple(found[1] for value in self.dimensions.values() if (found := _HELD.fullmatch(value)))

    def resolved(self, values: Mapping[str, str]) -> dict[str, str]:
        """Its dimensions with the values of its parameters, by their names."""
        held = {name: _HELD.fullmatch(value) for name, value in self.dimensions.items()}
        return {
            name: values[found[1]] if (found := held[name]) else value
            for name, value in self.dimensions.items()
        }


class _Counted(_Part):
    """Counters of two of: good events, bad events, all of them."""

    objective: Objective
    good: Metric | None = None
    bad: Metric | None = None
    total: Metric | None = None

    @model_validator(mode="after")
    def _two_of_three(self) -> Self:
        if sum(metric is not None for metric in (self.good, self.bad, self.total)) != 2:
            raise ValueError("an indicator counts two of good, bad, total")
        return self


class Requests(_Counted):
    """Requests that were answered, and how."""

    kind: Literal["requests"]


class Events(_Counted):
    """Things that were worked off: messages, jobs, deliveries."""

    kind: Literal["events"]


class Calls(_Part):
    """Calls of a Lambda function, bad where one raised, timed out or was cut off."""

    kind: Literal["calls"]
    objective: Objective
    function: Annotated[str, Field(pattern=r"^[A-Za-z0-9_-]{1,64}$")]


class Latency(_Part):
    """Events whose duration is `threshold_ms` or less. `p95_ms: 800` is short for 95 % within 800 ms."""

    kind: Literal["latency"]
    objective: Objective
    threshold_ms: Annotated[int, Field(gt=0, le=900_000)]
    of: Metric

    @model_validator(mode="before")
    @classmethod
    def _percentile(cls, data: object) -> object:
        if not isinstance(data, dict) or "p95_ms" not in data:
            return data
        if "objective" in data or "threshold_ms" in data:
            raise ValueError("p95_ms says the objective and the threshold")
        rest = {name: value for name, value in data.items() if name != "p95_ms"}
        return {**rest, "objective": 95, "threshold_ms": data["p95_ms"]}


Indicator = Annotated[Requests | Events | Calls | Latency, Field(discriminator="kind")]


class ServiceManifest(_Part):
    """`services/<name>.yaml`, validated."""

    name: Name
    summary: Annotated[str, Field(min_length=10, max_length=200)]
    owner: Name
    runbook: Annotated[str, Field(min_length=1, max_length=500)]
    indicators: Annotated[dict[Name, Indicator], Field(min_length=1, max_length=10)]


def metrics_of(indicator: Indicator) -> tuple[Metric, ...]:
    """Every metric that an indicator reads."""
    match indicator:
        case Latency():
            return (indicator.of,)
        case Calls():
            return tuple(_of_function(indicator.function, name) for name in ("Invocations", "Errors"))
        case _:
            found = (indicator.good, indicator.bad, indicator.total)
            return tuple(metric for metric in found if metric is not None)


def counters(indicator: Requests | Events | Calls) -> _Counted:
    """The counters of an indicator that counts; those of a function are Lambda's own.

    https://docs.aws.amazon.com/lambda/latest/dg/monitoring-metrics-types.html
    """
    if isinstance(indicator, Calls):
        total, bad = metrics_of(indicator)
        return _Counted(objective=indicator.objective, total=total, bad=bad)
    return indicator


def _of_function(function: str, name: str) -> Metric:
    return Metric(namespace="AWS/Lambda", metric=name, dimensions={"FunctionName": function})
