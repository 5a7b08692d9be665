"""What CloudWatch computes in a burn alarm is what the rule says, event by event."""

from __future__ import annotations

import re
from typing import Any

import pytest

from stacks.metrics import burns
from stacks.service_manifest import load_services
from tests.infrastructure.synthesis import Synthesis
from writ.slo.burn import FAST, SLOW, Rule, breached
from writ.slo.counts import Count
from writ.slo.indicator import indicators

OBJECTIVES = (95.0, 99.0, 99.5, 99.9, 99.99)


def computed(expression: str, bad: int, total: int) -> bool:
    """The value of the few functions of metric math that the expression is made of, as CloudWatch has it.

    https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/using-metric-math.html
    """
    python = re.sub(r"\bAND\b", "and", expression).replace("IF(", "_if(")

    def _if(condition: bool, then: int, otherwise: int) -> int:
        return then if condition else otherwise

    return bool(eval(python, {"__builtins__": {}, "_if": _if, "bad": bad, "n": total}))


@pytest.mark.parametrize("rule", [FAST, SLOW])
@pytest.mark.parametrize("objective", OBJECTIVES)
def test_the_long_window_of_an_alarm_decides_as_the_rule_does(rule: Rule, objective: float) -> None:
    expression = burns(rule, objective, counts=True)
    assert len(expression) <= 1024
    always = Count(0, 10**6)
    for total in sorted({*range(300), *(int(1.13**power) for power in range(40, 130))}):
        for bad in range(min(total, 60) + 1):
            told = breached(rule, Count(total - bad, bad), always, objective)
            assert computed(expression, bad, total) is told, (bad, total)


@pytest.mark.parametrize("rule", [FAST, SLOW])
def test_the_short_window_needs_one_failure_and_the_rate(rule: Rule) -> None:
    expression = burns(rule, 99.5, counts=False)
    assert [computed(expression, bad, total) for bad, total in ((0, 0), (0, 9), (1, 1), (1, 500))] == [
        False,
        False,
        True,
        False,
    ]


def test_every_indicator_of_every_folder_and_service_has_both_rules_in_one_alarm_that_tells(
    plane: Synthesis,
) -> None:
    composites = {
        plane.value(alarm.stack, alarm.properties)["AlarmName"]: plane.value(alarm.stack, alarm.properties)
        for alarm in plane.all("AWS::CloudWatch::CompositeAlarm")
    }
    expected = {
        plane.names.thing(f"{folder.name}-{indicator}-budget-burn")
        for folder in plane.folders
        for indicator in indicators(folder.manifest)
    } | {
        plane.names.thing(f"{service.name}-{name}-budget-burn")
        for service in load_services(plane.folders)
        for name in service.indicators
    }
    assert composites.keys() == expected
    for alarm in composites.values():
        rule: Any = alarm["AlarmRule"]
        assert str(rule).count("ALARM") == 4
        assert " OR " in str(rule)
        assert alarm["AlarmActions"]


def test_latency_is_alarmed_on_as_the_share_that_is_not_within_its_threshold(plane: Synthesis) -> None:
    alarms = {
        plane.value(alarm.stack, alarm.properties)["AlarmName"]: plane.value(alarm.stack, alarm.properties)
        for alarm in plane.all("AWS::CloudWatch::Alarm")
    }
    alarm = alarms[plane.names.thing("api-latency-burn-fastlong")]
    parts = {part["Id"]: part for part in alarm["Metrics"]}
    stats = {part["MetricStat"]["Stat"] for part in parts.values() if "MetricStat" in part}
    assert stats == {"TC(:1500)", "SampleCount"}
    assert parts["bad"]["Expression"] == (
        "IF(FILL(every, 0) > FILL(good, 0), FILL(every, 0) - FILL(good, 0), 0)"
    )
    assert sum(bool(part.get("ReturnData", True)) for part in parts.values()) == 1
