"""The gate of change windows: whether changes may go now, by the organisation's windows and its freezes."""

from __future__ import annotations

from typing import Any, Final

from writ.gates.gate import Collected, Context, Gap, Gate
from writ.gates.model import Rule, Severity
from writ.gates.tree import Tree
from writ.policy.calendar import change_facts

_GUIDE: Final = "https://writ.example/guides/gates#windows-and-budgets"


def collect(_tree: Tree, context: Context) -> Collected:
    """What the windows and freezes in `context.beside["window"]` say at the time of the run.

    Windows are the bundle's; freezes are known to a control plane only. Of those, one that names bots or
    actions does not hold merges.
    """
    known = context.beside.get("window")
    if known is None:
        return Collected(skipped="no change window is given")
    said = change_facts(known["freezes"], known["windows"], context.now)
    if missing := {"window_open", "freezes"} - said.keys():
        remedy = "Correct policies/data.json, or the freezes of the plane."
        return Collected(gaps=(Gap(sorted(missing)[0], f"{said['window']}", remedy),))
    freezes = [item for item in said["freezes"] if not any(item["scope"].values())]
    facts: dict[str, Any] = {
        "open": said["window_open"],
        "window": said["window"],
        "freezes": [{"id": item["id"], "reason": item["reason"]} for item in freezes],
    }
    return Collected(facts, counted={"windows": len(known["windows"]), "freezes": len(freezes)})


def _rule(id: str, title: str, severity: Severity) -> Rule:
    return Rule(id=f"window/{id}", title=title, severity=severity, link=_GUIDE)


GATE: Final = Gate(
    name="window",
    summary="Change windows and freezes",
    rules=(
        _rule("frozen", "No freeze of everything is in force", Severity.HIGH),
        _rule("closed", "A change window is open", Severity.MEDIUM),
    ),
    collect=collect,
)
