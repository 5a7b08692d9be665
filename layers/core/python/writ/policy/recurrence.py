"""Times that come again: every week, every year, or on each holiday, by the wall clock of a zone. Pure.

Where clocks change, a time begins at the first moment that its wall time is reached and ends at the last: in
an hour that is repeated it holds until the second time it is over, and in one that is skipped it begins or
ends when the clocks go on.
"""

from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from typing import Annotated, Final, Literal, Self

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, model_validator

from writ.policy.holidays import Calendar
from writ.policy.zones import zone

Day = Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
DAYS: Final[tuple[Day, ...]] = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_WEEK: Final = timedelta(days=7)
_DAY: Final = timedelta(days=1)
_SECOND: Final = timedelta(seconds=1)

Span = tuple[datetime, datetime]
_DayAndTime = Annotated[str, Field(pattern=r"^(mon|tue|wed|thu|fri|sat|sun) ([01][0-9]|2[0-3]):[0-5][0-9]$")]


def _day_of_year(text: str) -> str:
    month, day = map(int, text.split("-"))
    try:
        date(2001, month, day)
    except ValueError:
        raise ValueError(f"{text} is not a day of every year") from None
    return text


_MonthAndDay = Annotated[str, Field(pattern=r"^[0-9]{2}-[0-9]{2}$"), AfterValidator(_day_of_year)]


def _known_zone(name: str) -> str:
    zone(name)
    return name


Zone = Annotated[str, AfterValidator(_known_zone)]


class _Recurring(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", defer_build=True)

    zone: Zone


class Weekly(_Recurring):
    """From `first` until `last` of every week, `fri 16:00` and `mon 07:00` say."""

    kind: Literal["weekly"]
    first: _DayAndTime
    last: _DayAndTime

    @model_validator(mode="after")
    def _some_time(self) -> Self:
        if self.first == self.last:
            raise ValueError("last is first; a time of a whole week has no end")
        return self

    def near(self, day: date) -> Iterator[tuple[datetime, datetime]]:
        """Wall times of those that begin in the week before a day, the week of it and the one after."""
        start, end = _in_week(self.first), _in_week(self.last)
        monday = datetime.combine(day - timedelta(days=day.weekday()), time())
        for week in (monday - _WEEK, monday, monday + _WEEK):
            yield week + start, week + end + (_WEEK if end < start else timedelta())


class Yearly(_Recurring):
    """The days from `first` to `last` of every year, both included: `12-20` and `01-02` say."""

    kind: Literal["yearly"]
    first: _MonthAndDay
    last: _MonthAndDay

    def near(self, day: date) -> Iterator[tuple[datetime, datetime]]:
        """Wall times of those that begin in the year before a day, the year of it and the one after."""
        for year in (day.year - 1, day.year, day.year + 1):
            start, end = _in_year(self.first, year), _in_year(self.last, year)
            if end < start:
                end = _in_year(self.last, year + 1)
            yield start, end + _DAY


class Holidays(_Recurring):
    """Every holiday of a calendar, the whole day of the zone."""

    kind: Literal["holidays"]
    calendar: Calendar

    def near(self, _day: date) -> Iterator[tuple[datetime, datetime]]:
        """Wall times of all of them."""
        for day in sorted(self.calendar.days):
            start = datetime.combine(day, time())
            yield start, start + _DAY


Recurrence = Annotated[Weekly | Yearly | Holidays, Field(discriminator="kind")]


def occurrence(recurrence: Weekly | Yearly | Holidays, now: datetime) -> Span | None:
    """The one that an instant is in, else the next; None where no more is known. Ends are not included."""
    clock = zone(recurrence.zone)
    spans = (
        (_reached(start, recurrence.zone, last=False), _reached(end, recurrence.zone, last=True))
        for start, end in recurrence.near(now.astimezone(clock).date())
    )
    return next(((start, end) for start, end in spans if now < end), None)


def _reached(wall: datetime, name: str, *, last: bool) -> datetime:
    """The first or the last instant, in UTC, at which a wall clock comes to a time or passes it."""
    clock = zone(name)
    one, other = (wall.replace(tzinfo=clock, fold=fold).astimezone(UTC) for fold in (0, 1))
    if one <= other:  # once, or in an hour that is repeated
        return other if last else one
    before, after = other, one  # in an hour that is skipped: the clocks go on between
    while after - before > _SECOND:
        middle = before + (after - before) / 2
        if middle.astimezone(clock).replace(tzinfo=None) < wall:
            before = middle
        else:
            after = middle
    return after.replace(microsecond=0)


def _in_week(text: str) -> timedelta:
    day, clock = text.split(" ")
    hours, minutes = map(int, clock.split(":"))
    return timedelta(days=DAYS.index(day), hours=hours, minutes=minutes)


def _in_year(text: str, year: int) -> datetime:
    month, day = map(int, text.split("-"))
    return datetime(year, month, day)
