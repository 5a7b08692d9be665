"""How a bot stands, as it was last recorded: a document that every decision on one of its actions reads."""

import json
from typing import Self

from pydantic import AwareDatetime, BaseModel, ConfigDict, ValidationError

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
