"""A report as commands to GitHub's runner, which shows them at the lines of a pull request.

Source: https://docs.github.com/en/actions/reference/workflows-and-actions/workflow-commands, and for what is
escaped https://github.com/actions/toolkit/blob/main/packages/core/src/command.ts
"""

from __future__ import annotations

from typing import Final

from writ.gates.model import Effect, Report, Violation

_COMMANDS: Final = {
    Effect.DENY: "error",
    Effect.UNKNOWN: "error",
    Effect.REVIEW: "warning",
    Effect.NOTE: "notice",
}


def of(report: Report) -> list[str]:
    """One line for each violation, waived ones too; no text of a violation can begin a command of its own."""
    return [_command(violation) for violation in report.violations]


def _command(violation: Violation) -> str:
    place = violation.place
    properties = {
        "file": place and place.path,
        "line": place and place.line,
        "endLine": place and place.end_line,
        "col": place and place.column,
        "endColumn": place and place.end_column,
        "title": f"{violation.rule} ({violation.severity.value})",
    }
    given = ",".join(f"{name}={_property(str(value))}" for name, value in properties.items() if value)
    said = f"{violation.why}\n{violation.remediation.text}\n{violation.link}"
    if violation.waived:
        said = f"{violation.why}\nWaived by {', '.join(violation.waived_by)}."
    return f"::{_COMMANDS[violation.effect]} {given}::{_data(said)}"


def _data(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")
