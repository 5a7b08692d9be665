"""Alarms and a dashboard of the organisation's services, out of their manifests."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from aws_cdk import Duration, Stack
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_sns as sns
from constructs import Construct

from stacks import metrics
from stacks.constructs.burn import PAGED, Objective, burn_alarm
from stacks.names import Names
from stacks.settings import Settings
from writ.contracts.service import Indicator, Latency, ServiceManifest
from writ.slo.budget import LOW
from writ.slo.burn import budget_of
from writ.slo.counts import PERIOD

_HEIGHT: Final = 5
_DAY: Final = Duration.days(1)


class ServicesStack(Stack):
    """A row and the burn alarms of every service. `parameters` are values of dimensions, by name."""

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        settings: Settings,
        services: Sequence[ServiceManifest],
        parameters: Mapping[str, str],
        alarm_topic: sns.ITopic,
        **props: Any,
    ) -> None:
        super().__init__(scope, id, **props)
        self._parameters = parameters
        dashboard = cloudwatch.Dashboard(
            self, "Services", dashboard_name=Names.of(settings).thing("services")
        )
        for service in services:
            dashboard.add_widgets(*self._row(service))
            place = Construct(self, service.name)
            for name, indicator in service.indicators.items():
                objective = self._objective(service, name, indicator)
                burn_alarm(place, objective, settings, alarm_topic)

    def _objective(self, service: ServiceManifest, name: str, indicator: Indicator) -> Objective:
        def events(period: Duration) -> metrics.Events:
            return metrics.of_service(indicator, self._parameters, period)

        return Objective(service.name, name, indicator.objective, service.runbook, events)

    def _row(self, service: ServiceManifest) -> list[cloudwatch.IWidget]:
        promises = "\n".join(f"- {promise(name, each)}" for name, each in service.indicators.items())
        owner = f"owner **{service.owner}** · runbook `{service.runbook}`"
        about = f"## {service.name}\n{service.summary}\n\n{owner}\n\n{promises}"
        return [
            cloudwatch.TextWidget(markdown=about, width=6, height=_HEIGHT),
            self._graph(service, "Bad events (%)", metrics.FIVE_MINUTES, "100 * IF(n > 0, bad / n, 0)"),
            self._burn(service),
            self._budget(service),
        ]

    def _burn(self, service: ServiceManifest) -> cloudwatch.GraphWidget:
        """How many times faster than allowed budgets are spent, over the long windows that page."""
        lines = [cloudwatch.HorizontalAnnotation(value=1, label="as fast as it may")] + [
            cloudwatch.HorizontalAnnotation(value=rule.factor, label=f"{rule.factor:g} ×")
            for rule in PAGED.values()
        ]
        shown = [
            metrics.of_service(
                each, self._parameters, Duration.seconds(rule.long.total_seconds()), f"{_id(name)}{speed}"
            ).derived(
                f"IF(n > 0, bad / n / {budget_of(each.objective):.6f}, 0)",
                f"{name} in {rule.long.total_seconds() / 3600:g} h",
            )
            for name, each in service.indicators.items()
            for speed, rule in PAGED.items()
        ]
        return _widget("Burn rate", shown, lines)

    def _budget(self, service: ServiceManifest) -> cloudwatch.GraphWidget:
        """What was left of the budgets on each of the last 30 days, counted from the first of them."""
        shown = [
            metrics.of_service(each, self._parameters, _DAY, _id(name)).derived(
                f"100 * (1 - RUNNING_SUM(bad) / ({budget_of(each.objective):.6f} * RUNNING_SUM(n)))", name
            )
            for name, each in service.indicators.items()
        ]
        lines = [
            cloudwatch.HorizontalAnnotation(value=LOW, label="review"),
            cloudwatch.HorizontalAnnotation(value=0, label="spent"),
        ]
        return _widget("Error budget left (%)", shown, lines, start=f"-P{PERIOD.days}D")

    def _graph(
        self, service: ServiceManifest, title: str, period: Duration, expression: str
    ) -> cloudwatch.GraphWidget:
        shown = [
            metrics.of_service(each, self._parameters, period, _id(name)).derived(expression, name)
            for name, each in service.indicators.items()
        ]
        return _widget(title, shown)


def promise(name: str, indicator: Indicator) -> str:
    """An indicator's objective in words."""
    if isinstance(indicator, Latency):
        return f"{name}: {indicator.objective:g} % within {indicator.threshold_ms} ms"
    return f"{name}: {indicator.objective:g} % good"


def _id(name: str) -> str:
    """In the id of an expression a hyphen is a minus."""
    return name.replace("-", "_")


def _widget(
    title: str,
    shown: Sequence[cloudwatch.IMetric],
    lines: Sequence[cloudwatch.HorizontalAnnotation] = (),
    start: str | None = None,
) -> cloudwatch.GraphWidget:
    return cloudwatch.GraphWidget(
        title=title, left=list(shown), width=6, height=_HEIGHT, left_annotations=list(lines), start=start
    )
