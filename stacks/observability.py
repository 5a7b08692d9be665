"""Three dashboards: one row a bot, one row a flow, and the platform they stand on."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Any, Final

from aws_cdk import Duration, Stack
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_cloudwatch_actions as actions
from aws_cdk import aws_sns as sns
from constructs import Construct

from stacks import metrics
from stacks.constructs.burn import PAGED
from stacks.flows import Flow
from stacks.manifest import BotFolder
from stacks.names import Names
from stacks.settings import Settings
from writ.slo.budget import LOW
from writ.slo.burn import budget_of
from writ.slo.counts import PERIOD
from writ.slo.indicator import indicators

_HEIGHT: Final = 5
_DAY: Final = Duration.days(1)
_LAG_LIMIT_S: Final = 300


class ObservabilityStack(Stack):
    """What operators look at. Everything is found by name, so that no other stack depends on it."""

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        settings: Settings,
        folders: Sequence[BotFolder],
        flows: Sequence[Flow],
        alarm_topic: sns.ITopic,
        **props: Any,
    ) -> None:
        super().__init__(scope, id, **props)
        self._names = Names.of(settings)
        self._folders = folders
        self._topic = alarm_topic
        self._dashboard("bots", [self._bot_row(folder) for folder in folders])
        self._dashboard("flows", [self._flow_row(flow) for flow in flows])
        self._dashboard("platform", self._platform_rows())
        self._lag_alarm()
        self._break_glass_alarms()
        self._witness_alarm()

    def _dashboard(self, name: str, rows: Sequence[list[cloudwatch.IWidget]]) -> None:
        dashboard = cloudwatch.Dashboard(self, name.capitalize(), dashboard_name=self._names.thing(name))
        for row in rows:
            dashboard.add_widgets(*row)

    def _bot_row(self, folder: BotFolder) -> list[cloudwatch.IWidget]:
        manifest = folder.manifest
        owner = f"owner **{manifest.owner}** · runbook `{manifest.runbook}`"
        about = f"## {folder.name}\n{manifest.summary}\n\n{owner}"
        objective = f"SLO {manifest.slo.success} % in {manifest.slo.p95_ms} ms"
        return [
            cloudwatch.TextWidget(markdown=f"{about}\n\n{objective}", width=4, height=_HEIGHT),
            self._outcomes(folder),
            self._latency(folder),
            self._burn(folder),
            self._budget(folder),
        ]

    def _flow_row(self, flow: Flow) -> list[cloudwatch.IWidget]:
        arn = self._names.flow_arn(flow.name)
        about = f"## {flow.name}\n{flow.summary}\n\nsteps by **{', '.join(flow.functions)}**"
        ends = ("Started", "Succeeded", "Failed", "TimedOut", "Aborted")
        shown = [metrics.of_flow(arn, f"Executions{end}").with_(label=end) for end in ends]
        took = [
            metrics.of_flow(arn, "ExecutionTime").with_(label=statistic, statistic=statistic)
            for statistic in ("p50", "p95")
        ]
        return [
            cloudwatch.TextWidget(markdown=about, width=6, height=_HEIGHT),
            _graph("Runs", shown, width=10, stacked=True),
            _graph("How long they took (ms)", took, width=8),
        ]

    def _outcomes(self, folder: BotFolder) -> cloudwatch.GraphWidget:
        if folder.manifest.actions:
            shown = [metrics.own(folder.name, name).with_(label=name) for name in metrics.OUTCOMES]
            return _graph("Actions by outcome", shown, width=5, stacked=True)
        functions = [self._names.thing(function) for function in folder.functions]
        shown = [
            metrics.of_function(name, kind).with_(label=f"{name} {kind}")
            for name in functions
            for kind in ("Invocations", "Errors")
        ]
        return _graph("Calls", shown, width=5)

    def _latency(self, folder: BotFolder) -> cloudwatch.GraphWidget:
        names = [self._names.thing(function) for function in folder.functions]
        shown = [
            metrics.of_function(name, "Duration", statistic=statistic).with_(label=f"{name} {statistic}")
            for name in names
            for statistic in ("p50", "p95")
        ]
        objective = cloudwatch.HorizontalAnnotation(value=folder.manifest.slo.p95_ms, label="objective")
        return _graph("Latency (ms)", shown, width=5, lines=[objective])

    def _burn(self, folder: BotFolder) -> cloudwatch.GraphWidget:
        """How many times faster than allowed budgets are spent, over the long windows that page."""
        objective = folder.manifest.slo.success
        lines = [cloudwatch.HorizontalAnnotation(value=1, label="as fast as it may")] + [
            cloudwatch.HorizontalAnnotation(value=rule.factor, label=f"{rule.factor:g} ×")
            for rule in PAGED.values()
        ]
        shown = [
            metrics.counted(
                folder, self._names, indicator, _period(rule.long), f"{indicator}{speed}"
            ).derived(
                f"IF(n > 0, bad / n / {budget_of(objective):.6f}, 0)",
                f"{indicator} in {rule.long.total_seconds() / 3600:g} h",
            )
            for indicator in indicators(folder.manifest)
            for speed, rule in PAGED.items()
        ]
        return _graph("Burn rate", shown, width=5, lines=lines)

    def _budget(self, folder: BotFolder) -> cloudwatch.GraphWidget:
        """What was left of the budget on each of the last 30 days, counted from the first of them."""
        shown = [
            metrics.counted(folder, self._names, indicator, _DAY, indicator).derived(
                f"100 * (1 - RUNNING_SUM(bad) / ({budget_of(folder.manifest.slo.success):.6f} * "
                "RUNNING_SUM(n)))",
                str(indicator),
            )
            for indicator in indicators(folder.manifest)
        ]
        lines = [
            cloudwatch.HorizontalAnnotation(value=LOW, label="review"),
            cloudwatch.HorizontalAnnotation(value=0, label="spent"),
        ]
        return _graph("Error budget left (%)", shown, width=5, lines=lines, start=f"-P{PERIOD.days}D")

    def _platform_rows(self) -> list[list[cloudwatch.IWidget]]:
        dead = [
            self._queue(f"{folder.name}-dlq", "ApproximateNumberOfMessagesVisible")
            for folder in self._folders
        ]
        waiting = [
            self._queue(folder.name, "ApproximateAgeOfOldestMessage")
            for folder in self._folders
            if folder.has_queue
        ]
        lag = metrics.own(metrics.SEQUENCER, metrics.LEDGER_LAG_S, statistic="Maximum")
        approvals = metrics.own(metrics.RECONCILER, metrics.APPROVALS_WAITING, statistic="Maximum")
        limit = cloudwatch.HorizontalAnnotation(value=_LAG_LIMIT_S, label="alarm")
        return [
            [
                _graph("Bus: matches, deliveries, retries", self._bus_metrics(), width=12),
                _graph("Dead letters", dead, width=12, stacked=True),
            ],
            [
                _graph("Oldest event in a queue (s)", waiting, width=8),
                _graph("Ledger lag (s)", [lag], width=8, lines=[limit]),
                _graph("Approvals waiting", [approvals], width=8),
            ],
        ]

    def _queue(self, name: str, metric: str) -> cloudwatch.Metric:
        return metrics.of_queue(self._names.thing(name), metric).with_(label=name)

    def _bus_metrics(self) -> list[cloudwatch.Metric]:
        """What EventBridge counts for a bus; events put and failures it knows by region or rule only.

        https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-monitoring.html
        """
        return [
            cloudwatch.Metric(
                namespace="AWS/Events",
                metric_name=name,
                dimensions_map={"EventBusName": self._names.bus},
                statistic="Sum",
                period=metrics.FIVE_MINUTES,
                label=name,
            )
            for name in ("MatchedEvents", "InvocationAttempts", "RetryInvocationAttempts")
        ]

    def _lag_alarm(self) -> None:
        alarm_above(
            self,
            "LedgerLag",
            name=self._names.thing("ledger-lag"),
            description="Evidence waits too long for a checkpoint. Runbook: docs/runbooks/sequencer.md",
            metric=metrics.own(metrics.SEQUENCER, metrics.LEDGER_LAG_S, statistic="Maximum"),
            threshold=_LAG_LIMIT_S,
            topic=self._topic,
        )

    def _witness_alarm(self) -> None:
        alarm_above(
            self,
            "WitnessRefusing",
            name=self._names.thing("witness-refusing"),
            description="A witness does not cosign the log. Runbook: docs/runbooks/publisher.md",
            metric=metrics.own(metrics.PUBLISHER, metrics.WITNESSES_REFUSING, statistic="Maximum"),
            threshold=0,
            topic=self._topic,
        )

    def _break_glass_alarms(self) -> None:
        """People hear of it when rules are overridden, and when nobody looked at it in time."""
        watched = (
            (
                "BreakGlassOpened",
                "break-glass",
                metrics.BREAK_GLASS_OPENED,
                "Rules are overridden.",
            ),
            (
                "ReviewsOverdue",
                "reviews-overdue",
                metrics.REVIEWS_OVERDUE,
                "A review is overdue.",
            ),
        )
        for id, name, metric, what in watched:
            alarm_above(
                self,
                id,
                name=self._names.thing(name),
                description=f"{what} Runbook: docs/runbooks/policy.md",
                metric=metrics.own(metrics.POLICY, metric),
                threshold=0,
                topic=self._topic,
            )


def alarm_above(
    scope: Construct,
    id: str,
    *,
    name: str,
    description: str,
    metric: cloudwatch.Metric,
    threshold: float,
    topic: sns.ITopic,
) -> None:
    """An alarm on a metric of our own that tells when it passes a threshold and when that is over."""
    alarm = cloudwatch.Alarm(
        scope,
        id,
        alarm_name=name,
        alarm_description=description,
        metric=metric,
        threshold=threshold,
        evaluation_periods=1,
        comparison_operator=cloudwatch.ComparisonOperator.GREATER_THAN_THRESHOLD,
        treat_missing_data=cloudwatch.TreatMissingData.NOT_BREACHING,
    )
    alarm.add_alarm_action(actions.SnsAction(topic))
    alarm.add_ok_action(actions.SnsAction(topic))


def _graph(
    title: str,
    shown: Sequence[cloudwatch.IMetric],
    *,
    width: int,
    stacked: bool = False,
    lines: Sequence[cloudwatch.HorizontalAnnotation] = (),
    start: str | None = None,
) -> cloudwatch.GraphWidget:
    return cloudwatch.GraphWidget(
        title=title,
        left=list(shown),
        width=width,
        height=_HEIGHT,
        stacked=stacked,
        left_annotations=list(lines),
        start=start,
    )


def _period(window: timedelta) -> Duration:
    return Duration.seconds(window.total_seconds())
