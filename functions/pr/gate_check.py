"""The result of a run of gates as a check with annotations. Pure.

Words of violations stay where the gates ran, for they may quote what must not leave: here stand the rule, its
title, which is ours, and the place.
"""

from collections.abc import Mapping, Sequence
from datetime import UTC
from typing import Final

from pydantic import BaseModel, ConfigDict

from functions.pr.check import Remark, Report
from functions.pr.markdown import code, table
from functions.pr.note import stamp
from writ.contracts.events.gates import GateResultRecorded, GateViolation
from writ.ports.forge_words import Conclusion, Level

GUIDE: Final = "https://writ.example/guides/gates"
_LISTED: Final = 30
_LEVELS: Final = {
    "deny": Level.FAILURE,
    "unknown": Level.FAILURE,
    "review": Level.WARNING,
    "note": Level.NOTICE,
}
_CONCLUSIONS: Final = {"allow": Conclusion.SUCCESS, "review": Conclusion.ACTION_REQUIRED}
_SIGNS: Final = {"allow": "✅ allow", "review": "✋ review", "deny": "❌ deny", "unknown": "❔ unknown"}
_SAYS: Final = {"deny": "denied", "unknown": "not to be decided", "review": "for a person", "note": "noted"}


class RuleText(BaseModel):
    """What a gate says of one of its rules to everybody."""

    model_config = ConfigDict(frozen=True, extra="forbid", defer_build=True)

    title: str
    link: str


def report(result: GateResultRecorded, rules: Mapping[str, RuleText]) -> Report:
    """What the check `writ/gates` says of a result.

    `allow` is success, `review` asks for a person, and whatever else there is fails. What was decided by
    other policies than the plane's does not pass either.
    """
    conclusion = _CONCLUSIONS.get(result.verdict, Conclusion.FAILURE)
    if conclusion is Conclusion.SUCCESS and not result.current:
        conclusion = Conclusion.ACTION_REQUIRED
    return Report(
        conclusion=conclusion,
        title=_title(result),
        summary="\n\n".join(_summary(result, rules)),
        remarks=tuple(
            _remark(violation, rules.get(violation.rule)) for violation in result.violations if violation.path
        ),
        url=GUIDE,
        stamp=stamp(result.at, result.report),
        about={
            "verdict": result.verdict,
            "at": result.at.isoformat(),
            "bundle": result.bundle,
            "gates": " ".join(sorted(outcome.gate for outcome in result.gates)),
        },
    )


def _title(result: GateResultRecorded) -> str:
    if result.verdict == "allow" and not result.current:
        return "Passed by other policies than the plane's: run the gates again"
    effects = [violation.effect for violation in result.violations]
    counted = [f"{effects.count(effect)} {words}" for effect, words in _SAYS.items() if effect in effects]
    return ", ".join(counted).capitalize() if counted else "Nothing found"


def _summary(result: GateResultRecorded, rules: Mapping[str, RuleText]) -> list[str]:
    rows = [
        (
            outcome.gate,
            _SIGNS[outcome.verdict] if outcome.verdict else "– nothing to decide on",
            str(outcome.violations),
            str(outcome.waived),
        )
        for outcome in result.gates
    ]
    parts = [table(("gate", "verdict", "violations", "waived"), rows)]
    if result.violations:
        shown = [_row(violation, rules.get(violation.rule)) for violation in result.violations[:_LISTED]]
        parts.append(table(("rule", "effect", "place", "what must hold"), shown))
    if result.total > min(len(result.violations), _LISTED):
        listed = min(len(result.violations), _LISTED)
        parts.append(f"{result.total - listed} more are in the report of the run.")
    if result.exceptions:
        parts.append(f"Exceptions used: {', '.join(code(id) for id in result.exceptions[:_LISTED])}.")
    return [*parts, _how(result)]


def _row(violation: GateViolation, rule: RuleText | None) -> Sequence[str]:
    where = f"{violation.path}:{violation.line}" if violation.path and violation.line else violation.path
    name = f"[{violation.rule}]({rule.link})" if rule else violation.rule
    return (name, violation.effect, code(where) if where else "–", rule.title if rule else "–")


def _how(result: GateResultRecorded) -> str:
    policies = "" if result.current else ", which are not those of the plane"
    return (
        f"Run by {code(result.by)} at {result.at.astimezone(UTC):%Y-%m-%d %H:%M} UTC, by the policies "
        f"`{result.bundle[:12]}`{policies}. Why, what to change and which exception would cover it: "
        f"`writ gate run`. The report of this run has the digest `{result.report[:12]}`."
    )


def _remark(violation: GateViolation, rule: RuleText | None) -> Remark:
    gate = violation.rule.partition("/")[0]
    asked = f"Does not hold: {rule.title}. " if rule else ""
    more = f" {rule.link}" if rule else ""
    return Remark(
        path=violation.path or "",
        line=violation.line or 1,
        level=_LEVELS[violation.effect],
        title=violation.rule,
        message=f"{asked}Why and what to change: writ gate run --only {gate}.{more}",
    )
