"""Calendars of holidays, as policies name them."""

from datetime import date
from typing import Annotated, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

Identifier = Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9-]*$", max_length=64)]
Label = Annotated[str, Field(min_length=1, max_length=128)]


class Calendar(BaseModel):
    """Holidays of the years from `first` to `last`, by date with their names, and where they are laid down.

    Of other years nothing is known, so a window that goes by it is neither open nor closed then.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", defer_build=True)

    name: Identifier
    source: Annotated[str, Field(pattern=r"^https://", max_length=300)]
    first: Annotated[int, Field(ge=1900, le=9998)]
    last: Annotated[int, Field(ge=1900, le=9998)]
    days: dict[date, Label]

    @model_validator(mode="after")
    def _within_its_years(self) -> Self:
        if not self.first <= self.last:
            raise ValueError("last is before first")
        if outside := sorted(day for day in self.days if not self.covers(day)):
            raise ValueError(f"{outside[0]} lies outside of {self.first} to {self.last}")
        if missing := set(range(self.first, self.last + 1)) - {day.year for day in self.days}:
            raise ValueError(f"{min(missing)} has no holiday")
        return self

    def covers(self, day: date) -> bool:
        """Whether the holidays of the day's year are known."""
        return self.first <= day.year <= self.last
