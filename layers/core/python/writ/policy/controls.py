"""What people set for policy: change windows, freezes and exceptions, as they are kept and read."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, Final, Literal

from pydantic import AfterValidator, AwareDatetime, BaseModel, ConfigDict, Field, model_validator

from writ.policy.input import Glob
from writ.policy.zones import zone

Day = Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
DAYS: Final[tuple[Day, ...]] = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")

# `<gate>/<rule>`, and a VERS range of package versions or `*` for all of them.
# https://github.com/package-url/vers-spec
RULE: Final = r"^[a-z][a-z0-9-]{0,31}/[a-z][a-z0-9-]{0,47}$"
VERSIONS: Final = r"^(\*|vers:[a-z][a-z0-9.+-]{0,31}/[^\s\x00-\x1f]{1,200})$"

Identifier = Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9-]*$", max_length=64)]
Label = Annotated[str, Field(min_length=1, max_length=128)]
Text = Annotated[str, Field(min_length=1, max_length=200)]


def _known_zone(name: str) -> str:
    zone(name)
    return name


class _Control(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", defer_build=True)


class Calendar(_Control):
    """Holidays of the years from `first` to `last`, by date with their names, and where they are laid down.

    Of other years nothing is known, so a window that goes by it is neither open nor closed then.
    """

    name: Identifier
    source: Annotated[str, Field(pattern=r"^https://", max_length=300)]
    first: Annotated[int, Field(ge=1900, le=9998)]
    last: Annotated[int, Field(ge=1900, le=9998)]
    days: dict[date, Label]

    @model_validator(mode="after")
    def _within_its_years(self) -> Calendar:
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


class Window(_Control):
    """Weekly hours in which changes may go, in the wall time of a zone; a holiday closes its whole day.

    Holidays are those of its `calendars` and single `holidays` beside them.

    A window whose end is not after its start runs into the next day and belongs to the day it opens on.
    """

    name: Identifier
    zone: Annotated[str, AfterValidator(_known_zone)]
    days: Annotated[list[Day], Field(min_length=1)]
    opens: Annotated[str, Field(pattern=r"^([01][0-9]|2[0-3]):[0-5][0-9]$")]
    closes: Annotated[str, Field(pattern=r"^(([01][0-9]|2[0-3]):[0-5][0-9]|24:00)$")]
    holidays: list[date] = Field(default_factory=list)
    calendars: Annotated[list[Calendar], Field(max_length=10)] = Field(default_factory=list)

    def closed_on(self, day: date) -> bool | None:
        """Whether a day is a holiday; None where a calendar does not know."""
        if day in self.holidays or any(day in calendar.days for calendar in self.calendars):
            return True
        return False if all(calendar.covers(day) for calendar in self.calendars) else None


class FreezeScope(_Control):
    """Bots and actions held; a list that names nothing covers all."""

    bots: list[Label] = Field(default_factory=list, max_length=50)
    actions: list[Label] = Field(default_factory=list, max_length=50)


class Freeze(_Control):
    """Medium and high risk is held from `starts_at` until `ends_at`."""

    id: Identifier
    scope: FreezeScope
    owner: Label
    reason: Text
    starts_at: AwareDatetime
    ends_at: AwareDatetime
    declared_by: Label

    @model_validator(mode="after")
    def _ends_after_start(self) -> Freeze:
        if self.ends_at <= self.starts_at:
            raise ValueError("ends_at is not after starts_at")
        return self

    def in_force(self, now: datetime) -> bool:
        return self.starts_at <= now < self.ends_at


class ExceptionScope(_Control):
    """Globs over bot, action and target (`kind:id`); all are named, so that losing one widens nothing."""

    bot: Glob
    action: Glob
    target: Glob


class PolicyException(_Control):
    """A waiver of one rule within one scope until it expires."""

    id: Identifier
    rule: Annotated[str, Field(pattern=r"^[a-z][a-z_]*$", max_length=64)]
    scope: ExceptionScope
    owner: Label
    reason: Text
    expires_at: AwareDatetime
    requested_by: Label


class GateScope(_Control):
    """What an exception to a rule of a gate covers; all are named, so that losing one widens nothing.

    Globs over the repository (`owner/name`), the path in it, and the package URL of a component without its
    version; `versions` is a VERS range of that component, or `*`.
    """

    repository: Glob
    path: Glob
    component: Glob
    versions: Annotated[str, Field(pattern=VERSIONS)]


class GateException(_Control):
    """A waiver of one rule of one gate within one scope until it expires."""

    id: Identifier
    rule: Annotated[str, Field(pattern=RULE)]
    scope: GateScope
    owner: Label
    reason: Text
    expires_at: AwareDatetime
    requested_by: Label
