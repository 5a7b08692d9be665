"""Canonical JSON: RFC 8785 vectors, and both ways of writing it agree."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import rfc8785
from hypothesis import given
from hypothesis import strategies as st

from writ.contracts.errors import ContractError
from writ.ledger.canonical import canonical

VECTORS = Path(__file__).parents[2] / "data" / "ledger" / "jcs"
scalars = (
    st.none() | st.booleans() | st.integers(-(2**53) + 1, 2**53 - 1) | st.floats(allow_nan=False) | st.text()
)
values = st.recursive(
    scalars.filter(lambda value: value not in (float("inf"), float("-inf"))),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=5), inner, max_size=4),
    max_leaves=20,
)


@pytest.mark.parametrize("name", sorted(path.stem for path in (VECTORS / "input").glob("*.json")))
def test_published_vector_has_the_published_form(name: str) -> None:
    value = json.loads((VECTORS / "input" / f"{name}.json").read_bytes())
    expected = bytes.fromhex((VECTORS / "outhex" / f"{name}.txt").read_text())
    assert canonical(value) == expected


@given(values)
def test_form_equals_rfc8785(value: object) -> None:
    try:
        expected = rfc8785.dumps(value)  # type: ignore[arg-type]
    except rfc8785.CanonicalizationError:
        with pytest.raises(ContractError):
            canonical(value)
        return
    assert canonical(value) == expected


@pytest.mark.parametrize(
    "value", [2**53, float("nan"), "\ud800", {1: 2}, object(), {"a": {"b": [float("inf")]}}]
)
def test_value_is_refused_when_json_cannot_carry_it(value: object) -> None:
    with pytest.raises(ContractError, match=r"contract\.not_canonical"):
        canonical(value)


def test_deep_nesting_is_refused_and_does_not_crash() -> None:
    value: object = []
    for _ in range(100_000):
        value = [value]
    with pytest.raises(ContractError, match=r"contract\.not_canonical"):
        canonical(value)
