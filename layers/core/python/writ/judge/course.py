"""What the windows of a rollout have shown so far, kept small enough to travel between its looks. Pure.

Within a window both versions saw the same hour and the same load; only there are they compared. What windows
show is multiplied, so a level that drifts while the canary's share of the traffic grows is not taken for a
difference of the versions.
"""

import math
from typing import Annotated, Final, Self

from pydantic import Field

from writ.contracts.errors import ContractError
from writ.judge import rates
from writ.judge.criteria import Count, Criteria, Distribution, Side
from writ.judge.ranks import standardised
from writ.judge.rates import Split, log_mean_exp
from writ.judge.values import Frozen, Ranks, as_increase, heavier, lighter
from writ.judge.window import Events, Window, check, events_of, values_of

# How evidence of harm in a distribution is spread: its ranks, and its worst tenth and hundredth.
_PARTS: Final = (2, 1, 1)
# Windows, and standard deviations of their variance, before it is called more than chance.
_LEAST_WINDOWS: Final = 8
_CERTAIN: Final = 4.0


class Splits(Frozen):
    """Events of all windows that had any: how many, and the canary's share of the exposure in each."""

    canary: float = 0.0
    splits: tuple[Split, ...] = ()

    def seeing(self, canary: float, baseline: float, share: float) -> Self:
        """With one more window. Windows of one share are kept as one."""
        events = canary + baseline
        if not events:
            return self
        kept = {share: k for k, share in self.splits}
        kept[share] = kept.get(share, 0) + events
        splits = tuple((k, share) for share, k in kept.items())
        return type(self)(canary=self.canary + canary, splits=splits)


class Received(Frozen):
    """What a version reported: points or exposure as `amount`, points that were missing, events.

    `silent` is how much it would have reported since it last did, by what the other version did meanwhile.
    """

    amount: float = 0.0
    missing: int = 0
    events: int = 0
    silent: float = 0.0

    def reporting(self, amount: float, due: float, *, missing: int = 0, events: int = 0) -> Self:
        """With one more window, in which `due` was to be expected."""
        return type(self)(
            amount=self.amount + amount,
            missing=self.missing + missing,
            events=self.events + events,
            silent=0.0 if amount else self.silent + due,
        )


class Scatter(Frozen):
    """How much windows differ from one another: sums of their standardised differences and their squares."""

    windows: int = 0
    sum: float = 0.0
    squares: float = 0.0

    def seeing(self, standardised: float) -> Self:
        """With one more window."""
        return type(self)(
            windows=self.windows + 1,
            sum=self.sum + standardised,
            squares=self.squares + standardised**2,
        )

    def clump(self) -> float | None:
        """The variance between windows, 1 for independent values; None where it could be chance.

        A difference of the versions moves all windows, and so counts as none of it.
        """
        if self.windows < _LEAST_WINDOWS:
            return None
        rest = self.windows - 1
        variance = (self.squares - self.sum**2 / self.windows) / rest
        return variance if variance > 1 + _CERTAIN * math.sqrt(2 / rest) else None


class Course(Frozen):
    """One metric, as far as it was seen. `peak` is ln of the most evidence of harm that there ever was.

    `ranks` or `splits` has one entry a way of harm, in the metric's order.
    """

    name: str
    baseline: Received = Received()
    canary: Received = Received()
    compared: int = 0
    peak: float = 0.0
    scatter: Scatter = Scatter()
    ranks: Annotated[tuple[Ranks, ...], Field(max_length=len(Side))] = ()
    splits: Annotated[tuple[Splits, ...], Field(max_length=len(Side))] = ()

    @classmethod
    def none(cls, metric: Distribution | Count) -> Self:
        """Before the first window."""
        if isinstance(metric, Count):
            return cls(name=metric.name, splits=(Splits(),) * len(metric.sides))
        return cls(name=metric.name, ranks=(Ranks.none(metric),) * len(metric.sides))


class State(Frozen):
    """All metrics after some looks. `failed` is the look, from 1, at which the evidence was enough."""

    looks: int = 0
    courses: tuple[Course, ...]
    failed: int | None = None

    @classmethod
    def none(cls, criteria: Criteria) -> Self:
        """Before the first window."""
        return cls(courses=tuple(Course.none(metric) for metric in criteria.metrics))


def observe(criteria: Criteria, state: State, window: Window) -> State:
    """The state with one more window, which no window before it overlaps.

    Raises ContractError for readings that do not fit the criteria, and for a state of other criteria.
    """
    check(criteria, window)
    if not all(map(_fits, criteria.metrics, state.courses)) or len(criteria.metrics) != len(state.courses):
        raise ContractError("the state belongs to other criteria", field="state")
    courses = tuple(
        _seeing(metric, course, window)
        for metric, course in zip(criteria.metrics, state.courses, strict=True)
    )
    looks = state.looks + 1
    failed = state.failed
    if failed is None and total(criteria, courses) >= -math.log(criteria.false_alarms):
        failed = looks
    return State(looks=looks, courses=courses, failed=failed)


