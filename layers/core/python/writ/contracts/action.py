"""What a bot wants to do, what policy says of it, and what came of it."""

import hashlib
import json
from enum import StrEnum
from typing import Annotated, Any, Final, Self

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, JsonValue

Name = Annotated[str, Field(pattern=r"^[a-z][a-z0-9]*(-[a-z0-9]+)*$", max_length=48)]
Sha256 = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]

# The parameter that names the person an action is asked for, where a flow or a tick comes to it: as with who
# asks himself, that person does not approve it.
ASKED_BY: Final = "asked_by"


class _Value(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", defer_build=True)


class Risk(StrEnum):
    LOW = "low"
    MEDIUM = "medium"
    HIGH = "high"


class Verdict(StrEnum):
    ALLOW = "allow"
    DENY = "deny"
    REVIEW = "review"
    UNKNOWN = "unknown"


class Status(StrEnum):
    SUCCEEDED = "succeeded"
    FAILED = "failed"
    DENIED = "denied"
    EXPIRED = "expired"


class Target(_Value):
    """The thing acted on. `digest` is the SHA-256 of its content where it has one."""

    kind: Name
    id: Annotated[str, Field(min_length=1, max_length=512)]
    digest: Sha256 | None = None

    def subject_digest(self) -> str:
        """The content digest, or for a thing without content the digest of its kind and id."""
        return self.digest or hashlib.sha256(f"{self.kind}:{self.id}".encode()).hexdigest()


class Action(_Value):
    """One effect a bot plans.

    `effect_key` names the effect: two actions with one key are one effect, however often they are
    planned. `blast_radius` counts the things the effect touches.
    """

    bot: Name
    name: Name
    target: Target
    parameters: dict[str, JsonValue] = {}
    reason: Annotated[str, Field(min_length=1, max_length=1000)]
    effect_key: Sha256
    blast_radius: Annotated[int, Field(ge=1)] = 1

    @property
    def id(self) -> str:
        """Short identifier of the action, derived from its effect key (128 bits)."""
        return f"act-{self.effect_key[:32]}"

    @classmethod
    def of(
        cls,
        bot: str,
        name: str,
        target: Target,
        *,
        reason: str,
        once_per: tuple[str, ...],
        parameters: dict[str, Any] | None = None,
        blast_radius: int = 1,
    ) -> Self:
        """Build an action whose effect key is derived from bot, name, target and `once_per`.

        `once_per` is what makes it *one* effect: the id of the event that called for it, the day it
        belongs to, the version it deploys. Parameters are not part of the key.
        """
        return cls(
            bot=bot,
            name=name,
            target=target,
            parameters=parameters or {},
            reason=reason,
            effect_key=effect_key(bot, name, target, once_per),
            blast_radius=blast_radius,
        )


def effect_key(bot: str, name: str, target: Target, once_per: tuple[str, ...]) -> str:
    """SHA-256 over an unambiguous encoding of the parts (JSON array, so that no two lists collide)."""
    parts = [bot, name, target.kind, target.id, target.digest or "", *once_per]
    return hashlib.sha256(json.dumps(parts, ensure_ascii=True, separators=(",", ":")).encode()).hexdigest()


class Reason(_Value):
    """Why policy decided as it did: a stable code and a sentence."""

    code: Annotated[str, Field(pattern=r"^[a-z][a-z0-9_.]*$", max_length=64)]
    message: Annotated[str, Field(max_length=500)]


class Obligation(_Value):
    """What must hold for an allow to stand.

    `reserve`: one unit of the counter `counter` must be taken, atomically, while it is below `limit`.
    """

    kind: Annotated[str, Field(pattern=r"^reserve$")] = "reserve"
    counter: Annotated[str, Field(pattern=r"^(hour|target_hour)$")]
    limit: Annotated[int, Field(ge=0)]


class Decision(_Value):
    """The answer of policy, with the digest of the bundle that gave it."""

    verdict: Verdict
    reasons: tuple[Reason, ...] = ()
    obligations: tuple[Obligation, ...] = ()
    exceptions: tuple[str, ...] = ()
    bundle_digest: Sha256
    decided_at: AwareDatetime


class Outcome(_Value):
    """What came of an action: `observed` holds digests, versions and counts seen afterwards.

    One that failed with a code that ends in `.moved` or `.superseded` was overtaken: what was to be done was
    done by another, or no longer called for.
    """

    status: Status
    observed: dict[str, JsonValue] = {}
    code: Annotated[str, Field(max_length=64)] | None = None
    message: Annotated[str, Field(max_length=500)] | None = None

    @property
    def overtaken(self) -> bool:
        """Whether it speaks for nobody's success or failure: deciders may race for the same move."""
        return self.status is Status.FAILED and (self.code or "").endswith((".moved", ".superseded"))


class Approval(_Value):
    """A person's answer to a reviewed action."""

    approved: bool
    by: Annotated[str, Field(min_length=1, max_length=128)]
    at: AwareDatetime
    reason: Annotated[str, Field(min_length=1, max_length=500)]
