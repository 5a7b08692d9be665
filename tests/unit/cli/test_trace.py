"""The waterfall: its tree, its axis, and where its spans are found."""

from __future__ import annotations

import json
from io import StringIO
from pathlib import Path
from typing import Any

from rich.console import Console

from cli.trace.axis import axis_of
from cli.trace.evidence import spans_of
from cli.trace.file import SpanFile
from cli.trace.picture import Waterfall, span_of, tree
from writ.trace.otlp import encode
from writ.trace.span import ACTION, EVENT, STATUS, VERDICT, WAITED, Kind, Span

MS = 1_000_000
DAY = 86_400_000 * MS
ACT = "act-" + "1" * 32


def a_span(id: int, start_ms: float, end_ms: float, parent: int | None = None, **more: Any) -> Span:
    attributes = more.pop("attributes", {})
    span = Span(
        more.pop("trace", "a" * 32),
        f"{id:016x}",
        None if parent is None else f"{parent:016x}",
        service=more.pop("service", "backlog"),
        name=more.pop("name", f"span {id}"),
        kind=more.pop("kind", Kind.INTERNAL),
        start_ns=int(start_ms * MS),
        attributes=attributes,
    )
    span.end_ns = int(end_ms * MS)
    span.error = more.pop("error", None)
    return span


DAYS = 2 * 86_400_000.0
REVIEWED = [
    a_span(1, 0, 50, service="intake", name="POST /v1/webhooks/github", kind=Kind.SERVER),
    a_span(2, 60, 100, 1, name="CheckFailed.v1", kind=Kind.CONSUMER, attributes={EVENT: "gh-1"}),
    a_span(3, 70, 90, 2, name="action retire-task", attributes={ACTION: ACT, VERDICT: "review"}),
    a_span(4, 70, DAYS, 2, name="wait for approval", attributes={WAITED: "approval", STATUS: "approved"}),
    a_span(5, DAYS + 10, DAYS + 60, 2, name="ApprovalDecided.v1", kind=Kind.CONSUMER),
    a_span(6, DAYS + 20, DAYS + 50, 5, name="resume", error="effect.crashed"),
]


def drawn(spans: list[Span], width: int = 120, action: str | None = None) -> list[str]:
    console = Console(width=width, record=True, file=StringIO())
    console.print(Waterfall(spans, action))
    return console.export_text().splitlines()


def test_spans_stand_under_what_they_were_part_of() -> None:
    rows = [(row.rails, row.span.name) for row in tree(REVIEWED)]
    assert rows == [
        ("", "POST /v1/webhooks/github"),
        ("└ ", "CheckFailed.v1"),
        ("  ├ ", "wait for approval"),
        ("  ├ ", "action retire-task"),
        ("  └ ", "ApprovalDecided.v1"),
        ("    └ ", "resume"),
    ]


def test_span_whose_parent_is_elsewhere_begins_a_tree() -> None:
    assert [row.rails for row in tree([a_span(1, 0, 1, 9), a_span(2, 1, 2, 2)])] == ["", ""]


def test_spans_that_are_each_other_s_parents_are_no_trap() -> None:
    assert list(tree([a_span(1, 0, 1, 2), a_span(2, 0, 1, 1)])) == []


def test_days_of_waiting_take_no_room_from_the_work() -> None:
    axis = axis_of(REVIEWED, 63)
    (cut,) = axis.cuts
    assert cut.right - cut.left == 3
    assert cut.length_ns > 1.9 * DAY
    assert axis.place(0) == 0
    assert axis.place(int((DAYS + 60) * MS)) == 63
    assert axis.place(100 * MS) == cut.left > 30
    assert axis.place(int((DAYS + 10) * MS)) == cut.right


