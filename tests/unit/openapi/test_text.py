"""Text of documents: aliases are read, and what they could make of it is bounded."""

from __future__ import annotations

import pytest

from writ.contracts.errors import ContractError
from writ.openapi.text import parse


def test_aliases_and_merges_of_usual_documents_are_read() -> None:
    text = "a: &a {x: 1}\nb: {<<: *a, y: 2}\nc: *a\n"
    assert parse(text) == {"a": {"x": 1}, "b": {"x": 1, "y": 2}, "c": {"x": 1}}


@pytest.mark.parametrize("form", ["[{}]", "{{<<: [{}]}}"], ids=["aliases", "merges"])
def test_document_that_its_aliases_blow_up_is_refused(form: str) -> None:
    first = "a0: &a0 {x: 1}\n"
    more = (f"a{n}: &a{n} {form.format(', '.join([f'*a{n - 1}'] * 9))}\n" for n in range(1, 30))
    with pytest.raises(ContractError, match="its aliases make too much of it"):
        parse(first + "".join(more))


def test_document_that_is_part_of_itself_is_refused() -> None:
    with pytest.raises(ContractError, match="has itself as a part"):
        parse("a: &a [*a]\n")
