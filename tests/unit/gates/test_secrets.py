"""Secrets and personal data in files and in changes: told by place and kind, never by what they say (I9)."""

from __future__ import annotations

import io
import json
import random

import pytest
from rich.console import Console

from cli.gates import report as gate_report
from cli.gates import result as gate_result
from tests.support.pii_made import VALID, some
from tests.unit.gates.running import NOW, POLICIES, judged, rules
from writ.contracts.action import Verdict
from writ.gates import sarif, workflow_commands
from writ.gates.gate import Context
from writ.gates.model import Effect, Report, Severity
from writ.gates.secrets.collector import GATE, subjects
from writ.gates.secrets.files import KINDS, found_in
from writ.gates.secrets.known import ALLOWED, BASELINE
from writ.gates.tree import MemoryTree
from writ.pii.baseline import made
from writ.pii.kinds import BY_ID, Group
from writ.policy.bundle import Bundle

DATA = Bundle.load(POLICIES).data["gates"]["secrets"]
RNG = random.Random(7)
VALUES = {kind: (around, make(RNG)) for kind, (around, make) in VALID.items()}
PLANTED = {f"src/{kind}.txt": f"line\n{around.format(value)}\n" for kind, (around, value) in VALUES.items()}
LEAK = {"app.py": f"import os\nTOKEN = '{VALUES['github_token'][1]}'\n"}
NUMBER = VALUES["pl_pesel"][1]


def formats(report: Report) -> dict[str, str]:
    """What each format, and what the control plane is handed, say of a report."""
    shown = io.StringIO()
    Console(file=shown, width=400).print(gate_report.report(report))
    return {
        "text": shown.getvalue(),
        "json": report.model_dump_json(),
        "sarif": json.dumps(sarif.document(report, "0.1.0"), ensure_ascii=False),
        "github": "\n".join(workflow_commands.of(report)),
        "result": json.dumps(gate_result.of(report)),
    }


def baseline_of(files: dict[str, str]) -> str:
    tree = MemoryTree({path: text.encode() for path, text in files.items()})
    found = ((path, each.finding.kind, each.value) for path, _, each in subjects(tree))
    return made(b"s" * 16, found).text()


def test_policy_says_of_every_kind_how_bad_it_is_and_where_a_secret_is_revoked() -> None:
    assert set(DATA["kinds"]) == KINDS
    assert set(DATA["revoke"]) == {kind.id for kind in BY_ID.values() if kind.group is Group.SECRET}
    for said in DATA["kinds"].values():
        assert Severity(said["severity"])
        assert Effect(said["effect"])
    assert DATA["kinds"]["private_key"] == {"severity": "critical", "effect": "deny"}
    assert DATA["kinds"]["mail"]["severity"] == "low"


def test_every_kind_is_found_at_its_line_and_no_format_holds_a_value() -> None:
    report = judged(PLANTED, "secrets")
    found = {violation.place.path for violation in report.violations if violation.place}
    assert found == set(PLANTED)
    assert all(violation.place and violation.place.line == 2 for violation in report.violations)
    for name, said in formats(report).items():
        leaked = [
            kind for kind, (_, value) in VALUES.items() if any(part in said for part in value.split("\n"))
        ]
        assert leaked == ["private_key"] * ("-----BEGIN PRIVATE KEY-----" in said), name
        assert VALUES["private_key"][1].split("\n")[3] not in said


def test_leaked_key_is_denied_and_its_remediation_says_what_to_do() -> None:
    (violation,) = judged(LEAK, "secrets").violations
    assert (violation.rule, violation.effect, violation.severity) == (
        "secrets/credential",
        Effect.DENY,
        Severity.CRITICAL,
    )
    assert violation.place
    assert (violation.place.line, violation.place.column) == (2, 10)
    for said in ("delete it", "git commit --amend", "git filter-repo --replace-text"):
        assert said in violation.remediation.text


def test_of_a_change_only_what_its_lines_have_counts() -> None:
    before = {**LEAK, "other.py": "x = 1\n"}
    assert rules(judged({**before, "other.py": "x = 2\n"}, "secrets", base=before)) == []
    moved = {**before, "app.py": "import sys\n" + LEAK["app.py"]}
    assert rules(judged(moved, "secrets", base=before)) == []
    again = {**before, "other.py": LEAK["app.py"]}
    assert rules(judged(again, "secrets", base=before)) == ["secrets/credential"]


def test_key_that_replaces_another_between_lines_that_stay_is_found() -> None:
    def armoured(seed: int) -> str:
        return VALID["private_key"][1](random.Random(seed)) + "\n"

    report = judged({"a.pem": armoured(2)}, "secrets", base={"a.pem": armoured(1)})
    assert rules(report) == ["secrets/credential"]