def test_every_moment_has_its_place_in_order() -> None:
    axis = axis_of(REVIEWED, 40)
    moments = sorted(moment for span in REVIEWED for moment in (span.start_ns, span.end_ns))
    places = [axis.place(moment) for moment in moments]
    assert places == sorted(places)
    assert axis.place(-5) == 0
    assert axis.place(10**18) == 40


def test_one_moment_alone_has_an_axis() -> None:
    assert axis_of([a_span(1, 5, 5)], 10).place(5 * MS) <= 10


def test_waterfall_says_what_came_of_each_span() -> None:
    lines = drawn(REVIEWED, action=ACT)
    assert "╱ 2 d 0 h ╱" in lines[0]
    assert lines[1].startswith("intake ")
    assert "┄" in lines[3]
    assert "approved" in lines[3]
    assert "review" in lines[4]
    assert "✘ effect.crashed" in lines[6]
    assert all("█" in line or "▌" in line or "▐" in line for line in (lines[1], lines[2], lines[5]))
    assert max(map(len, lines)) <= 120


def test_times_are_said_as_people_say_them() -> None:
    said = {400_000: "0.4 ms", 12 * MS: "12 ms", 3200 * MS: "3.2 s", 300_000 * MS: "5 min"}
    said |= {3 * 3_600_000 * MS: "3 h 0 min", 2 * DAY + 4 * 3_600_000 * MS: "2 d 4 h"}
    assert {length: span_of(length) for length in said} == said


def test_trace_is_found_by_its_action_its_events_and_its_own_id(tmp_path: Path) -> None:
    path = tmp_path / "traces.jsonl"
    published = a_span(7, 80, 85, 2, name="publish", attributes={"writ.event.ids": ("act-1.outcome",)})
    later = a_span(8, 500, 600, trace="b" * 32, attributes={ACTION: ACT})
    lines = [
        encode([later], {}),
        encode(REVIEWED[:3], {}),
        b'{"resourceSpans":[{"torn',
        encode([published], {}),
    ]
    path.write_bytes(b"\n".join([*lines, encode(REVIEWED[:1], {})]) + b"\n")
    file = SpanFile(path)
    assert file.trace_of(ACT) == ["a" * 32, "b" * 32]
    assert file.trace_of("gh-1") == file.trace_of("act-1.outcome") == file.trace_of("a" * 32) == ["a" * 32]
    assert file.trace_of("nothing") == []
    assert [span.span_id for span in file.trace("a" * 32)] == [f"{id:016x}" for id in (1, 2, 3, 7)]
    assert SpanFile(tmp_path / "absent").trace_of(ACT) == []


def test_evidence_tells_the_course_of_an_action_without_spans() -> None:
    action = {
        "id": ACT,
        "bot": "backlog",
        "name": "retire-task",
        "target": {"kind": "task", "id": "t-1"},
        "state": "failed",
        "verdict": "allow",
        "created_at": "2026-03-02T10:00:00+00:00",
        "updated_at": "2026-03-04T10:00:02+00:00",
        "cause": {"trace": None},
        "decision": {"verdict": "allow", "decided_at": "2026-03-04T10:00:01Z"},
        "outcome": {"status": "failed", "code": "effect.crashed"},
        "approval": {
            "requested_at": "2026-03-02T10:00:01+00:00",
            "expires_at": "2026-03-05T10:00:00+00:00",
            "expired": False,
            "answer": {"approved": True, "at": "2026-03-04T10:00:00+00:00"},
        },
    }
    times = {f"{ACT}.intent": "2026-03-02T10:00:00.5Z", f"{ACT}.outcome": "2026-03-04T10:00:02Z"}
    spans = spans_of(action, times)
    assert [span.name for span in spans] == [
        "action retire-task",
        "intent",
        "wait for approval",
        "policy",
        "outcome",
    ]
    assert spans[0].error == "effect.crashed"
    assert len({span.trace_id for span in spans}) == 1
    assert json.loads(encode(spans, {}))["resourceSpans"]
    assert any("┄" in line for line in drawn(spans))
