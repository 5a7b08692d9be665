"""What the policies of a repository are given: the documented input, and no more than that."""

from __future__ import annotations

from typing import Any, Final

from writ.gates.custom.policies import Policies
from writ.gates.gate import Context, Gap
from writ.gates.licences import collector as licences
from writ.gates.tree import Change, Tree
from writ.policy.input import utc_text

MOST_LINES: Final = 20_000
_LONGEST_LINE: Final = 2000


def of(tree: Tree, context: Context, policies: Policies) -> tuple[dict[str, Any], list[Gap]]:
    """The input, and what of it that the policies read could not be had whole.

    `files` are all paths; `changes` what changed since the base, null without one; `components` those of
    bills of materials and lock files; `pull_request` is `context.beside["pull_request"]`, null if absent.
    """
    gaps: list[Gap] = []
    changes = tree.changes()
    document: dict[str, Any] = {
        "repository": context.repository,
        "now": utc_text(context.now),
        "files": list(tree.paths()),
        "changes": None if changes is None else [_change(each, policies) for each in changes],
        "components": [],
        "pull_request": context.beside.get("pull_request"),
    }
    if policies.mention("added"):
        lines = sum(len(each["added"]) for each in document["changes"] or ())
        if lines > MOST_LINES:
            why = f"the change adds {lines} lines, and policies are given {MOST_LINES} at most"
            gaps.append(Gap("changes", why, "Make the change smaller."))
            document["changes"] = []
    if policies.mention("components"):
        collected = licences.collect(tree, context)
        gaps += collected.gaps
        document["components"] = [
            {
                "name": component["name"],
                "purl": component["purl"],
                "licence": licence["shown"],
                "place": component["place"],
            }
            for licence in collected.facts.get("licences", ())
            for component in licence["components"]
        ]
    return document, gaps


def _change(change: Change, policies: Policies) -> dict[str, Any]:
    fact: dict[str, Any] = {"path": change.path, "kind": change.kind.value}
    if policies.mention("added"):
        fact["added"] = [
            {"line": number, "text": line[:_LONGEST_LINE]} for number, line in change.added_lines
        ]
    return fact
