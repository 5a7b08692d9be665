"""The gate of security on templates: remarks of a linter, reports of cdk-nag, and what nobody looked at."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import pytest

from tests.unit.gates.linting import FakeLinter
from tests.unit.gates.running import judged, rules
from writ.contracts.action import Verdict
from writ.gates.model import Effect, Report
from writ.gates.security.outside import Outside, Remark

TEMPLATE = "AWSTemplateFormatVersion: '2010-09-09'\nResources:\n  Queue:\n    Type: AWS::SQS::Queue\n"
HEADER = "Rule ID,Resource ID,Compliance,Exception Reason,Rule Level,Rule Info\n"


def found(files: Mapping[str, str | bytes], linter: FakeLinter | None = None, **more: Any) -> Report:
    outside = Outside(linter=linter or FakeLinter(), **more)
    return judged(files, "security", beside={"security": outside})


def test_templates_are_known_by_what_they_say_and_only_they_are_linted() -> None:
    linter = FakeLinter()
    files = {
        "a.yaml": TEMPLATE,
        "b.json": json.dumps({"Resources": {"Q": {"Type": "AWS::SQS::Queue"}}}),
        "c.yaml": "Resources: 1\n",
        "d.md": TEMPLATE,
        "node_modules/e.yaml": TEMPLATE,
        "f.json": '{"Type": "AWS::SQS::Queue"}',
    }
    assert found(files, linter).verdict is Verdict.ALLOW
    assert linter.seen == ["a.yaml", "b.json"]


def test_of_a_change_only_what_it_touches_is_linted() -> None:
    linter = FakeLinter()
    files = {"a.yaml": TEMPLATE, "b.yaml": TEMPLATE + "# new\n"}
    base = {"a.yaml": TEMPLATE, "b.yaml": TEMPLATE}
    judged(files, "security", base=base, beside={"security": Outside(linter=linter)})
    assert linter.seen == ["b.yaml"]


@pytest.mark.parametrize(
    ("level", "effect"),
    [("error", Effect.DENY), ("warning", Effect.REVIEW), ("informational", Effect.NOTE), ("?", Effect.DENY)],
)
def test_remarks_are_judged_by_their_level(level: str, effect: Effect) -> None:
    linter = FakeLinter([Remark("E3001", level, "no such type", 4)])
    (violation,) = found({"a.yaml": TEMPLATE}, linter).violations
    assert (violation.rule, violation.effect) == ("security/template", effect)
    assert violation.place is not None
    assert (violation.place.path, violation.place.line) == ("a.yaml", 4)


def test_a_template_that_nobody_linted_is_unknown() -> None:
    for outside in (Outside(), Outside(linter=FakeLinter(broken="it took too long"))):
        report = judged({"a.yaml": TEMPLATE}, "security", beside={"security": outside})
        assert (report.verdict, rules(report)) == (Verdict.UNKNOWN, ["security/template-unchecked"])


def nag(rule: str = "AwsSolutions-S1", compliance: str = "Non-Compliant", level: str = "Error") -> str:
    return f'"{rule}","App/Bucket","{compliance}","N/A","{level}","The bucket, it has no ""logs""."\n'


@pytest.mark.parametrize(
    ("row", "effects"),
    [
        (nag(), [Effect.DENY]),
        (nag(level="Warning"), [Effect.REVIEW]),
        (nag(compliance="Compliant"), []),
        (nag(compliance="Suppressed"), []),
        (nag(compliance="UNKNOWN"), [Effect.UNKNOWN]),
    ],
)
def test_reports_in_csv_are_read(row: str, effects: list[Effect]) -> None:
    report = found({"AwsSolutions-App-NagReport.csv": HEADER + row})
    assert [item.effect for item in report.standing] == effects
    assert all('App/Bucket: AwsSolutions-S1: The bucket, it has no "logs".' in v.why for v in report.standing)


def test_reports_in_json_are_read() -> None:
    line = {"ruleId": "A-1", "resourceId": "App/B", "compliance": "Non-Compliant", "exceptionReason": "N/A"}
    lines = {"lines": [{**line, "ruleLevel": "Error", "ruleInfo": "no logs"}]}
    report = found({"out/A-App-NagReport.json": json.dumps(lines)})
    assert rules(report) == ["security/cdk-nag"]


def test_reports_of_the_cdk_are_read_and_a_failure_without_words_is_unknown() -> None:
    violation = {
        "ruleName": "AwsSolutions-S1",
        "description": "no logs",
        "severity": "warning",
        "violatingConstructs": [{"constructPath": "App/A"}, {"constructPath": "App/B"}],
        "violatingResources": None,
    }
    plugins = [
        {"pluginName": "AwsSolutions", "conclusion": "failure", "violations": [violation]},
        {"pluginName": "Other", "conclusion": "failure", "violations": []},
        {"pluginName": "Fine", "conclusion": "success", "violations": []},
    ]
    document = json.dumps({"version": "2.1.0", "pluginReports": plugins}).encode()
    report = found({}, assembly={"cdk.out/validation-report.json": document})
    assert [(item.effect, item.subject) for item in report.standing] == [
        (Effect.UNKNOWN, "Other the app"),
        (Effect.REVIEW, "AwsSolutions-S1 App/A"),
        (Effect.REVIEW, "AwsSolutions-S1 App/B"),
    ]


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("A-NagReport.csv", b"\xff"),
        ("A-NagReport.csv", b""),
        ("A-NagReport.csv", b"a,b\n1,2\n"),
        ("A-NagReport.csv", HEADER.encode() + b'"AwsSolutions-S1"\n'),
        ("A-NagReport.json", b"{}"),
        ("A-NagReport.json", b'{"lines": [{}]}'),
        ("A-NagReport.json", b"[" * 100_000),
        ("validation-report.json", b'{"pluginReports": [7]}'),
        ("validation-report.json", b'{"pluginReports": [{"violations": [{}]}]}'),
    ],
)
def test_a_report_that_cannot_be_read_is_unknown(name: str, content: bytes) -> None:
    report = found({name: content})
    assert (report.verdict, rules(report)) == (Verdict.UNKNOWN, ["security/unreadable"])
