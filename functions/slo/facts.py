"""What the plan must know: the counts of every bot that acts, and how each stood when last recorded."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import TYPE_CHECKING, Annotated, Self

from pydantic import BaseModel, ConfigDict, Field

from functions.slo.standing import Standing
from writ.contracts.action import Name
from writ.contracts.event import AnyEvent
from writ.contracts.events.platform import ScheduleTicked
from writ.ports.controls import budget_key, service_digest
from writ.slo import budget, burn
from writ.slo.budget import BudgetState
from writ.slo.burn import RULES, Burn, Severity
from writ.slo.counts import PERIOD, Count, History

if TYPE_CHECKING:
    from functions.slo.ports import Ports
    from writ.contracts.manifest import Manifest

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


class Watched(_Part):
    """One bot: its objective in percent, its 30 days, and the windows of `writ.slo.burn.RULES` in order."""

    bot: Name
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


class Facts(_Part):
    watched: tuple[Watched, ...] = ()


def gather(event: AnyEvent, ports: Ports) -> Facts:
    """Read every bot that acts."""
    if not isinstance(event.data, ScheduleTicked):
        return Facts()
    catalog, now = ports.catalog(), ports.clock.now()
    return Facts(watched=tuple(watch(catalog[name], now, ports) for name in acting(catalog.values())))


def acting(manifests: Iterable[Manifest]) -> list[str]:
    """Names of those whose actions the loop counts, in order."""
    return sorted(manifest.name for manifest in manifests if manifest.actions)


def watch(manifest: Manifest, now: datetime, ports: Ports) -> Watched:
    """One bot as it stands now."""
    history = ports.outcomes.history(manifest.name, now) if manifest.actions else History()
    return Watched(
        bot=manifest.name,
        objective=manifest.slo.success,
        period=Counted.of(history.within(PERIOD, now)),
        windows=tuple(
            Windows(
                long=Counted.of(history.within(rule.long, now)),
                short=Counted.of(history.within(rule.short, now)),
            )
            for rule in RULES
        ),
        before=Standing.parse(ports.controls.read(budget_key(service_digest(manifest.name)))),
    )
