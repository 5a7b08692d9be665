"""A metric's verdict in words for a person. Pure."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Final

from writ.judge.criteria import Bad, Count, Distribution
from writ.judge.values import TAILS, Tail, heavier

if TYPE_CHECKING:
    from collections.abc import Iterator

    from writ.judge.course import Course
    from writ.judge.effect import Effect

# Half of a version's values may be missing. Three that should have come and did not are hardly chance:
# e⁻³ is 5 %.
_MOST_MISSING: Final = 0.5
_SILENT: Final = 3.0


def missing(course: Course) -> tuple[str, ...]:
    """What of a metric is not there, so that it cannot pass; nothing where all is."""
    found = []
    for name, version in (("the baseline", course.baseline), ("the canary", course.canary)):
        if not version.amount:
            found.append(f"{name} has reported nothing")
        elif version.silent >= _SILENT:
            found.append(f"{name} has fallen silent: some {number(version.silent)} should have come since")
        if version.missing > _MOST_MISSING * (version.amount + version.missing):
            whole = number(version.amount + version.missing)
            found.append(f"{version.missing} of {whole} values of {name} are missing")
    if not found and not course.compared:
        found.append("in no window did both versions report")
    return tuple(found)


def words(metric: Distribution | Count, course: Course, effect: Effect, verdict: str) -> tuple[str, ...]:
    """What was found, and what it is held against."""
    if not course.compared:
        return ()
    return tuple(_words(metric, course, effect, verdict))


def number(value: float) -> str:
    """Three digits, and no more zeros than are needed."""
    if math.isinf(value):
        return "∞"
    return f"{value:,.0f}" if abs(value) >= 1000 else f"{value:.3g}"


def clumped(metric: Distribution | Count, course: Course) -> tuple[str, ...]:
    """That windows differ by more than independent values would, where it is more than the metric says."""
    found = course.scatter.clump()
    if found is None or found <= metric.clump:
        return ()
    what = "values" if isinstance(metric, Distribution) else "events"
    return (
        f"windows differ as if {number(found)} {what} came together; the clump is {number(metric.clump)}",
    )


def times(effect: Effect) -> str:
    """The ratio and its interval: `1.4 times (1.2 to 1.6)`."""
    if effect.low == 0 and math.isinf(effect.high):
        interval = "anything is possible"
    elif effect.low == 0:
        interval = f"below {number(effect.high)}"
    elif math.isinf(effect.high):
        interval = f"above {number(effect.low)}"
    else:
        interval = f"{number(effect.low)} to {number(effect.high)}"
    if effect.ratio is None:
        return f"no ratio yet ({interval})"
    if math.isinf(effect.ratio):
        return f"many times the baseline's ({interval})"
    return f"{number(effect.ratio)} times the baseline's ({interval})"


def _words(metric: Distribution | Count, course: Course, effect: Effect, verdict: str) -> Iterator[str]:
    yield times(effect)
    if isinstance(metric, Count):
        yield _events(course)
    if verdict == "fail":
        yield f"allowed is {_limit(metric, metric.allowed)}"
        if isinstance(metric, Distribution):
            yield from _tails(metric, course)
    elif verdict == "pass":
        if isinstance(metric, Count) and metric.acceptable is not None and effect.high > metric.harmful:
            yield f"its rate is shown to be acceptable: below {number(metric.acceptable)}"
        else:
            yield f"harmful would be {_limit(metric, metric.harmful)}"
    else:
        yield f"a pass has to rule out {_limit(metric, metric.harmful)}"
        if isinstance(metric, Distribution) and metric.harmful_tail is not None:
            worst = ", ".join(_worst(ranks.tails[0]) for ranks in course.ranks)
            yield f"and {number(metric.harmful_tail)} times its share of the worst tenth; it has {worst}"
        if isinstance(metric, Count) and metric.acceptable is not None:
            yield f"or show a rate below {number(metric.acceptable)}"
        elif isinstance(metric, Count) and not course.canary.events:
            yield "without events a pass needs an acceptable rate"


def _limit(metric: Distribution | Count, ratio: float) -> str:
    if ratio == 1:
        return "what the baseline does"
    if metric.bad is Bad.INCREASE:
        return f"{number(ratio)} times"
    if metric.bad is Bad.DECREASE:
        return f"{number(1 / ratio)} times"
    return f"{number(1 / ratio)} or {number(ratio)} times"


def _events(course: Course) -> str:
    canary, baseline = course.canary, course.baseline
    return (
        f"{number(canary.events)} in {number(canary.amount)} against "
        f"{number(baseline.events)} in {number(baseline.amount)}"
    )


def _worst(tail: Tail) -> str:
    return f"{number(tail.canary)} of {number(tail.all)}, its share is {number(tail.expected)}"


def _tails(metric: Distribution, course: Course) -> Iterator[str]:
    """A tail that speaks louder than the ranks do."""
    for ranks, side in zip(course.ranks, metric.sides, strict=True):
        at, tail = max(zip(TAILS, ranks.tails, strict=True), key=lambda pair: heavier(pair[1], 1.0))
        if heavier(tail, metric.clump) > ranks.above(metric.allowed, metric.clump):
            which = "highest" if side == "increase" else "lowest"
            yield (
                f"{number(tail.canary)} of the {number(tail.all)} {which} values ({at:.0%} of a window) are "
                f"the canary's, where {number(tail.expected)} would be its share"
            )
