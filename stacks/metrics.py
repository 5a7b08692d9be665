"""The metrics that alarms and dashboards read, by the names the runtime writes them under.

None carries a label: a labelled metric turns its alarm into one on an expression.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from aws_cdk import Duration
from aws_cdk import aws_cloudwatch as cloudwatch

from stacks.grants import METRICS_NAMESPACE
from stacks.manifest import BotFolder
from stacks.names import Names
from writ.contracts import service
from writ.slo.burn import Rule, enough, ratio_of
from writ.slo.indicator import SERIES, Indicator
from writ.slo.reading import SAMPLES, fast

OUTCOMES: Final = ("ActionsSucceeded", "ActionsFailed", "ActionsDenied", "ActionsExpired", "ActionsWaiting")
LEDGER_LAG_S: Final = "LedgerLagSeconds"
APPROVALS_WAITING: Final = "ApprovalsWaiting"
BREAK_GLASS_OPENED: Final = "BreakGlassOpened"
REVIEWS_OVERDUE: Final = "BreakGlassReviewsOverdue"
WITNESSES_REFUSING: Final = "WitnessesRefusing"
CHECKPOINTS_INCONSISTENT: Final = "CheckpointsInconsistent"
FIVE_MINUTES: Final = Duration.minutes(5)
_MOST_EVENTS: Final = 10**9
SEQUENCER: Final = "sequencer"
RECONCILER: Final = "reconciler"
PUBLISHER: Final = "publisher"
POLICY: Final = "policy"
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


def counted(folder: BotFolder, names: Names, indicator: Indicator, period: Duration, tag: str = "") -> Events:
    """The bad events and all events of an indicator. No traffic is no failure.

    `tag` sets them apart from the others of one graph, where every id may be there once.
    """
    series = SERIES[indicator]

    def metric(name: str) -> cloudwatch.Metric:
        if indicator is Indicator.CALLS:
            return of_function(names.thing(folder.name), name, period=period)
        return own(folder.name, name, period=period)

    return _events(metric(series.bad), metric(series.other), series.whole, period, tag)


def of_service(
    indicator: service.Indicator, parameters: Mapping[str, str], period: Duration, tag: str = ""
) -> Events:
    """The bad events and all events of an indicator of a service; `parameters` are values by name."""

    def metric(of: service.Metric, statistic: str = "Sum") -> cloudwatch.Metric:
        return cloudwatch.Metric(
            namespace=of.namespace,
            metric_name=of.metric,
            dimensions_map=of.resolved(parameters),
            statistic=statistic,
            period=period,
        )

    if isinstance(indicator, service.Latency):
        quick = metric(indicator.of, fast(indicator.threshold_ms))
        return _from_good(quick, metric(indicator.of, SAMPLES), period, tag)
    counted = service.counters(indicator)
    if counted.bad is None:
        good, total = service.metrics_of(indicator)
        return _from_good(metric(good), metric(total), period, tag)
    other = next(each for each in service.metrics_of(indicator) if each != counted.bad)
    return _events(metric(counted.bad), metric(other), counted.total is not None, period, tag)


def _events(
    bad: cloudwatch.Metric, other: cloudwatch.Metric, whole: bool, period: Duration, tag: str
) -> Events:
    failed, rest = f"failed{tag}", f"other{tag}"
    using: dict[str, cloudwatch.IMetric] = {failed: bad, rest: other}
    failures = cloudwatch.MathExpression(
        expression=f"FILL({failed}, 0)", using_metrics={failed: bad}, period=period
    )
    if whole:
        del using[failed]
    return Events(failures, _sum(using, period), tag)


def _from_good(good: cloudwatch.Metric, total: cloudwatch.Metric, period: Duration, tag: str) -> Events:
    """Where good events are counted, the bad ones are all others."""
    quick, every = f"good{tag}", f"every{tag}"
    bad = cloudwatch.MathExpression(
        expression=f"IF(FILL({every}, 0) > FILL({quick}, 0), FILL({every}, 0) - FILL({quick}, 0), 0)",
        using_metrics={quick: good, every: total},
        period=period,
    )
    return Events(bad, _sum({every: total}, period), tag)


def _sum(using: Mapping[str, cloudwatch.IMetric], period: Duration) -> cloudwatch.MathExpression:
    return cloudwatch.MathExpression(
        expression=" + ".join(f"FILL({name}, 0)" for name in using), using_metrics=using, period=period
    )


@dataclass(frozen=True)
class Events:
    """Bad events and all events of a period, as expressions."""

    bad: cloudwatch.MathExpression
    total: cloudwatch.MathExpression
    tag: str

    def derived(self, expression: str, label: str | None = None) -> cloudwatch.MathExpression:
        """An expression over `bad` and `n`."""
        ids = {"bad": f"bad{self.tag}", "n": f"n{self.tag}"}
        return cloudwatch.MathExpression(
            expression=re.sub(r"\b(bad|n)\b", lambda found: ids[found[1]], expression),
            using_metrics={ids["bad"]: self.bad, ids["n"]: self.total},
            period=self.bad.period,
            label=label,
        )


def burns(rule: Rule, objective: float, *, counts: bool) -> str:
    """1 while a window of `n` events, `bad` of them bad, burns at a rule's rate, else 0.

    `counts`: it must also hold enough failures, which is `writ.slo.burn.enough` written as the traffic from
    which on one more is needed, up to where the rate alone asks for as many.
    """
    conditions = ["bad > 0", f"bad >= {_number(ratio_of(rule, objective))} * n"]
    if counts:
        steps = "".join(f" + IF(n >= {total}, {more}, 0)" for total, more in _steps(rule, objective))
        conditions.append(f"bad >= {enough(rule, 0, objective)}{steps}")
    return f"IF({' AND '.join(conditions)}, 1, 0)"


def _steps(rule: Rule, objective: float) -> Iterator[tuple[int, int]]:
    """Events from which on so many more failures are needed."""
    needed = enough(rule, 0, objective)
    while (total := _first_above(rule, objective, needed)) is not None:
        after = enough(rule, total, objective)
        if ratio_of(rule, objective) * total >= after:
            return
        yield total, after - needed
        needed = after


def _first_above(rule: Rule, objective: float, needed: int) -> int | None:
    """The fewest events that need more failures than this; None past any traffic there is."""
    high = 1
    while enough(rule, high, objective) <= needed:
        high *= 2
        if high > _MOST_EVENTS:
            return None
    low = high // 2
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if enough(rule, middle, objective) > needed else (middle, high)
    return high


def _number(ratio: float) -> str:
    """Six decimals, rounded down: never stricter than the rule."""
    return f"{int(ratio * 1e6 + 1e-3) / 1e6:.6f}".rstrip("0").rstrip(".")
