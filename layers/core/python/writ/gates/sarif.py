"""A report as SARIF 2.1.0, for code scanning and editors.

Source: https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/sarif-v2.1.0-errata01-os-complete.html
"""

from __future__ import annotations

import hashlib
from typing import Any, Final
from urllib.parse import quote

from writ.gates.model import Edit, Effect, Place, Report, Severity, Violation

SCHEMA: Final = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
_LEVELS: Final = {
    Effect.DENY: "error",
    Effect.UNKNOWN: "error",
    Effect.REVIEW: "warning",
    Effect.NOTE: "note",
}
# How code scanning ranks: https://docs.github.com/en/code-security/code-scanning/integrating-with-code-scanning/
# sarif-support-for-code-scanning#reportingdescriptor-object
_RANKS: Final = {Severity.CRITICAL: "9.5", Severity.HIGH: "8.0", Severity.MEDIUM: "5.0", Severity.LOW: "2.0"}
_ROOT: Final = "%SRCROOT%"


def document(report: Report, version: str) -> dict[str, Any]:
    """The log of one run; `version` is that of Writ. Violations that are waived are suppressed results."""
    numbers = {rule.id: number for number, rule in enumerate(report.rules)}
    waivers = {listed.exception.id: listed.exception for listed in report.exceptions}
    rules = [
        {
            "id": rule.id,
            "name": rule.id.replace("/", "-"),
            "shortDescription": {"text": rule.title},
            "helpUri": rule.link,
            "properties": {"security-severity": _RANKS[rule.severity], "tags": [rule.id.partition("/")[0]]},
        }
        for rule in report.rules
    ]
    results = []
    for violation in report.violations:
        result = _result(violation, numbers[violation.rule])
        if violation.waived:
            result["suppressions"] = [
                {
                    "kind": "external",
                    "status": "accepted",
                    "justification": f"exception {id} of {waivers[id].owner}: {waivers[id].reason}",
                }
                for id in violation.waived_by
            ]
        results.append(result)
    driver = {
        "name": "writ",
        "version": version,
        "informationUri": "https://writ.example/guides/gates",
        "rules": rules,
    }
    run: dict[str, Any] = {
        "tool": {"driver": driver},
        "columnKind": "unicodeCodePoints",
        "results": results,
        "invocations": [{"executionSuccessful": True, "endTimeUtc": report.at.isoformat()[:19] + "Z"}],
        "properties": {
            "repository": report.repository,
            "verdict": report.verdict.value,
            "bundleDigest": report.bundle_digest,
        },
    }
    if report.commit:
        run["automationDetails"] = {"id": f"writ-gates/{report.commit}"}
    return {"$schema": SCHEMA, "version": "2.1.0", "runs": [run]}


def _result(violation: Violation, number: int) -> dict[str, Any]:
    result: dict[str, Any] = {
        "ruleId": violation.rule,
        "ruleIndex": number,
        "level": _LEVELS[violation.effect],
        "message": {"text": f"{violation.why} {violation.remediation.text}"},
        "partialFingerprints": {"writ/v1": fingerprint(violation)},
        "properties": {"severity": violation.severity.value, "effect": violation.effect.value},
    }
    if violation.place:
        result["locations"] = [{"physicalLocation": _location(violation.place)}]
    if violation.remediation.patch:
        result["fixes"] = [_fix(violation)]
    return result


def fingerprint(violation: Violation) -> str:
    """What stays the same of a violation while lines move: 32 hex digits."""
    path = violation.place.path if violation.place else ""
    said = "\0".join([violation.rule, path, violation.subject])
    return hashlib.sha256(said.encode()).hexdigest()[:32]


def _location(place: Place) -> dict[str, Any]:
    location: dict[str, Any] = {"artifactLocation": _artifact(place.path)}
    if place.line:
        region = {
            "startLine": place.line,
            "startColumn": place.column,
            "endLine": place.end_line,
            "endColumn": place.end_column,
        }
        location["region"] = {name: value for name, value in region.items() if value is not None}
    return location


def _artifact(path: str) -> dict[str, str]:
    return {"uri": quote(path), "uriBaseId": _ROOT}


def _fix(violation: Violation) -> dict[str, Any]:
    edits = violation.remediation.edits
    return {
        "description": {"text": violation.remediation.text},
        "artifactChanges": [
            {
                "artifactLocation": _artifact(path),
                "replacements": [_replacement(edit) for edit in edits if edit.path == path],
            }
            for path in sorted({edit.path for edit in edits})
        ],
    }


def _replacement(edit: Edit) -> dict[str, Any]:
    """Whole lines: from the start of the first to that of the one after the last."""
    region = {"startLine": edit.line, "startColumn": 1, "endLine": edit.end_line + 1, "endColumn": 1}
    return {"deletedRegion": region, "insertedContent": {"text": edit.text}}
