"""The gate of security on statements of IAM: read where they are, and judged where they are new."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.unit.gates.linting import FakeLinter
from tests.unit.gates.running import judged, rules
from writ.contracts.action import Verdict
from writ.gates.model import Effect, Report
from writ.gates.security import statements
from writ.gates.security.outside import Outside

LINTED = {"security": Outside(linter=FakeLinter())}
KEY = "arn:aws:s3:::b/k"
FUNCTION = "arn:aws:lambda:a:1:function:f"
NAMED = "arn:aws:iam::1:role/one"


def statement(action: Any = "s3:GetObject", resource: Any = KEY, **more: Any) -> dict[str, Any]:
    return {"Effect": "Allow", "Action": action, "Resource": resource, **more}


def template(*statements: Any, logical: str = "Role") -> str:
    policy = {"PolicyName": "p", "PolicyDocument": {"Version": "2012-10-17", "Statement": list(statements)}}
    resource = {"Type": "AWS::IAM::Role", "Properties": {"Policies": [policy]}}
    return json.dumps({"Resources": {logical: resource}}, indent=1)


def found(text: str | bytes, path: str = "t.json", **more: Any) -> Report:
    return judged({path: text}, "security", beside=LINTED, **more)


def effects(report: Report) -> list[tuple[str, Effect]]:
    return [(item.rule.removeprefix("security/"), item.effect) for item in report.violations]


def test_a_narrow_statement_passes() -> None:
    assert found(template(statement())).verdict is Verdict.ALLOW


@pytest.mark.parametrize(
    ("given", "rule", "effect"),
    [
        (statement("*", "*"), "iam-wildcard", Effect.DENY),
        (statement(["s3:GetObject", "dynamodb:*"]), "iam-wildcard", Effect.DENY),
        (statement(resource="*"), "iam-wildcard", Effect.REVIEW),
        (statement("s3:Get*"), "iam-wildcard", Effect.NOTE),
        ({"Effect": "Allow", "NotAction": "iam:*", "Resource": KEY}, "iam-exclusion", Effect.DENY),
        (statement("sts:AssumeRole", "arn:aws:iam::*:role/*"), "iam-escalation", Effect.DENY),
        (statement("IAM:putrolepolicy", NAMED), "iam-escalation", Effect.REVIEW),
        ({"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": "*"}, "iam-public", Effect.DENY),
        ({"Effect": "Allow", "Action": "sqs:*", "Principal": {"AWS": ["*"]}}, "iam-public", Effect.DENY),
        ({"Effect": {"Ref": "Either"}, "Action": "*", "Resource": "*"}, "iam-wildcard", Effect.DENY),
    ],
)
def test_what_opens_too_much_is_found(given: dict[str, Any], rule: str, effect: Effect) -> None:
    assert (rule, effect) in effects(found(template(given)))


@pytest.mark.parametrize(
    "given",
    [
        {"Effect": "Deny", "Action": "*", "Resource": "*"},
        {"Effect": "Deny", "NotAction": "iam:*", "Resource": "*"},
        statement("iam:PassRole", NAMED),
        statement(resource={"Fn::Sub": "arn:aws:s3:::${Bucket}/*"}),
        statement(resource={"Fn::Join": ["", [{"Fn::GetAtt": ["Bucket", "Arn"]}, "/*"]]}),
    ],
)
def test_what_takes_away_or_names_passes(given: dict[str, Any]) -> None:
    assert effects(found(template(given))) == []


def test_ways_to_more_rights_are_found_across_the_policies_of_one_role() -> None:
    two = [
        statement("iam:PassRole", NAMED),
        statement("lambda:CreateFunction", "arn:aws:lambda:a:1:function:f"),
    ]
    (violation,) = found(template(*two)).standing
    assert violation.rule == "security/iam-escalation"
    assert "iam:PassRole + lambda:CreateFunction" in violation.why
    assert violation.remediation.text
    apart = json.loads(template(two[0], logical="One"))
    apart["Resources"] |= json.loads(template(two[1], logical="Two"))["Resources"]
    assert rules(found(json.dumps(apart))) == []


def test_yaml_with_tags_of_cloudformation_is_read_with_its_lines() -> None:
    text = (
        "Resources:\n  Role:\n    Properties:\n      PolicyDocument:\n        Statement:\n"
        "          - !If\n            - Local\n            - Effect: Allow\n              Action: 's3:*'\n"
        "              Resource: !Sub 'arn:aws:s3:::${B}/*'\n            - !Ref AWS::NoValue\n"
    )
    (violation,) = found(text, "t.yaml").standing
    assert (violation.rule, violation.place and violation.place.line) == ("security/iam-wildcard", 8)
    assert "Resources.Role allows s3:* on arn:aws:s3:::${B}/*" in violation.why


def test_json_with_tabs_and_characters_of_two_parts_is_read() -> None:
    text = template(statement("*", "*", Sid="\U0001f600")).replace(" ", "\t")
    assert "security/iam-wildcard" in rules(found(text))


def test_only_what_the_change_brings_is_judged() -> None:
    old, new = statement("*", "*"), statement("s3:*")
    base = {"t.json": template(old)}
    assert rules(found(template(old), base=base)) == []
    assert rules(found(template(old, statement()), base=base)) == []
    (violation,) = found(template(statement(), old, new), base=base).standing
    assert "allows s3:*" in violation.why
    moved = judged({"other.json": template(old)}, "security", base=base, beside=LINTED)
    assert rules(moved) == []


def test_a_statement_that_completes_a_way_is_judged_with_the_old_one() -> None:
    old, new = (
        statement("iam:PassRole", NAMED),
        statement("lambda:CreateFunction", "arn:aws:lambda:a:1:function:f"),
    )
    base = {"t.json": template(old)}
    assert rules(found(template(old, new), base=base)) == ["security/iam-escalation"]


def test_a_base_that_could_not_be_read_excuses_nothing() -> None:
    base = {"t.json": '{"Statement": "Effect", ['}
    assert rules(found(template(statement("s3:*")), base=base)) == ["security/iam-wildcard"]


def test_templates_of_an_assembly_are_judged_too() -> None:
    outside = Outside(
        linter=FakeLinter(), assembly={"cdk.out/app.template.json": template(statement("s3:*")).encode()}
    )
    report = judged({}, "security", beside={"security": outside})
    assert [(item.rule, item.place and item.place.path) for item in report.standing] == [
        ("security/iam-wildcard", "cdk.out/app.template.json")
    ]


@pytest.mark.parametrize(
    "text",
    [
        b'{"Statement": [{"Effect": "Allow"',
        b"{% if x %}\nStatement:\n- Effect: Allow\n",
        b"\xff Statement Effect",
        b"Statement: Effect\nx: " + b"[" * 100_000,
        b'{"Statement": "Effect", "x": "' + b"x" * 9_000_000 + b'"}',
    ],
)
def test_statements_that_cannot_be_read_are_unknown_and_may_be_excepted(text: bytes) -> None:
    report = found(text)
    assert (report.verdict, rules(report)) == (Verdict.UNKNOWN, ["security/iam-unread"])
    assert report.violations[0].cover is not None


def test_more_statements_than_are_judged_are_unknown(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(statements, "_MOST", 10)
    many = [statement(f"s3:GetObject{number}") for number in range(11)]
    assert rules(found(template(*many))) == ["security/iam-unread"]


def test_words_that_only_look_like_a_policy_are_none() -> None:
    assert effects(found('{"text": "Statement to Allow", "Statement": 7, "Effect": ["Allow"]}')) == []
    assert effects(found("Statement: Effect", "README.md")) == []
