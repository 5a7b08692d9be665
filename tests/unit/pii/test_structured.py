"""Diffs by their added lines, JSON by the names of its fields, log lines, and baselines."""

from __future__ import annotations

import json

import pytest

from writ.contracts.errors import ContractError
from writ.pii.baseline import Baseline, made, read
from writ.pii.structured import scan_diff, scan_file, scan_json, scan_log

DIFF = """\
diff --git a/app.py b/app.py
--- a/app.py
+++ b/app.py
@@ -1,4 +1,5 @@
 owner = "old@corp.io"
-contact = "gone@corp.io"
+contact = "new@corp.io"
+key = "AKIAQ7Z2XW4N6M3B5V2C"
 end = 1
 more = 2
@@ -20,2 +21,4 @@ def late():
 pass
+-----BEGIN PRIVATE KEY-----
+q7Xk29LmPz03RtYwVb81NcHd
+-----END PRIVATE KEY-----
-old = 1
"""


def test_only_added_lines_of_a_diff_count_and_have_their_new_numbers() -> None:
    found = [(at.path, at.line, at.finding.kind) for at in scan_diff(DIFF)]
    assert found == [("app.py", 2, "mail"), ("app.py", 3, "aws_access_key"), ("app.py", 22, "private_key")]


def test_diff_that_is_cut_off_is_refused() -> None:
    with pytest.raises(ContractError, match=r"hunk of a\.py ends early.*field: diff"):
        list(scan_diff("--- a/a.py\n+++ b/a.py\n@@ -1,2 +1,9 @@\n+x"))


def test_finding_in_a_file_has_its_line_and_its_place_there() -> None:
    [at] = scan_file("notes.txt", "one\ntwo jo@corp.io\n")
    assert (at.path, at.line, at.finding.start) == ("notes.txt", 2, 4)


def test_name_of_a_json_field_tells_what_its_value_is() -> None:
    value = {
        "nhsNumber": 9434765919,
        "order": {"number": 9434765919},
        "people": [{"dateOfBirth": "1961-07-02", "surname": "Qwerty"}],
        "client_secret": "q7Xk29LmPz03RtYwVb81",
        "at": "1961-07-02",
    }
    found = {(at.path, at.finding.kind) for at in scan_json(value)}
    assert found == {
        ("/nhsNumber", "uk_nhs"),
        ("/people/0/dateOfBirth", "date_of_birth"),
        ("/people/0/surname", "person"),
        ("/client_secret", "assigned_secret"),
    }


def test_log_line_that_is_json_is_read_as_such_and_any_other_as_text() -> None:
    lines = [
        "started",
        json.dumps({"message": "x", "customer": {"email": "jo@corp.io"}}),
        "{not json jo@corp.io",
    ]
    found = [(at.line, at.path, at.finding.kind) for at in scan_log(lines)]
    assert found == [(2, "/customer/email", "mail"), (3, "", "mail")]


def test_baseline_knows_what_it_was_made_of_and_holds_no_value() -> None:
    made_of = made(b"s" * 16, [("a.py", "mail", "jo@corp.io")])
    text = made_of.text()
    assert "jo@corp" not in text
    again = read(text)
    assert again == made_of
    assert again.knows("a.py", "mail", "jo@corp.io")
    assert not again.knows("b.py", "mail", "jo@corp.io")
    assert not Baseline(b"t" * 16, again.fingerprints).knows("a.py", "mail", "jo@corp.io")


@pytest.mark.parametrize(
    ("text", "field"),
    [
        ("{", "baseline"),
        ("[]", "version"),
        ('{"version": 2}', "version"),
        ('{"version": 1, "salt": "00"}', "salt"),
        (f'{{"version": 1, "salt": "{"00" * 16}", "fingerprints": {{}}}}', "fingerprints"),
        (f'{{"version": 1, "salt": "{"00" * 16}", "fingerprints": ["zz"]}}', r"fingerprints\.0"),
    ],
)
def test_baseline_that_is_none_is_refused_by_its_field(text: str, field: str) -> None:
    with pytest.raises(ContractError, match=rf"pii\.baseline.*field: {field}"):
        read(text)
