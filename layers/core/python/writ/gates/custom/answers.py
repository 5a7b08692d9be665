"""What the policies of a repository answered, checked: what has another shape is an error and no pass."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from pydantic import TypeAdapter, ValidationError

from writ.contracts.errors import from_validation
from writ.contracts.redaction import redact_text
from writ.gates.custom.policies import Policies, entrypoint
from writ.gates.gate import Gap
from writ.gates.model import Finding, Place

MOST: Final = 500
_LONGEST_RULE: Final = 48
_FINDINGS: Final = TypeAdapter(list[Finding])
_REMEDY: Final = "Correct the policy; writ policy test .gates/policies runs its tests."


def read(policies: Policies, answered: Mapping[str, Any]) -> tuple[list[dict[str, Any]], list[Gap]]:
    """The violations of all policies with their rules' full names, and a gap for each that cannot be used.

    `answered` has, by entrypoint, `{"value": …}` or `{"problem": …}`.
    """
    found: list[dict[str, Any]] = []
    gaps: list[Gap] = []
    for name in policies.names:
        problem, mine = _of(name, answered.get(entrypoint(name)))
        if problem:
            path = policies.path_of(name)
            gaps.append(Gap(f"gates.custom.{name}", f"{path}: {problem}", _REMEDY, Place(path=path)))
        found += mine
    return found, gaps


def _of(name: str, answer: Any) -> tuple[str, list[dict[str, Any]]]:
    if not isinstance(answer, Mapping) or "value" not in answer:
        said = answer.get("problem") if isinstance(answer, Mapping) else None
        return f"gates.custom.{name} was not decided: {said or 'nobody asked it'}", []
    value = answer["value"]
    if not isinstance(value, list) or len(value) > MOST:
        return f"violations is not a set or an array, of {MOST} at most", []
    try:
        findings = _FINDINGS.validate_python([_with_effect(item) for item in value])
    except ValidationError as error:
        first = from_validation(error, "not as expected")
        return f"violations.{first.field}: {first.message}", []
    wrong = (
        f"violations.{number}.{said}" for number, each in enumerate(findings) if (said := _wrong(name, each))
    )
    problem = next(wrong, "")
    return problem, [] if problem else [_told(name, finding) for finding in findings]


def _wrong(name: str, finding: Finding) -> str | None:
    if finding.severity is None:
        return "severity: is one of critical, high, medium, low"
    if finding.remediation.patch is not None:
        return "remediation.patch: is made from edits, and not given"
    if len(_rule(name, finding)) > _LONGEST_RULE:
        return f"rule: with its package it has {_LONGEST_RULE} characters at most"
    return None


def _with_effect(item: Any) -> Any:
    return {"effect": "deny", **item} if isinstance(item, Mapping) else item


def _rule(name: str, finding: Finding) -> str:
    return f"{name.replace('_', '-')}-{finding.rule}"


def _told(name: str, finding: Finding) -> dict[str, Any]:
    """The finding as a fact, without what a report must not show (I9): a policy may repeat an added line."""
    said = finding.model_dump(mode="json", exclude_none=True)
    edits = said["remediation"].get("edits", [])
    if any(redact_text(edit["text"]) != edit["text"] for edit in edits):
        edits = []
    return {
        **said,
        "rule": _rule(name, finding),
        "subject": redact_text(finding.subject),
        "why": redact_text(finding.why),
        "remediation": {"text": redact_text(finding.remediation.text), "edits": edits},
    }
