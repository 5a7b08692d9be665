"""Makes of a judgement what is kept of it, and the judgement again for whoever draws it. Pure."""

from __future__ import annotations

import math
from typing import Any, Final

from writ.judge.effect import Effect
from writ.judge.picture import Bins, Panel, Quantiles, Rates, edges_of
from writ.judge.verdict import Judgement, MetricVerdict
from writ.judge.verdict import Verdict as Found
from writ.rollout.kept import (
    LONGEST,
    MOST_BYTES,
    MOST_REASONS,
    Judged,
    MetricKept,
    Middle,
    Ratio,
    Share,
    Spread,
    Verdict,
)
from writ.rollout.plan import Value

# Of evidence, as its ln.
_MOST_EVIDENCE: Final = 1000.0
_PARTS: Final = 1000


def keep(judgement: Judgement, panels: tuple[Panel, ...], most_bytes: int = MOST_BYTES) -> Judged:
    """What is kept of a judgement: at most `most_bytes` as JSON, of which the frame takes 1,300."""
    whole = Judged(
        verdict=Verdict(judgement.verdict.value),
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


def restored(judged: Judged) -> tuple[Judgement, tuple[Panel, ...]]:
    """The judgement and its panels as they are drawn; figures are as exact as they were kept."""
    panels = tuple(_panel(metric) for metric in judged.metrics)
    omitted = (f"{judged.omitted} more metrics are not kept",) if judged.omitted else ()
    judgement = Judgement(
        verdict=Found(judged.verdict.value),
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
    return verdict.verdict is not Found.FAIL, not verdict.required, -verdict.share


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
        verdict=Verdict(verdict.verdict.value),
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
        verdict=Found(kept.verdict.value),
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
    return tuple(reason[:LONGEST] for reason in reasons[:MOST_REASONS])


def _size(value: Value) -> int:
    return len(value.model_dump_json().encode())
