"""What gates say: violations with their places and remedies, and the report of one run."""

from datetime import datetime
from enum import StrEnum
from typing import Annotated, Final

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, JsonValue, PlainSerializer

from writ.contracts.action import Sha256, Verdict
from writ.policy.controls import RULE, GateException, GateScope

_Number = Annotated[int, Field(ge=1)]
_Line = Annotated[str, Field(min_length=1, max_length=2000)]
Url = Annotated[str, Field(pattern=r"^https://[^\s]+$", max_length=500)]
RuleId = Annotated[str, Field(pattern=RULE)]


def _utc(instant: datetime) -> str:
    return instant.isoformat().replace("+00:00", "Z")


Instant = Annotated[AwareDatetime, PlainSerializer(_utc, when_used="json")]


class Value(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", defer_build=True)


class Severity(StrEnum):
    """How bad it is, the worst first."""

    CRITICAL = "critical"
    HIGH = "high"
    MEDIUM = "medium"
    LOW = "low"


class Effect(StrEnum):
    """What a violation does to the verdict: NOTE does nothing, and UNKNOWN never lets a change pass (I6)."""

    DENY = "deny"
    UNKNOWN = "unknown"
    REVIEW = "review"
    NOTE = "note"


class Place(Value):
    """Where in the repository: lines and columns from 1, `end_column` one past the last character."""

    path: Annotated[str, Field(min_length=1, max_length=4096)]
    line: _Number | None = None
    column: _Number | None = None
    end_line: _Number | None = None
    end_column: _Number | None = None

    def __str__(self) -> str:
        numbers = [str(number) for number in (self.line, self.column) if number is not None]
        return ":".join([self.path, *numbers])


class Edit(Value):
    """Lines `line` to `end_line` of a file replaced by a text, which ends with a line break unless empty."""

    path: Annotated[str, Field(min_length=1, max_length=4096)]
    line: _Number
    end_line: _Number
    text: Annotated[str, Field(max_length=20_000)]


class Remediation(Value):
    """What to change. `edits` do it where that is safe without a person's thought; `patch` is their diff."""

    text: _Line
    edits: tuple[Edit, ...] = ()
    patch: str | None = None


class Rule(Value):
    """One rule of a gate: what it asks for, how bad its violation is, and where it is explained."""

    id: RuleId
    title: Annotated[str, Field(min_length=1, max_length=120)]
    severity: Severity
    link: Url


class Finding(Value):
    """What a gate's policy finds: `rule` without the gate's name; `severity` where it is not the rule's.

    `subject` is the thing at fault. Of a component `purl` is the package URL with its version.
    """

    rule: Annotated[str, Field(pattern=r"^[a-z][a-z0-9-]*$", max_length=48)]
    effect: Effect
    subject: Annotated[str, Field(min_length=1, max_length=1024)]
    why: _Line
    remediation: Remediation
    place: Place | None = None
    purl: Annotated[str, Field(max_length=1024)] | None = None
    severity: Severity | None = None
    link: Url | None = None


class Record(Value):
    """What a gate decided in favour of something, and that is worth keeping: a licence chosen of two, say."""

    subject: Annotated[str, Field(min_length=1, max_length=1024)]
    message: _Line


class Cover(Value):
    """The exception that would cover a violation, but for its owner, reason and end."""

    rule: RuleId
    scope: GateScope


class Violation(Value):
    """A rule that does not hold. `effect` is what stands of it once exceptions are counted in.

    `waived_by` names the exceptions that cover it, `expired` those that did until they expired.
    """

    rule: RuleId
    gate: str
    severity: Severity
    effect: Effect
    subject: str
    place: Place | None
    why: str
    remediation: Remediation
    link: Url
    cover: Cover | None
    waived_by: tuple[str, ...] = ()
    expired: tuple[str, ...] = ()

    @property
    def waived(self) -> bool:
        return bool(self.waived_by) and self.effect is Effect.NOTE


class Source(StrEnum):
    """Where an exception is kept."""

    FILE = "file"
    PLANE = "plane"


class Listed(Value):
    """An exception as the run saw it; `proposed` where the change that is judged brings it itself."""

    exception: GateException
    source: Source
    state: Annotated[str, Field(pattern=r"^(used|unused|expiring|expired)$")]
    proposed: bool = False


class Answered(Value):
    """One gate's part of a run: how many violations stand, what it recorded, or why it was not asked.

    `digest` is that of the policies that the repository itself brought, where it did.
    """

    gate: str
    title: str
    verdict: Verdict | None
    violations: int = 0
    waived: int = 0
    counted: dict[str, JsonValue] = {}
    records: tuple[Record, ...] = ()
    skipped: str | None = None
    digest: Sha256 | None = None


class Report(Value):
    """One run over one state of one repository, decided by one bundle at one instant."""

    repository: str
    commit: Annotated[str, Field(pattern=r"^[0-9a-f]{40}([0-9a-f]{24})?$")] | None
    base: str | None
    at: Instant
    bundle_digest: Sha256
    verdict: Verdict
    gates: tuple[Answered, ...]
    violations: tuple[Violation, ...]
    exceptions: tuple[Listed, ...]
    rules: tuple[Rule, ...]

    @property
    def standing(self) -> tuple[Violation, ...]:
        """Violations that keep the verdict from `allow`."""
        return tuple(violation for violation in self.violations if violation.effect is not Effect.NOTE)


VERDICTS: Final = {
    Effect.DENY: Verdict.DENY,
    Effect.UNKNOWN: Verdict.UNKNOWN,
    Effect.REVIEW: Verdict.REVIEW,
    Effect.NOTE: Verdict.ALLOW,
}
