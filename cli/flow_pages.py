"""The page of the flows, made from their definitions, never written by hand."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from cli.docs import NOTE, event_link, table
from stacks.flows import WAIT, Flow
from stacks.manifest import BotFolder

FLOWS: Final = "docs/reference/flows.md"
_HEAD: Final = """# Flows

What takes longer than a function may run. A step hands one event to a bot, which takes it through the whole
loop; the flow goes on by the status that comes back. `writ flows list` shows their runs.
"""


def flow_page(flows: Sequence[Flow], folders: Sequence[BotFolder]) -> dict[str, str]:
    """Every flow with its states."""
    return {FLOWS: "\n".join([f"{NOTE}\n{_HEAD}", *(_section(flow, folders) for flow in flows)])}


def _section(flow: Flow, folders: Sequence[BotFolder]) -> str:
    bots = ", ".join(f"[{bot}](bots/{bot}.md)" for bot in flow.functions)
    starters = ", ".join(
        f"[{f.name}](bots/{f.name}.md)" for f in folders if flow.name in f.manifest.needs.flows
    )
    hours = flow.definition["TimeoutSeconds"] // 3600
    about = f"Steps by {bots}; started by {starters or 'people'}; ends after {hours} hours at the latest."
    rows = [(name, *_row(state)) for name, state in flow.definition["States"].items()]
    return f"## {flow.name}\n\n{flow.summary}\n\n{about}\n\n{table(('state', 'what it does', 'then'), rows)}"


def _row(state: Mapping[str, Any]) -> tuple[str, str]:
    return _does(state), ", ".join(dict.fromkeys(_ways(state))) or "–"


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


def _ways(state: Mapping[str, Any]) -> Iterator[str]:
    for part in (state, *state.get("Choices", ()), *state.get("Catch", ())):
        yield from (part[way] for way in ("Next", "Default") if way in part)
