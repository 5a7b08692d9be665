"""The page of the flows, made from their definitions, never written by hand."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from cli.making.docs import NOTE, event_link, table
from cli.making.flow_picture import caught, svg, ways
from stacks.flows import WAIT, Flow
from stacks.manifest import BotFolder

FLOWS: Final = "docs/reference/flows.md"
PICTURES: Final = "docs/assets/flows"
_HEAD: Final = """# Flows

What takes longer than a function may run. A step hands one event to a bot, which takes it through the whole
loop; the flow goes on by the status that comes back. `writ flows list` shows their runs.
"""


def flow_page(flows: Sequence[Flow], folders: Sequence[BotFolder]) -> dict[str, str]:
    """Every flow with its states, and the pictures of them."""
    pictures = {f"{PICTURES}/{flow.name}.svg": svg(flow) for flow in flows}
    return {FLOWS: "\n".join([f"{NOTE}\n{_HEAD}", *(_section(flow, folders) for flow in flows)]), **pictures}


def _section(flow: Flow, folders: Sequence[BotFolder]) -> str:
    bots = ", ".join(f"[{bot}](bots/{bot}.md)" for bot in flow.functions)
    starters = ", ".join(
        f"[{f.name}](bots/{f.name}.md)" for f in folders if flow.name in f.manifest.needs.flows
    )
    hours = flow.definition["TimeoutSeconds"] // 3600
    about = f"Steps by {bots}; started by {starters or 'people'}; ends after {hours} hours at the latest."
    rows = [(name, *_row(state)) for name, state in flow.definition["States"].items()]
    picture = f"![The states of the flow {flow.name}](../assets/flows/{flow.name}.svg)"
    states = table(("state", "what it does", "then"), rows)
    return f"## {flow.name}\n\n{flow.summary}\n\n{about}\n\n{picture}\n\n{states}"


def _row(state: Mapping[str, Any]) -> tuple[str, str]:
    return _does(state), ", ".join(dict.fromkeys([*ways(state), *caught(state)])) or "–"


def _does(state: Mapping[str, Any]) -> str:
    match state["Type"]:
        case "Task":
            step = state["Arguments"]["Payload"]["step"]
            waits = " and waits for a person" if state["Resource"] == WAIT else ""
            return f"step with {event_link(step['type'], '../reference')}{waits}"
        case "Wait":
            return "waits"
        case "Choice":
            return "branches"
        case "Fail":
            return "fails"
        case "Succeed":
            return "ends well"
        case _:
            return "begins"
