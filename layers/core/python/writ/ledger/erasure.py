"""The one rule of erasure that verification knows: whose payload may be gone.

A statement of type `erasure/v1` lists in `erased` the leaf and the entry of each payload that was erased, and
the SHA-256 that the leaf has of it. Only the bot that erases may state one. A leaf that is named so still
proves that something was stated, by whom and where in the log; that its envelope is gone is then no finding.
"""

from collections.abc import Iterator
from typing import Any, Final

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError

from writ.contracts.action import Sha256
from writ.contracts.errors import from_validation
from writ.contracts.statement import ERASURE, EntryId, Statement
from writ.ledger.errors import VerificationError


class Erased(BaseModel):
    """A leaf whose payload was erased, the entry it is of, and the SHA-256 of the payload."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    leaf: int = Field(ge=0, strict=True)
    entry: EntryId
    payload: Sha256


_LIST: Final = TypeAdapter(list[Erased])


def erased_by(erased: Any, index: int) -> Iterator[Erased]:
    """What an erasure at leaf `index` lists as erased: only what the log held before it.

    Raises
    ------
    VerificationError
        `ledger.statement`: the list is malformed.
    """
    try:
        found = _LIST.validate_python(erased)
    except ValidationError as error:
        problem = from_validation(error, "erasure")
        field = f"predicate.erased.{problem.field}" if problem.field else "predicate.erased"
        raise VerificationError(problem.message, code="ledger.statement", field=field) from None
    return (item for item in found if item.leaf < index)


def erased_in(statement: Statement, index: int) -> Iterator[Erased]:
    """What a checked statement at leaf `index` lists as erased: nothing, unless it is an erasure.

    Raises
    ------
    VerificationError
        `ledger.statement`: its list is malformed.
    """
    if statement.predicate_type != ERASURE:
        return iter(())
    return erased_by((statement.predicate.model_extra or {}).get("erased"), index)
