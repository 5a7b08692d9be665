"""What is left of an error budget, and what that lets a bot do. Pure."""

from __future__ import annotations

from enum import StrEnum
from typing import Final

from writ.slo.burn import budget_of
from writ.slo.counts import Count
from writ.slo.poisson import FEWEST, tail

LOW: Final = 25.0  # percent left, from which on people look at what is risky
RECOVERED: Final = 35.0  # percent left, from which on they need not any more
CHANCE: Final = 0.05
CHANCE_AGAIN: Final = 0.1


class BudgetState(StrEnum):
    """How a budget stands, for policy."""

    NORMAL = "normal"
    REVIEW = "review"
    FREEZE = "freeze"


def success(count: Count) -> float | None:
    """Percent of events that were good; None where there was none."""
    return None if count.total == 0 else 100 * count.good / count.total


def allowed(count: Count, objective: float) -> float:
    """Failures that the objective allows for as many events."""
    return budget_of(objective) * count.total


def left(count: Count, objective: float) -> float:
    """Percent of the error budget that is left, 0 when it is overspent, 100 without events."""
    if count.bad == 0:
        return 100.0
    return min(100.0, max(0.0, 100 * (1 - count.bad / allowed(count, objective))))


def floored(percent: float) -> float:
    """Two decimals, never better than it is: with one failure of a billion, success is not 100."""
    healed = int(round(percent * 1e6) // 1e4) / 100  # 59.99999999999 is 60 that a division made smaller
    return healed if percent >= 100 else min(healed, 99.99)


def chance(count: Count, objective: float) -> float:
    """How likely a service that just meets its objective fails at least so often."""
    return tail(allowed(count, objective), count.bad)


def state(count: Count, objective: float, before: BudgetState = BudgetState.NORMAL) -> BudgetState:
    """What the counts of 30 days call for.

    `freeze`: more is spent than there is, and chance explains it with 5 % or less: the objective is missed.
    `review`: a quarter or less is left. One failure alone changes nothing, for at low traffic it is more than
    the whole budget. A state is left later than it is entered (10 % of chance, 35 % left), so that it does
    not come and go with every event.
    """
    if count.bad < FEWEST:
        return BudgetState.NORMAL
    limit = CHANCE_AGAIN if before is BudgetState.FREEZE else CHANCE
    if count.bad > allowed(count, objective) and chance(count, objective) <= limit:
        return BudgetState.FREEZE
    low = LOW if before is BudgetState.NORMAL else RECOVERED
    return BudgetState.REVIEW if left(count, objective) <= low else BudgetState.NORMAL
