"""A judgement as a rollout keeps it: the verdict, and both versions of every metric in a few figures. Pure.

It is signed with the move that it decided, and it stays in the log. So it is small and of one size, whatever
was measured: parts by bin, quantiles and rates of each version, no reading of its own.
"""

from __future__ import annotations

import math
from typing import Annotated, Any, Final

from pydantic import AwareDatetime, Field

from writ.judge.picture import Bins, Panel, Quantiles, Rates, edges_of
from writ.judge.verdict import Effect, Judgement, MetricVerdict, Verdict
from writ.rollout.plan import Value
from writ.rollout.state import Entry, Kind

# Of a judgement, as JSON.
MOST_BYTES: Final = 8192
_REASONS: Final = 4
_LONGEST: Final = 200
# Of evidence, as its ln.
_MOST_EVIDENCE: Final = 1000.0
_PARTS: Final = 1000

Text = Annotated[str, Field(max_length=_LONGEST)]
Reasons = Annotated[tuple[Text, ...], Field(max_length=_REASONS)]
Parts = Annotated[tuple[int, ...], Field(max_length=48)]


class Spread(Value):
    """Thousandths of each version's values by bin; the bins are equally wide, by the logarithm or not.

    What is there at all has one thousandth at least, so that a thin tail is seen.
    """

    low: float
    high: float
    logarithmic: bool = False
    baseline: Parts
    canary: Parts


class Middle(Value):
    """Median and 95th percentile."""

    median: float
    p95: float


class Share(Value):
    """Events and their exposure."""

    events: int
    exposure: float


class Ratio(Value):
    """See writ.judge.verdict.Effect; JSON has no infinity, so an end that is open is None.

    `endless`: the ratio itself is not finite, since the baseline has none of what the canary has.
    """

    ratio: float | None = None
    low: float | None = None
    high: float | None = None
    endless: bool = False


class MetricKept(Value):
    """A metric's verdict and figures; evidence as in writ.judge.verdict.MetricVerdict, cut at e^1000."""

    name: str
    unit: str = ""
    verdict: Verdict
    share: float
    required: bool = True
    effect: Ratio
    allowed: float
    harmful: float
    harm: float
    harm_needed: float
    safety: float
    safety_needed: float
    reasons: Reasons = ()
    spread: Spread | None = None
    baseline: Middle | Share | None = None
    canary: Middle | Share | None = None


class Judged(Value):
    """A judgement; `omitted` metrics had no room: those that say most of the verdict are kept."""

    verdict: Verdict
    looks: int
    score: float
    evidence: float
    needed: float
    failed_at: int | None = None
    reasons: Reasons = ()
    metrics: tuple[MetricKept, ...] = ()
    omitted: int = 0


class KeptLook(Value):
    """The judgement that decided a transition of a rollout, by its number and the action that made it."""

    rollout: str
    seq: int
    kind: Kind
    at: AwareDatetime
    action: str
    judgement: Judged


def keep(judgement: Judgement, panels: tuple[Panel, ...], most_bytes: int = MOST_BYTES) -> Judged:
    """What is kept of a judgement: at most `most_bytes` as JSON, of which the frame takes 1,300."""
    whole = Judged(
        verdict=judgement.verdict,
        looks=judgement.looks,
        score=_figure(judgement.score),
        evidence=_evidence(judgement.evidence),
        needed=_evidence(judgement.needed),
        failed_at=judgement.failed_at,
        reasons=_cut(judgement.reasons),
        omitted=len(panels),
    )
    room, chosen = most_bytes - _size(whole), {}
    for place, panel in sorted(enumerate(panels), key=lambda each: _rank(each[1].verdict)):
        kept = _metric(panel)
        if (size := _size(kept) + 1) <= room:
            room, chosen[place] = room - size, kept
    metrics = tuple(chosen[place] for place in sorted(chosen))
    return whole.model_copy(update={"metrics": metrics, "omitted": len(panels) - len(metrics)})


def look_of(rollout: str, entry: Entry, judged: Judged | None) -> KeptLook | None:
    """The look of a transition; None where it was not decided by one."""
    if judged is None:
        return None
    return KeptLook(
        rollout=rollout, seq=entry.seq, kind=entry.kind, at=entry.at, action=entry.action, judgement=judged
    )


