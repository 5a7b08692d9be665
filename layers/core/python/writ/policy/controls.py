"""What people set for policy: change windows, freezes and exceptions, as they are kept and read."""

from datetime import date, datetime
from typing import Annotated, Any, Final, Self

from pydantic import (
    AwareDatetime,
    BaseModel,
    ConfigDict,
    Field,
    SerializerFunctionWrapHandler,
    model_serializer,
    model_validator,
)

from writ.policy.holidays import Calendar, Identifier, Label
from writ.policy.input import Glob
from writ.policy.recurrence import Day, Recurrence, Zone, occurrence

# `<gate>/<rule>`, and a VERS range of package versions or `*` for all of them.
# https://github.com/package-url/vers-spec
RULE: Final = r"^[a-z][a-z0-9-]{0,31}/[a-z][a-z0-9-]{0,47}$"
VERSIONS: Final = r"^(\*|vers:[a-z][a-z0-9.+-]{0,31}/[^\s\x00-\x1f]{1,200})$"

Text = Annotated[str, Field(min_length=1, max_length=200)]


class _Control(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", defer_build=True)


class Window(_Control):
    """Weekly hours in which changes may go, in the wall time of a zone; a holiday closes its whole day.

    Holidays are those of its `calendars` and single `holidays` beside them.

    A window whose end is not after its start runs into the next day and belongs to the day it opens on.
    """

    name: Identifier
    zone: Zone
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
    """Medium and high risk is held from `starts_at` until `ends_at`; one that repeats, only then."""

    id: Identifier
    scope: FreezeScope
    owner: Label
    reason: Text
    starts_at: AwareDatetime
    ends_at: AwareDatetime
    declared_by: Label
    repeats: Recurrence | None = None

    @model_serializer(mode="wrap")
    def _plain(self, serialize: SerializerFunctionWrapHandler) -> dict[str, Any]:
        """One that does not repeat is written as before there were others, so that any version reads it."""
        fields: dict[str, Any] = serialize(self)
        return {name: value for name, value in fields.items() if name != "repeats" or value is not None}

    @model_validator(mode="after")
    def _ends_after_start(self) -> Self:
        if self.ends_at <= self.starts_at:
            raise ValueError("ends_at is not after starts_at")
        return self

    def in_force(self, now: datetime) -> bool:
        held = self.occurrence(now)
        return held is not None and held[0] <= now

    def occurrence(self, now: datetime) -> tuple[datetime, datetime] | None:
        """From when until when it holds next, or now; None where it does not any more."""
        begin, end = self.starts_at, self.ends_at
        if self.repeats is not None:
            found = occurrence(self.repeats, max(now, begin))
            if found is None:
                return None
            begin, end = max(begin, found[0]), min(end, found[1])
        return (begin, end) if now < end and begin < end else None


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
