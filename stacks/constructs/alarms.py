"""The alarms of one bot. They tell the alarm topic when they go off and when they are over."""

from __future__ import annotations

from typing import Final

from aws_cdk import Duration
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_cloudwatch_actions as actions
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_sns as sns
from aws_cdk import aws_sqs as sqs
from constructs import Construct

from stacks import metrics
from stacks.constructs.burn import Objective, burn_alarm
from stacks.manifest import BotFolder
from stacks.names import Names
from stacks.settings import Settings
from writ.slo.indicator import Indicator, indicators

_OLDEST_MESSAGE: Final = Duration.minutes(15)


class Alarms(Construct):
    """Made beside a bot; the bot shows it each part to watch."""

    def __init__(
        self, scope: Construct, id: str, *, folder: BotFolder, settings: Settings, topic: sns.ITopic
    ) -> None:
        super().__init__(scope, id)
        self._folder = folder
        self._names = Names.of(settings)
        self._action = actions.SnsAction(topic)
        for indicator in indicators(folder.manifest):
            burn_alarm(self, objective_of(folder, self._names, indicator), settings, topic)

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


def objective_of(folder: BotFolder, names: Names, indicator: Indicator) -> Objective:
    """What a folder promises of one of its indicators."""
    manifest = folder.manifest

    def events(period: Duration) -> metrics.Events:
        return metrics.counted(folder, names, indicator, period)

    return Objective(manifest.name, str(indicator), manifest.slo.success, manifest.runbook, events)
