"""Spans of one process: how they hang together, which are kept, and what is handed on."""

from __future__ import annotations

from itertools import count

import pytest

from writ.contracts.errors import TransientError
from writ.trace import recording
from writ.trace.context import TraceContext, kept
from writ.trace.recording import Tracer
from writ.trace.span import Kind

PARENT = TraceContext("a" * 32, "b" * 16)


def tracer(ratio: float = 1.0, most: int = 100) -> Tracer:
    ticks, ids = count(1000), count(1)
    return Tracer(
        ratio,
        clock=lambda: next(ticks),
        random=lambda size: f"{next(ids):0{2 * size}x}",
        most=most,
    )


@pytest.mark.parametrize(
    "text",
    [
        None,
        "",
        f"00-{'0' * 32}-{'b' * 16}-01",
        f"00-{'a' * 32}-{'0' * 16}-01",
        f"ff-{'a' * 32}-{'b' * 16}-01",
        f"00-{'A' * 32}-{'b' * 16}-01",
        f"00-{'a' * 32}-{'b' * 16}-01-more",
        f"00-{'a' * 32}-{'b' * 16}-1",
        f" 00-{'a' * 32}-{'b' * 16}-01",
        f"01-{'a' * 32}-{'b' * 16}-01-" + "x" * 500,
    ],
)
def test_what_is_no_traceparent_begins_a_new_trace(text: str | None) -> None:
    assert TraceContext.parse(text) is None


def test_traceparent_of_a_later_version_is_read_as_far_as_it_is_known() -> None:
    found = TraceContext.parse(f"01-{'a' * 32}-{'b' * 16}-03-more")
    assert found == TraceContext("a" * 32, "b" * 16, sampled=True)
    assert found.traceparent == f"00-{'a' * 32}-{'b' * 16}-01"


def test_share_of_traces_is_kept_the_same_everywhere() -> None:
    ids = [f"{number:032x}" for number in range(0, 2**64, 2**54)]
    assert sum(kept(id, 0.25) for id in ids) == len(ids) // 4
    assert all(kept(id, 1.0) for id in ids)
    assert not any(kept(id, 0.0) for id in ids)


def test_spans_hang_under_the_one_that_is_open() -> None:
    made = tracer()
    with made.begin("backlog", "handle", Kind.CONSUMER, PARENT) as entry:
        with recording.span("plan"), recording.span("facts"):
            pass
        handed = recording.carried()
    spans, dropped = made.drain()
    by_name = {span.name: span for span in spans}
    assert dropped == 0
    assert {span.trace_id for span in spans} == {PARENT.trace_id}
    assert by_name["handle"].parent_id == PARENT.span_id
    assert by_name["plan"].parent_id == entry.span.span_id
    assert by_name["facts"].parent_id == by_name["plan"].span_id
    assert handed == by_name["handle"].context.traceparent
    assert made.drain() == ([], 0)


def test_nothing_is_recorded_where_no_entry_is_open() -> None:
    with recording.span("plan") as span:
        span.set("writ.actions", 1)
        span.fail("never")
    assert recording.carried(PARENT.traceparent) == PARENT.traceparent
    assert recording.carried() is None


def test_what_belongs_to_another_trace_keeps_it() -> None:
    other = TraceContext("c" * 32, "d" * 16)
    made = tracer()
    with made.begin("reconciler", "tick", Kind.CONSUMER) as tick:
        assert recording.carried(other.traceparent) == other.traceparent
        with recording.elsewhere(other.traceparent, "reconcile"):
            handed = recording.carried(other.traceparent)
    spans, _ = made.drain()
    reconcile = next(span for span in spans if span.name == "reconcile")
    assert reconcile.trace_id == other.trace_id
    assert reconcile.parent_id == other.span_id
    assert [link.trace_id for link in reconcile.links] == [tick.span.trace_id]
    assert handed == reconcile.context.traceparent


def test_trace_that_was_not_sampled_is_not_kept() -> None:
    made = tracer()
    parent = PARENT._replace(sampled=False)
    with made.begin("backlog", "handle", Kind.CONSUMER, parent), recording.span("plan"):
        handed = recording.carried()
    assert made.drain() == ([], 0)
    assert handed is not None
    assert handed.endswith("-00")


def test_error_keeps_all_of_its_trace_and_what_follows_it() -> None:
    made = tracer()
    parent = PARENT._replace(sampled=False)
    with made.begin("backlog", "handle", Kind.CONSUMER, parent):
        with pytest.raises(TransientError), recording.span("perform"):
            raise TransientError("down", code="dependency.down")
        handed = recording.carried()
    spans, _ = made.drain()
    assert {span.name: span.error for span in spans} == {"perform": "dependency.down", "handle": None}
    assert handed is not None
    assert handed.endswith("-01")


def test_entry_moves_to_the_trace_that_its_delivery_belongs_to() -> None:
    made = tracer(ratio=0.0)
    with made.begin("intake", "POST", Kind.SERVER) as span:
        span.join(PARENT)
        with recording.span("publish", Kind.PRODUCER) as published:
            published.fail("bus.unavailable")
    spans, _ = made.drain()
    assert [(span.trace_id, span.name) for span in spans] == [
        (PARENT.trace_id, "publish"),
        (PARENT.trace_id, "POST"),
    ]
    assert spans[1].parent_id is None


def test_time_of_waiting_is_the_same_span_however_often_it_is_told() -> None:
    made = tracer()
    with made.begin("backlog", "ApprovalDecided.v1", Kind.CONSUMER, PARENT):
        for _ in range(2):
            recording.waited(PARENT.traceparent, "wait for approval", 5, 500, {"writ.waited": "approval"})
    waits = [span for span in made.drain()[0] if span.name == "wait for approval"]
    assert len({span.span_id for span in waits}) == 1
    assert (waits[0].start_ns, waits[0].end_ns, waits[0].parent_id) == (5, 500, PARENT.span_id)


def test_spans_beyond_the_bound_are_counted() -> None:
    made = tracer(most=2)
    with made.begin("backlog", "handle", Kind.CONSUMER):
        for _ in range(3):
            with recording.span("plan"):
                pass
    spans, dropped = made.drain()
    assert (len(spans), dropped) == (2, 2)
