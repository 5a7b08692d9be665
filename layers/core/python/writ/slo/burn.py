"""How fast a budget burns, and when that is worth a page: multi-window, multi-burn-rate, on counts. Pure.

The windows and rates are those of Google's SRE workbook, "Alerting on SLOs", table 5-8:
https://sre.google/workbook/alerting-on-slos/#6-multiwindow-multi-burn-rate-alerts. Its rule compares
ratios, and the chapter says itself where that ends: at ten requests an hour one failure is a burn rate of a
hundred. So here a window must hold enough failures as well, by the exact test of `writ.slo.poisson`; where
traffic is high that is always so, and the rule is the workbook's.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

from writ.slo.counts import PERIOD, Count, History
from writ.slo.poisson import critical

# Expected in 30 days, for each rule, of a service that spends its budget exactly as fast as it may.
FALSE_ALARMS: Final = 0.05
_ROUNDING: Final = 1e-9


class Severity(StrEnum):
    """What burning calls for: somebody now, or somebody this week."""

    NONE = "none"
    TICKET = "ticket"
    PAGE = "page"


@dataclass(frozen=True, slots=True)
class Rule:
    """A burn rate over a long window, which carries the meaning, and a short one, which ends the alarm."""

    severity: Severity
    long: timedelta
    short: timedelta
    factor: float

    @property
    def windows(self) -> float:
        """Long windows in the 30 days of a budget."""
        return PERIOD / self.long


FAST: Final = Rule(Severity.PAGE, timedelta(hours=1), timedelta(minutes=5), 14.4)
SLOW: Final = Rule(Severity.PAGE, timedelta(hours=6), timedelta(minutes=30), 6)
CREEPING: Final = Rule(Severity.TICKET, timedelta(days=3), timedelta(hours=6), 1)
RULES: Final = (FAST, SLOW, CREEPING)


@dataclass(frozen=True, slots=True)
class Burn:
    """One rule, looked at: its windows, the failures that the long one needs, and whether it is broken."""

    rule: Rule
    long: Count
    short: Count
    needed: int
    breached: bool


def budget_of(objective: float) -> float:
    """The share of events that may fail, of an objective in percent."""
    return (100 - objective) / 100


def rate(count: Count, objective: float) -> float | None:
    """How many times faster than allowed the budget is spent; None without events."""
    return None if count.total == 0 else count.bad / count.total / budget_of(objective)


def ratio_of(rule: Rule, objective: float) -> float:
    """The share of failures that is `factor` times the budget's; all of them, where that is more than all."""
    return min(1.0, rule.factor * budget_of(objective))


def enough(rule: Rule, total: int, objective: float) -> int:
    """Failures in the long window that chance does not explain, whatever their share."""
    return critical(total * budget_of(objective), rule.windows, FALSE_ALARMS)


def breached(rule: Rule, long: Count, short: Count, objective: float) -> bool:
    """Whether both windows burn at the rule's rate and the long one holds enough failures."""
    ratio = ratio_of(rule, objective)
    return _burns(short, ratio) and _burns(long, ratio) and long.bad >= enough(rule, long.total, objective)


def judge(rule: Rule, long: Count, short: Count, objective: float) -> Burn:
    """One rule, with what it rests on."""
    needed = max(
        enough(rule, long.total, objective), math.ceil(ratio_of(rule, objective) * long.total - _ROUNDING)
    )
    return Burn(rule, long, short, needed, breached(rule, long, short, objective))


def look(history: History, objective: float, now: datetime) -> tuple[Burn, ...]:
    """Every rule at an instant."""
    return tuple(
        judge(rule, history.within(rule.long, now), history.within(rule.short, now), objective)
        for rule in RULES
    )


def severity(burns: Sequence[Burn]) -> Severity:
    """The gravest of the rules that are broken."""
    broken = {burn.rule.severity for burn in burns if burn.breached}
    return next((grave for grave in (Severity.PAGE, Severity.TICKET) if grave in broken), Severity.NONE)


def _burns(count: Count, ratio: float) -> bool:
    return count.bad > 0 and count.bad >= ratio * count.total - _ROUNDING
