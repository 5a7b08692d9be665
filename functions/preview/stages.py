"""Which action a step of the flow calls for: none while the stack is at work. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

from functions.preview.actions import action
from functions.preview.facts import StackFacts
from functions.preview.model import Preview
from writ.contracts.action import Action
from writ.contracts.event import AnyEvent
from writ.contracts.events.previews import PreviewAdvanced

# A stack of which something stays is told to go so often, then people are told; the next tick begins anew.
REMOVALS: Final = 3
_WORKING: Final = "working"
_CHANGEABLE: Final = ("built", "stale")


def next_action(
    event: AnyEvent, step: PreviewAdvanced, preview: Preview, stack: StackFacts | None
) -> Iterator[Action]:
    """At most one action on the preview, with the number of the goal that it is for."""
    given: dict[str, Any] = {"goal": step.goal}
    if step.stage in ("build", "fill", "remove") and stack is not None and stack.state == _WORKING:
        return
    match step.stage:
        case "build" if stack is None or stack.state in _CHANGEABLE:
            yield action(event, "build-stack", preview.id, preview.goal.reason, given)
        case "build":
            yield action(event, "remove-stack", preview.id, "What is there can only be made anew", given)
        case "fill" if stack is not None and (stack.state, stack.commit) == ("built", preview.goal.commit):
            given["part"] = step.part
            yield action(event, "seed-data", preview.id, "Its stack is there", given)
        case "fill":
            yield action(event, "fail-preview", preview.id, "Its stack could not be built", given)
        case "check":
            yield action(event, "check-preview", preview.id, "Its database is seeded", given)
        case "show":
            yield action(event, "show-preview", preview.id, "It answers", given)
        case "fail":
            given |= {"code": step.code or "", "problem": step.problem or ""}
            yield action(event, "fail-preview", preview.id, step.problem or "A step failed", given)
        case "remove" if stack is None:
            yield action(event, "finish-preview", preview.id, "Its stack is gone", given)
        case "remove" if stack.state == "undeleted" and step.removals >= REMOVALS:
            yield action(event, "fail-preview", preview.id, "Something of its stack stayed", given)
        case "remove":
            yield action(event, "remove-stack", preview.id, preview.goal.reason, given)
