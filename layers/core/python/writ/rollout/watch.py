"""What a rollout is watched by: series of two releases, made a look by hard stops and by the judge. Pure.

Counts are sums over a minute, of every function of the group; distributions are a statistic of each minute,
one value a function. CloudWatch keeps AWS/Lambda metrics of a weighted alias by the version that ran.
https://docs.aws.amazon.com/lambda/latest/dg/monitoring-metrics-types.html
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Final

from writ.judge.course import State, observe
from writ.judge.criteria import Distribution
from writ.judge.picture import panels
from writ.judge.verdict import judge
from writ.judge.window import Events, Window
from writ.rollout.decide import Health, Look
from writ.rollout.keeping import keep
from writ.rollout.kept import Verdict
from writ.rollout.plan import Release
from writ.rollout.ports import Metrics, Points, Query
from writ.rollout.signals import Source, Watch
from writ.rollout.state import Rollout

MINUTE: Final = timedelta(minutes=1)
# CloudWatch may get the last minute's figures this much later.
SETTLING: Final = timedelta(seconds=30)


def look(rollout: Rollout, watch: Watch, metrics: Metrics, now: datetime) -> Look:
    """See how a rollout does: the judge on all minutes since it began, the stops on the last ones."""
    since, until = _minute(rollout.started_at), _minute(now - SETTLING)
    if until <= since:
        return Look(reasons=("no minute is over yet",))
    queries = list(dict.fromkeys(_queries(rollout, watch)))
    series = dict(zip(queries, metrics.read(queries, since, until), strict=True))
    health, reasons = _health(rollout, watch, series, until)
    minutes = [since + MINUTE * number for number in range((until - since) // MINUTE)]
    windows = [_window(rollout, watch, series, minute) for minute in minutes]
    state = State.none(watch.criteria)
    for window in windows:
        state = observe(watch.criteria, state, window)
    judgement = judge(watch.criteria, state)
    return Look(
        health=health,
        verdict=Verdict(judgement.verdict.value),
        reasons=(*reasons, *judgement.reasons)[:5],
        judged=keep(judgement, panels(watch.criteria, state, judgement, windows)),
    )


def vitals(rollout: Rollout, watch: Watch, metrics: Metrics, now: datetime) -> Look:
    """See whether the release that a rollout promoted still keeps its objectives; the judge is not asked."""
    longest = max((stop.window_s for stop in watch.stops), default=0)
    until = _minute(now - SETTLING)
    if not longest:
        return Look(reasons=("the watch has no hard stops",))
    queries = list(dict.fromkeys(_queries(rollout, watch)))
    read = metrics.read(queries, until - timedelta(seconds=longest), until)
    health, reasons = _health(rollout, watch, dict(zip(queries, read, strict=True)), until)
    return Look(health=health, reasons=tuple(reasons[:5]))


def _queries(rollout: Rollout, watch: Watch) -> list[Query]:
    return [
        query
        for release in (rollout.baseline, rollout.candidate)
        for source in watch.sources.values()
        for query in _of(rollout, release, source)
    ]


def _of(rollout: Rollout, release: Release, source: Source, name: str | None = None) -> list[Query]:
    """The series of one release: of a source's own metric, and of its exposure where it has one."""
    names = [name] if name else [source.metric, *([source.exposure] if source.exposure else [])]
    statistic = "Sum" if source.exposure else source.statistic
    return [
        Query(source.namespace, each, statistic, function, rollout.group.alias, release.versions[function])
        for each in names
        for function in rollout.group.functions
    ]


def _health(
    rollout: Rollout, watch: Watch, series: Mapping[Query, Points], until: datetime
) -> tuple[Health, list[str]]:
    """The release that is to have the traffic: breached by any stop, unknown without any exposure."""
    release = rollout.baseline if rollout.reverting else rollout.candidate
    seen, reasons = bool(watch.stops), []
    for stop in watch.stops:
        source = watch.sources[stop.metric]
        since = until - timedelta(seconds=stop.window_s)
        since = max(since, _minute(rollout.applied_at or rollout.goal_at)) if rollout.reverting else since
        events = _sum(_of(rollout, release, source, source.metric), series, since)
        exposure = _sum(_of(rollout, release, source, source.exposure), series, since)
        seen = seen and exposure > 0
        rate = events / exposure if exposure else 0.0
        if events >= stop.least and rate > stop.burn * (1 - stop.objective):
            times = rate / (1 - stop.objective)
            reasons.append(f"{stop.metric}: {events:.0f} of {exposure:.0f} burn the budget {times:.1f} times")
    if reasons:
        return Health.BREACHED, reasons
    return (Health.OK, []) if seen else (Health.UNKNOWN, ["nothing was measured for the objectives"])


def _window(rollout: Rollout, watch: Watch, series: Mapping[Query, Points], minute: datetime) -> Window:
    sides: list[dict[str, Events | tuple[float | None, ...]]] = []
    for release in (rollout.baseline, rollout.candidate):
        readings: dict[str, Events | tuple[float | None, ...]] = {}
        for metric in watch.criteria.metrics:
            source = watch.sources[metric.name]
            if isinstance(metric, Distribution):
                points = [series[query].get(minute) for query in _of(rollout, release, source)]
                if values := tuple(point for point in points if point is not None):
                    readings[metric.name] = values
                continue
            events = _at(_of(rollout, release, source, source.metric), series, minute)
            exposure = _at(_of(rollout, release, source, source.exposure), series, minute)
            if exposure:
                readings[metric.name] = Events(events=round(events), exposure=exposure)
        sides.append(readings)
    return Window(baseline=sides[0], canary=sides[1])


def _sum(queries: Sequence[Query], series: Mapping[Query, Points], since: datetime) -> float:
    return sum(value for query in queries for at, value in series[query].items() if at >= since)


def _at(queries: Sequence[Query], series: Mapping[Query, Points], minute: datetime) -> float:
    return sum(series[query].get(minute, 0.0) for query in queries)


def _minute(at: datetime) -> datetime:
    return at.replace(second=0, microsecond=0)
