"""The facts a decision on an action rests on, and the names of those that are missing.

Only what a rule reads is here; a rule that needs another fact adds it. Policy sees this document and nothing
else, so a fact of the wrong type never reaches a comparison.
"""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Annotated, Any, Final, Literal

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    StrictBool,
    StrictInt,
    StrictStr,
    ValidationError,
)

MAX_NAMED: Final = 20


def utc_text(instant: datetime) -> str:
    """An instant as `YYYY-MM-DDTHH:MM:SSZ`, so that comparing texts compares times; fractions are cut off."""
    return f"{instant.astimezone(UTC).replace(tzinfo=None).isoformat(timespec='seconds')}Z"


def _instant(value: object) -> str:
    moment = datetime.fromisoformat(value) if isinstance(value, str) else value
    if not isinstance(moment, datetime) or moment.tzinfo is None or moment.year < 1000:
        raise ValueError("not an RFC 3339 time with its offset")
    return utc_text(moment)


# `*` and `?` only: escapes, classes and alternatives are where glob dialects part.
GLOB: Final = r'^[^\\"\[\]{}!\x00-\x1f]{1,256}$'

Filled = Annotated[StrictStr, Field(min_length=1)]
Count = Annotated[StrictInt, Field(ge=0, le=2**53)]
Glob = Annotated[StrictStr, Field(pattern=GLOB)]
Instant = Annotated[str, BeforeValidator(_instant)]


class _Facts(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore", defer_build=True)


class BotFacts(_Facts):
    paused: StrictBool
    name: Filled


class ActorFacts(_Facts):
    """Who stands behind the action: the bot on its own, a person through it, or the run of a workflow."""

    kind: Literal["bot", "person", "run"]
    id: Filled


class TargetFacts(_Facts):
    kind: Filled
    id: Filled


class QuotaFacts(_Facts):
    """What is used of something that is limited beside rates, and what the action adds to it."""

    name: Filled
    used: Count
    adds: Count
    limit: Count


class CooldownFacts(_Facts):
    """The age of the youngest release that an action lets in, and how old its repository wants it."""

    age_hours: Count
    hours: Count


class ActionFacts(_Facts):
    """`quotas` and `cooldown` are what the action states of itself; `origin` is whose code it runs."""

    risk: Literal["low", "medium", "high"]
    blast_radius: Count
    paused: StrictBool
    name: Filled
    target: TargetFacts
    quotas: list[QuotaFacts] = Field(default_factory=list)
    cooldown: CooldownFacts | None = None
    origin: Literal["own", "fork", "unknown"] = "own"


class LimitFacts(_Facts):
    """From the manifest; absent means that there is no such limit."""

    per_hour: Count | None = None
    per_target_per_hour: Count | None = None
    blast_radius: Count


class UsageFacts(_Facts):
    """Actions counted so far in this hour: all, and those on this target."""

    hour: Count | None = None
    target_hour: Count | None = None


class FreezeScopeFacts(_Facts):
    """Bots and actions held; a list that names nothing covers all."""

    bots: list[Filled] = Field(default_factory=list)
    actions: list[Filled] = Field(default_factory=list)


class FreezeFacts(_Facts):
    """A freeze in force now, and until when."""

    id: Filled
    scope: FreezeScopeFacts
    until: StrictStr | None = None


class ChangeFacts(_Facts):
    freezes: list[FreezeFacts]
    window_open: StrictBool
    window: StrictStr


class BudgetFacts(_Facts):
    """Error budgets: of the bot that acts, and of the service it acts on; `normal` for any other target."""

    bot: Literal["normal", "review", "freeze"]
    target: Literal["normal", "review", "freeze"]


class ExceptionScopeFacts(_Facts):
    """Globs; the target is matched as `kind:id`."""

    bot: Glob
    action: Glob
    target: Glob


class ExceptionFacts(_Facts):
    id: Filled
    rule: Filled
    scope: ExceptionScopeFacts
    owner: Filled
    reason: Filled
    expires_at: Instant


class BreakGlassFacts(_Facts):
    """A break-glass that is open now, and the ids of the people behind it."""

    id: Filled
    rules: list[Filled]
    scope: ExceptionScopeFacts
    asked_by: Filled
    approvers: list[Filled]
    ends_at: Instant


class ApprovalFacts(_Facts):
    by: Filled
    at: Instant
    approved: Literal[True] = True


class PolicyInput(_Facts):
    """Everything the decision on one action reads, but the time.

    What rules read most stands first, here and in the parts: the engine looks a key up by trying one after
    the other, which is a tenth of a decision.
    """

    limits: LimitFacts
    usage: UsageFacts | None = None
    action: ActionFacts
    bot: BotFacts
    change: ChangeFacts
    budget: BudgetFacts
    approval: ApprovalFacts | None
    exceptions: list[ExceptionFacts]
    break_glass: list[BreakGlassFacts]
    actor: ActorFacts

    def missing(self) -> list[str]:
        """Facts that are needed because another one is there: the usage that a limit is compared with."""
        usage = self.usage or UsageFacts()
        wanted = {
            "usage.hour": self.limits.per_hour is not None and usage.hour is None,
            "usage.target_hour": self.limits.per_target_per_hour is not None and usage.target_hour is None,
        }
        return [name for name, absent in wanted.items() if absent]


def known_facts(document: PolicyInput | Mapping[str, Any], now: datetime) -> dict[str, Any]:
    """The document policy is asked about: the facts in one form, or the names of those that are missing."""
    try:
        known = document if isinstance(document, PolicyInput) else PolicyInput.model_validate(document)
    except ValidationError as error:
        return {"missing": missing_facts(error), "now": utc_text(now)}
    if missing := known.missing():
        return {"missing": missing, "now": utc_text(now)}
    return {**known.model_dump(), "missing": [], "now": utc_text(now)}


def missing_facts(error: ValidationError) -> list[str]:
    """Dotted names of the facts that are absent or unreadable, sorted, the first twenty of them."""
    problems = error.errors(include_url=False, include_context=False, include_input=False)
    names = {".".join(str(part) for part in problem["loc"]) or "document" for problem in problems}
    return sorted(names)[:MAX_NAMED]
