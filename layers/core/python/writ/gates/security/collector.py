"""The gate of security: what is known against components, and what workflows, images and policies open."""

from __future__ import annotations

from typing import Final

from writ.gates.gate import Collected, Context, Gate
from writ.gates.model import Rule, Severity
from writ.gates.tree import Tree

_GUIDE: Final = "https://writ.example/guides/gates#security"


def collect(tree: Tree, context: Context) -> Collected:
    """Facts of all parts; `context.beside["security"]` is an Outside."""
    # Functions list rules and read no trees: they have no YAML.
    from writ.gates.security.facts import gather

    return gather(tree, context)


def _rule(id: str, title: str, severity: Severity) -> Rule:
    return Rule(id=f"security/{id}", title=title, severity=severity, link=_GUIDE)


GATE: Final = Gate(
    name="security",
    summary="Weaknesses of components, workflows, images and templates",
    rules=(
        _rule("malicious", "No component is an attack itself", Severity.CRITICAL),
        _rule("vulnerable", "No advisory concerns a component", Severity.HIGH),
        _rule("undecided", "It can be said whether an advisory concerns a component", Severity.HIGH),
        _rule("advisories-missing", "There are advisories to look components up in", Severity.HIGH),
        _rule("advisories-old", "The mirror of advisories is not old", Severity.HIGH),
        _rule("unmatched", "Each component has a name that advisories know", Severity.MEDIUM),
        _rule("too-new", "A release is old enough that others have looked at it", Severity.MEDIUM),
        _rule("unpinned-action", "Actions are pinned by a commit, which nobody can move", Severity.HIGH),
        _rule("unnamed-action", "A comment names the version of a pinned action", Severity.LOW),
        _rule("workflow-permissions", "Each job names the rights that it needs", Severity.MEDIUM),
        _rule("untrusted-checkout", "No code of strangers runs with rights", Severity.CRITICAL),
        _rule("script-injection", "No text of others becomes part of a script", Severity.HIGH),
        _rule("unpinned-image", "Images are pinned by their digest", Severity.MEDIUM),
        _rule("root-user", "An image does not run as root", Severity.MEDIUM),
        _rule("unverified-download", "What an image fetches is checked", Severity.HIGH),
        _rule("secret-in-image", "An image holds no secret", Severity.HIGH),
        _rule("iam-wildcard", "Statements name their actions and resources", Severity.HIGH),
        _rule("iam-exclusion", "Nothing is allowed by what it is not", Severity.HIGH),
        _rule("iam-public", "Not everybody is let in", Severity.CRITICAL),
        _rule("iam-escalation", "Nobody may give himself more rights", Severity.HIGH),
        _rule("iam-unread", "Statements can be read", Severity.HIGH),
        _rule("template", "A linter finds nothing in templates", Severity.HIGH),
        _rule("template-unchecked", "Templates are linted", Severity.MEDIUM),
        _rule("cdk-nag", "cdk-nag finds nothing that nobody has acknowledged", Severity.HIGH),
        _rule("age-unknown", "It is known when a release was published", Severity.LOW),
    ),
    collect=collect,
)
