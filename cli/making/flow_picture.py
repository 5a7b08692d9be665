"""A flow as a picture: its states from top to bottom, what leads on, and what leads back. Pure.

The same definition always gives the same file. It needs no font and no script, and follows a dark screen.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from html import escape
from typing import Any, Final

from cli.layers import Arrangement, Box, Curve, Point, Sizes, arrange, path
from stacks.flows import WAIT, Flow

WIDTH, HEIGHT = 184, 44
_MARGIN: Final = 24
# The picture is laid out lying down and then turned: `x` runs from state to state until it is drawn.
_SIZES: Final = Sizes(HEIGHT, WIDTH, gap_x=58, gap_y=22, left=64, top=_MARGIN)
_COLOURS: Final[Mapping[str, str]] = {
    "Pass": "#94a3b8",
    "Task": "#0891b2",
    "Choice": "#d97706",
    "Wait": "#64748b",
    "Succeed": "#16a34a",
    "Fail": "#dc2626",
}
_ELSE: Final = "#4f46e5"
_DOES: Final[Mapping[str, str]] = {
    "Pass": "sets values",
    "Choice": "branches",
    "Wait": "waits",
    "Succeed": "ends well",
    "Fail": "fails",
}
_LONGEST: Final = 28
_STYLE: Final = """
  svg{font-family:ui-sans-serif,system-ui,-apple-system,"Segoe UI",Roboto,sans-serif}
  .page{fill:#fff}.box{fill:#fff;stroke:#cbd5e1}.name{fill:#0f172a;font-size:12.5px;font-weight:600}
  .does,.foot{fill:#64748b;font-size:10px}.title{fill:#0f172a;font-size:16px;font-weight:600}
  .on,.back,.error{fill:none;stroke:#94a3b8;stroke-width:1.3}.back{stroke:#a78bfa;stroke-dasharray:4 3}
  .error{stroke:#f87171}.head-on{fill:#94a3b8}.head-back{fill:#a78bfa}.head-error{fill:#f87171}
  @media (prefers-color-scheme:dark){.page{fill:#0f172a}.box{fill:#1e293b;stroke:#475569}
  .name,.title{fill:#f1f5f9}.does,.foot{fill:#94a3b8}}
"""

States = Mapping[str, Mapping[str, Any]]


def ways(state: Mapping[str, Any]) -> Sequence[str]:
    """Where a state leads when nothing breaks, without repeats and in the order it says so."""
    parts = (*state.get("Choices", ()), state)
    return list(dict.fromkeys(part[way] for part in parts for way in ("Next", "Default") if way in part))


def caught(state: Mapping[str, Any]) -> Sequence[str]:
    """Where a state leads when it breaks."""
    return list(dict.fromkeys(part["Next"] for part in state.get("Catch", ())))


def svg(flow: Flow) -> str:
    """The picture as a document of its own.

    Where errors lead is drawn, unless that is an end in failure: every step has one, so the foot says it.
    """
    states: States = flow.definition["States"]
    onward = {name: _onward(state, states) for name, state in states.items()}
    links = [(name, way) for name, leads in onward.items() for way in leads]
    placed = arrange(_rows(flow.definition["StartAt"], onward), links, _SIZES)
    width, height = placed.bottom + _MARGIN, placed.right + 44
    title = escape(f"The flow {flow.name}")
    lines = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width:g} {height:g}" '
        f'width="{width:g}" height="{height:g}" role="img" aria-labelledby="title">',
        f'<title id="title">{title}</title>',
        f"<style>{_STYLE}</style>",
        f"<defs>{_marker('on')}{_marker('back')}{_marker('error')}</defs>",
        f'<rect class="page" width="{width:g}" height="{height:g}"/>',
        f'<text class="title" x="{_MARGIN}" y="34">{title}</text>',
        *_arrows(links, placed, states),
        *(_box(name, states[name], placed.boxes[name]) for name in states),
        f'<text class="foot" x="{_MARGIN}" y="{height - 14:g}">{escape(_foot(states))}</text>',
        "</svg>",
    ]
    return "\n".join(lines) + "\n"


def _onward(state: Mapping[str, Any], states: States) -> Sequence[str]:
    made_good = [way for way in caught(state) if not _fails(states[way])]
    return list(dict.fromkeys([*ways(state), *made_good]))


def _fails(state: Mapping[str, Any]) -> bool:
    return bool(state["Type"] == "Fail")


def _foot(states: States) -> str:
    ends = dict.fromkeys(way for state in states.values() for way in caught(state) if _fails(states[way]))
    errors = f" Whatever breaks for good ends as {' or '.join(ends)}." if ends else ""
    return f"Dashed: back to an earlier state.{errors}"


def _rows(start: str, onward: Mapping[str, Sequence[str]]) -> list[list[str]]:
    """States by the longest way to them that comes to none twice; last are those that only errors lead to."""
    order = {name: number for number, name in enumerate(_ended(start, onward))}
    depth = {start: 0}
    for name in sorted(order, key=order.__getitem__, reverse=True):  # topological, but for ways back
        for way in onward[name]:
            if order[way] < order[name]:
                depth[way] = max(depth.get(way, 0), depth[name] + 1)
    last = max(depth.values())
    rows: list[list[str]] = [[] for _ in range(last + 1)]
    for name in onward:
        rows[depth.get(name, last)].append(name)
    return rows


def _ended(start: str, onward: Mapping[str, Sequence[str]]) -> list[str]:
    """States in the order in which a walk, depth first, is done with them."""
    done: list[str] = []
    seen = {start}
    stack = [(start, iter(onward[start]))]
    while stack:
        name, rest = stack[-1]
        way = next((way for way in rest if way not in seen), None)
        if way is None:
            done.append(name)
            stack.pop()
        else:
            seen.add(way)
            stack.append((way, iter(onward[way])))
    return done


def _marker(id: str) -> str:
    return (
        f'<marker id="{id}" viewBox="0 0 8 8" refX="7.5" refY="4" markerWidth="7" markerHeight="7" '
        f'orient="auto"><path class="head-{id}" d="M0 0.6 8 4 0 7.4z"/></marker>'
    )


def _arrows(links: Sequence[tuple[str, str]], placed: Arrangement, states: States) -> Iterator[str]:
    for (source, target), curves in zip(links, placed.lines, strict=True):
        back = placed.boxes[target].column <= placed.boxes[source].column
        style = "back" if back else "on" if target in ways(states[source]) else "error"
        drawn = path([_turned(curve) for curve in curves])
        yield f'<path class="{style}" d="{drawn}" marker-end="url(#{style})"/>'


def _turned(curve: Curve) -> Curve:
    start, one, two, end = (Point(p.y, p.x) for p in (curve.start, curve.one, curve.two, curve.end))
    return Curve(start, one, two, end)


def _box(name: str, state: Mapping[str, Any], box: Box) -> str:
    x, y = box.y, box.x
    colour = _COLOURS.get(state["Type"], _ELSE)
    errors = caught(state)
    told = f"{name}: {does(state)}" + (f"; when it breaks: {', '.join(errors)}" if errors else "")
    round_ = HEIGHT / 2 if state["Type"] in ("Succeed", "Fail") else 6
    return (
        f"<g><title>{escape(told)}</title>"
        f'<rect class="box" x="{x:g}" y="{y:g}" width="{WIDTH}" height="{HEIGHT}" rx="{round_:g}"/>'
        f'<circle fill="{colour}" cx="{x + 16:g}" cy="{y + 17:g}" r="5"/>'
        f'<text class="name" x="{x + 28:g}" y="{y + 21:g}">{escape(name)}</text>'
        f'<text class="does" x="{x + 28:g}" y="{y + 36:g}">{escape(_shortened(does(state)))}</text></g>'
    )


def does(state: Mapping[str, Any]) -> str:
    """What a state does, in a few words."""
    match state:
        case {"Type": "Task", "Arguments": {"Payload": {"step": {"type": type}}}, "Resource": resource}:
            return "waits for a person" if resource == WAIT else str(type)
        case {"Type": "Wait", "Seconds": int(seconds)}:
            return f"waits {seconds} s"
        case {"Type": "Fail", "Error": str(error)} if not error.startswith("{%"):
            return f"fails: {error}"
        case {"Type": kind}:
            return _DOES.get(kind, str(kind).lower())
    return ""


def _shortened(text: str) -> str:
    return text if len(text) <= _LONGEST else text[: _LONGEST - 1] + "…"
