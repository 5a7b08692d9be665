"""No finding is lost at a border of chunks, and no text makes a detector slow."""

from __future__ import annotations

import random
import re
import tracemalloc

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.support.linear import is_linear
from tests.support.pii_made import VALID, lookalike
from writ.pii import mail
from writ.pii.finding import Confidence
from writ.pii.scan import scan
from writ.pii.sheet import Sheet
from writ.pii.stream import scan_stream

KINDS = sorted(VALID)


def text_of(seed: int, kinds: list[str]) -> str:
    rng = random.Random(seed)
    parts = []
    for kind in kinds:
        around, make = VALID[kind]
        parts += [lookalike(rng) for _ in range(rng.randrange(4))] + [around.format(make(rng))]
    return "\n".join(parts)


@settings(max_examples=30)
@given(
    seed=st.integers(0, 10**6),
    kinds=st.lists(st.sampled_from(KINDS), min_size=1, max_size=12),
    sizes=st.lists(st.integers(1, 900), min_size=1, max_size=6),
)
def test_stream_finds_what_the_whole_text_has_wherever_it_is_cut(
    seed: int, kinds: list[str], sizes: list[int]
) -> None:
    text = text_of(seed, kinds)
    chunks, place, turn = [], 0, 0
    while place < len(text):
        size = sizes[turn % len(sizes)]
        chunks.append(text[place : place + size])
        place, turn = place + size, turn + 1
    assert list(scan_stream(chunks, window=512, reach=1024)) == scan(text)


UNITS = [
    "a", "1", "1 ", "1-", "1.", "(1", "+1", "a@", "a.", ":", "::", "a:", "1:", "aa00", "AA00 ", "00:",
    "Anna ", "Anna Lee ", "12 Rua ", "12 a ", "rua ", "born ", "born 1/", "key=", "api_key='",
    "secret=", "password: ", "token=token=", "bearer ", "eyJ", "eyJaaaaa.", "ghp_", "-----BEGIN ",
    "-----BEGIN PRIVATE KEY-----", "://", "://a:", "://:", "x:y@", "SG.", "Q~", "passport ",
    "driver licen", "Dear ", "A", "phone 1", "1.1.", "=", "[", "0000000a ", "\u00e9", "Dr. ",
]  # fmt: skip


@pytest.mark.parametrize("unit", UNITS)
def test_time_grows_with_the_text_and_not_faster(unit: str) -> None:
    assert is_linear(lambda text: scan(text, least=Confidence.LOW), unit, 4_000)


def test_what_stands_before_an_address_is_not_copied_for_each() -> None:
    """A copy is fast enough to pass for linear in small texts, and is not in large ones."""
    sheet = Sheet("a word " * 100_000 + "jo@corp.co")
    list(mail.find(sheet))
    tracemalloc.start()
    try:
        assert len(list(mail.find(sheet))) == 1
        assert tracemalloc.get_traced_memory()[1] < len(sheet.text) / 10
    finally:
        tracemalloc.stop()


def test_search_whose_time_grows_with_the_square_is_told_from_others() -> None:
    assert not is_linear(re.compile("a*b").findall, "a", 1500)
    assert is_linear(re.compile("ab").findall, "a", 1500)
