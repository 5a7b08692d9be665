"""I9: what has the name or the shape of a secret or a mail address does not pass."""

from __future__ import annotations

import string
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support.linear import is_linear
from writ.contracts.redaction import MASK, is_secret_name, redact, redact_text

ALNUM = string.ascii_letters + string.digits
SPACED = st.text(alphabet=" \n\t(),;", min_size=1, max_size=3)


def run(alphabet: str, least: int, most: int | None = None) -> st.SearchStrategy[str]:
    return st.text(alphabet=alphabet, min_size=least, max_size=most or least)


SECRETS = st.one_of(
    st.emails(),
    st.builds(lambda kind, rest: f"gh{kind}_{rest}", st.sampled_from("opsur"), run(ALNUM, 36)),
    run(ALNUM + "_", 40, 82).map(lambda rest: f"github_pat_{rest}"),
    run(string.ascii_uppercase + "234567", 16).map(lambda rest: f"AKIA{rest}"),
    st.tuples(*[run(ALNUM + "-_", 8, 40)] * 3).map(lambda parts: f"eyJ{parts[0]}.{parts[1]}.{parts[2]}"),
    run(ALNUM + "+/=\n", 40, 200).map(
        lambda rest: f"-----BEGIN EC PRIVATE KEY-----\n{rest}\n-----END EC PRIVATE KEY-----"
    ),
    run(ALNUM, 24).map(lambda rest: f"sk_live_{rest}"),
    run(ALNUM + "-", 20, 40).map(lambda rest: f"xoxb-{rest}"),
)
JSON: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=12),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=10,
)


@given(secret=SECRETS, before=SPACED, after=SPACED, around=JSON)
def test_secret_is_masked_wherever_it_stands(secret: str, before: str, after: str, around: Any) -> None:
    text = f"x{before}{secret}{after}y"
    for value in (text, [around, text], {"note": {"deep": (text,)}}, {text: 1}):
        assert secret not in str(redact(value))


@given(
    secret=run(ALNUM, 8, 40),
    name=st.sampled_from(
        ["password", "clientSecret", "AUTHORIZATION", "x-api-key", "private_key", "accessToken", "Set-Cookie"]
    ),
)
def test_field_is_masked_by_its_name(secret: str, name: str) -> None:
    assert redact({"outer": [{name: secret}]}) == {"outer": [{name: MASK}]}
    assert redact({name: {"value": secret}}) == {name: MASK}


@given(value=JSON | SECRETS)
def test_redacting_twice_changes_nothing_more(value: Any) -> None:
    assert redact(redact(value)) == redact(value)


@given(
    value=st.dictionaries(
        st.sampled_from(["id", "count", "sha", "repository"]), st.integers() | run(ALNUM, 6)
    )
)
def test_harmless_values_pass_unchanged(value: dict[str, Any]) -> None:
    assert redact(value) == value


@pytest.mark.parametrize(
    "name",
    [
        "secret_type",
        "token_count",
        "keyboard",
        "primary_key",
        "emailed_at",
        "author",
        "tokenizer",
        "secretary",
    ],
)
def test_name_that_only_sounds_secret_passes(name: str) -> None:
    assert not is_secret_name(name)


@pytest.mark.parametrize(
    ("text", "redacted"),
    [
        ("actions/checkout@v4.1.1 failed", "actions/checkout@v4.1.1 failed"),
        ("ask me@mail.example now", f"ask {MASK} now"),
        ("https://user:hunter2@host/x", f"https://{MASK}@host/x"),
        ("password=hunter2hunter2 ok", f"password={MASK} ok"),
        ("Authorization: Bearer abcdefghijklmnop1", f"Authorization: Bearer {MASK}"),
        ("the token expired", "the token expired"),
    ],
)
def test_text_keeps_what_is_not_secret(text: str, redacted: str) -> None:
    assert redact_text(text) == redacted


@pytest.mark.parametrize(
    "unit", ["a", "a@", "a.", "eyJ", "eyJaaaaa.", "-----BEGIN PRIVATE KEY-----", "secret=", "x:"]
)
def test_time_grows_with_the_text_and_not_faster(unit: str) -> None:
    assert is_linear(redact_text, unit, 20_000)


def test_depth_and_bytes_are_bounded() -> None:
    value: Any = "leaf"
    for _ in range(2000):
        value = [value]
    assert MASK in str(redact(value))
    assert redact({"body": b"\x00" * 12}) == {"body": "[12 bytes]"}
