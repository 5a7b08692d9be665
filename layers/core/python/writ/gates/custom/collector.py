"""The gate of a repository's own policies: what they say of a change, in the shape that all gates share."""

from __future__ import annotations

from typing import Any, Final

from writ.contracts.errors import ContractError
from writ.gates.custom import answers, policies, question
from writ.gates.gate import Collected, Context, Gap, Gate
from writ.gates.model import Place, Rule, Severity
from writ.gates.tree import Tree

_GUIDE: Final = "https://writ.example/guides/gates#policies-of-your-own"


def collect(tree: Tree, context: Context) -> Collected:
    """The violations that the policies of `.gates/policies` found.

    `context.beside["custom"]` has what they answered to `question.of`, by `now` and `base`: a change that
    rewrites them is judged by those of its base too. Without it nobody asked them, which is no pass.
    """
    try:
        now, base = policies.of_tree(tree), policies.of_base(tree)
    except ContractError as error:
        path = error.field or policies.FOLDER
        return Collected(
            gaps=(Gap(path, f"{path}: {error.message}", "Correct the policy.", Place(path=path)),)
        )
    rewritten = policies.rewritten(tree)
    if now is None and base is None and not rewritten:
        return Collected(skipped="there is no .gates/policies")
    answered = context.beside.get("custom", {})
    found: list[dict[str, Any]] = []
    gaps: list[Gap] = []
    if now is not None:
        found, gaps = answers.read(now, answered.get("now", {}))
        gaps += question.of(tree, context, now)[1]
    if base is not None:
        # What the base cannot decide the change may mend; that it touches them needs a person as it is.
        before, _ = answers.read(base, answered.get("base", {}))
        found += [violation for violation in before if violation not in found]
    facts = {"violations": found, "rewritten": rewritten}
    rules = tuple(_rule(name, f"A policy of the repository: {name}", Severity.HIGH) for name in _named(found))
    counted = {"policies": len(now.names) if now else 0}
    return Collected(facts, tuple(gaps), counted, rules=rules, digest=now.digest if now else None)


def _named(found: list[dict[str, Any]]) -> list[str]:
    return sorted({violation["rule"] for violation in found} - {"rewritten"})


def _rule(id: str, title: str, severity: Severity) -> Rule:
    return Rule(id=f"custom/{id}", title=title, severity=severity, link=_GUIDE)


GATE: Final = Gate(
    name="custom",
    summary="Policies of the repository's own",
    rules=(_rule("rewritten", "A person looks at a change of the repository's policies", Severity.HIGH),),
    collect=collect,
)
