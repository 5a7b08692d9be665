"""Asks gates about a tree and policy about what they found: alike in a terminal, in CI and in the plane."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from pydantic import TypeAdapter, ValidationError

from writ.contracts.action import Verdict
from writ.contracts.errors import ContractError, WritError
from writ.contracts.redaction import redact_text
from writ.gates import exceptions as waivers
from writ.gates.exceptions import Known
from writ.gates.gate import UNREADABLE, Collected, Context, Gap, Gate
from writ.gates.model import (
    VERDICTS,
    Answered,
    Cover,
    Effect,
    Finding,
    Record,
    Remediation,
    Report,
    Rule,
    Severity,
    Violation,
)
from writ.gates.tree import Tree, patch
from writ.policy.bundle import Bundle
from writ.policy.controls import GateScope
from writ.policy.engine import PolicyEngine
from writ.policy.errors import PolicyError
from writ.policy.input import GLOB, utc_text

DECISION: Final = "writ/gates/decision"
GUIDE: Final = "https://writ.example/guides/gates"
_FINDINGS: Final = TypeAdapter(list[Finding])
_RECORDS: Final = TypeAdapter(list[Record])
_RANK: Final = {effect: rank for rank, effect in enumerate(Effect)}
_WORST: Final = {severity: rank for rank, severity in enumerate(Severity)}


@dataclass(frozen=True, slots=True)
class _Found:
    gate: Gate
    finding: Finding
    rule: Rule

    @property
    def path(self) -> str:
        return self.finding.place.path if self.finding.place else ""

    @property
    def component(self) -> str:
        return waivers.without_version(self.finding.purl) if self.finding.purl else ""


def rules_of(gate: Gate) -> tuple[Rule, ...]:
    """The rules of a gate, with the one that all gates have."""
    unreadable = Rule(
        id=f"{gate.name}/{UNREADABLE}",
        title="What the gate must know can be read",
        severity=Severity.HIGH,
        link=f"{GUIDE}#unknown",
    )
    return (*gate.rules, unreadable)


def engine_of(bundle: Bundle, gates: Sequence[Gate]) -> PolicyEngine:
    """An engine that knows these gates and nothing else of the bundle. Raises BundleError."""
    return PolicyEngine(bundle, only=[DECISION, *(gate.entrypoint for gate in gates)])


def run(
    tree: Tree,
    context: Context,
    gates: Sequence[Gate],
    engine: PolicyEngine,
    *,
    plane_exceptions: Iterable[Known] = (),
    commit: str | None = None,
    base: str | None = None,
) -> Report:
    """Judge a tree. Whatever cannot be read or decided makes the verdict `unknown` at best, and no error.

    Raises PolicyError when the decision over all findings cannot be made.
    """
    asked = [_ask(gate, tree, context, engine) for gate in gates]
    found = [each for _, mine, _ in asked for each in mine]
    known, broken = _exceptions(tree)
    known = [*known, *plane_exceptions]
    if broken:
        found += [_gap(gates[0], broken)] if gates else []
    decided = _decide(found, known, context, engine)
    violations = [
        _violation(each, tree, context, decided.get(number, {})) for number, each in enumerate(found)
    ]
    return Report(
        repository=context.repository,
        commit=commit,
        base=base,
        at=context.now,
        bundle_digest=engine.bundle.digest,
        verdict=_verdict(violations),
        gates=tuple(
            _answered(gate, violations, collected, records)
            for gate, (collected, _, records) in zip(gates, asked, strict=True)
        ),
        violations=tuple(sorted(violations, key=_order)),
        exceptions=waivers.listed(known, violations, context.now),
        rules=tuple(
            rule
            for gate, (collected, _, _) in zip(gates, asked, strict=True)
            for rule in (*rules_of(gate), *collected.rules)
        ),
    )


def _ask(
    gate: Gate, tree: Tree, context: Context, engine: PolicyEngine
) -> tuple[Collected, list[_Found], tuple[Record, ...]]:
    try:
        collected = gate.collect(tree, context)
        gaps = [_gap(gate, gap) for gap in collected.gaps]
        if collected.skipped is not None or (gaps and not collected.facts):
            return collected, gaps, ()
        document = {**collected.facts, "repository": context.repository, "now": utc_text(context.now)}
        answer = engine.evaluate(gate.entrypoint, document)
        findings = _FINDINGS.validate_python(answer["findings"])
        records = tuple(_RECORDS.validate_python(answer["records"]))
        known = {rule.id: rule for rule in (*gate.rules, *collected.rules)}
        if strange := sorted({f"{gate.name}/{finding.rule}" for finding in findings} - known.keys()):
            raise PolicyError(f"{strange[0]} is no rule of the gate")
    except (WritError, ValidationError, KeyError, TypeError) as error:
        said = error.message if isinstance(error, WritError) else "the answer of its policy is malformed"
        remedy = f"Mend policies/gates/{gate.name}, or what the message names, and run the gate again."
        return Collected(), [_gap(gate, Gap(gate.name, f"the gate could not decide: {said}", remedy))], ()
    found = [_Found(gate, finding, known[f"{gate.name}/{finding.rule}"]) for finding in findings]
    return collected, [*gaps, *found], records


def _exceptions(tree: Tree) -> tuple[list[Known], Gap | None]:
    try:
        return list(waivers.of_tree(tree)), None
    except ContractError as error:
        place = f" ({error.field})" if error.field else ""
        remedy = "Correct the file; no exception in it counts until it can be read."
        return [], Gap(waivers.FILE, f"{error.message}{place}", remedy)


def _decide(
    found: Sequence[_Found], known: Sequence[Known], context: Context, engine: PolicyEngine
) -> Mapping[int, Mapping[str, Any]]:
    """What policy says of each finding that it has anything to say of, by its number."""
    if not found:
        return {}
    document = {
        "repository": context.repository,
        "now": utc_text(context.now),
        "findings": [
            {
                "number": number,
                "rule": each.rule.id,
                "effect": each.finding.effect.value,
                "path": each.path,
                "component": each.component,
                "purl": each.finding.purl or "",
            }
            for number, each in enumerate(found)
        ],
        "exceptions": waivers.facts(known, [each.finding for each in found]),
    }
    answer = engine.evaluate(DECISION, document)
    try:
        return {entry["number"]: entry for entry in answer}
    except (TypeError, KeyError):
        raise PolicyError("the decision over the findings is malformed") from None


def _violation(each: _Found, tree: Tree, context: Context, decided: Mapping[str, Any]) -> Violation:
    rule, finding = each.rule, each.finding
    remediation = finding.remediation
    if remediation.edits:
        diff = patch(tree, remediation.edits)
        if diff and redact_text(diff) != diff:
            diff = None  # it would show what a report must not (I9)
        edits = remediation.edits if diff else ()
        remediation = Remediation(text=remediation.text, edits=edits, patch=diff)
    return Violation(
        rule=rule.id,
        gate=each.gate.name,
        severity=finding.severity or rule.severity,
        effect=Effect(decided.get("effect", finding.effect)),
        subject=finding.subject,
        place=finding.place,
        why=finding.why,
        remediation=remediation,
        link=finding.link or rule.link,
        cover=_cover(each, context),
        waived_by=tuple(decided.get("waived_by", ())),
        expired=tuple(decided.get("expired", ())),
    )


def _cover(each: _Found, context: Context) -> Cover | None:
    if each.finding.rule == UNREADABLE:
        return None
    scope = GateScope(
        repository=_literal(context.repository),
        path=_literal(each.path),
        component=_literal(each.component),
        versions="*",
    )
    return Cover(rule=each.rule.id, scope=scope)


def _literal(value: str) -> str:
    """A glob that matches the value: `?` for each character that a glob cannot spell, `*` for nothing."""
    import re

    spelt = "".join(char if re.match(GLOB, char) else "?" for char in value[:256])
    return spelt or "*"


def _gap(gate: Gate, gap: Gap) -> _Found:
    remediation = Remediation(text=gap.remedy)
    finding = Finding(
        rule=UNREADABLE,
        effect=Effect.UNKNOWN,
        subject=gap.subject[:1024],
        why=gap.why[:2000],
        remediation=remediation,
        place=gap.place,
    )
    return _Found(gate, finding, rules_of(gate)[-1])


def _verdict(violations: Iterable[Violation]) -> Verdict:
    worst = min((violation.effect for violation in violations), key=_RANK.__getitem__, default=Effect.NOTE)
    return VERDICTS[worst]


def _answered(
    gate: Gate, violations: Sequence[Violation], collected: Collected, records: tuple[Record, ...]
) -> Answered:
    mine = [violation for violation in violations if violation.gate == gate.name]
    skipped = collected.skipped if not any(v.effect is not Effect.NOTE for v in mine) else None
    return Answered(
        gate=gate.name,
        title=gate.summary,
        verdict=None if skipped is not None else _verdict(mine),
        violations=sum(violation.effect is not Effect.NOTE for violation in mine),
        waived=sum(violation.waived for violation in mine),
        counted=dict(collected.counted),
        records=records,
        skipped=skipped,
        digest=collected.digest,
    )


def _order(violation: Violation) -> tuple[Any, ...]:
    place = violation.place
    line = (place.line or 0, place.column or 0) if place else (0, 0)
    path = place.path if place else ""
    return (
        _RANK[violation.effect],
        _WORST[violation.severity],
        path,
        line,
        violation.rule,
        violation.subject,
    )
