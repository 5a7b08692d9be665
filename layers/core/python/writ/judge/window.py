"""What both versions did between two looks, as it is handed to the judge."""

import math
from collections.abc import Mapping, Sequence
from typing import Annotated, Final, Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from writ.contracts.errors import ContractError, from_validation
from writ.judge.criteria import Count, Criteria, Distribution

MOST_POINTS: Final = 100_000
_Point = Annotated[float, Field(allow_inf_nan=True)] | None


class Events(BaseModel):
    """How many events a version had in how much exposure, such as 3 errors in 1,200 requests."""

    model_config = ConfigDict(frozen=True, extra="forbid", defer_build=True)

    events: Annotated[int, Field(ge=0, strict=True)]
    exposure: Annotated[float, Field(ge=0, allow_inf_nan=False)]

    @model_validator(mode="after")
    def _exposed(self) -> Self:
        if self.events and not self.exposure:
            raise ValueError("events without an exposure")
        return self


Points = Annotated[tuple[_Point, ...], Field(max_length=MOST_POINTS)]
Readings = Mapping[str, Events | Points]


class Window(BaseModel):
    """Each version's readings by metric: values of a distribution, events of a count.

    A metric that is left out has no data. So have values that are null, not a number or infinite, and an
    exposure of zero. Values of the two versions need not be equally many.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", defer_build=True)

    baseline: dict[str, Events | Points] = Field(default_factory=dict)
    canary: dict[str, Events | Points] = Field(default_factory=dict)


class Trial(BaseModel):
    """Criteria and all that was seen, oldest window first: what a file for `writ canary judge` holds."""

    model_config = ConfigDict(frozen=True, extra="forbid", defer_build=True)

    criteria: Criteria
    windows: Annotated[tuple[Window, ...], Field(min_length=1, max_length=10_000)]

    @classmethod
    def parse(cls, text: str | bytes) -> Self:
        """Read a JSON document, in which NaN and Infinity may stand for values that are missing.

        Raises ContractError that names the field.
        """
        try:
            trial = cls.model_validate_json(text)
        except ValidationError as error:
            raise from_validation(error, "trial") from None
        for number, window in enumerate(trial.windows):
            check(trial.criteria, window, f"windows.{number}")
        return trial


def check(criteria: Criteria, window: Window, field: str = "window") -> None:
    """Raises ContractError for a metric without a criterion, one of the wrong kind, and a value below 0."""
    kinds = {metric.name: metric for metric in criteria.metrics}
    for version, readings in (("baseline", window.baseline), ("canary", window.canary)):
        for name, reading in readings.items():
            place = f"{field}.{version}.{name}"
            if name not in kinds:
                raise ContractError(f"no criterion is named {name}", field=place)
            if isinstance(reading, Events) is not isinstance(kinds[name], Count):
                wanted = "events and exposure" if isinstance(kinds[name], Count) else "a list of values"
                raise ContractError(f"{name} is a {kinds[name].kind}: it wants {wanted}", field=place)
            if not isinstance(reading, Events):
                _refuse_negative(reading, place)


def values_of(readings: Readings, metric: Distribution) -> tuple[list[float], int]:
    """A version's values, in the order they came, and how many were missing."""
    reading = readings.get(metric.name, ())
    if isinstance(reading, Events):
        raise ContractError(f"{metric.name} wants a list of values", field=metric.name)
    there = [value for value in reading if value is not None and math.isfinite(value)]
    return there, len(reading) - len(there)


def events_of(readings: Readings, metric: Count) -> Events:
    """A version's events; none in no exposure where it reported nothing."""
    reading = readings.get(metric.name)
    if reading is None:
        return Events(events=0, exposure=0)
    if not isinstance(reading, Events):
        raise ContractError(f"{metric.name} wants events and exposure", field=metric.name)
    return reading


def _refuse_negative(values: Sequence[float | None], place: str) -> None:
    for index, value in enumerate(values):
        if value is not None and math.isfinite(value) and value < 0:
            raise ContractError("a value is below 0, so it has no ratio", field=f"{place}.{index}")
