"""A witness stands apart: one stack, a key of its own, and nothing of the plane."""

from __future__ import annotations

import json

import pytest
from aws_cdk import App

from stacks.foundation import FoundationStack
from stacks.manifest import load_folders
from stacks.plane import build_apart
from stacks.settings import settings_for
from stacks.staging import ROOT
from stacks.tables import PLANE, WITNESS
from tests.infrastructure.synthesis import Templates, synthesized, synthesized_apart
from tests.infrastructure.test_lint import IGNORED, findings, matches


@pytest.fixture(params=["local", "witness"])
def witness(request: pytest.FixtureRequest) -> Templates:
    return synthesized_apart(request.param)


def test_it_is_one_stack_that_refers_to_no_other(witness: Templates) -> None:
    ((name, template),) = witness.templates.items()
    assert name == f"writ-{witness.env}"
    assert "ImportValue" not in json.dumps(template)
    assert not [output for output in template["Outputs"].values() if "Export" in output]


def test_its_key_is_ed25519_and_signs_for_its_function_only(witness: Templates) -> None:
    (key,) = [key for key in witness.all("AWS::KMS::Key") if key.id.startswith("KeyWitness")]
    assert (key.properties["KeySpec"], key.properties["KeyUsage"]) == (
        "ECC_NIST_EDWARDS25519",
        "SIGN_VERIFY",
    )
    statements = witness.value(key.stack, key.properties["KeyPolicy"])["Statement"]
    (denied,) = [statement for statement in statements if statement["Effect"] == "Deny"]
    role = witness.names.thing("witness-api")
    principal = f"arn:aws:iam::{witness.names.account}:role/{role}"
    if witness.settings.target.session_principals:
        principal = f"arn:aws:sts::{witness.names.account}:assumed-role/{role}/*"
    assert denied["Condition"] == {"ArnNotLike": {"aws:PrincipalArn": [principal]}}


def test_its_function_remembers_and_signs_and_can_do_nothing_else(witness: Templates) -> None:
    ((_, statements),) = witness.roles()
    actions = {action for statement in statements for action in statement["Action"]}
    assert {action for action in actions if not action.startswith(("logs:", "xray:", "sqs:"))} == {
        "dynamodb:BatchGetItem", "dynamodb:ConditionCheckItem", "dynamodb:GetItem", "dynamodb:PutItem",
        "dynamodb:Query", "dynamodb:UpdateItem", "kms:GetPublicKey", "kms:Sign",
    }  # fmt: skip
    assert "dynamodb:DeleteItem" not in actions
    plane = synthesized("local")
    for statement in statements:
        for resource in statement["Resource"]:
            assert not any(resource.endswith(f"/{plane.names.table(spec.name)}") for spec in PLANE.tables)


def test_its_memory_cannot_be_lost_by_mistake_on_aws() -> None:
    alone = synthesized_apart("witness")
    (table,) = alone.all("AWS::DynamoDB::Table")
    assert table.properties["DeletionProtectionEnabled"] is True
    (stack,) = [child for child in alone.app.node.children if child.node.id == f"writ-{alone.env}"]
    assert getattr(stack, "termination_protection", None) is True


def test_the_plane_has_nothing_of_it() -> None:
    for env in ("local", "prod"):
        plane = synthesized(env)
        names = {spec.name for spec in WITNESS.tables}
        assert not names & {folder.name for folder in plane.folders}
        assert "ECC_NIST_EDWARDS25519" in json.dumps(plane.templates)
        assert not [key for key in plane.all("AWS::KMS::Key") if key.id.startswith("KeyWitness")]


def test_it_answers_one_route_and_wants_no_token_for_it(witness: Templates) -> None:
    (route,) = witness.all("AWS::ApiGatewayV2::Route")
    assert route.properties["RouteKey"] == "POST /v1/witness/add-checkpoint"
    assert route.properties["AuthorizationType"] == "NONE"


def test_a_split_view_is_an_alarm(witness: Templates) -> None:
    alarms = {
        alarm.properties.get("MetricName"): alarm.properties
        for alarm in witness.all("AWS::CloudWatch::Alarm")
    }
    assert alarms["CheckpointsInconsistent"]["AlarmActions"]


def test_linters_find_nothing_unexplained(witness: Templates) -> None:
    assert [said for rule, said in matches(witness) if rule not in IGNORED] == []
    assert findings(witness.app) == set()


def test_a_target_without_ed25519_gets_neither_witness_nor_second_key() -> None:
    app = App(context=json.loads((ROOT / "cdk.json").read_text(encoding="utf-8"))["context"])
    settings = settings_for("local", "localstack")
    assert build_apart(app, settings, load_folders()) == ()
    foundation = FoundationStack(app, "foundation", settings=settings, folders=load_folders())
    assert set(foundation.keys) == {"ca", "ct", "log", "subjects"}
