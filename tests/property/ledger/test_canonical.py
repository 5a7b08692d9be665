"""Canonical JSON: RFC 8785 vectors, and both ways of writing it agree."""

from __future__ import annotations

import json
from base64 import b64decode, b64encode
from pathlib import Path

import pytest
import rfc8785
from hypothesis import given
from hypothesis import strategies as st

from writ.contracts.errors import ContractError
from writ.ledger.canonical import b64decode_exact, canonical, is_canonical

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


@given(values)
def test_form_is_known_as_such_and_no_other_spelling_is(value: object) -> None:
    try:
        form = canonical(value)
    except ContractError:
        return
    assert is_canonical(form)
    for other in (json.dumps(value), json.dumps(value, indent=1), json.dumps(value, ensure_ascii=False)):
        data = other.encode("utf-8", "surrogatepass")
        assert is_canonical(data) == (data == form)


@pytest.mark.parametrize("name", sorted(path.stem for path in (VECTORS / "input").glob("*.json")))
def test_published_form_is_known_as_such_and_its_input_is_not(name: str) -> None:
    assert is_canonical(bytes.fromhex((VECTORS / "outhex" / f"{name}.txt").read_text()))
    assert not is_canonical((VECTORS / "input" / f"{name}.json").read_bytes())


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\xff",
        b'{"a":1,"a":1}',
        b'{"a":1,"a":2}',
        b'{"b":1,"a":2}',
        b'{"a": 1}',
        b'{"a":1}\n',
        b'{"a":1.0}',
        b'{"a":-0}',
        b'{"a":1e2}',
        b'{"a":NaN}',
        b'{"a":Infinity}',
        b'{"a":9007199254740993}',
        b'{"a":' + b"9" * 5000 + b"}",
        b'{"a":"\\u0061"}',
        b'{"a":"\\/"}',
        b'{"a":"\\ud800"}',
        b'{"a":"b".5}',
        b'{"a":"b"1}',
        b'{"a":01}',
        b'{"a":"b"e1}',
        b'{"a":1,"a":"b"}',
        b'{"b":"c","a":"c"}',
        b'{"a":"\x7f"}}',
        b'{":1,":2,":0,":3}',
        b"[" * 100_000,
        b"[" * 100_000 + b"]" * 100_000,
        '{"\U0001f600":1,"\ufb33":2}'.encode()[:-1],
        '{"\ufb33":2,"\U0001f600":1}'.encode(),
        b"\xef\xbb\xbf{}",
        "{}".encode("utf-16"),
    ],
    ids=lambda data: repr(data[:20]),
)
def test_other_bytes_are_not_canonical(data: bytes) -> None:
    assert not is_canonical(data)


_PIECES = [
    *'{}[]",:.0159ab\\ ',
    '":',
    '"a":',
    '"b":',
    '"a":"',
    '","',
    '"}',
    "null",
    "-",
    "é",
    "9" * 15,
    "9" * 16,
]


@given(values, st.data())
def test_no_edit_of_a_form_is_taken_for_one_by_its_shape(value: object, data: st.DataObject) -> None:
    try:
        form = canonical({"a": value, "b": [{"c": "d", "e": 1}, {"c:5,": "d:", "f": ":0,"}]}).decode()
    except ContractError:
        return
    for _ in range(8):
        start = data.draw(st.integers(0, len(form)))
        end = data.draw(st.integers(start, min(len(form), start + 6)))
        edited = (form[:start] + data.draw(st.sampled_from(_PIECES)) + form[end:]).encode()
        assert is_canonical(edited) == _is_written_so(edited)


@given(st.lists(st.sampled_from(_PIECES), max_size=14).map(lambda pieces: '{"a":' + "".join(pieces) + "}"))
def test_text_made_of_what_json_is_made_of_is_judged_by_its_value(text: str) -> None:
    assert is_canonical(text.encode()) == _is_written_so(text.encode())


def _is_written_so(data: bytes) -> bool:
    """Whether the bytes are what their value is written as, without regard to any shape."""
    try:
        return canonical(json.loads(data, parse_int=_double)) == data
    except (ValueError, ContractError):
        return False


def _double(text: str) -> int | float:
    value = float(text)
    return int(value) if abs(value) < 2**53 else value


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


@given(st.text("AQZa9+/=\n", max_size=12) | st.binary(max_size=12).map(lambda data: b64encode(data).decode()))
def test_base64_has_the_one_spelling_that_is_written(text: str) -> None:
    data = text.encode()
    try:
        assert b64encode(b64decode_exact(data)) == data
    except ValueError:
        assert not is_written(data)


def is_written(data: bytes) -> bool:
    """Whether these are the bytes that `b64encode` writes for what they stand for."""
    try:
        return b64encode(b64decode(data)) == data
    except ValueError:
        return False
