"""What people read of input that is refused."""

from __future__ import annotations

from typing import Annotated, Self

import pytest
from pydantic import BaseModel, Field, ValidationError, model_validator

from writ.contracts.errors import NOT_BLANK, ContractError, MisfitError, from_validation


class Part(BaseModel):
    low: int = 0
    high: int = 1

    @model_validator(mode="after")
    def _ordered(self) -> Self:
        if self.high == 99:
            raise ValueError("99 is taken")
        if self.low > self.high:
            raise MisfitError("low", "it is above high")
        return self


class Whole(BaseModel):
    reason: Annotated[str, Field(min_length=1, pattern=NOT_BLANK)] = "x"
    name: Annotated[str, Field(pattern="^[a-z]+$")] = "x"
    parts: list[Part] = []


def refused(**given: object) -> ContractError:
    with pytest.raises(ValidationError) as caught:
        Whole.model_validate(given)
    return from_validation(caught.value, "body")


@pytest.mark.parametrize(
    ("given", "field", "message"),
    [
        ({"reason": "  "}, "reason", "body: there is nothing in it but blanks"),
        ({"name": "A"}, "name", "body: String should match pattern '^[a-z]+$'"),
        ({"parts": [{}, {"low": 2}]}, "parts.1.low", "body: it is above high"),
        ({"parts": [{"high": 99}]}, "parts.0", "body: 99 is taken"),
    ],
)
def test_a_refusal_is_plain_and_names_the_field_by_its_path(
    given: dict[str, object], field: str, message: str
) -> None:
    problem = refused(**given)
    assert (problem.field, problem.message) == (field, message)
