"""A report as the result that the control plane records: rules and fingerprints, and none of its words."""

from __future__ import annotations

import hashlib
import json
from typing import Any, Final

from writ.gates import sarif
from writ.gates.model import Report, Violation

_LISTED: Final = 200
# A longer path is cut by nobody: it would be that of another file.
_LONGEST_PATH: Final = 300


def of(report: Report) -> dict[str, Any]:
    """The body of `POST /v1/gates/results`; `report` in it is the SHA-256 of the report as canonical JSON."""
    whole = report.model_dump(mode="json")
    text = json.dumps(whole, sort_keys=True, separators=(",", ":"), ensure_ascii=True)
    used = {id for violation in report.violations if violation.waived for id in violation.waived_by}
    return {
        "repository": report.repository,
        "commit": report.commit,
        "base": report.base,
        "at": whole["at"],
        "verdict": report.verdict.value,
        "bundle": report.bundle_digest,
        "report": hashlib.sha256(text.encode()).hexdigest(),
        "gates": [
            {
                "gate": gate.gate,
                "verdict": gate.verdict.value if gate.verdict else None,
                "violations": gate.violations,
                "waived": gate.waived,
                "digest": gate.digest,
            }
            for gate in report.gates
        ],
        "violations": [_listed(violation) for violation in report.violations[:_LISTED]],
        "total": len(report.violations),
        "exceptions": sorted(used)[:_LISTED],
    }


def _listed(violation: Violation) -> dict[str, Any]:
    listed: dict[str, Any] = {
        "rule": violation.rule,
        "effect": violation.effect.value,
        "fingerprint": sarif.fingerprint(violation),
    }
    place = violation.place
    if place is not None and len(place.path) <= _LONGEST_PATH:
        listed |= {"path": place.path, **({"line": place.line} if place.line else {})}
    return listed
