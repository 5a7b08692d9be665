"""The alarms of one objective: both windows of a rule burn. They are made of expressions over two counts."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final

from aws_cdk import Duration
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_cloudwatch_actions as actions
from aws_cdk import aws_sns as sns
from constructs import Construct

from stacks import metrics
from stacks.names import Names
from stacks.settings import Feature, Settings
from writ.slo.burn import FAST, SLOW, Rule

# What pages; writ.slo.burn says why so. Slower burning is told by the bot slo.
PAGED: Final[Mapping[str, Rule]] = {"Fast": FAST, "Slow": SLOW}


@dataclass(frozen=True)
class Objective:
    """What one indicator of a bot or service promises, in percent, and its events in a period."""

    owner: str
    indicator: str
    percent: float
    runbook: str
    events: Callable[[Duration], metrics.Events]

    @property
    def title(self) -> str:
        """Its indicator in the id of a resource."""
        return "".join(word.capitalize() for word in self.indicator.split("-"))


def burn_alarm(scope: Construct, objective: Objective, settings: Settings, topic: sns.ITopic) -> None:
    """One composite alarm that tells a topic, over two alarms for each rule that tell nobody."""
    pairs = [
        cloudwatch.AlarmRule.all_of(
            _window(scope, objective, settings, speed, long=True),
            _window(scope, objective, settings, speed, long=False),
        )
        for speed in PAGED
    ]
    rates = " or ".join(f"{rule.factor:g}" for rule in PAGED.values())
    about = f"{objective.owner}-{objective.indicator}"
    burn = cloudwatch.CompositeAlarm(
        scope,
        f"Burn{objective.title}",
        composite_alarm_name=Names.of(settings).thing(f"{about}-budget-burn"),
        alarm_description=f"{objective.owner}: its {objective.indicator} spend their error budget "
        f"{rates} times too fast. Runbook: {objective.runbook}",
        alarm_rule=cloudwatch.AlarmRule.any_of(*pairs),
    )
    burn.add_alarm_action(actions.SnsAction(topic))
    burn.add_ok_action(actions.SnsAction(topic))
    settings.where_accepted(burn, Feature.ALARM_MATH)


def _window(
    scope: Construct,
    objective: Objective,
    settings: Settings,
    speed: str,
    *,
    long: bool,
) -> cloudwatch.Alarm:
    rule, window = PAGED[speed], "Long" if long else "Short"
    period = Duration.seconds((rule.long if long else rule.short).total_seconds())
    events = objective.events(period)
    alarm = cloudwatch.Alarm(
        scope,
        f"Burn{objective.title}{speed}{window}",
        alarm_name=Names.of(settings).thing(
            f"{objective.owner}-{objective.indicator}-burn-{speed}{window}".lower()
        ),
        metric=events.derived(metrics.burns(rule, objective.percent, counts=long)),
        threshold=1,
        evaluation_periods=1,
        comparison_operator=cloudwatch.ComparisonOperator.GREATER_THAN_OR_EQUAL_TO_THRESHOLD,
        treat_missing_data=cloudwatch.TreatMissingData.NOT_BREACHING,
    )
    settings.where_accepted(alarm, Feature.ALARM_MATH)
    return alarm
