"""I9: whatever a secret or personal data gets into, it comes out of nothing: no log, event or statement."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from functions.approvals.answer import take
from functions.backlog import api as routes
from functions.backlog.handler import bot
from functions.intake.normalize import Delivered, normalize
from tests.support.approvals import calm_plane, desk_of, said
from tests.support.backlog_api import DRAFT, Caller
from tests.support.memory import START
from tests.support.memory_intake import PAYLOADS, SAMPLES, payload
from tests.support.pii import PERSONAL, Sample
from tests.support.plane import IDENTITY, LEASE, SPECS, Plane
from tests.support.records import an_action
from tests.support.tasks import Plane as BacklogPlane
from tests.support.tasks import event
from tests.support.wire import wire
from writ.adapters import aws
from writ.adapters.eventbridge import EventBridgeBus
from writ.contracts.action import Action, Target
from writ.contracts.errors import PermanentError, TransientError, WritError
from writ.contracts.event import AnyEvent, EventData, make_event
from writ.contracts.events.platform import EventRejected
from writ.ports.actions import ActionRecord, Cause
from writ.runtime.batch import MAX_RECEIVES, process
from writ.runtime.effect import Effect
from writ.runtime.loop import Loop
from writ.runtime.testimony import intent_id

SECRETS = [
    Sample("the token is ghp_" + "a1B2" * 9, ("ghp_" + "a1B2" * 9,)),
    Sample("export AWS_KEY=AKIAIOSFODNN7EXAMPLE now", ("AKIAIOSFODNN7EXAMPLE",)),
    Sample("password=hunter2hunter2", ("hunter2hunter2",)),
    Sample("postgres://app:s3cretpass@db.example/x", ("s3cretpass",)),
]
samples = st.sampled_from([*PERSONAL, *SECRETS])
FIXTURE = settings(suppress_health_check=[HealthCheck.function_scoped_fixture])


class Events:
    """PutEvents; keeps what it was given."""

    def __init__(self) -> None:
        self.details: list[str] = []

    def put_events(self, Entries: list[dict[str, Any]]) -> dict[str, Any]:
        self.details += [entry["Detail"] for entry in Entries]
        return {"Entries": [{"EventId": "1"} for _ in Entries]}


class Letters:
    """Dead letters: the message itself is for who may see it, its attributes are for everyone."""

    def __init__(self) -> None:
        self.reasons: list[str] = []

    def send(self, body: str, error: WritError, event_type: str) -> None:
        self.reasons.append(f"{error} {event_type}")


@dataclass
class Outside:
    """Everything that others may read: log lines, events, reasons of dead letters and statements."""

    plane: Plane | BacklogPlane
    capsys: pytest.CaptureFixture[str]
    letters: Letters = field(default_factory=Letters)

    def text(self) -> str:
        events = Events()
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(aws, "client", lambda _: events)
            EventBridgeBus("writ-test").publish(self.plane.bus.events)
        statements = json.dumps(self.plane.evidence.entries, ensure_ascii=False)
        return "\n".join([*self.capsys.readouterr(), *events.details, *self.letters.reasons, statements])


def deliver(outside: Outside, given: AnyEvent, run: Callable[[AnyEvent], Sequence[ActionRecord]]) -> None:
    """Deliver an event as often as a queue would."""
    body = json.dumps({"detail-type": given.type, "detail": given.detail()})
    for receives in range(1, MAX_RECEIVES + 1):
        record = {"messageId": "m", "body": body, "attributes": {"ApproximateReceiveCount": str(receives)}}
        process("probe", {"Records": [record]}, None, run, outside.letters)


def check(sample: Sample, text: str) -> None:
    escaped = [json.dumps(value, ensure_ascii=False)[1:-1] for value in sample.values]
    assert [value for value in (*sample.values, *escaped) if value in text] == []


@dataclass(frozen=True)
class Telling:
    """An effect that puts a text wherever it may."""

    text: str
    ends: str

    def perform(self, action: Action, _: object) -> dict[str, Any]:
        if self.ends == "permanent":
            raise PermanentError(self.text[:400])
        if self.ends == "transient":
            raise TransientError(self.text[:400])
        if self.ends == "bug":
            raise RuntimeError(self.text)
        return {"said": self.text, "deep": [{"note": self.text}]}

    def observe(self, action: Action, _: object) -> None:
        return None

    def announce(self, action: Action, _: object) -> list[EventData]:
        data = {"bot": "probe", "code": "x", "reason": "x", "note": self.text, "token": self.text}
        return [EventRejected.model_validate(data)]


@FIXTURE
@given(sample=samples, ends=st.sampled_from(["well", "permanent", "transient", "bug"]))
def test_nothing_gets_out_of_an_action(sample: Sample, ends: str, capsys: pytest.CaptureFixture[str]) -> None:
    plane = calm_plane()
    telling = Telling(sample.text, ends)
    effect: Effect[None] = Effect(telling.perform, telling.observe, telling.announce)
    loop: Loop[None] = Loop(IDENTITY, SPECS, {"low": effect}, plane.ports(), None, lease=LEASE)
    action = Action.of(
        "probe",
        "low",
        Target(kind="thing", id="1"),
        reason=sample.text[:900],
        once_per=("event-1",),
        parameters={"note": sample.text, "password": "open sesame", "list": [sample.text]},
    )
    tick = event("ScheduleTicked.v1", "tick-1", schedule="rate(1 hour)")
    outside = Outside(plane, capsys)
    deliver(outside, tick, lambda given: [loop.run(action, Cause(given.type, given.id))])
    record = plane.actions.records[action.id]
    assert record.outcome is not None or ends in ("transient", "bug")
    text = outside.text()
    check(sample, text)
    assert "open sesame" not in text
    assert intent_id(action.id) in plane.evidence.entries


@FIXTURE
@given(sample=samples, approved=st.booleans())
def test_nothing_gets_out_of_a_review(
    sample: Sample, approved: bool, capsys: pytest.CaptureFixture[str]
) -> None:
    plane = calm_plane()
    action = an_action(name="high").model_copy(update={"reason": sample.text[:900]})
    plane.worker().run(action, Cause("Probed.v1", "event-1"))
    take(action.id, said(plane, approved), {"ann"}, desk_of(plane))
    plane.worker().resume(action.id)
    assert [event.type for event in plane.bus.events][:2] == ["ApprovalRequested.v1", "ApprovalDecided.v1"]
    check(sample, Outside(plane, capsys).text())


@FIXTURE
@given(sample=samples)
def test_nothing_gets_out_on_the_way_from_webhook_to_backlog(
    sample: Sample, capsys: pytest.CaptureFixture[str]
) -> None:
    plane = BacklogPlane()
    outside = Outside(plane, capsys)
    received = payload(SAMPLES / "check_run" / "completed.1.payload.json")
    received["check_run"] |= {"name": sample.text[:200], "conclusion": "failure"}
    delivered = Delivered("delivery-1", "check_run", "github/x.json", "ab" * 32)
    plane.bus.events.append(
        make_event(normalize(delivered, received), id="gh-1", time=START, producer="intake")
    )
    deliver(outside, plane.bus.events[0], plane.bot().run)
    check(sample, outside.text())
    assert len(plane.tasks.tasks) == 1


@FIXTURE
@given(sample=samples)
def test_nothing_gets_out_of_a_task_that_a_person_submits(
    sample: Sample, capsys: pytest.CaptureFixture[str]
) -> None:
    plane = BacklogPlane()
    with pytest.MonkeyPatch.context() as patch:
        wire(patch, bot, routes, plane.wiring())
        answers = [Caller(plane)("POST", "/v1/backlog", {**DRAFT, "title": sample.text[:300]})]
        answers += [Caller(plane)("GET", "/v1/backlog"), Caller(plane)("GET", "/v1/backlog/leaderboard")]
    assert [answer.status for answer in answers] == [201, 200, 200]
    said_to_callers = json.dumps([answer.body for answer in answers], ensure_ascii=False)
    check(sample, said_to_callers + Outside(plane, capsys).text())


def test_events_of_real_payloads_are_not_touched_on_their_way() -> None:
    events = Events()
    made = []
    for number, path in enumerate(PAYLOADS):
        delivered = Delivered(f"delivery-{number}", path.parent.name, "github/x.json", "ab" * 32)
        data = normalize(delivered, payload(path))
        made.append(make_event(data, id=f"gh-{number}", time=START, producer="intake"))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(aws, "client", lambda _: events)
        EventBridgeBus("writ-test").publish(made)
    assert [json.loads(detail) for detail in events.details] == [event.detail() for event in made]