def restored(judged: Judged) -> tuple[Judgement, tuple[Panel, ...]]:
    """The judgement and its panels as they are drawn; figures are as exact as they were kept."""
    panels = tuple(_panel(metric) for metric in judged.metrics)
    omitted = (f"{judged.omitted} more metrics are not kept",) if judged.omitted else ()
    judgement = Judgement(
        verdict=judged.verdict,
        looks=judged.looks,
        score=judged.score,
        evidence=judged.evidence,
        needed=judged.needed,
        failed_at=judged.failed_at,
        metrics=tuple(panel.verdict for panel in panels),
        reasons=(*judged.reasons, *omitted),
    )
    return judgement, panels


def _rank(verdict: MetricVerdict) -> tuple[bool, bool, float]:
    """First what failed, then what was required, then what weighs most."""
    return verdict.verdict is not Verdict.FAIL, not verdict.required, -verdict.share


def _metric(panel: Panel) -> MetricKept:
    verdict, effect = panel.verdict, panel.verdict.effect
    sides: dict[str, Any] = {}
    if panel.rates is not None:
        for name, (events, exposure) in (
            ("baseline", panel.rates.baseline),
            ("canary", panel.rates.canary),
        ):
            sides[name] = Share(events=events, exposure=_figure(exposure))
    else:
        for name, found in (("baseline", panel.baseline), ("canary", panel.canary)):
            if found is not None:
                sides[name] = Middle(median=_figure(found.median), p95=_figure(found.p95))
    return MetricKept(
        name=verdict.name,
        unit=panel.unit,
        verdict=verdict.verdict,
        share=_figure(verdict.share),
        required=verdict.required,
        effect=Ratio(
            ratio=_finite(effect.ratio),
            low=_finite(effect.low),
            high=_finite(effect.high),
            endless=effect.ratio is not None and not math.isfinite(effect.ratio),
        ),
        allowed=_figure(panel.allowed),
        harmful=_figure(panel.harmful),
        harm=_evidence(verdict.harm),
        harm_needed=_evidence(verdict.harm_needed),
        safety=_evidence(verdict.safety),
        safety_needed=_evidence(verdict.safety_needed),
        reasons=_cut(verdict.reasons),
        spread=None if panel.bins is None else _spread(panel.bins),
        **sides,
    )


def _spread(bins: Bins) -> Spread:
    return Spread(
        low=_figure(bins.edges[0]),
        high=_figure(bins.edges[-1]),
        logarithmic=bins.logarithmic,
        baseline=_thousandths(bins.baseline),
        canary=_thousandths(bins.canary),
    )


def _thousandths(parts: tuple[float, ...]) -> tuple[int, ...]:
    return tuple(max(1, round(part * _PARTS)) if part else 0 for part in parts)


def _panel(kept: MetricKept) -> Panel:
    effect, old, new = kept.effect, kept.baseline, kept.canary
    verdict = MetricVerdict(
        name=kept.name,
        verdict=kept.verdict,
        share=kept.share,
        required=kept.required,
        effect=Effect(math.inf if effect.endless else effect.ratio, _open(effect.low), _open(effect.high)),
        harm=kept.harm,
        harm_needed=kept.harm_needed,
        safety=kept.safety,
        safety_needed=kept.safety_needed,
        reasons=kept.reasons,
    )
    rates = None
    if isinstance(old, Share) and isinstance(new, Share):
        rates = Rates((old.events, old.exposure), (new.events, new.exposure))
    return Panel(
        verdict,
        kept.unit,
        kept.allowed,
        kept.harmful,
        bins=None if kept.spread is None else _bins(kept.spread),
        baseline=Quantiles(old.median, old.p95) if isinstance(old, Middle) else None,
        canary=Quantiles(new.median, new.p95) if isinstance(new, Middle) else None,
        rates=rates,
    )


def _bins(spread: Spread) -> Bins:
    return Bins(
        edges_of(spread.low, spread.high, len(spread.baseline), logarithmic=spread.logarithmic),
        tuple(part / _PARTS for part in spread.baseline),
        tuple(part / _PARTS for part in spread.canary),
        spread.logarithmic,
    )


def _open(value: float | None) -> float:
    return math.inf if value is None else value


def _figure(value: float) -> float:
    """Four digits: more would say nothing, and take room."""
    return float(f"{value:.4g}")


def _finite(value: float | None) -> float | None:
    return _figure(value) if value is not None and math.isfinite(value) else None


def _evidence(value: float) -> float:
    return round(min(max(value, -_MOST_EVIDENCE), _MOST_EVIDENCE), 2)


def _cut(reasons: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(reason[:_LONGEST] for reason in reasons[:_REASONS])


def _size(value: Value) -> int:
    return len(value.model_dump_json().encode())
