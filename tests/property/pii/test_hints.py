"""I9: what spares texts the detectors never spares one in which a detector finds what is masked."""

from __future__ import annotations

import random
import string

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.support.pii import SAMPLES
from tests.support.pii_made import VALID, lookalike
from writ.contracts import redaction
from writ.contracts.redaction import MASK, redact_text
from writ.pii import assigned, codes, hints, mail, numbers, tokens
from writ.pii.finding import Confidence
from writ.pii.kinds import KINDS, Group
from writ.pii.national import NUMBERS
from writ.pii.sheet import Sheet

PIECES = [
    *"aA1-_.:=@/+( ~,é'\"", "aa", "GB29", "de12", "dni ", "nino ", "ssn ", "key", "client", "api_",
    "token", "bearer ", "://", "1234", "123-45-6789", "12 34 56 a", "abcdef12a12a123a", "12345678", "eyJ",
    "SG.", "ghp_", "sk-", "AKIA", "Q~", "2026-11-25 10:11:12", "4111 1111 1111 1111", "xoxb-", "a@b.cc",
    "dapi", "756.1234.5678.97", "\\n", "%20", "%3D", "\\u0022", "<password>", "</password>", "--password ",
    " is ", "_pass", "wachtwoord", "contrase\xf1a", "mot de passe", "hunter2xyz", "131005A308N", "hetu ",
    "BOXW310820HNERXN09", "710319/2745", "rodn\xe9 ", "birth_number ", "sha256~", "aB3d5fG" * 7, ".com",
    "/api/webhooks/123456789012345678/", "dt0c01.", "LTAI", "ATBB", ">", "'", "xoxc-", "12345678:AA", "pass",
]  # fmt: skip


def least() -> dict[str, int]:
    """As the guide says it, kind by kind."""
    national = {kind.id: Confidence.HIGH for kind in KINDS if kind.group is Group.NATIONAL}
    secrets = {kind.id: Confidence.LOW for kind in KINDS if kind.group is Group.SECRET}
    always = dict.fromkeys(("mail", "card", "iban"), Confidence.LOW)
    return {**national, **secrets, **always, "us_ssn": Confidence.MEDIUM, "us_itin": Confidence.MEDIUM}


LEAST = least()


def by_every_detector(text: str) -> str:
    """The text as it is masked where nothing is spared."""
    sheet = Sheet(text)
    finders = (tokens.find, assigned.find, mail.find, numbers.find_identities, codes.find)
    spans = sorted(
        (start, end)
        for find in finders
        for start, end, kind, sure in find(sheet)
        if kind in LEAST and sure >= LEAST[kind]
    )
    masked, done = "", -1
    for start, end in spans:
        if start > done:
            masked += text[max(done, 0) : start] + MASK
        done = max(done, end)
    return masked + text[max(done, 0) :]


@given(parts=st.lists(st.sampled_from(PIECES), max_size=14).map("".join))
def test_text_of_pieces_is_masked_as_by_every_detector(parts: str) -> None:
    assert redact_text(parts) == by_every_detector(parts)


@pytest.mark.parametrize("kind", sorted(VALID))
def test_made_value_is_masked_as_by_every_detector(kind: str) -> None:
    rng = random.Random(kind)
    around, make = VALID[kind]
    for _ in range(12):
        value = make(rng)
        for text in (value, around.format(value), f"{lookalike(rng)} {value}", f"x-{value}\n", f"é{value}é"):
            assert redact_text(text) == by_every_detector(text)
            assert redact_text(text) == by_every_detector(text), "asked again"


@pytest.mark.parametrize("number", range(len(tokens._RUNS)))
def test_every_credential_of_a_pattern_is_hinted_at(number: int) -> None:
    kind, pattern = tokens._RUNS[number]

    @settings(max_examples=30)
    @given(value=st.from_regex(rf"\A(?:{pattern})\Z", alphabet=string.ascii_letters + string.digits + "_-"))
    def check(value: str) -> None:
        for text in (value, f"a.{value}", f"a-{value} b", f"é{value}"):
            found = [span for span in tokens.find(Sheet(text)) if span[2] == kind]
            assert found or set(value) <= set("0123456789abcdefABCDEF-h")
            assert redact_text(text) != text or not found

    check()


def test_texts_of_others_are_masked_as_by_every_detector() -> None:
    for sample in SAMPLES:
        assert redact_text(sample.text) == by_every_detector(sample.text)


def test_words_of_short_numbers_have_a_stem() -> None:
    called = {
        word
        for number in NUMBERS
        if any(key.isdigit() and int(key) < 13 for key in number.keys)
        for word in number.called
    }
    written = {word.rstrip().replace(" ", joint) for word in called for joint in " _-"}
    assert [word for word in written if not any(stem in word for stem in hints.STEMS)] == []
    lettered = [*codes._NINO_WORDS, *codes._SPANISH_WORDS]
    assert [word for word in lettered if not any(stem in word for stem in hints.LETTERED_STEMS)] == []


def test_what_may_stand_before_a_key_is_known() -> None:
    assert {chr(stem[-1]) for stem in assigned._STEMS} | set("-_") == hints._BEFORE_KEY


def test_what_is_remembered_is_bounded_and_has_no_secret() -> None:
    redaction._clean.clear()
    secret = "ghp_" + "aB3" * 12
    assert redact_text(secret) == MASK
    for number in range(redaction._MOST_KNOWN + 10):
        redact_text(f"text {number}")
    assert 0 < len(redaction._clean) <= redaction._MOST_KNOWN
    assert secret not in redaction._clean
