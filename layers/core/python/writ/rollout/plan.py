"""How a release is rolled out, as data: which functions move together, by which steps, and what stops it."""

from datetime import timedelta
from typing import Annotated, Final, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from writ.contracts.action import Name

# A rollout that could take longer than this is none: its lock would keep every other change out.
LONGEST: Final = timedelta(days=7)

FunctionName = Annotated[str, Field(pattern=r"^[A-Za-z0-9_-]{1,64}$")]
# A number: `$LATEST` cannot be weighted.
# https://docs.aws.amazon.com/lambda/latest/dg/configuring-alias-routing.html
Version = Annotated[str, Field(pattern=r"^[1-9][0-9]{0,9}$")]
ReleaseId = Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._+-]{0,99}$")]
_Seconds = Annotated[int, Field(ge=0, le=86_400)]


class Value(BaseModel):
    """Immutable, and refuses what it does not know."""

    model_config = ConfigDict(frozen=True, extra="forbid", defer_build=True)


class Group(Value):
    """A service: functions whose alias moves and rolls back together, and the services that it calls."""

    service: Name
    alias: Annotated[str, Field(pattern=r"^[A-Za-z][A-Za-z0-9_-]{0,63}$")] = "live"
    functions: Annotated[tuple[FunctionName, ...], Field(min_length=1, max_length=20)]
    depends_on: Annotated[tuple[Name, ...], Field(max_length=20)] = ()

    @model_validator(mode="after")
    def _once(self) -> Self:
        if len(set(self.functions)) < len(self.functions):
            raise ValueError("a function is named twice")
        if self.service in self.depends_on:
            raise ValueError("a service does not depend on itself")
        return self


class Release(Value):
    """One version of every function of a group."""

    id: ReleaseId
    versions: dict[FunctionName, Version]


class Hook(Value):
    """A function that is called with the rollout and the step, and says whether to go on."""

    function: FunctionName


class Step(Value):
    """A share of the traffic, for how long at least, what runs before and after, and whether a person must
    agree.

    `weight` is a part of 1. `pause_s` begins when every function of the group has the weight. `gate`: a
    person agrees before the rollout leaves the step.
    """

    weight: Annotated[float, Field(gt=0, lt=1, allow_inf_nan=False)]
    pause_s: _Seconds = 300
    before: Hook | None = None
    after: Hook | None = None
    gate: bool = False


class Plan(Value):
    """Steps of growing weight, then everything, then a time in which it can still be taken back.

    `patience_s`: how long a step may wait for a verdict, or a person, beyond its pause. `bake_s` is watched
    with everything on the new version. `verify_s` is watched after a reversal. `apply_s`: how long the
    functions of a group may take to get a weight. What takes longer is reverted. `guard_s`: how long a
    promoted release is watched after its rollout, without the lock; `health` is asked every minute then.
    """

    steps: Annotated[tuple[Step, ...], Field(max_length=20)] = (
        Step(weight=0.05),
        Step(weight=0.25),
        Step(weight=0.5),
    )
    bake_s: _Seconds = 600
    verify_s: _Seconds = 120
    patience_s: _Seconds = 3600
    apply_s: Annotated[int, Field(ge=60, le=3600)] = 300
    guard_s: _Seconds = 0
    health: Hook | None = None

    @model_validator(mode="after")
    def _growing(self) -> Self:
        weights = [step.weight for step in self.steps]
        if weights != sorted(set(weights)):
            raise ValueError("weights grow from step to step")
        if self.longest > LONGEST:
            raise ValueError("it could take longer than 7 days")
        return self

    @property
    def longest(self) -> timedelta:
        """The longest that a rollout by this plan may take while its calls succeed."""
        waits = sum(step.pause_s + self.patience_s + self.apply_s for step in self.steps)
        rest = self.bake_s + self.verify_s + 2 * self.patience_s + 2 * self.apply_s
        return timedelta(seconds=waits + rest)


# At once and everywhere: what a rollback does.
AT_ONCE: Final = Plan(steps=(), bake_s=0)
