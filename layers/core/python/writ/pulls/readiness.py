"""The facts that a merge without a person rests on. Pure.

What cannot be known is named under `missing`, and never left out.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Final

from writ.gates.codeowners import parse as parse_owners
from writ.ports.forge_reviews import Review, ReviewState
from writ.pulls.answers import Checked
from writ.pulls.seen import Plane, Seen
from writ.pulls.settings import Required, Settings

# The bot's own: what they say is asked of their sources and not of the forge.
OWN: Final = frozenset({"writ/gates", "writ/pull-request"})
_DECIDE: Final = frozenset({ReviewState.APPROVED, ReviewState.CHANGES_REQUESTED, ReviewState.DISMISSED})
_ENDED: Final = {
    "success": "passed",
    "neutral": "skipped",
    "skipped": "skipped",
    "failure": "failed",
    "error": "failed",
}


def facts(seen: Seen, checked: Checked, settings: Settings, plane: Plane) -> dict[str, Any]:
    """The input of `writ/pulls/merge/answer`."""
    pull = seen.pull
    states = _states(seen)
    owners, unnamed = _owners(seen, settings)
    missing = [f"who is in {team}" for team in unnamed]
    missing += [] if seen.complete else ["all of its files and commits"]
    missing += [] if plane.change is not None else ["change windows and freezes"]
    missing += [] if plane.budgets is not None else ["error budgets of its services"]
    document: dict[str, Any] = {
        "missing": missing,
        "pull": {
            "labels": list(pull.labels),
            "author": pull.author,
            "open": pull.state == "open" and not pull.merged,
            "draft": pull.draft,
            "fork": pull.source is None or pull.source.lower() != seen.repository.lower(),
            "mergeable": pull.mergeable,
        },
        "verdict": checked.verdict.value,
        "risk": checked.risk,
        "required": [_required(check, states) for check in settings.required(seen.repository)],
        "others": [
            {"name": name, "state": state} for (name, _), state in sorted(states.items()) if name not in OWN
        ],
        "reviews": _reviews(seen),
        "owners": owners,
        "policies": plane.policies,
        "known_gates": list(plane.known_gates),
        "gates": None,
        "change": dict(plane.change or {}),
        "budgets": None if plane.budgets is None else dict(plane.budgets),
    }
    if plane.gates is not None:
        standing = plane.gates
        document["gates"] = {
            "verdict": standing.verdict,
            "bundle": standing.bundle,
            "names": list(standing.names),
            "age_h": round((plane.now - standing.at).total_seconds() / 3600, 2),
        }
    return document


def _states(seen: Seen) -> dict[tuple[str, str], str]:
    """How each check of the head stands, by name and app; of several of one name the worst counts."""
    found: dict[tuple[str, str], str] = {}
    for run in seen.runs:
        if run.head_sha == seen.pull.head_sha:
            state = _ENDED.get(run.conclusion or "", "failed") if run.status == "completed" else "pending"
            key = (run.name, run.app)
            found[key] = _worst(state, found.get(key))
    for status in seen.statuses:
        found[status.context, ""] = _worst(
            _ENDED.get(status.state, "pending"), found.get((status.context, ""))
        )
    return found


def _worst(state: str, other: str | None) -> str:
    order = ("failed", "pending", "skipped", "passed")
    return state if other is None else min(state, other, key=order.index)


def _required(check: Required, states: Mapping[tuple[str, str], str]) -> dict[str, str]:
    """One that was skipped did not pass, and neither did one that another app reports."""
    found = [
        state for (name, app), state in states.items() if name == check.name and check.app in (None, app)
    ]
    state = found[0] if found else "missing"
    for other in found[1:]:
        state = _worst(state, other)
    return {"name": check.name, "state": state}


def _reviews(seen: Seen) -> list[dict[str, Any]]:
    """The last word of each reviewer: a comment takes none back."""
    last: dict[str, Review] = {}
    for review in seen.reviews:
        if review.reviewer is not None and review.state in _DECIDE:
            last[review.reviewer.lower()] = review
    wrote = {(author or "").lower() for author in (seen.pull.author, *_authors(seen))}
    return [
        {
            "reviewer": review.reviewer,
            "state": review.state.value,
            "current": review.commit == seen.pull.head_sha,
            "member": review.member,
            "person": review.person,
            "wrote": name in wrote,
        }
        for name, review in sorted(last.items())
    ]


def _authors(seen: Seen) -> Iterable[str | None]:
    return (commit.author for commit in seen.commits)


def _owners(seen: Seen, settings: Settings) -> tuple[list[dict[str, Any]], list[str]]:
    """Groups of owners of whom one must approve, with their logins; and the owners whom nobody can name."""
    if seen.owners is None:
        return [], []
    owners = parse_owners(seen.owners.splitlines())
    groups = sorted({found for path in seen.paths if (found := owners.of(path))})
    unnamed: dict[str, None] = {}
    result = []
    for group in groups:
        people: list[str] = []
        for owner in group:
            members = settings.members(owner)
            if members is None:
                unnamed[owner] = None
            people += members or []
        result.append({"owners": list(group), "people": sorted(set(people))})
    return result, list(unnamed)
