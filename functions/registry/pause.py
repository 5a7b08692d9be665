"""The pause of a bot or of one of its actions: a document that every decision on such an action reads."""

import json
from datetime import datetime
from typing import Any, Self

from pydantic import AwareDatetime, BaseModel, ConfigDict, StrictBool, ValidationError


class Pause(BaseModel):
    """Whether a bot or an action is paused; `by`, `reason` and `since` tell of the last time that changed.

    `paused` is None where the document cannot be read: policy then answers `unknown`, and nothing is done.
    """

    model_config = ConfigDict(frozen=True, extra="ignore", defer_build=True)

    paused: StrictBool | None = False
    by: str | None = None
    reason: str | None = None
    since: AwareDatetime | None = None

    @classmethod
    def parse(cls, text: str | None) -> Self:
        """The state in a document; without one the bot was never paused."""
        if text is None:
            return cls()
        try:
            return cls.model_validate({"paused": False, **_object(text)})
        except (ValueError, ValidationError):
            return cls(paused=None)

    @classmethod
    def changed(cls, paused: bool, *, by: str, reason: str, since: datetime) -> Self:
        """The state from now on."""
        return cls(paused=paused, by=by, reason=reason, since=since)

    def dump(self) -> str:
        """The text of the document."""
        return json.dumps(self.shown(), separators=(",", ":"), ensure_ascii=False)

    def shown(self) -> dict[str, Any]:
        """The state as callers see it."""
        return self.model_dump(mode="json")


def _object(text: str) -> dict[str, Any]:
    value = json.loads(text)
    if not isinstance(value, dict):
        raise ValueError("not an object")
    return value
