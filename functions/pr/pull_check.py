"""What was found of a pull request, for people: a check run, and a section of its comment. Pure.

Words of strangers stand in code spans only; what of them policy quotes has no backtick that could end one.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, Final

from functions.pr.check import Report
from functions.pr.markdown import code, table
from functions.pr.note import Stamp
from functions.pr.pull_facts import CheckState, PullFacts
from writ.contracts.action import Verdict
from writ.ports.forge_words import Conclusion
from writ.pulls.answers import Checked, Found, Merging

GUIDE: Final = "https://writ.example/guides/pull-requests#checks-of-the-pull-request"
TOPIC: Final = "pull-request"
_CONCLUSIONS: Final = {Verdict.ALLOW: Conclusion.SUCCESS, Verdict.REVIEW: Conclusion.ACTION_REQUIRED}
_SIGNS: Final = {"deny": "❌", "unknown": "❔", "review": "✋", "note": "💬"}
_GATE_SIGNS: Final = {"allow": "✅", "review": "✋", "deny": "❌", "unknown": "❔"}
_GATES_SAY: Final = {
    "review": "; gates want a person",
    "deny": "; gates deny it",
    "unknown": "; gates cannot decide",
}
_STATE_SIGNS: Final = {"failed": "❌", "missing": "⏳", "pending": "⏳"}
_RISKS: Final = {"low": "🟢", "medium": "🟡", "high": "🔴"}
_NAMED: Final = 5


def report(facts: PullFacts, checked: Checked, at: Stamp) -> Report:
    """What the check `writ/pull-request` says."""
    return Report(
        conclusion=_CONCLUSIONS.get(checked.verdict, Conclusion.FAILURE),
        title=_headline(checked),
        summary="\n\n".join([_table(facts, checked), *_to_do(checked.findings)]),
        url=GUIDE,
        stamp=at,
    )


def section(facts: PullFacts, checked: Checked) -> str:
    """What the comment says, in Markdown that is to be quoted."""
    merge = facts.merging
    parts = [
        f"**{_headline(checked)}{_GATES_SAY.get(facts.gates or '', '')}**, at `{facts.head[:12]}`",
        _table(facts, checked),
        *_to_do(checked.findings),
        *(_against(merge) if merge is not None and merge.asked and not merge.may else ()),
    ]
    return "\n\n".join(parts)


def _headline(checked: Checked) -> str:
    standing = [finding for finding in checked.findings if finding.effect != "note"]
    if not standing:
        return f"Nothing to change; {checked.risk} risk"
    things = "1 thing" if len(standing) == 1 else f"{len(standing)} things"
    words = "to look at" if checked.verdict is Verdict.REVIEW else "to change"
    return f"{things} {words}; {checked.risk} risk"


def _table(facts: PullFacts, checked: Checked) -> str:
    def row(rule: str, what: str, says: str) -> Sequence[str]:
        effects = {finding.effect for finding in checked.findings if finding.rule == rule}
        sign = next((sign for effect, sign in _SIGNS.items() if effect in effects), "✅")
        return (sign, what, says)

    subject = facts.subject
    return table(
        ("", "what", "how it stands"),
        [
            row("title", "Title", code(facts.title)),
            row("commits", "Commits", _commits(subject["commits"])),
            row("size", "Size", _size(subject["size"])),
            row("issue", "Issue", ", ".join(subject["issues"][:_NAMED]) or "none is named"),
            (_RISKS[checked.risk], "Risk", _risk(checked.risk, subject["areas"])),
            row("owners", "Owners", _owners(subject["owners"])),
            _checks(facts.required, facts.others),
            _gates(facts.gates),
            _merge(facts.merging),
        ],
    )


def _commits(commits: dict[str, Any]) -> str:
    found = f", {_counted(commits['total'], 'remark')}" if commits["total"] else ""
    return f"{commits['count']}{found}"


def _size(size: dict[str, int]) -> str:
    made = f"; {size['made_lines']} lines that tools wrote are not counted" if size["made_files"] else ""
    return f"{_counted(size['lines'], 'line')} in {_counted(size['files'], 'file')}{made}"


def _counted(number: int, thing: str) -> str:
    return f"{number} {thing}" if number == 1 else f"{number} {thing}s"


def _risk(risk: str, areas: Sequence[dict[str, Any]]) -> str:
    parts = []
    for area in areas:
        more = f" and {area['total'] - 1} more" if area["total"] > 1 else ""
        parts.append(f"{area['name']} ({code(area['paths'][0], 60)}{more})")
    return f"{risk}: {', '.join(parts)}" if parts else risk


def _owners(owners: dict[str, Any]) -> str:
    if owners["file"] is None:
        return "no CODEOWNERS"
    asked = ", ".join(code(owner, 60) for owner in owners["asked"][:_NAMED])
    unowned = f"{_counted(owners['unowned'], 'path')} without one" if owners["unowned"] else ""
    return "; ".join(part for part in (asked, unowned) if part) or "nobody is asked"


def _checks(required: Sequence[CheckState], others: Sequence[CheckState]) -> Sequence[str]:
    """Those that do not pass by name, and how many do."""
    known = {check.name for check in required}
    everything = [*required, *(check for check in others if check.name not in known)]
    if not everything:
        return ("💬", "Checks", "none has reported")
    bad = [check for check in everything if check.state in _STATE_SIGNS]
    named = [f"{code(check.name, 60)} {check.state}" for check in bad[:_NAMED]]
    fine = len(everything) - len(bad)
    parts = [*named, *([f"{fine} passed"] if fine or not bad else [])]
    sign = next((sign for state, sign in _STATE_SIGNS.items() if any(c.state == state for c in bad)), "✅")
    return (sign, "Checks", ", ".join(parts))


def _gates(verdict: str | None) -> Sequence[str]:
    if verdict is None:
        return ("⏳", "Gates", "no result for this head by the policies of now")
    return (_GATE_SIGNS.get(verdict, "❔"), "Gates", verdict)


def _merge(merging: Merging | None) -> Sequence[str]:
    if merging is None or not merging.asked:
        return ("💬", "Merge", "by a person; nobody asked for anything else")
    if merging.may:
        return ("✅", "Merge", "policy allows it")
    return ("⏳", "Merge", f"asked for, and {_counted(len(merging.reasons), 'thing')} against it")


def _to_do(findings: Iterable[Found]) -> list[str]:
    ordered = sorted(findings, key=lambda finding: list(_SIGNS).index(finding.effect))
    lines = [f"- {_SIGNS[found.effect]} {found.rule}: {found.why} {found.remedy}" for found in ordered]
    return ["\n".join(lines)] if lines else []


def _against(merging: Merging) -> list[str]:
    return ["It is merged as soon as nothing is against it any more:\n" + _listed(merging)]


def _listed(merging: Merging) -> str:
    return "\n".join(f"- {code(reason.message, 200)}" for reason in merging.reasons)