def test_baseline_covers_what_it_lists_and_says_what_is_gone() -> None:
    listed = baseline_of({**LEAK, "gone.txt": f"PESEL {NUMBER}"})
    report = judged({**LEAK, BASELINE: listed}, "secrets")
    assert (report.verdict, report.gates[0].counted["known values"]) == (Verdict.ALLOW, 1)
    (stale,) = report.violations
    assert (stale.rule, stale.effect) == ("secrets/stale", Effect.NOTE)
    assert "pl_pesel in gone.txt" in stale.why
    copied = judged({**LEAK, "copy.py": LEAK["app.py"], BASELINE: listed}, "secrets")
    assert [violation.place.path for violation in copied.standing if violation.place] == ["copy.py"]


def test_change_cannot_put_its_own_leak_on_the_baseline() -> None:
    base = {"a": "1"}
    report = judged({**base, **LEAK, BASELINE: baseline_of(LEAK)}, "secrets", base=base)
    assert report.verdict is Verdict.REVIEW
    assert sorted(rules(report)) == ["secrets/credential", "secrets/rewritten"]
    settled = {**base, BASELINE: baseline_of(LEAK)}
    assert judged({**settled, **LEAK}, "secrets", base=settled).verdict is Verdict.ALLOW


def test_change_cannot_allow_its_own_value() -> None:
    allowing = {ALLOWED: f"allow:\n  - value: '{NUMBER}'\n    reason: of nobody\n"}
    leak = {"a.txt": f"PESEL {NUMBER}\n"}
    assert judged({**leak, **allowing}, "secrets").verdict is Verdict.ALLOW
    assert judged({**leak, **allowing}, "secrets", base={}).verdict is Verdict.REVIEW
    assert judged({**leak, **allowing}, "secrets", base=allowing).verdict is Verdict.ALLOW


@pytest.mark.parametrize(
    ("file", "text", "said"),
    [
        (BASELINE, "{", "baseline is not JSON"),
        (BASELINE, '{"version": 1, "salt": "00"}', "secrets.baseline, salt"),
        (ALLOWED, "allow:\n  - value: x\n", "secrets.yaml, allow.0.value"),
        (ALLOWED, "[", "not YAML"),
    ],
)
def test_what_is_known_and_cannot_be_read_is_unknown(file: str, text: str, said: str) -> None:
    report = judged({file: text, **LEAK}, "secrets")
    assert set(rules(report)) == {"secrets/unreadable", "secrets/credential"}
    assert any(said in violation.why for violation in report.standing)
    assert judged({file: text}, "secrets").verdict is Verdict.UNKNOWN


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "latin-1", "utf-16", "utf-32"])
def test_text_is_read_in_any_encoding_and_binary_files_are_skipped(encoding: str) -> None:
    text = f"é\n{LEAK['app.py']}"
    report = judged({"app.py": text.encode(encoding), "b.bin": b"\0" + LEAK["app.py"].encode()}, "secrets")
    assert [str(violation.place) for violation in report.standing] == ["app.py:3:10"]
    assert dict(report.gates[0].counted) == {"files": 1, "binary files": 1}


def test_names_of_fields_are_words_in_json_and_in_logs() -> None:
    record = {"level": "INFO", "customer": {"theNhs": 9434765919}}
    files = {
        "events/order.json": json.dumps(record, indent=2),
        "logs/day.jsonl": f'{{"a": 1}}\n{json.dumps(record)}\n',
    }
    report = judged(files, "secrets")
    found = {(violation.subject, str(violation.place)) for violation in report.standing}
    assert found == {("uk_nhs 1", "events/order.json:4"), ("uk_nhs 1", "logs/day.jsonl:2")}


def test_comment_allows_nothing_unless_policy_says_so() -> None:
    token = VALUES["npm_token"][1]
    (violation,) = judged({"a.sh": f"npm login {token}  # writ: allow npm_token\n"}, "secrets").standing
    assert violation.why.endswith("the comment that would allow it does not count here")


def test_list_of_people_needs_a_person_and_an_author_does_not() -> None:
    names = [some(RNG, "abcdefghij", 9) for _ in range(25)]
    report = judged({"AUTHORS": f"{names[0]}@corp.io\n"}, "secrets")
    assert (report.verdict, len(report.violations)) == (Verdict.ALLOW, 1)
    many = judged({"customers.csv": "".join(f"{name}@corp.io\n" for name in names)}, "secrets")
    assert (many.verdict, rules(many)) == (Verdict.REVIEW, ["secrets/personal"])


def test_more_than_is_told_at_once_is_unknown(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("writ.gates.secrets.collector.MOST", 1)
    report = judged({"a.py": LEAK["app.py"], "b.py": LEAK["app.py"]}, "secrets")
    assert set(rules(report)) == {"secrets/credential", "secrets/unreadable"}


def test_file_is_read_in_parts() -> None:
    parts = [b"x" * 100_000 + b"\n"] * 30 + [LEAK["app.py"].encode()]
    found = found_in("big.txt", lambda: iter(parts))
    assert found is not None
    assert [(each.line, each.finding.kind) for each in found] == [(32, "github_token")]


def test_what_is_found_twice_is_told_once() -> None:
    collected = GATE.collect(MemoryTree({"a": (LEAK["app.py"] * 3).encode()}), Context("acme/shop", NOW))
    (item,) = collected.facts["found"]
    assert (item["times"], item["number"], item["place"]["line"]) == (3, 1, 2)
