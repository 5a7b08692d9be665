"""What policy says of a pull request, and how it is asked."""

from collections.abc import Mapping
from typing import Annotated, Any, Final, Literal, Protocol

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from writ.contracts.action import Verdict
from writ.policy.errors import PolicyError

CHECKS: Final = "writ/pulls/checks/answer"
MERGE: Final = "writ/pulls/merge/answer"
_WORST: Final = ("deny", "unknown", "review", "note")
_VERDICTS: Final = {
    "deny": Verdict.DENY,
    "unknown": Verdict.UNKNOWN,
    "review": Verdict.REVIEW,
    "note": Verdict.ALLOW,
}


class Rules(Protocol):
    """The compiled bundle."""

    def evaluate(self, entrypoint: str, value: Any) -> Any:
        """Raises PolicyError where there is no answer."""


class _Value(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", defer_build=True)


class Found(_Value):
    """Something about the pull request itself. `rule` names the check that found it."""

    rule: Literal["title", "commits", "size", "issue", "owners", "policy"]
    effect: Literal["deny", "unknown", "review", "note"]
    why: Annotated[str, Field(min_length=1, max_length=2000)]
    remedy: Annotated[str, Field(min_length=1, max_length=2000)]


class Checked(_Value):
    """All that was found, and how much harm the change could do."""

    findings: tuple[Found, ...]
    risk: Literal["low", "medium", "high"]

    @property
    def verdict(self) -> Verdict:
        """The worst finding decides; one that is only noted lets it pass."""
        effects = {finding.effect for finding in self.findings}
        return _VERDICTS[next((effect for effect in _WORST if effect in effects), "note")]


class Against(_Value):
    code: Annotated[str, Field(pattern=r"^[a-z][a-z_]*$", max_length=40)]
    message: Annotated[str, Field(min_length=1, max_length=1000)]


class Merging(_Value):
    """Whether a merge was asked for, whether it may be, and what speaks against it."""

    asked: bool
    verdict: Verdict
    reasons: tuple[Against, ...] = ()

    @property
    def may(self) -> bool:
        return self.asked and self.verdict is Verdict.ALLOW and not self.reasons


def check(rules: Rules, facts: Mapping[str, Any]) -> Checked:
    """What policy says of the pull request itself; without an answer it is unknown, and its risk high."""
    try:
        return Checked.model_validate(rules.evaluate(CHECKS, dict(facts)))
    except (PolicyError, ValidationError):
        found = Found(
            rule="policy",
            effect="unknown",
            why="Policy has no answer for this pull request.",
            remedy="Mend policies/pulls/checks.",
        )
        return Checked(findings=(found,), risk="high")


def merging(rules: Rules, facts: Mapping[str, Any]) -> Merging:
    """What policy says of a merge; without an answer it is unknown."""
    try:
        return Merging.model_validate(rules.evaluate(MERGE, dict(facts)))
    except (PolicyError, ValidationError):
        against = Against(code="policy", message="policy has no answer")
        return Merging(asked=True, verdict=Verdict.UNKNOWN, reasons=(against,))
