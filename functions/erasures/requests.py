"""What callers may send: strict, and free of secrets before anything keeps it."""

from __future__ import annotations

from typing import Annotated, Final

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StringConstraints, model_validator

from writ.contracts.data_subjects import MAX_NAME
from writ.contracts.events.erasures import Identifier
from writ.contracts.redaction import redact_text

LONGEST_REASON: Final = 200


def _said(text: str) -> str:
    return redact_text(text)[:LONGEST_REASON]


Why = Annotated[
    str,
    StringConstraints(strip_whitespace=True, min_length=1, max_length=LONGEST_REASON),
    AfterValidator(_said),
]
PersonName = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=MAX_NAME)]


class _Body(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", strict=True, defer_build=True)


class NewErasure(_Body):
    """Whose evidence to erase, and why."""

    subject: PersonName
    reason: Why


class NewHold(_Body):
    """What to keep, and why: a person's evidence, a predicate type, or without either everything."""

    id: Identifier
    subject: PersonName | None = None
    type: Annotated[str, Field(pattern=r"^https://[!-~]{1,200}$")] | None = None
    reason: Why

    @model_validator(mode="after")
    def _one_scope(self) -> NewHold:
        if self.subject is not None and self.type is not None:
            raise ValueError("a hold is of a subject or of a type")
        return self


class Reason(_Body):
    """Why a hold ends; a DELETE has no body, so it comes as a query parameter."""

    reason: Why
