"""What is stored deflated comes back byte for byte, whenever it was stored; damage is not guessed at."""

from __future__ import annotations

import zlib

from hypothesis import given
from hypothesis import strategies as st

from tests.support.log_forge import an_action, an_intent, an_outcome
from writ.adapters.deflate import deflated, inflated
from writ.contracts.statement import Link
from writ.ledger.canonical import canonical


@given(st.binary(max_size=2000))
def test_everything_comes_back(data: bytes) -> None:
    assert inflated(deflated(data)) == data


@given(st.binary(max_size=2000))
def test_what_was_stored_without_shared_text_is_read(data: bytes) -> None:
    assert inflated(zlib.compress(data, 9)) == data


def test_the_shared_text_never_changes() -> None:
    """It is named in the header of everything stored (RFC 1950, DICTID): other text would read none of it."""
    header = deflated(b"")[:6]
    assert header[1] & 0x20
    assert header[2:6].hex() == "5c37753a"


def test_statements_take_half_of_what_they_take_alone() -> None:
    action = an_action()
    link = Link(entry=f"{action.id}.intent", sha256="d" * 64)
    for made in (an_intent(action), an_outcome(action, link)):
        payload = canonical(made)
        assert len(deflated(payload)) < 0.6 * len(zlib.compress(payload, 9))


@given(st.binary(min_size=1, max_size=200), st.data())
def test_damage_is_handed_on_as_it_is(data: bytes, draw: st.DataObject) -> None:
    stored = bytearray(deflated(data))
    stored[draw.draw(st.integers(0, len(stored) - 1))] ^= draw.draw(st.integers(1, 255))
    found = inflated(bytes(stored))
    assert found in (bytes(stored), data)  # some bits of the header mean nothing


@given(st.binary(min_size=1, max_size=200), st.integers(1, 20))
def test_what_is_cut_off_or_longer_is_damaged(data: bytes, count: int) -> None:
    stored = deflated(data)
    for damaged in (stored[:-count], stored + b"x" * count):
        assert inflated(damaged) == damaged
