"""I9: one value of every kind that is masked, planted at every exit of the kernel, comes out of none."""

from __future__ import annotations

import json
import random
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import pytest

from functions.approvals.answer import take
from functions.pr.markdown import quoted
from tests.property.kernel.test_leaks import Events, Telling
from tests.property.pii.test_hints import LEAST
from tests.support.approvals import calm_plane, desk_of, said
from tests.support.memory import START
from tests.support.pii_made import ALNUM, VALID, some
from tests.support.plane import IDENTITY, LEASE, SPECS
from tests.support.records import an_action
from writ.adapters import aws
from writ.adapters.eventbridge import EventBridgeBus
from writ.adapters.sqs import DeadLetterQueue
from writ.contracts.action import Action, Target
from writ.contracts.errors import ContractError, PermanentError
from writ.contracts.event import make_event
from writ.contracts.events.platform import EventRejected
from writ.pii.allowed import NOTHING
from writ.pii.kinds import KINDS, Group
from writ.pii.scan import scan
from writ.ports.actions import Cause
from writ.runtime import telemetry
from writ.runtime.effect import Effect
from writ.runtime.loop import Loop
from writ.runtime.rest import Api, Request, Response
from writ.runtime.testimony import intent_id, outcome_id
from writ.trace import otlp
from writ.trace.span import Kind, Span

_RNG = random.Random(9)
MADE = {kind: (around, make(_RNG)) for kind, (around, make) in VALID.items()}
MADE["bearer_token"] = ("sent as Bearer {} with it", some(_RNG, ALNUM, 40))
# As sure as the guide says a kind has to be for it to be masked; the rest is left to who scans for it.
TEXTS = {
    kind: around.format(value)
    for kind, (around, value) in MADE.items()
    if any(
        found.kind == kind and found.confidence >= LEAST.get(kind, 4)
        for found in scan(around.format(value), allowed=NOTHING)
    )
}
VALUES = [part for kind in TEXTS for part in MADE[kind][1].split("\n") if not part.startswith("-----")]


def got_out(text: str) -> list[str]:
    escaped = {json.dumps(value, ensure_ascii=False)[1:-1] for value in VALUES} | set(VALUES)
    return [value for value in escaped if value in text]


def test_what_is_planted_is_all_that_is_masked() -> None:
    assert {kind.id for kind in KINDS if kind.group is Group.SECRET} <= set(TEXTS)
    assert {"mail", "card", "iban", "us_ssn"} <= set(TEXTS)
    left = {"date_of_birth", "dk_cpr", "ip_address", "mac_address", "phone"}
    assert set(MADE) - set(TEXTS) == left
    assert len(got_out("\n".join(TEXTS.values()))) == len(set(VALUES))


def test_log(capsys: pytest.CaptureFixture[str]) -> None:
    log = telemetry.logger("log-probe")
    for kind, text in TEXTS.items():
        log.info(text, note={"deep": [text]}, extra={kind: text})
        try:
            raise RuntimeError(text)
        except RuntimeError:
            log.exception("it failed")
    telemetry.failed(
        "log-probe", ContractError("; ".join(TEXTS.values()), field=TEXTS["mail"]), "Probed.v1", 1
    )
    out = "\n".join(capsys.readouterr())
    assert "it failed" in out
    assert got_out(out) == []


def test_event(monkeypatch: pytest.MonkeyPatch) -> None:
    events = Events()
    monkeypatch.setattr(aws, "client", lambda _: events)
    data = {"bot": "probe", "code": "x", "reason": "x", **TEXTS, "deep": [{"list": list(TEXTS.values())}]}
    event = make_event(EventRejected.model_validate(data), id="e-1", time=START, producer="probe")
    EventBridgeBus("writ-test").publish([event])
    assert "deep" in events.details[0]
    assert got_out("\n".join(events.details)) == []


def test_dead_letter(monkeypatch: pytest.MonkeyPatch) -> None:
    sent: list[dict[str, Any]] = []
    queue = SimpleNamespace(send_message=lambda **message: sent.append(message["MessageAttributes"]))
    monkeypatch.setattr(aws, "client", lambda _: queue)
    for text in TEXTS.values():
        DeadLetterQueue("https://queue.example", "probe").send("{}", ContractError(text, field=text), "x")
    assert len(sent) == len(TEXTS)
    assert got_out(json.dumps(sent, ensure_ascii=False)) == []


@pytest.mark.parametrize("ends", ["well", "permanent"])
def test_statement(ends: str, capsys: pytest.CaptureFixture[str]) -> None:
    plane = calm_plane()
    for number, text in enumerate(TEXTS.values()):
        telling = Telling(text, ends)
        effect: Effect[None] = Effect(telling.perform, telling.observe, telling.announce)
        loop: Loop[None] = Loop(IDENTITY, SPECS, {"low": effect}, plane.ports(), None, lease=LEASE)
        action = Action.of(
            "probe",
            "low",
            Target(kind="thing", id=text[:500]),
            reason=text,
            once_per=(str(number),),
            parameters={"note": text, text[:60]: [text]},
        )
        loop.run(action, Cause("Probed.v1", "event-1"))
        assert {intent_id(action.id), outcome_id(action.id)} <= set(plane.evidence.entries)
    assert got_out(json.dumps(plane.evidence.entries, ensure_ascii=False, default=str)) == []
    assert got_out("\n".join(capsys.readouterr())) == []


def test_approval() -> None:
    plane = calm_plane()
    for number, text in enumerate(TEXTS.values()):
        action = an_action(number, name="high").model_copy(update={"reason": text})
        plane.worker().run(action, Cause("Probed.v1", f"event-{number}"))
        take(action.id, said(plane, True), {"ann"}, desk_of(plane))
    assert got_out(json.dumps(plane.evidence.entries, ensure_ascii=False, default=str)) == []


def refused(text: str) -> Callable[[Request], Response]:
    def route(_: Request) -> Response:
        raise ContractError(text, field=text)

    return route


def broken(text: str) -> Callable[[Request], Response]:
    def route(_: Request) -> Response:
        raise PermanentError(text)

    return route


@pytest.mark.parametrize(
    ("route", "status"),
    [
        (lambda text: lambda _: Response({"note": text, "deep": [{text[:60]: text}]}), 200),
        (refused, 400),
        (broken, 500),
    ],
)
def test_answer(route: Any, status: int, capsys: pytest.CaptureFixture[str]) -> None:
    answers = []
    for text in TEXTS.values():
        api = Api(f"probe-{status}")
        api.get("/v1/probe", public=True)(route(text))
        event = {"routeKey": "GET /v1/probe", "requestContext": {"http": {"method": "GET"}}}
        answers.append(api.handler(event, SimpleNamespace()))
    assert {answer["statusCode"] for answer in answers} == {status}
    assert got_out(json.dumps(answers, ensure_ascii=False) + "\n".join(capsys.readouterr())) == []


def test_span() -> None:
    spans = []
    for text in TEXTS.values():
        span = Span("a" * 32, "b" * 16, None, service="probe", name=text, kind=Kind.INTERNAL, start_ns=1)
        span.attributes = {"note": text, "many": (text,)}
        span.error = text
        spans.append(span)
    assert got_out(otlp.encode(spans, {"host": TEXTS["mail"]}).decode()) == []


def test_comment_on_a_pull_request() -> None:
    assert got_out("\n".join(quoted(text) for text in TEXTS.values())) == []
