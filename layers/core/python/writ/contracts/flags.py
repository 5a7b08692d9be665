"""Feature flags: what the catalogue declares, what people set since, and both as Powertools reads them. Pure.

Schema of features: https://docs.powertools.aws.dev/lambda/python/latest/utilities/feature_flags/#schema
"""

import hashlib
from datetime import date, timedelta
from enum import StrEnum
from typing import Annotated, Any, Final, Literal, Self

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, StrictBool, StrictInt, model_validator

from writ.contracts.action import Name

LONGEST_LIFE: Final = timedelta(days=180)
MAX_TENANTS: Final = 100

Tenant = Annotated[str, Field(min_length=1, max_length=128, pattern=r"^[A-Za-z0-9][A-Za-z0-9._:@/-]*$")]
Percent = Annotated[StrictInt, Field(ge=0, le=100)]


class FlagKind(StrEnum):
    """Release and experiment end; a kill switch and an operational control stay."""

    RELEASE = "release"
    EXPERIMENT = "experiment"
    KILL_SWITCH = "kill-switch"
    OPERATIONS = "operations"

    @property
    def temporary(self) -> bool:
        return self in (FlagKind.RELEASE, FlagKind.EXPERIMENT)


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", defer_build=True)


class Rollout(_Part):
    """Who has the behaviour: the named tenants, and this share of all others."""

    percent: Percent = 0
    on_for: Annotated[tuple[Tenant, ...], Field(max_length=MAX_TENANTS)] = ()
    off_for: Annotated[tuple[Tenant, ...], Field(max_length=MAX_TENANTS)] = ()

    @model_validator(mode="after")
    def _no_tenant_twice(self) -> Self:
        if both := sorted(set(self.on_for) & set(self.off_for)):
            raise ValueError(f"{both[0]} is in on_for and in off_for")
        return self

    @property
    def full(self) -> bool:
        """Whether everybody has it."""
        return self.percent == 100 and not self.off_for

    def has(self, flag: str, tenant: str) -> bool:
        """Whether a tenant has the flag of this name, as the rules of `feature` answer it."""
        if tenant in self.off_for or tenant in self.on_for:
            return tenant in self.on_for
        return bucket(flag, tenant) < self.percent

    def widens(self, before: "Rollout", flag: str) -> bool:
        """Whether any tenant has the flag of this name who had it not before.

        A larger share is taken to give it to somebody, whoever there is.
        """
        # Whoever else there is keeps what he had, or loses it, while the share does not grow.
        gaining = {*self.on_for, *before.off_for}
        return self.percent > before.percent or any(
            self.has(flag, tenant) and not before.has(flag, tenant) for tenant in gaining
        )


class Flag(_Part):
    """One flag of the catalogue. `tenants` is what it is asked about, and by which id of theirs.

    `default` is what holds while nothing can be read.
    """

    name: Name
    summary: Annotated[str, Field(min_length=10, max_length=200)]
    tenants: Annotated[str, Field(min_length=1, max_length=100)] | None = None
    owner: Name
    kind: FlagKind
    risk: Literal["low", "high"] = "low"
    default: StrictBool
    added: date
    expires: date | None = None
    rollout: Rollout = Field(default_factory=Rollout)

    @model_validator(mode="after")
    def _ends_if_temporary(self) -> Self:
        if self.kind.temporary and self.expires is None:
            raise ValueError(f"a flag of kind {self.kind.value} needs expires, a date")
        if self.kind.temporary and self.default:
            raise ValueError(f"a flag of kind {self.kind.value} is off by default")
        if self.expires is not None and not self.added < self.expires <= self.added + LONGEST_LIFE:
            raise ValueError(f"expires lies after added, by {LONGEST_LIFE.days} days at most")
        return self


class Setting(_Part):
    """What a person set last. `full_since`: since when everybody has it without a break."""

    rollout: Rollout
    killed: bool = False
    by: Annotated[str, Field(min_length=1, max_length=128)]
    reason: Annotated[str, Field(min_length=1, max_length=200)]
    since: AwareDatetime
    full_since: AwareDatetime | None = None


def bucket(flag: str, tenant: str) -> int:
    """The hundredth that a tenant falls into for one flag, from 0 to 99.

    It depends on nothing else, so a tenant keeps what it has while the share grows; the flag's name is part
    of it, so that not the same tenants come first every time.
    """
    digest = hashlib.sha256(f"{flag}\n{tenant}".encode()).digest()
    return int.from_bytes(digest[:8], "big") % 100


def context(flag: str, tenant: str) -> dict[str, Any]:
    """What the rules of `feature` are compared with."""
    return {"tenant": tenant, "bucket": bucket(flag, tenant)}


def feature(rollout: Rollout, *, killed: bool = False) -> dict[str, Any]:
    """A rollout as a feature of Powertools: exclusions first, then the named tenants, then the share."""
    if killed:
        return {"default": False}
    rules: dict[str, Any] = {}
    if rollout.off_for:
        rules["off for these tenants"] = _rule(False, "KEY_IN_VALUE", "tenant", list(rollout.off_for))
    if rollout.on_for:
        rules["on for these tenants"] = _rule(True, "KEY_IN_VALUE", "tenant", list(rollout.on_for))
    if 0 < rollout.percent < 100:
        share = {"BASE": 100, "START": 0, "END": rollout.percent - 1}
        rules["on for a share"] = _rule(True, "MODULO_RANGE", "bucket", share)
    return {"default": rollout.percent == 100, **({"rules": rules} if rules else {})}


def _rule(value: bool, action: str, key: str, compared: Any) -> dict[str, Any]:
    return {"when_match": value, "conditions": [{"action": action, "key": key, "value": compared}]}
