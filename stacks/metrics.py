"""The metrics that alarms and dashboards read, by the names the runtime writes them under.

None carries a label: a labelled metric turns its alarm into one on an expression.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from aws_cdk import Duration
from aws_cdk import aws_cloudwatch as cloudwatch

from stacks.grants import METRICS_NAMESPACE
from stacks.manifest import BotFolder
from stacks.names import Names

OUTCOMES: Final = ("ActionsSucceeded", "ActionsFailed", "ActionsDenied", "ActionsExpired", "ActionsWaiting")
LEDGER_LAG_S: Final = "LedgerLagSeconds"
APPROVALS_WAITING: Final = "ApprovalsWaiting"
WITNESSES_REFUSING: Final = "WitnessesRefusing"
CHECKPOINTS_INCONSISTENT: Final = "CheckpointsInconsistent"
FIVE_MINUTES: Final = Duration.minutes(5)
SEQUENCER: Final = "sequencer"
RECONCILER: Final = "reconciler"
PUBLISHER: Final = "publisher"
WITNESS: Final = "witness"


def measured(folders: Iterable[BotFolder]) -> tuple[str, ...]:
    """The functions that write what `own` reads, those of bots that take actions first of all."""
    return tuple(
        function
        for folder in folders
        if folder.manifest.actions or folder.name in {SEQUENCER, RECONCILER, PUBLISHER}
        for function in folder.functions
    )


def own(bot: str, name: str, *, statistic: str = "Sum", period: Duration = FIVE_MINUTES) -> cloudwatch.Metric:
    """A metric the runtime writes for a bot, in embedded metric format."""
    return cloudwatch.Metric(
        namespace=METRICS_NAMESPACE,
        metric_name=name,
        dimensions_map={"bot": bot, "service": bot},
        statistic=statistic,
        period=period,
    )


def of_function(
    function: str, name: str, *, statistic: str = "Sum", period: Duration = FIVE_MINUTES
) -> cloudwatch.Metric:
    """A metric of Lambda for a function, by its physical name."""
    return cloudwatch.Metric(
        namespace="AWS/Lambda",
        metric_name=name,
        dimensions_map={"FunctionName": function},
        statistic=statistic,
        period=period,
    )


def of_queue(queue: str, name: str, *, period: Duration = FIVE_MINUTES) -> cloudwatch.Metric:
    """A metric of SQS for a queue, by its physical name; the highest value of each period."""
    return cloudwatch.Metric(
        namespace="AWS/SQS",
        metric_name=name,
        dimensions_map={"QueueName": queue},
        statistic="Maximum",
        period=period,
    )


def of_flow(arn: str, name: str) -> cloudwatch.Metric:
    """A metric of Step Functions for a state machine, by its ARN."""
    return cloudwatch.Metric(
        namespace="AWS/States",
        metric_name=name,
        dimensions_map={"StateMachineArn": arn},
        statistic="Sum",
        period=FIVE_MINUTES,
    )


def error_ratio(folder: BotFolder, names: Names, period: Duration) -> cloudwatch.MathExpression:
    """Share of failures, in percent: of actions for a bot that takes them, else of invocations.

    A denied action is an answer, not a failure. No traffic is no failure.
    """
    if folder.manifest.actions:
        bad = own(folder.name, "ActionsFailed", period=period)
        good = own(folder.name, "ActionsSucceeded", period=period)
        return _percent(
            "100 * FILL(bad, 0) / (FILL(bad, 0) + FILL(good, 0))", {"bad": bad, "good": good}, period
        )
    using: dict[str, cloudwatch.IMetric] = {}
    for number, function in enumerate(folder.functions):
        using[f"e{number}"] = of_function(names.thing(function), "Errors", period=period)
        using[f"i{number}"] = of_function(names.thing(function), "Invocations", period=period)
    errors = " + ".join(f"FILL({key}, 0)" for key in using if key.startswith("e"))
    calls = " + ".join(f"FILL({key}, 0)" for key in using if key.startswith("i"))
    return _percent(f"100 * ({errors}) / ({calls})", using, period)


def _percent(
    expression: str, using: dict[str, cloudwatch.IMetric], period: Duration
) -> cloudwatch.MathExpression:
    return cloudwatch.MathExpression(
        expression=expression, using_metrics=using, period=period, label="failures %"
    )
