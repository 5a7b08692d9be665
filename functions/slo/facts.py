"""What the plan must know: the counts of every bot that acts, and how each stood when last recorded."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Annotated, Any, Final, Self

from pydantic import BaseModel, ConfigDict, Field

from functions.slo.standing import ServiceStanding, Standing
from writ.contracts.action import Name
from writ.contracts.errors import WritError
from writ.contracts.event import AnyEvent
from writ.contracts.events.platform import ScheduleTicked
from writ.ports.controls import budget_key, service_digest
from writ.runtime import telemetry
from writ.slo import budget, burn
from writ.slo.budget import BudgetState
from writ.slo.burn import RULES, Burn, Severity
from writ.slo.counts import PERIOD, Count, History

if TYPE_CHECKING:
    from functions.slo.catalog import Services
    from functions.slo.ports import Ports
    from writ.contracts.manifest import Manifest
    from writ.contracts.service import ServiceManifest

_STATES: Final = (BudgetState.NORMAL, BudgetState.REVIEW, BudgetState.FREEZE)
_SEVERITIES: Final = (Severity.NONE, Severity.TICKET, Severity.PAGE)
_Events = Annotated[int, Field(ge=0)]


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", defer_build=True)


class Counted(_Part):
    """Events of a window."""

    good: _Events = 0
    bad: _Events = 0

    @classmethod
    def of(cls, count: Count) -> Self:
        return cls(good=count.good, bad=count.bad)

    @property
    def count(self) -> Count:
        return Count(self.good, self.bad)


class Windows(_Part):
    """The long and the short window of one rule."""

    long: Counted = Field(default_factory=Counted)
    short: Counted = Field(default_factory=Counted)


class Judged(_Part):
    """An objective in percent, its 30 days, the windows of `writ.slo.burn.RULES` in order, and what was
    recorded of it last.
    """

    objective: float
    period: Counted = Field(default_factory=Counted)
    windows: Annotated[tuple[Windows, ...], Field(min_length=len(RULES), max_length=len(RULES))]
    before: Standing = Field(default_factory=Standing)

    @property
    def burns(self) -> tuple[Burn, ...]:
        """Every rule, judged."""
        return tuple(
            burn.judge(rule, windows.long.count, windows.short.count, self.objective)
            for rule, windows in zip(RULES, self.windows, strict=True)
        )

    @property
    def budget(self) -> BudgetState:
        """The state that the counts call for now."""
        return budget.state(self.period.count, self.objective, self.before.budget or BudgetState.NORMAL)

    @property
    def left(self) -> float:
        """Percent of the budget that is left."""
        return budget.left(self.period.count, self.objective)

    @property
    def allowed(self) -> float:
        """Failures that the objective allows."""
        return budget.allowed(self.period.count, self.objective)

    @property
    def burning(self) -> Severity:
        return burn.severity(self.burns)


class Watched(Judged):
    """One bot."""

    bot: Name


class WatchedIndicator(Judged):
    """One indicator of a service; one that is not measured stays as it was recorded."""

    name: Name
    measured: bool = True

    @property
    def budget(self) -> BudgetState:
        return super().budget if self.measured else self.before.budget or BudgetState.NORMAL

    @property
    def burning(self) -> Severity:
        return super().burning if self.measured else self.before.burning


class WatchedService(_Part):
    """A service that is no bot: it stands as its worst indicator does."""

    service: Name
    indicators: Annotated[tuple[WatchedIndicator, ...], Field(min_length=1)]
    before: ServiceStanding = Field(default_factory=ServiceStanding)

    @property
    def worst(self) -> WatchedIndicator:
        """The indicator with the worst budget; of equals the one that burns most, then has least left."""
        return max(self.indicators, key=lambda one: (*_gravity(one), -one.left))

    @property
    def budget(self) -> BudgetState:
        return self.worst.budget

    @property
    def burning(self) -> Severity:
        return max((one.burning for one in self.indicators), key=_SEVERITIES.index)


def _gravity(one: Judged) -> tuple[int, int]:
    return _STATES.index(one.budget), _SEVERITIES.index(one.burning)


class Facts(_Part):
    watched: tuple[Watched, ...] = ()
    services: tuple[WatchedService, ...] = ()


def gather(event: AnyEvent, ports: "Ports") -> Facts:
    """Read every bot that acts."""
    if not isinstance(event.data, ScheduleTicked):
        return Facts()
    catalog, now = ports.catalog(), ports.clock.now()
    return Facts(
        watched=tuple(watch(catalog[name], now, ports) for name in acting(catalog.values())),
        services=tuple(watch_services(ports.services(), now, ports)),
    )


def acting(manifests: "Iterable[Manifest]") -> list[str]:
    """Names of those whose actions the loop counts, in order."""
    return sorted(manifest.name for manifest in manifests if manifest.actions)


def watch(manifest: "Manifest", now: datetime, ports: "Ports") -> Watched:
    """One bot as it stands now."""
    history = ports.outcomes.history(manifest.name, now) if manifest.actions else History()
    return Watched(
        bot=manifest.name,
        objective=manifest.slo.success,
        **_counted(history, now),
        before=Standing.parse(ports.controls.read(budget_key(service_digest(manifest.name)))),
    )


def watch_services(services: "Services", now: datetime, ports: "Ports") -> list[WatchedService]:
    """Services as they stand now, in one reading of metrics.

    Where that fails, nothing of theirs is measured: the objectives of bots do not wait for CloudWatch.
    """
    wanted = [
        (service.manifest, name, indicator)
        for service in services.values()
        for name, indicator in service.manifest.indicators.items()
        if name not in service.unmeasured
    ]
    try:
        read = ports.metered.read([indicator for _, _, indicator in wanted], now) if wanted else ()
    except WritError as error:
        telemetry.logger("slo").warning("services not measured", code=error.code, reason=error.message)
        read = ()
    found = {
        (manifest.name, name): history for (manifest, name, _), history in zip(wanted, read, strict=False)
    }
    return [_service(service.manifest, found, now, ports) for service in services.values()]


def _service(
    manifest: "ServiceManifest", found: Mapping[tuple[str, str], History], now: datetime, ports: "Ports"
) -> WatchedService:
    before = ServiceStanding.parse(ports.controls.read(budget_key(service_digest(manifest.name))))
    return WatchedService(
        service=manifest.name,
        indicators=tuple(
            WatchedIndicator(
                name=name,
                objective=indicator.objective,
                measured=(manifest.name, name) in found,
                **_counted(found.get((manifest.name, name), History()), now),
                before=before.of(name),
            )
            for name, indicator in manifest.indicators.items()
        ),
        before=before,
    )


def _counted(history: History, now: datetime) -> dict[str, Any]:
    return {
        "period": Counted.of(history.within(PERIOD, now)),
        "windows": tuple(
            Windows(
                long=Counted.of(history.within(rule.long, now)),
                short=Counted.of(history.within(rule.short, now)),
            )
            for rule in RULES
        ),
    }
