"""Results of gates over DynamoDB, by moto."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from functions.gate.results import place
from tests.support.moto_aws import moto_aws
from writ.adapters.gate_table import ResultTable
from writ.contracts.errors import ConflictError


@pytest.fixture
def table() -> Iterator[ResultTable]:
    with moto_aws("gates"):
        yield ResultTable("gates")


def result(minute: int, repository: str = "acme/shop") -> dict[str, object]:
    at = f"2026-03-02T10:{minute:02}:00+00:00"
    return {"repository": repository, "at": at, "report": f"{minute:064x}", "verdict": "allow"}


def test_a_result_is_kept_once_and_for_good(table: ResultTable) -> None:
    document = result(1)
    table.keep(place(document), document)
    assert table.get(place(document)) == document
    with pytest.raises(ConflictError):
        table.keep(place(document), {**document, "verdict": "deny"})
    assert table.get(place(document)) == document
    assert table.get(place(result(2))) is None


def test_results_are_listed_the_newest_first(table: ResultTable) -> None:
    for document in (*map(result, range(5)), result(9, "acme/other")):
        table.keep(place(document), document)
    first, following = table.newest("acme/shop", 3, None)
    rest, end = table.newest("acme/shop", 3, following)
    assert [document["report"] for document in (*first, *rest)] == [f"{n:064x}" for n in (4, 3, 2, 1, 0)]
    assert end is None
