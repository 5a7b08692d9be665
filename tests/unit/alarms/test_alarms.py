"""Notices of CloudWatch alarms become typed events, once a change; what is none goes to the dead letters."""

from __future__ import annotations

import json
from types import SimpleNamespace
from typing import Any

import pytest

from functions.alarms import handler as bridge
from functions.alarms.notice import is_news, read
from tests.support.memory import MemoryBus
from writ.contracts.errors import ContractError, TransientError, WritError
from writ.runtime import batch

# The fields and forms of https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/ (SNS notifications).
METRIC_ALARM = {
    "AlarmName": "writ-prod-backlog-errors",
    "AlarmDescription": "backlog (handler): errors. Runbook: docs/runbooks/backlog.md",
    "AWSAccountId": "111122223333",
    "AlarmConfigurationUpdatedTimestamp": "2026-11-20T09:00:00.000+0000",
    "NewStateValue": "ALARM",
    "NewStateReason": "Threshold Crossed: 1 out of the last 1 datapoints [3.0 (25/11/26 02:55:00)] was "
    "greater than or equal to the threshold (1.0) (minimum 1 datapoint for OK -> ALARM transition).",
    "StateChangeTime": "2026-11-25T03:00:00.123+0000",
    "Region": "EU (Frankfurt)",
    "AlarmArn": "arn:aws:cloudwatch:eu-central-1:111122223333:alarm:writ-prod-backlog-errors",
    "OldStateValue": "OK",
    "OKActions": ["arn:aws:sns:eu-central-1:111122223333:writ-prod-alarms"],
    "AlarmActions": ["arn:aws:sns:eu-central-1:111122223333:writ-prod-alarms"],
    "InsufficientDataActions": [],
    "Trigger": {
        "MetricName": "Errors",
        "Namespace": "AWS/Lambda",
        "StatisticType": "Statistic",
        "Statistic": "SUM",
        "Unit": None,
        "Dimensions": [{"value": "writ-prod-backlog", "name": "FunctionName"}],
        "Period": 300,
        "EvaluationPeriods": 1,
        "ComparisonOperator": "GreaterThanOrEqualToThreshold",
        "Threshold": 1.0,
        "TreatMissingData": "notBreaching",
        "EvaluateLowSampleCountPercentile": "",
    },
}
COMPOSITE_ALARM: dict[str, Any] = {
    "AlarmName": "writ-prod-backlog-budget-burn",
    "AlarmDescription": None,
    "AWSAccountId": "111122223333",
    "NewStateValue": "OK",
    "NewStateReason": "arn:aws:cloudwatch:eu-central-1:111122223333:alarm:writ-prod-backlog-burn-short "
    "transitioned to OK at Wednesday 25 November, 2026 03:10:00 UTC",
    "StateChangeTime": "2026-11-25T03:10:00.456+0000",
    "Region": "EU (Frankfurt)",
    "OldStateValue": "ALARM",
    "AlarmRule": "(ALARM(writ-prod-backlog-burn-long) AND ALARM(writ-prod-backlog-burn-short))",
    "TriggeringChildren": [],
}


def changed(**fields: Any) -> str:
    return json.dumps({**METRIC_ALARM, **fields})


def without(field: str) -> str:
    return json.dumps({name: value for name, value in METRIC_ALARM.items() if name != field})


class DeadLetters:
    def __init__(self) -> None:
        self.sent: list[tuple[str, WritError]] = []

    def send(self, body: str, error: WritError, event_type: str) -> None:
        self.sent.append((body, error))


def test_an_alarm_that_goes_off_is_raised() -> None:
    event = read(json.dumps(METRIC_ALARM))
    assert event.type == "AlarmRaised.v1"
    assert event.meta.producer == "alarms"
    assert event.meta.time.isoformat() == "2026-11-25T03:00:00.123000+00:00"
    assert event.detail()["data"] == {
        "alarm": "writ-prod-backlog-errors",
        "description": METRIC_ALARM["AlarmDescription"],
        "reason": METRIC_ALARM["NewStateReason"],
        "previous": "OK",
    }
    assert is_news(event)


def test_a_composite_alarm_that_is_over_is_cleared() -> None:
    event = read(json.dumps(COMPOSITE_ALARM))
    assert event.type == "AlarmCleared.v1"
    assert (event.detail()["data"]["description"], event.detail()["data"]["previous"]) == ("", "ALARM")
    assert is_news(event)


