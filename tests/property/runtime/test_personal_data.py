"""I9: mail addresses and the numbers that stand for a person do not pass; every other number does."""

from __future__ import annotations

import string
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support.linear import is_linear
from tests.support.pii import HARMLESS, PERSONAL, Sample
from writ.contracts.redaction import MASK, redact, redact_text

DIGITS = st.sampled_from(string.digits)
AROUND = st.sampled_from(["", " ", ", ", "\n", "(", ":", "/", "'"])
LENGTHS = {"GB": 22, "DE": 22, "NO": 15, "MT": 31, "FR": 27, "NL": 18}


@pytest.mark.parametrize("sample", PERSONAL, ids=lambda sample: sample.text[:30])
def test_personal_data_of_a_real_text_is_masked(sample: Sample) -> None:
    masked = redact_text(sample.text)
    assert MASK in masked
    assert [value for value in sample.values if value in masked] == []


@pytest.mark.parametrize("sample", HARMLESS, ids=lambda sample: sample.text[:30])
def test_text_with_other_numbers_passes_unchanged(sample: Sample) -> None:
    assert redact_text(sample.text) == sample.text


def luhn(digits: str) -> str:
    """The check digit of a card number (ISO/IEC 7812-1)."""
    total = 0
    for place, digit in enumerate(reversed(digits)):
        doubled = int(digit) * (2 if place % 2 == 0 else 1)
        total += doubled - 9 if doubled > 9 else doubled
    return str(-total % 10)


cards = st.builds(
    lambda first, rest: first + "".join(rest),
    st.sampled_from("23456"),
    st.lists(DIGITS, min_size=12, max_size=17),
).map(lambda number: number + luhn(number))


def account(country: str, rest: str) -> str:
    """An account number with its check digits (ISO 13616)."""
    spelled = "".join(str(int(digit, 36)) for digit in f"{rest}{country}00")
    return f"{country}{98 - int(spelled) % 97:02d}{rest}"


accounts = st.sampled_from(sorted(LENGTHS)).flatmap(
    lambda country: st.text(
        string.ascii_uppercase + string.digits, min_size=LENGTHS[country] - 4, max_size=LENGTHS[country] - 4
    ).map(lambda rest: account(country, rest))
)


@given(number=cards, before=AROUND, after=AROUND)
def test_card_number_is_masked_and_one_with_another_check_digit_is_not(
    number: str, before: str, after: str
) -> None:
    assert redact_text(f"x {before}{number}{after} y") == f"x {before}{MASK}{after} y"
    other = number[:-1] + str((int(number[-1]) + 1) % 10)
    assert redact_text(f"x {before}{other}{after} y") == f"x {before}{other}{after} y"


@given(number=cards.filter(lambda number: len(number) == 16), gap=st.sampled_from(" -"))
def test_card_number_in_groups_is_masked(number: str, gap: str) -> None:
    grouped = gap.join(number[start : start + 4] for start in range(0, 16, 4))
    assert redact_text(f"card {grouped} 12/29") == f"card {MASK} 12/29"


@given(number=accounts, spaced=st.booleans(), lower=st.booleans(), after=st.sampled_from(["", " then", "."]))
def test_account_number_is_masked_and_one_with_other_check_digits_is_not(
    number: str, spaced: bool, lower: bool, after: str
) -> None:
    def written(text: str) -> str:
        cased = text.lower() if lower else text
        return " ".join(cased[at : at + 4] for at in range(0, len(cased), 4)) if spaced else cased

    assert redact_text(f"to {written(number)}{after}") == f"to {MASK}{after}"
    checked = int(number[2:4])
    other = number[:2] + f"{checked + 1 if checked < 98 else 2:02d}" + number[4:]
    assert redact_text(f"to {other}{after}") == f"to {other}{after}"


@given(
    digest=st.binary(min_size=20, max_size=32).map(bytes.hex),
    uuid=st.uuids().map(str),
    trace=st.tuples(st.binary(min_size=16, max_size=16), st.binary(min_size=8, max_size=8)).map(
        lambda pair: f"00-{pair[0].hex()}-{pair[1].hex()}-01"
    ),
    moment=st.datetimes(datetime(2020, 1, 1), datetime(2040, 1, 1)).map(lambda d: d.replace(tzinfo=UTC)),
    account_id=st.from_regex(r"[0-9]{12}", fullmatch=True),
)
def test_ids_digests_and_times_pass_unchanged(
    digest: str, uuid: str, trace: str, moment: datetime, account_id: str
) -> None:
    value = {
        "sha": digest,
        "id": uuid,
        "trace": trace,
        "at": moment.isoformat(),
        "ms": str(int(moment.timestamp() * 1000)),
        "arn": f"arn:aws:sqs:us-east-1:{account_id}:writ-local-probe",
        "entry": f"act-{digest[:32]}.intent",
    }
    assert redact(value) == value


@pytest.mark.parametrize("unit", ["4", "4 ", "4-", "GB69", "gb69 ", "gb 69", "1-", "123-45-"])
def test_time_grows_with_the_text_and_not_faster(unit: str) -> None:
    assert is_linear(redact_text, unit, 20_000)
