"""A judgement in the terminal: both versions' values above one another, and their ratio. Pure."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from rich.console import Group, RenderableType
from rich.padding import Padding
from rich.text import Text

from cli.output import counted
from writ.judge.picture import Bins, Panel, Quantiles, Rates
from writ.judge.reasons import number
from writ.judge.verdict import Judgement, Verdict
from writ.rollout.keeping import restored
from writ.rollout.kept import KeptLook

_BLOCKS: Final = " ▁▂▃▄▅▆▇█"
_STYLES: Final = {Verdict.PASS: "green", Verdict.FAIL: "red", Verdict.UNKNOWN: "yellow"}
_MARKS: Final = {Verdict.PASS: "✔", Verdict.FAIL: "✘", Verdict.UNKNOWN: "?"}
_BASELINE: Final = "bright_black"
_CANARY: Final = "dark_orange"
_NAME: Final = 10
_BAR: Final = 30
_SCALE: Final = 49


def picture(judgement: Judgement, panels: Sequence[Panel]) -> RenderableType:
    """The verdict, and below it a metric after another."""
    style = _STYLES[judgement.verdict]
    looks = counted(judgement.looks, "look")
    head = Text.assemble(
        (f"{_MARKS[judgement.verdict]} {judgement.verdict}", f"bold {style}"),
        f"  {'; '.join(judgement.reasons)}",
        (f"  {looks}, {judgement.score:.0%} of the weight passes", "dim"),
    )
    return Group(head, *(Padding(Group(*_panel(panel)), (1, 0, 0, 0)) for panel in panels))


def decided(looks: Sequence[Mapping[str, Any]]) -> RenderableType | None:
    """The newest judgement that decided a transition, as the API gives them; None where there is none."""
    if not looks:
        return None
    look = KeptLook.model_validate(looks[-1])
    head = Text.assemble(
        (f"seen when it was decided: #{look.seq} {look.kind}", "bold"),
        (f"  {look.at:%H:%M:%S}  {look.action}", "dim"),
    )
    return Padding(Group(head, picture(*restored(look.judgement))), (1, 0, 0, 0))


def _panel(panel: Panel) -> Iterator[Text]:
    verdict = panel.verdict
    unit = f" ({panel.unit})" if panel.unit else ""
    required = "" if verdict.required else ", not required"
    yield Text.assemble(
        (f"{_MARKS[verdict.verdict]} ", _STYLES[verdict.verdict]),
        (f"{verdict.name}{unit}", "bold"),
        (f"  {verdict.verdict}, {verdict.share:.0%} of the weight{required}", "dim"),
    )
    if panel.bins is not None:
        yield from _distribution(panel.bins, panel.baseline, panel.canary)
    elif panel.rates is not None:
        yield from _bars(panel.rates)
    yield _ratio(panel)
    for reason in verdict.reasons:
        yield Text(f"  {reason}")


def _distribution(bins: Bins, baseline: Quantiles | None, canary: Quantiles | None) -> Iterator[Text]:
    most = max((*bins.baseline, *bins.canary))
    for name, parts, found, style in (
        ("baseline", bins.baseline, baseline, _BASELINE),
        ("canary", bins.canary, canary, _CANARY),
    ):
        says = f"median {number(found.median)}, p95 {number(found.p95)}" if found else "no values"
        drawn = "".join(_block(part / most) for part in parts)
        yield Text.assemble((f"  {name:<{_NAME}}", "dim"), (drawn, style), (f"  {says}", "dim"))
    low, high = number(bins.edges[0]), number(bins.edges[-1])
    gap = " " * max(1, len(bins.baseline) - len(low) - len(high))
    yield Text(f"  {'':<{_NAME}}{low}{gap}{high}", style="dim")


def _block(height: float) -> str:
    return _BLOCKS[math.ceil(height * (len(_BLOCKS) - 1))]


def _bars(rates: Rates) -> Iterator[Text]:
    shown = (("baseline", rates.baseline, _BASELINE), ("canary", rates.canary, _CANARY))
    most = max((events / exposure for _, (events, exposure), _ in shown if exposure), default=0.0)
    for name, (events, exposure), style in shown:
        rate = events / exposure if exposure else 0.0
        bar = "█" * (math.ceil(rate / most * _BAR) if most else 0)
        says = f"{number(events)} in {number(exposure)}" if exposure else "nothing reported"
        yield Text.assemble((f"  {name:<{_NAME}}", "dim"), (bar or "▏", style), (f"  {says}", "dim"))


def _ratio(panel: Panel) -> Text:
    """A scale of ratios: the interval as a line, ┃ what is harmful, ░ more than allowed."""
    effect, allowed, rising = panel.verdict.effect, panel.allowed, panel.harmful > 1

    def place_of(ratio: float) -> int:
        at = math.log(min(max(ratio, 1 / panel.widest), panel.widest)) / math.log(panel.widest)
        return round((at + 1) / 2 * (_SCALE - 1))

    cells = [
        "░" if (place > place_of(allowed) if rising else place < place_of(allowed)) else "·"
        for place in range(_SCALE)
    ]
    low, high = place_of(effect.low), place_of(effect.high)
    for place in range(low, high + 1):
        cells[place] = "─"
    cells[low] = "├" if effect.low > 1 / panel.widest else "←"
    cells[high] = "┤" if effect.high < panel.widest else "→"
    cells[place_of(panel.harmful)] = "┃"
    if effect.ratio is not None:
        cells[place_of(effect.ratio)] = "●"
    return Text.assemble(
        (f"  {'ratio':<{_NAME}}", "dim"),
        "".join(cells),
        (f"  from 1/{panel.widest:g} to {panel.widest:g} times", "dim"),
    )