@pytest.mark.parametrize("previous", ["OK", "ALARM", "INSUFFICIENT_DATA"])
def test_only_an_alarm_that_had_gone_off_can_be_over(previous: str) -> None:
    assert is_news(read(changed(NewStateValue="OK", OldStateValue=previous))) is (previous == "ALARM")
    assert is_news(read(changed(NewStateValue="ALARM", OldStateValue=previous)))


@pytest.mark.parametrize("time", ["2026-11-25T03:16:44Z", "2026-11-25T03:16:44.000+0000"])
def test_time_is_read_as_cloudwatch_and_as_the_emulator_write_it(time: str) -> None:
    assert read(changed(StateChangeTime=time)).meta.time.isoformat() == "2026-11-25T03:16:44+00:00"


def test_one_change_has_one_id_and_another_has_another() -> None:
    same = read(json.dumps(METRIC_ALARM)).id
    assert read(changed(Trigger={})).id == same
    others = {
        read(changed(StateChangeTime="2026-11-25T03:00:00.124+0000")).id,
        read(changed(NewStateValue="OK", OldStateValue="ALARM")).id,
        read(changed(AlarmName="writ-prod-intake-errors")).id,
    }
    assert len(others | {same}) == 4


def test_long_texts_are_cut_to_what_the_contract_holds() -> None:
    data = read(changed(NewStateReason="x" * 5000, AlarmDescription="y" * 5000)).detail()["data"]
    assert (len(data["reason"]), len(data["description"])) == (1024, 1024)


@pytest.mark.parametrize(
    ("body", "code", "field"),
    [
        ("", "contract.not_json", "body"),
        ("hello", "contract.not_json", "body"),
        ("[" * 100_000, "contract.not_json", "body"),
        ("[]", "contract.invalid", None),
        (without("AlarmName"), "contract.missing_field", "AlarmName"),
        (without("NewStateValue"), "contract.missing_field", "NewStateValue"),
        (without("StateChangeTime"), "contract.missing_field", "StateChangeTime"),
        (changed(NewStateValue="INSUFFICIENT_DATA"), "contract.invalid", "NewStateValue"),
        (changed(OldStateValue=1), "contract.invalid", "OldStateValue"),
        (changed(StateChangeTime="yesterday"), "contract.invalid", "StateChangeTime"),
        (changed(StateChangeTime="2026-11-25T03:00:00"), "contract.invalid", "StateChangeTime"),
        (changed(AlarmName="x" * 256), "contract.invalid", "AlarmName"),
    ],
)
def test_what_is_no_notice_is_refused_by_field(body: str, code: str, field: str | None) -> None:
    with pytest.raises(ContractError) as caught:
        read(body)
    assert (caught.value.code, caught.value.field) == (code, field)


@pytest.fixture
def bus(monkeypatch: pytest.MonkeyPatch) -> MemoryBus:
    memory = MemoryBus()
    monkeypatch.setattr(bridge, "bus", lambda: memory)
    return memory


def test_a_batch_publishes_what_is_news_and_buries_what_is_none(
    bus: MemoryBus, monkeypatch: pytest.MonkeyPatch
) -> None:
    dead = DeadLetters()
    monkeypatch.setattr(batch, "_queue", lambda: dead)
    bodies = [
        json.dumps(METRIC_ALARM),
        changed(NewStateValue="OK", OldStateValue="INSUFFICIENT_DATA"),
        "not a notice",
        json.dumps(COMPOSITE_ALARM),
    ]
    records = [{"messageId": str(n), "body": body} for n, body in enumerate(bodies)]
    answer = bridge.handler({"Records": records}, SimpleNamespace(aws_request_id="r-1"))
    assert answer == {"batchItemFailures": []}
    assert [event.type for event in bus.events] == ["AlarmRaised.v1", "AlarmCleared.v1"]
    assert [(body, error.code) for body, error in dead.sent] == [("not a notice", "contract.not_json")]


def test_a_bus_that_fails_gets_the_notice_again(monkeypatch: pytest.MonkeyPatch) -> None:
    class Broken:
        def publish(self, events: Any) -> None:
            raise TransientError("the bus refused", code="bus.unavailable")

    monkeypatch.setattr(bridge, "bus", Broken)
    records = [{"messageId": "m-1", "body": json.dumps(METRIC_ALARM)}]
    answer = bridge.handler({"Records": records}, SimpleNamespace(aws_request_id="r-1"))
    assert answer == {"batchItemFailures": [{"itemIdentifier": "m-1"}]}