def total(criteria: Criteria, courses: tuple[Course, ...]) -> float:
    """ln of all metrics' evidence of harm: their mean by weight, valid however they hang together.

    Vovk and Wang 2021, proposition 3.1, doi:10.1214/20-AOS2020; by Ville's inequality its chance of ever
    reaching 1/α is at most α where nothing is harmed.
    """
    found = [harm(metric, course) for metric, course in zip(criteria.metrics, courses, strict=True)]
    return log_mean_exp(found, [metric.weight for metric in criteria.metrics])


def harm(metric: Distribution | Count, course: Course) -> float:
    """ln of the evidence that a metric is worse than allowed."""
    if isinstance(metric, Count):
        found = [_harm_of_count(metric, splits) for splits in course.splits]
    else:
        found = [_harm_of_values(metric, ranks) for ranks in course.ranks]
    return log_mean_exp(found)


def safety(metric: Distribution | Count, course: Course) -> float:
    """ln of the evidence that a metric is not harmful."""
    if isinstance(metric, Count):
        return min(_safety_of_count(metric, course, splits) for splits in course.splits)
    return min(
        min(ranks.below(metric.harmful, metric.clump), lighter(ranks.tails[0], metric))
        for ranks in course.ranks
    )


def _harm_of_count(metric: Count, splits: Splits) -> float:
    return rates.above(metric.allowed, splits.canary, splits.splits)


def _harm_of_values(metric: Distribution, ranks: Ranks) -> float:
    tails = [heavier(tail, metric.clump) for tail in ranks.tails]
    return log_mean_exp([ranks.above(metric.allowed, metric.clump), *tails], _PARTS)


def _safety_of_count(metric: Count, course: Course, splits: Splits) -> float:
    ratio = rates.below(metric.harmful, splits.canary, splits.splits)
    if metric.acceptable is None:
        return ratio
    canary = course.canary
    own = rates.acceptable(metric.acceptable, canary.events / metric.clump, canary.amount / metric.clump)
    return log_mean_exp([ratio, own])


def _fits(metric: Distribution | Count, course: Course) -> bool:
    """Whether a course is one of the metric: its name, its ways of harm, its own ratios."""
    if course.name != metric.name or len(course.ranks) + len(course.splits) != len(metric.sides):
        return False
    if isinstance(metric, Count):
        return not course.ranks
    return not course.splits and all(ranks.ratios == Ranks.none(metric).ratios for ranks in course.ranks)


def _seeing(metric: Distribution | Count, course: Course, window: Window) -> Course:
    seen = _counted(metric, course, window) if isinstance(metric, Count) else _ranked(metric, course, window)
    return seen.model_copy(update={"peak": max(seen.peak, harm(metric, seen))})


def _counted(metric: Count, course: Course, window: Window) -> Course:
    canary, baseline = events_of(window.canary, metric), events_of(window.baseline, metric)
    both = bool(canary.exposure and baseline.exposure)
    due = _due(course, canary.exposure, baseline.exposure)
    return course.model_copy(
        update={
            "canary": course.canary.reporting(canary.exposure, due[0], events=canary.events),
            "baseline": course.baseline.reporting(baseline.exposure, due[1], events=baseline.events),
            "compared": course.compared + both,
            "scatter": _scattered(course.scatter, canary, baseline) if both else course.scatter,
            "splits": tuple(
                _split(splits, side, canary, baseline, metric.clump) if both else splits
                for splits, side in zip(course.splits, metric.sides, strict=True)
            ),
        }
    )


def _scattered(scatter: Scatter, canary: Events, baseline: Events) -> Scatter:
    events, share = canary.events + baseline.events, canary.exposure / (canary.exposure + baseline.exposure)
    if not events:
        return scatter
    return scatter.seeing((canary.events - events * share) / math.sqrt(events * share * (1 - share)))


def _split(splits: Splits, side: Side, canary: Events, baseline: Events, clump: float) -> Splits:
    """With a window's events; where a decrease is harm, the versions change their places."""
    one, other = (canary, baseline) if side is Side.INCREASE else (baseline, canary)
    share = one.exposure / (one.exposure + other.exposure)
    return splits.seeing(one.events / clump, other.events / clump, share)


def _ranked(metric: Distribution, course: Course, window: Window) -> Course:
    canary, canary_missing = values_of(window.canary, metric)
    baseline, baseline_missing = values_of(window.baseline, metric)
    due = _due(course, len(canary), len(baseline))
    seen = course.model_copy(
        update={
            "canary": course.canary.reporting(len(canary), due[0], missing=canary_missing),
            "baseline": course.baseline.reporting(len(baseline), due[1], missing=baseline_missing),
        }
    )
    if not canary or not baseline:
        return seen
    return seen.model_copy(
        update={
            "compared": course.compared + 1,
            "scatter": course.scatter.seeing(standardised(canary, baseline)),
            "ranks": tuple(
                ranks.seeing(metric, as_increase(canary, metric, side), as_increase(baseline, metric, side))
                for ranks, side in zip(course.ranks, metric.sides, strict=True)
            ),
        }
    )


def _due(course: Course, canary: float, baseline: float) -> tuple[float, float]:
    """What each version would have reported, by what the other did and how both have until now."""
    if not (course.canary.amount and course.baseline.amount):
        return 0.0, 0.0
    share = course.canary.amount / course.baseline.amount
    return baseline * share, canary / share
