"""How a bot or service stands, as last recorded: a document that decisions on its actions, or on it, read."""

import json
from typing import Self

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, ValidationError

from writ.slo.budget import BudgetState
from writ.slo.burn import Severity


class Standing(BaseModel):
    """`budget` is None where the document cannot be read: policy answers `unknown` until it is replaced."""

    model_config = ConfigDict(frozen=True, extra="ignore", defer_build=True)

    budget: BudgetState | None = BudgetState.NORMAL
    burning: Severity = Severity.NONE
    since: AwareDatetime | None = None

    @classmethod
    def parse(cls, text: str | None) -> Self:
        """The standing in a document; a bot without one was never found wanting."""
        if text is None:
            return cls()
        try:
            return cls.model_validate_json(text)
        except ValidationError:
            return cls(budget=None)

    def dump(self) -> str:
        """The text of the document."""
        return json.dumps(self.model_dump(mode="json"), separators=(",", ":"))


class ServiceStanding(Standing):
    """How a service stands, which is as its worst indicator does, and each of its indicators."""

    indicators: dict[str, Standing] = Field(default_factory=dict)

    def of(self, indicator: str) -> Standing:
        """How an indicator stood; one without a record was never found wanting."""
        return self.indicators.get(indicator, Standing())
