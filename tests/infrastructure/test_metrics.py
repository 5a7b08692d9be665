"""Every metric that an alarm or a dashboard reads is written, under exactly those dimensions."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from contextlib import suppress
from functools import cache
from types import SimpleNamespace
from typing import Any, Final

import pytest
from aws_cdk import App, Stack, aws_sns
from aws_cdk.assertions import Template

from functions.policy import glass_perform
from functions.publisher import run as publisher
from functions.publisher.cosign import Cosigning
from functions.reconciler import handler as reconciler
from functions.sequencer import run as sequencer
from stacks.constructs.alarms import Alarms
from stacks.flows import flows_of
from stacks.manifest import load_folders
from stacks.observability import ObservabilityStack
from stacks.service_manifest import load_services
from stacks.services import ServicesStack
from stacks.settings import settings_for
from tests.support.controls import MemoryControls
from tests.support.memory import START, MemoryBus
from tests.support.records import changed, claimed, closed
from writ.contracts.action import Action, Status, Target
from writ.contracts.errors import ContractError, WritError
from writ.contracts.event import AnyEvent, make_event
from writ.contracts.events.platform import ScheduleTicked
from writ.ledger.sequencer import Integration
from writ.ports.actions import ActionRecord, Phase
from writ.ports.controls import BREAK_GLASS
from writ.runtime import telemetry
from writ.runtime.commands import carry_out
from writ.runtime.rest import Api
from writ.slo.indicator import Indicator, indicators

# Namespace, name, and dimensions with their values.
Series = tuple[str, str, frozenset[tuple[str, str]]]

OURS: Final = "Writ"
FOLDERS: Final = load_folders()
FLOWS: Final = flows_of(FOLDERS)
# Metric → its dimensions, as the services publish them:
# https://docs.aws.amazon.com/lambda/latest/dg/monitoring-metrics-types.html
# https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-available-cloudwatch-metrics.html
# https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-monitoring.html
AWS: Final = {
    "AWS/Lambda": ({"Invocations", "Errors", "Throttles", "Duration"}, {"FunctionName"}),
    "AWS/SQS": ({"ApproximateNumberOfMessagesVisible", "ApproximateAgeOfOldestMessage"}, {"QueueName"}),
    "AWS/States": (
        {f"Executions{end}" for end in ("Started", "Succeeded", "Failed", "TimedOut", "Aborted")}
        | {"ExecutionTime", "ExecutionThrottled"},
        {"StateMachineArn"},
    ),
    # https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-metrics.html
    "AWS/ApiGateway": ({"Count", "5xx", "Latency"}, {"ApiId"}),
    "AWS/Events": ({"MatchedEvents", "InvocationAttempts", "RetryInvocationAttempts"}, {"EventBusName"}),
}


@cache
def declared() -> frozenset[Series]:
    """What the alarms and dashboards of an environment read."""
    app, settings = App(), settings_for("local")
    stack = Stack(app, "alarms", env=settings.environment())
    topic = aws_sns.Topic(stack, "Topic")
    for folder in FOLDERS:
        Alarms(stack, folder.name, folder=folder, settings=settings, topic=topic)
    shown = ObservabilityStack(
        app,
        "observability",
        settings=settings,
        folders=FOLDERS,
        flows=FLOWS,
        alarm_topic=topic,
        env=settings.environment(),
    )
    services = ServicesStack(
        app,
        "services",
        settings=settings,
        services=load_services(FOLDERS),
        parameters={"api-id": "a1b2c3"},
        alarm_topic=topic,
        env=settings.environment(),
    )
    found: set[Series] = set()
    for template in map(Template.from_stack, (stack, shown, services)):
        for alarm in template.find_resources("AWS::CloudWatch::Alarm").values():
            found |= set(_of_alarm(alarm["Properties"]))
        for dashboard in template.find_resources("AWS::CloudWatch::Dashboard").values():
            found |= set(_of_dashboard(dashboard["Properties"]["DashboardBody"]))
    return frozenset(found)


def _of_alarm(properties: Mapping[str, Any]) -> Iterator[Series]:
    single = [properties] if "MetricName" in properties else []
    several = [part["MetricStat"]["Metric"] for part in properties.get("Metrics", ()) if "MetricStat" in part]
    for metric in [*single, *several]:
        pairs = frozenset((each["Name"], each["Value"]) for each in metric.get("Dimensions", ()))
        yield metric["Namespace"], metric["MetricName"], pairs


def _of_dashboard(body: Any) -> Iterator[Series]:
    """A row is [namespace, name, dimension, value, …, options]; of an expression there are only options."""
    text = body if isinstance(body, str) else "".join(map(str, body["Fn::Join"][1]))
    for widget in json.loads(text)["widgets"]:
        for row in widget["properties"].get("metrics", ()):
            words = [word for word in row if isinstance(word, str)]
            if words:
                namespace, name, *pairs = words
                yield namespace, name, frozenset(zip(pairs[::2], pairs[1::2], strict=True))


def written(lines: str) -> set[Series]:
    """What CloudWatch makes of log lines in the embedded metric format.

    https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch_Embedded_Metric_Format_Specification.html
    """
    found = set()
    for document in map(json.loads, lines.splitlines()):
        for directive in document.get("_aws", {}).get("CloudWatchMetrics", ()):
            for names in directive["Dimensions"]:
                pairs = frozenset((name, document[name]) for name in names)
                for metric in directive["Metrics"]:
                    assert document[metric["Name"]] is not None
                    found.add((directive["Namespace"], metric["Name"], pairs))
    return found


def own(bot: str, name: str) -> Series:
    return OURS, name, frozenset({("bot", bot), ("service", bot)})


def tick() -> AnyEvent:
    data = ScheduleTicked.model_validate({"schedule": "rate(1 hour)"})
    return make_event(data, id="tick-1", time=START, producer="scheduler")


def in_every_state(bot: str) -> list[ActionRecord]:
    statuses = (Status.SUCCEEDED, Status.FAILED, Status.DENIED, Status.EXPIRED)
    ended = [closed(claimed(number, bot=bot), status) for number, status in enumerate(statuses)]
    return [*ended, changed(claimed(9, bot=bot), phase=Phase.WAITING)]


def takes_actions(bot: str) -> None:
    with telemetry.span(bot, tick()) as note:
        note(in_every_state(bot))


def answers(bot: str) -> None:
    Api(bot).handler({"routeKey": "GET /v1/nothing"}, None)


def handles_events(bot: str) -> None:
    with telemetry.span(bot, tick()):
        pass
    telemetry.failed(bot, ContractError("no", code="contract.invalid"), "CheckFailed.v1", 1)


def integrates(monkeypatch: pytest.MonkeyPatch) -> None:
    done = SimpleNamespace(integrate=lambda _: Integration(integrated=1), renew=lambda: None)
    settled = SimpleNamespace(settle=lambda renew: None)
    connected = SimpleNamespace(sequencer=done, bus=MemoryBus(), trust=settled)
    monkeypatch.setattr(sequencer, "connect", lambda: connected)
    sequencer.integrate([])


def reconciles(monkeypatch: pytest.MonkeyPatch) -> None:
    nothing = SimpleNamespace(stale=lambda *_: [], count=lambda _: 0)
    answers = SimpleNamespace(bus=MemoryBus(), identity=SimpleNamespace(bot="reconciler"))
    clock = SimpleNamespace(now=lambda: START)
    ports = SimpleNamespace(actions=nothing, approvals=None, answers=answers, clock=clock, abandon=None)
    monkeypatch.setattr(reconciler, "connect", lambda: ports)
    reconciler.run()


def cosigns(monkeypatch: pytest.MonkeyPatch) -> None:
    refused = WritError("another history", code="witness.inconsistent")
    publishing = SimpleNamespace(publish=lambda: Cosigning(1, refusing={"w": refused}))
    monkeypatch.setattr(publisher, "connect", lambda: publishing)
    publisher.publish()


def breaks_glass() -> None:
    """Two approvals open it, and nobody reviews it in time."""
    word = {"at": START.isoformat(), "reason": "agreed"}
    scope = {"bot": "*", "action": "*", "target": "*"}
    asked = {"id": "g", "rules": ["freeze"], "scope": scope, "owner": "o", "minutes": 1}
    first = {**word, "person": "b", "by": "B"}
    item = {**asked, "asked": {**word, "person": "a", "by": "A"}, "approvals": [first]}
    controls = MemoryControls({BREAK_GLASS: json.dumps({"items": [item]})})
    ports: Any = SimpleNamespace(controls=controls, clock=SimpleNamespace(now=lambda: START))
    target = Target(kind="break-glass", id="g")
    said: dict[str, Any] = {"said": {**word, "person": "c", "by": "C"}, "hours": 1}
    action = Action.of("policy", "approve", target, reason="r", once_per=(), parameters=said)
    glass_perform.approve(action, ports)
    glass_perform.report(action, ports)


@pytest.fixture(autouse=True)
def fresh_loggers() -> Iterator[None]:
    """Loggers keep the stream they were made with."""
    telemetry.logger.cache_clear()
    yield
    telemetry.logger.cache_clear()


def test_every_own_metric_that_is_read_is_written(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    integrates(monkeypatch)
    reconciles(monkeypatch)
    cosigns(monkeypatch)
    breaks_glass()
    for folder in FOLDERS:
        if folder.manifest.actions:
            takes_actions(folder.name)
        if folder.manifest.routes:
            answers(folder.name)
        if Indicator.EVENTS in indicators(folder.manifest):
            handles_events(folder.name)
    read = {series for series in declared() if series[0] == OURS}
    assert {name for _, name, _ in read} >= {"ActionsSucceeded", "ActionsFailed", "LedgerLagSeconds"}
    assert read - written(capsys.readouterr().out) == set()


def test_every_metric_of_aws_that_is_read_is_published_under_those_dimensions() -> None:
    others = [series for series in declared() if series[0] != OURS]
    assert {namespace for namespace, _, _ in others} == AWS.keys()
    for namespace, name, pairs in others:
        names, dimensions = AWS[namespace]
        assert (name in names, {each for each, _ in pairs}) == (True, dimensions), (namespace, name)


def test_action_counts_for_its_bot_whoever_closed_it(capsys: pytest.CaptureFixture[str]) -> None:
    with telemetry.span("reconciler", tick()) as note:
        note(in_every_state("backlog"))
    found = written(capsys.readouterr().out)
    assert own("reconciler", "EventsHandled") in found
    assert own("backlog", "ActionsFailed") in found
    assert own("reconciler", "ActionsFailed") not in found


@pytest.mark.parametrize(
    ("status", "metric"), [(Status.SUCCEEDED, "ActionsSucceeded"), (Status.FAILED, "ActionsFailed")], ids=str
)
def test_action_of_a_command_counts_like_that_of_an_event(
    status: Status, metric: str, capsys: pytest.CaptureFixture[str]
) -> None:
    bot: Any = SimpleNamespace(name="backlog", run=lambda *_, **__: [closed(claimed(bot="backlog"), status)])
    request: Any = SimpleNamespace(caller=SimpleNamespace(id="s-1", kind="person"))
    with suppress(WritError):  # the caller is told of a failure
        carry_out(bot, request, tick().data, field="body")
    assert written(capsys.readouterr().out) == {own("backlog", metric)}


def test_failed_event_counts_for_the_bot_that_could_not_handle_it(capsys: pytest.CaptureFixture[str]) -> None:
    telemetry.failed("backlog", ContractError("no", code="contract.invalid"), "CheckFailed.v1", 1)
    assert written(capsys.readouterr().out) == {own("backlog", "EventsFailed")}
