"""Texts by their lines, JSON by the names of its fields, log lines, and baselines."""

from __future__ import annotations

import json

import pytest

from writ.contracts.errors import ContractError
from writ.pii.baseline import Baseline, made, read
from writ.pii.structured import scan_json, scan_lines, scan_log


def test_finding_has_its_lines_and_columns_wherever_a_text_is_cut() -> None:
    key = "-----BEGIN PRIVATE KEY-----\nq7Xk29LmPz03RtYwVb81NcHd\n-----END PRIVATE KEY-----"
    filler = "nothing of anybody\n" * 200_000
    whole = f"one\ntwo jo@corp.io, yes\n{filler}{key}\n{filler}to ann@corp.io"
    parts = [whole[place : place + 70_001] for place in range(0, len(whole), 70_001)]
    found = list(scan_lines(parts))
    assert [(at.finding.kind, at.line, at.column, at.end_line, at.end_column) for at in found] == [
        ("mail", 2, 5, 2, 15),
        ("private_key", 200_003, 1, 200_005, 26),
        ("mail", 400_006, 4, 400_006, 15),
    ]
    assert [at.rest for at in found] == [", yes", "", ""]
    assert "jo@corp" not in repr(found)


def test_name_of_a_json_field_tells_what_its_value_is() -> None:
    value = {
        "nhsNumber": 9434765919,
        "order": {"number": 9434765919},
        "people": [{"dateOfBirth": "1961-07-02", "surname": "Qwerty"}],
        "client_secret": "q7Xk29LmPz03RtYwVb81",
        "at": "1961-07-02",
    }
    found = {(at.pointer, at.finding.kind) for at in scan_json(value)}
    assert found == {
        ("/nhsNumber", "uk_nhs"),
        ("/people/0/dateOfBirth", "date_of_birth"),
        ("/people/0/surname", "person"),
        ("/client_secret", "assigned_secret"),
    }


def test_log_line_that_is_json_is_read_as_such() -> None:
    lines = ["started", json.dumps({"message": "x", "customer": {"nhsNumber": "9434765919"}}), "{not json"]
    found = [(at.line, at.pointer, at.finding.kind, at.value) for at in scan_log(lines)]
    assert found == [(2, "/customer/nhsNumber", "uk_nhs", "9434765919")]


def test_baseline_knows_what_it_was_made_of_and_holds_no_value() -> None:
    made_of = made(b"s" * 16, [("a.py", "mail", "jo@corp.io")])
    text = made_of.text()
    assert "jo@corp" not in text
    again = read(text)
    assert again == made_of
    assert again.entry("a.py", "mail", "jo@corp.io") in again.entries
    assert again.entry("b.py", "mail", "jo@corp.io") is None
    assert again.entry("a.py", "mail", "ann@corp.io") is None
    assert Baseline(b"t" * 16, again.entries).entry("a.py", "mail", "jo@corp.io") is None


@pytest.mark.parametrize(
    ("text", "field"),
    [
        ("{", "baseline"),
        ("[]", "version"),
        ('{"version": 2}', "version"),
        ('{"version": 1, "salt": "00"}', "salt"),
        (f'{{"version": 1, "salt": "{"00" * 16}", "entries": {{}}}}', "entries"),
        (f'{{"version": 1, "salt": "{"00" * 16}", "entries": [["a", "mail"]]}}', r"entries\.0"),
        (f'{{"version": 1, "salt": "{"00" * 16}", "entries": [["a", "mail", "zz"]]}}', r"entries\.0"),
    ],
)
def test_baseline_that_is_none_is_refused_by_its_field(text: str, field: str) -> None:
    with pytest.raises(ContractError, match=rf"pii\.baseline.*field: {field}"):
        read(text)
