"""Days and moments as people type them."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest

from cli.moments import EXAMPLE, day, moment
from cli.output import UsageError


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        (EXAMPLE, datetime(2030, 1, 31, 18, tzinfo=UTC)),
        ("2026-11-27T08:00:00+01:00", datetime(2026, 11, 27, 7, tzinfo=UTC)),
    ],
)
def test_a_moment_is_read_with_its_offset(typed: str, meant: datetime) -> None:
    assert moment(typed, "--until") == meant


@pytest.mark.parametrize(
    "typed",
    [
        "",
        "2026-12-20",
        "2026-12-20T08:00:00",
        "tomorrow",
        "2026-13-01T00:00:00Z",
        "9999-12-31T23:59:59-05:00",
    ],
)
def test_what_nobody_knows_when_it_is_names_its_option_and_the_form(typed: str) -> None:
    with pytest.raises(UsageError) as raised:
        moment(typed, "--until")
    assert (raised.value.field, EXAMPLE in str(raised.value.hint)) == ("--until", True)


def test_a_day_is_read_or_today_s() -> None:
    assert day("2026-11-27", "--date") == date(2026, 11, 27)
    assert abs(day(None, "--date") - datetime.now(UTC).date()).days <= 1
    with pytest.raises(UsageError) as raised:
        day("27.11.2026", "--date")
    assert raised.value.field == "--date"
