"""What all checks of a commit come to: passed, failed, unclear, or nothing yet."""

from __future__ import annotations

from typing import Final

from writ.dependencies.bisect import Result
from writ.ports.forge import Checks

# https://docs.github.com/en/rest/checks/runs
_PASSED: Final = frozenset({"success", "neutral", "skipped"})
_FAILED: Final = frozenset({"failure", "timed_out", "startup_failure"})
_STATUS: Final = {"success": Result.PASSED, "failure": Result.FAILED, "error": Result.FAILED}


def result_of(repository: str, sha: str, forge: Checks) -> Result | None:
    """None while one has not ended, and where there is none at all: silence is no pass."""
    runs = forge.check_runs(repository, sha)
    statuses = forge.statuses(repository, sha)
    found = [_STATUS.get(status.state) for status in statuses]
    for run in runs:
        if run.status != "completed":
            found.append(None)
        elif run.conclusion in _PASSED:
            found.append(Result.PASSED)
        else:
            found.append(Result.FAILED if run.conclusion in _FAILED else Result.UNCLEAR)
    # One that failed decides, whatever the others still come to.
    if Result.FAILED in found:
        return Result.FAILED
    if not found or None in found:
        return None
    return Result.UNCLEAR if Result.UNCLEAR in found else Result.PASSED
