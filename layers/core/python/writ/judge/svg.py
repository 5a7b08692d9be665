"""A judgement as a picture: what both versions did, and how they compare with what is allowed. Pure.

The same judgement always gives the same file. It needs no font and no script, and follows a dark screen.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from html import escape
from typing import Final

from writ.judge.picture import Bins, Panel, Quantiles, Rates
from writ.judge.reasons import number
from writ.judge.verdict import Judgement, Verdict

_WIDTH: Final = 880
_MARGIN: Final = 28
_HEAD: Final = 96
_LINE: Final = 16
_CHART_X, _CHART_WIDTH, _CHART_HEIGHT = _MARGIN, 500, 92
_RATIO_X, _RATIO_WIDTH = 580, 260
_BAR: Final = 20
_AXIS: Final = 18
_COLOURS: Final = {Verdict.PASS: "#16a34a", Verdict.FAIL: "#dc2626", Verdict.UNKNOWN: "#b45309"}
_MARKS: Final = {Verdict.PASS: "✔", Verdict.FAIL: "✘", Verdict.UNKNOWN: "?"}
_STYLE: Final = """
  svg{font-family:ui-sans-serif,system-ui,-apple-system,"Segoe UI",Roboto,sans-serif}
  .page{fill:#fff}.title{fill:#0f172a;font-size:18px;font-weight:600}.name{fill:#0f172a;font-size:14px;font-weight:600}
  .text{fill:#334155;font-size:12px}.dim{fill:#64748b;font-size:11px}.axis{stroke:#cbd5e1;stroke-width:1}
  .baseline{fill:#64748b}.canary{fill:#d97706}.area{fill:#94a3b8;fill-opacity:.45}
  .line{fill:none;stroke:#d97706;stroke-width:2;stroke-linejoin:round}
  .mark{stroke-width:1.5;stroke-dasharray:3 3}
  .mark.b{stroke:#64748b}.mark.c{stroke:#d97706}.whisker{stroke:#0f172a;stroke-width:2}.dot{fill:#0f172a}
  .bad{fill:#dc2626;fill-opacity:.10}.limit{stroke:#dc2626;stroke-width:1;stroke-dasharray:2 2}
  .rule{stroke:#e2e8f0;stroke-width:1}.m{text-anchor:middle}.e{text-anchor:end}
  @media (prefers-color-scheme:dark){.page{fill:#0f172a}.title,.name{fill:#f1f5f9}.text{fill:#cbd5e1}
  .dim{fill:#94a3b8}.axis{stroke:#475569}.rule{stroke:#334155}.whisker{stroke:#f1f5f9}.dot{fill:#f1f5f9}
  .bad{fill-opacity:.22}}
"""


def svg(judgement: Judgement, panels: Sequence[Panel], title: str = "Canary against baseline") -> str:
    """The picture as a document of its own."""
    tops, top = [], _HEAD
    for panel in panels:
        tops.append(top)
        top += _height(panel)
    height = top + 34
    lines = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {height}" width="{_WIDTH}" '
        f'height="{height}" role="img" aria-labelledby="title">',
        f'<title id="title">{escape(title)}: {judgement.verdict}</title>',
        f"<style>{_STYLE}</style>",
        f'<rect class="page" width="{_WIDTH}" height="{height}"/>',
        *_head(judgement, title),
    ]
    for panel, place in zip(panels, tops, strict=True):
        lines += _panel(panel, place)
    foot = "Dashed: medians. Right: times the baseline's; red is more than allowed, the dotted line harmful."
    lines += [_text(_MARGIN, height - 14, foot, "dim"), "</svg>"]
    return "\n".join(lines) + "\n"


def _height(panel: Panel) -> int:
    return 34 + _CHART_HEIGHT + _AXIS + _LINE * len(panel.verdict.reasons) + 22


def _head(judgement: Judgement, title: str) -> Iterator[str]:
    colour = _COLOURS[judgement.verdict]
    yield f'<rect x="{_MARGIN}" y="24" width="104" height="28" rx="14" fill="{colour}"/>'
    label = f"{_MARKS[judgement.verdict]} {judgement.verdict}"
    yield (
        f'<text x="{_MARGIN + 52}" y="43" text-anchor="middle" font-size="14" font-weight="600" '
        f'fill="#fff">{label}</text>'
    )
    yield _text(_MARGIN + 118, 44, title, "title")
    looks = f"{judgement.looks} {'look' if judgement.looks == 1 else 'looks'}"
    says = "; ".join(judgement.reasons)
    yield _text(_MARGIN, 74, f"{says} · {looks} · {judgement.score:.0%} of the weight passes", "text")


def _panel(panel: Panel, top: int) -> Iterator[str]:
    verdict = panel.verdict
    colour = _COLOURS[verdict.verdict]
    yield f'<line class="rule" x1="{_MARGIN}" x2="{_WIDTH - _MARGIN}" y1="{top}" y2="{top}"/>'
    y = top + 24
    yield f'<text x="{_MARGIN}" y="{y}" font-size="14" fill="{colour}">{_MARKS[verdict.verdict]}</text>'
    unit = f" ({panel.unit})" if panel.unit else ""
    yield _text(_MARGIN + 18, y, f"{verdict.name}{unit}", "name")
    weight = (
        f"{verdict.verdict} · {verdict.share:.0%} of the weight{'' if verdict.required else ', not required'}"
    )
    yield _text(_WIDTH - _MARGIN, y, weight, "dim e")
    chart = top + 38
    if panel.bins is not None:
        yield from _distribution(panel.bins, panel.baseline, panel.canary, chart)
    elif panel.rates is not None:
        yield from _bars(panel.rates, chart)
    yield from _ratio(panel, chart)
    for row, reason in enumerate(verdict.reasons, 1):
        yield _text(_MARGIN, chart + _CHART_HEIGHT + _AXIS + row * _LINE, reason, "text")


def _distribution(
    bins: Bins, baseline: Quantiles | None, canary: Quantiles | None, top: int
) -> Iterator[str]:
    most = max((*bins.baseline, *bins.canary))
    bottom: float = top + _CHART_HEIGHT

    def y(part: float) -> float:
        return bottom - part / most * (_CHART_HEIGHT - 14)

    for parts, kind in ((bins.baseline, "area"), (bins.canary, "line")):
        if not any(parts):
            continue
        steps = [f"M{_CHART_X} {bottom}"]
        width = _CHART_WIDTH / len(parts)
        for place, part in enumerate(parts):
            steps.append(f"V{y(part):.1f}H{_CHART_X + (place + 1) * width:.1f}")
        yield f'<path class="{kind}" d="{"".join(steps)}V{bottom}"/>'
    yield f'<line class="axis" x1="{_CHART_X}" x2="{_CHART_X + _CHART_WIDTH}" y1="{bottom}" y2="{bottom}"/>'
    for part in (0.0, 0.25, 0.5, 0.75, 1.0):
        value = bins.edges[round(part * (len(bins.edges) - 1))]
        yield _text(_CHART_X + part * _CHART_WIDTH, bottom + 14, number(value), f"dim {_anchor(part)}")
    for row, (name, letter, found) in enumerate((("baseline", "b", baseline), ("canary", "c", canary))):
        says = f"{name}: median {number(found.median)}, p95 {number(found.p95)}" if found else f"{name}: none"
        yield (
            f'<text x="{_CHART_X + _CHART_WIDTH}" y="{top + 8 + 14 * row}" font-size="11" '
            f'text-anchor="end" class="{name}">{escape(says)}</text>'
        )
        if found:
            x = _CHART_X + _position(bins, found.median) * _CHART_WIDTH
            yield f'<line class="mark {letter}" x1="{x:.1f}" x2="{x:.1f}" y1="{top + 4}" y2="{bottom}"/>'


def _position(bins: Bins, value: float) -> float:
    low, high = bins.edges[0], bins.edges[-1]
    if bins.logarithmic:
        low, high, value = math.log(low), math.log(high), math.log(max(value, low))
    return min(max((value - low) / (high - low), 0), 1)


def _anchor(part: float) -> str:
    return "" if part == 0 else "e" if part == 1 else "m"


def _bars(rates: Rates, top: int) -> Iterator[str]:
    """Each version's rate as a bar, with its events and exposure beside it."""
    shown = [("baseline", *rates.baseline), ("canary", *rates.canary)]
    found = [events / exposure if exposure else 0.0 for _, events, exposure in shown]
    most = max(found) or 1.0
    for row, ((name, events, exposure), rate) in enumerate(zip(shown, found, strict=True)):
        y = top + 8 + row * (_BAR + 18)
        width = max(1.0, rate / most * (_CHART_WIDTH - 220))
        yield f'<rect class="{name}" x="{_CHART_X}" y="{y}" width="{width:.1f}" height="{_BAR}" rx="3"/>'
        says = (
            f"{name}: {number(events)} in {number(exposure)}, {_rate(rate)}" if exposure else f"{name}: none"
        )
        yield _text(_CHART_X + width + 10, y + 14, says, "text")


def _rate(rate: float) -> str:
    return f"{rate:.3g}" if rate > 1 else f"{rate * 100:.3g} %"


def _ratio(panel: Panel, top: int) -> Iterator[str]:
    """The interval of the ratio, before what is allowed and what is harmful."""
    middle, bottom = top + _CHART_HEIGHT / 2, top + _CHART_HEIGHT
    effect, most = panel.verdict.effect, panel.widest

    def x(ratio: float) -> float:
        at = math.log(min(max(ratio, 1 / most), most)) / math.log(most)
        return _RATIO_X + (at + 1) / 2 * _RATIO_WIDTH

    allowed, harmful = panel.allowed, panel.harmful
    left, right = (x(allowed), x(most)) if harmful > 1 else (x(0), x(allowed))
    yield f'<rect class="bad" x="{left:.1f}" y="{top}" width="{right - left:.1f}" height="{_CHART_HEIGHT}"/>'
    at = x(harmful)
    yield f'<line class="limit" x1="{at:.1f}" x2="{at:.1f}" y1="{top}" y2="{bottom}"/>'
    yield f'<line class="axis" x1="{x(1):.1f}" x2="{x(1):.1f}" y1="{top}" y2="{bottom}"/>'
    yield f'<line class="axis" x1="{_RATIO_X}" x2="{_RATIO_X + _RATIO_WIDTH}" y1="{bottom}" y2="{bottom}"/>'
    for tick in (1 / most, most**-0.5, 1.0, most**0.5, most):
        yield _text(x(tick), bottom + 14, f"{number(tick)}×", "dim m")
    low, high = x(effect.low), x(effect.high)
    yield f'<line class="whisker" x1="{low:.1f}" x2="{high:.1f}" y1="{middle}" y2="{middle}"/>'
    for end, closed in ((low, effect.low > 1 / most), (high, effect.high < most)):
        if closed:
            yield (
                f'<line class="whisker" x1="{end:.1f}" x2="{end:.1f}" y1="{middle - 5}" y2="{middle + 5}"/>'
            )
    if effect.ratio is not None:
        yield f'<circle class="dot" cx="{x(effect.ratio):.1f}" cy="{middle}" r="4.5"/>'


def _text(x: float, y: float, words: str, kind: str) -> str:
    return f'<text class="{kind.strip()}" x="{x:.1f}" y="{y:.1f}">{escape(words)}</text>'
