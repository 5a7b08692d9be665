"""`writ logs`: spans of time, and lines as Powertools or anyone else wrote them."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any

import pytest

from cli.local import logs
from cli.output import CommandError, UsageError

AT = 1_767_225_600_000
EVENT = {"timestamp": AT, "message": "a line"}


class Missing(Exception):
    """The log group is not there."""


def plane(*pages: list[dict[str, Any]]) -> Any:
    """A plane whose log has these pages, or none at all."""

    def paginate(**_: Any) -> Any:
        if not pages:
            raise Missing
        return [{"events": page} for page in pages]

    client = SimpleNamespace(
        get_paginator=lambda _: SimpleNamespace(paginate=paginate),
        exceptions=SimpleNamespace(ResourceNotFoundException=Missing),
    )
    return SimpleNamespace(aws=lambda _: client, log_group=lambda name: f"/aws/lambda/writ-local-{name}")


@pytest.mark.parametrize(
    ("text", "expected"),
    [("90s", {"seconds": 90}), ("10m", {"minutes": 10}), ("2h", {"hours": 2}), ("1d", {"days": 1})],
)
def test_a_span_is_a_number_and_a_unit(text: str, expected: dict[str, int]) -> None:
    assert logs.span(text) == timedelta(**expected)


@pytest.mark.parametrize("text", ["", "10", "m", "0s", "-1h", "1.5h", "10 m", "100000s", "1w", "٣s"])
def test_any_other_span_is_bad_usage(text: str) -> None:
    with pytest.raises(UsageError) as refused:
        logs.span(text)
    assert refused.value.field == "--since"


def test_a_structured_line_keeps_its_fields_without_what_every_line_has() -> None:
    record = {"level": "INFO", "message": "handled", "service": "backlog", "location": "x:1", "count": 3}
    line = logs.parse(AT, json.dumps(record))
    assert line == logs.Line(datetime(2026, 1, 1, tzinfo=UTC), "INFO", "handled", {"count": 3})
    assert line.document() == {
        "at": "2026-01-01T00:00:00+00:00",
        "level": "INFO",
        "message": "handled",
        "count": 3,
    }


@pytest.mark.parametrize("text", ["plain words", "[1, 2]", '"quoted"', "{broken"])
def test_any_other_line_is_shown_as_it_stands(text: str) -> None:
    line = logs.parse(AT, f"{text}\n")
    assert line is not None
    assert (line.level, line.message, line.fields) == ("", text, {})


@pytest.mark.parametrize(
    "text",
    ["", "  \n", "START RequestId: 1", "END RequestId: 1", "REPORT RequestId: 1", '{"_aws": {}, "x": 1}'],
)
def test_bookkeeping_and_metrics_are_left_out(text: str) -> None:
    assert logs.parse(AT, text) is None


def test_a_long_value_is_cut_for_people_and_whole_in_json() -> None:
    line = logs.parse(AT, json.dumps({"message": "m", "level": "ERROR", "stack": "x" * 500}))
    assert line is not None
    assert "x" * 119 + "…" in line.text().plain
    assert line.document()["stack"] == "x" * 500


def test_lines_come_from_every_page_and_each_of_them_once() -> None:
    first = {**EVENT, "eventId": "1"}
    lines = logs.read(
        plane([first, EVENT], [first, EVENT, {**EVENT, "message": "b"}]), "x", timedelta(hours=1)
    )
    assert [line.message for line in lines] == ["a line", "a line", "b"]


def test_a_function_that_never_logged_is_named() -> None:
    with pytest.raises(CommandError) as raised:
        list(logs.read(plane(), "probe-api", timedelta(hours=1)))
    assert raised.value.message == "there is no log of probe-api"
