"""The alarms of one bot. They tell the alarm topic when they go off and when they are over."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Final

from aws_cdk import Duration
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_cloudwatch_actions as actions
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_sns as sns
from aws_cdk import aws_sqs as sqs
from constructs import Construct

from stacks import metrics
from stacks.manifest import BotFolder
from stacks.names import Names
from stacks.settings import Feature, Settings
from writ.slo.burn import FAST, SLOW, Rule
from writ.slo.indicator import Indicator, indicators

# What pages; writ.slo.burn says why so. Slower burning is told by the bot slo.
PAGED: Final[Mapping[str, Rule]] = {"Fast": FAST, "Slow": SLOW}
_OLDEST_MESSAGE: Final = Duration.minutes(15)


class Alarms(Construct):
    """Made beside a bot; the bot shows it each part to watch."""

    def __init__(
        self, scope: Construct, id: str, *, folder: BotFolder, settings: Settings, topic: sns.ITopic
    ) -> None:
        super().__init__(scope, id)
        self._folder = folder
        self._settings = settings
        self._names = Names.of(settings)
        self._action = actions.SnsAction(topic)
        for indicator in indicators(folder.manifest):
            self._budget_burn(indicator)

    def watch_function(self, function: lambda_.Function, module: str) -> None:
        """Errors and throttles of a function."""
        for name in ("Errors", "Throttles"):
            metric = metrics.of_function(function.function_name, name)
            self._alarm(f"{name}-{module}", metric, 1, f"{self._folder.name} ({module}): {name.lower()}")

    def watch_dead_letters(self, queue: sqs.Queue) -> None:
        """Anything at all in the dead-letter queue."""
        metric = metrics.of_queue(queue.queue_name, "ApproximateNumberOfMessagesVisible")
        self._alarm("DeadLetters", metric, 1, f"{self._folder.name}: events it could not handle")

    def watch_queue(self, queue: sqs.Queue) -> None:
        """A message that waits too long."""
        metric = metrics.of_queue(queue.queue_name, "ApproximateAgeOfOldestMessage")
        seconds = _OLDEST_MESSAGE.to_seconds()
        self._alarm("Oldest", metric, seconds, f"{self._folder.name}: falls behind")

    def _budget_burn(self, indicator: Indicator) -> None:
        """Both windows of a rule burn: the objective of the manifest is at risk. One alone tells nobody."""
        name = self._folder.name
        pairs = [
            cloudwatch.AlarmRule.all_of(
                self._burn(indicator, f"{speed}Long", rule, rule.long, counts=True),
                self._burn(indicator, f"{speed}Short", rule, rule.short, counts=False),
            )
            for speed, rule in PAGED.items()
        ]
        rates = " or ".join(f"{rule.factor:g}" for rule in PAGED.values())
        burn = cloudwatch.CompositeAlarm(
            self,
            f"Burn{indicator.capitalize()}",
            composite_alarm_name=self._names.thing(f"{name}-{indicator}-budget-burn"),
            alarm_description=f"{name}: its {indicator} spend their error budget {rates} times too fast. "
            f"Runbook: {self._folder.manifest.runbook}",
            alarm_rule=cloudwatch.AlarmRule.any_of(*pairs),
        )
        burn.add_alarm_action(self._action)
        burn.add_ok_action(self._action)
        self._settings.where_accepted(burn, Feature.ALARM_MATH)

    def _burn(
        self, indicator: Indicator, id: str, rule: Rule, window: timedelta, *, counts: bool
    ) -> cloudwatch.Alarm:
        period = Duration.seconds(window.total_seconds())
        events = metrics.counted(self._folder, self._names, indicator, period)
        alarm = cloudwatch.Alarm(
            self,
            f"Burn{indicator.capitalize()}{id}",
            alarm_name=self._names.thing(f"{self._folder.name}-{indicator}-burn-{id.lower()}"),
            metric=events.derived(metrics.burns(rule, self._folder.manifest.slo.success, counts=counts)),
            threshold=1,
            evaluation_periods=1,
            comparison_operator=cloudwatch.ComparisonOperator.GREATER_THAN_OR_EQUAL_TO_THRESHOLD,
            treat_missing_data=cloudwatch.TreatMissingData.NOT_BREACHING,
        )
        self._settings.where_accepted(alarm, Feature.ALARM_MATH)
        return alarm

    def _alarm(self, id: str, metric: cloudwatch.Metric, threshold: float, what: str) -> None:
        alarm = cloudwatch.Alarm(
            self,
            id,
            alarm_name=self._names.thing(f"{self._folder.name}-{id.lower()}"),
            alarm_description=f"{what}. Runbook: {self._folder.manifest.runbook}",
            metric=metric,
            threshold=threshold,
            evaluation_periods=1,
            comparison_operator=cloudwatch.ComparisonOperator.GREATER_THAN_OR_EQUAL_TO_THRESHOLD,
            treat_missing_data=cloudwatch.TreatMissingData.NOT_BREACHING,
        )
        alarm.add_alarm_action(self._action)
        alarm.add_ok_action(self._action)
