"""One preview cannot touch another, nor anything else: read from templates, grants and boundaries."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from fnmatch import fnmatchcase
from typing import Any

import pytest
from cfnlint.api import lint
from cfnlint.core import get_rules

from functions.preview.model import preview_id
from functions.preview.settings import settings
from functions.preview.templates import ASSETS, template
from stacks.names import PREVIEW_BOUNDARY, PREVIEW_ROLE
from tests.infrastructure.synthesis import Synthesis
from tests.infrastructure.test_permissions import bounded, granted
from writ.contracts.preview_site import SEED_SETS

TEMPLATES = sorted(path.name.removesuffix(".template.json") for path in ASSETS.glob("*.template.json"))
ID, OTHER = preview_id("acme/shop", 4), preview_id("acme/shop", 42)


def reached(plane: Synthesis, id: str) -> list[str]:
    """What the boundary lets the roles of a preview reach, once their tag is put in."""
    statements = bounded(plane, PREVIEW_BOUNDARY)
    patterns = [resource for statement in statements for resource in statement["Resource"]]
    assert all("${aws:PrincipalTag/writ-preview}" in pattern for pattern in patterns)
    return [pattern.replace("${aws:PrincipalTag/writ-preview}", id) for pattern in patterns]


def things(plane: Synthesis, id: str) -> list[str]:
    region, account = plane.names.region, plane.names.account
    name = f"{plane.names.previews}{id}"
    return [
        f"arn:aws:dynamodb:{region}:{account}:table/{name}-items",
        f"arn:aws:lambda:{region}:{account}:function:{name}-service",
        f"arn:aws:logs:{region}:{account}:log-group:/aws/lambda/{name}-service:*",
    ]


def test_a_preview_reaches_itself_and_no_other(plane: Synthesis) -> None:
    mine = reached(plane, ID)
    for thing in things(plane, ID):
        assert any(fnmatchcase(thing, pattern) for pattern in mine), thing
    # Of a repository that is named so that its previews would begin like these.
    sneaky = preview_id(f"acme/{ID}", 7)
    tables = [
        f"arn:aws:dynamodb:{plane.names.region}:{plane.names.account}:table/{plane.names.table('previews')}"
    ]
    for thing in (*things(plane, OTHER), *things(plane, sneaky), *tables):
        assert not any(fnmatchcase(thing, pattern) for pattern in mine), thing


def test_what_makes_previews_touches_only_their_name_space(plane: Synthesis) -> None:
    given = [(action, resource) for role, _, action, resource in granted(plane) if role == PREVIEW_ROLE]
    assert given
    for action, resource in given:
        inside = re.search(rf"[:/]{re.escape(plane.names.previews)}\*$", resource)
        assert inside or (action, resource) == ("logs:DescribeLogGroups", "*"), (action, resource)


def test_roles_of_previews_are_made_only_under_their_boundary(plane: Synthesis) -> None:
    boundary = f"arn:aws:iam::{plane.names.account}:policy/{plane.names.thing(PREVIEW_BOUNDARY)}"
    for role, statement, action, _ in granted(plane):
        if action in ("iam:CreateRole", "iam:PutRolePolicy"):
            assert role == PREVIEW_ROLE
            condition = plane.value(plane.plane.foundation.stack_name, statement["Condition"])
            assert condition == {"StringEquals": {"iam:PermissionsBoundary": boundary}}
        assert "Boundary" not in action
        assert action not in ("iam:AttachRolePolicy", "iam:UpdateAssumeRolePolicy", "iam:UntagRole")


def test_only_the_preview_bot_makes_stacks_and_only_by_that_role(plane: Synthesis) -> None:
    role = f"arn:aws:iam::{plane.names.account}:role/{plane.names.thing(PREVIEW_ROLE)}"
    operator = "StringEquals" if plane.settings.target.event_conditions else "StringEqualsIfExists"
    makers = set[str]()
    for function, statement, action, resource in granted(plane):
        condition = plane.value(plane.names.thing("bot-preview"), statement.get("Condition", {}))
        if action in (
            "cloudformation:CreateStack",
            "cloudformation:UpdateStack",
            "cloudformation:DeleteStack",
        ):
            makers.add(function)
            assert condition == {operator: {"cloudformation:RoleArn": role}}
        if action == "iam:PassRole" and function != PREVIEW_ROLE:
            makers.add(function)
            assert resource == role
            assert condition == {"StringEquals": {"iam:PassedToService": "cloudformation.amazonaws.com"}}
    assert makers == {"preview", "preview-api"}


def test_seed_sets_are_read_by_version_from_one_prefix_and_by_nobody_else(plane: Synthesis) -> None:
    bucket = f"arn:aws:s3:::{plane.names.bucket('seeds')}"
    rights = {
        (function, action, resource)
        for function, _, action, resource in granted(plane)
        if resource.startswith(bucket)
    }
    right = ("s3:GetObjectVersion", f"{bucket}/{SEED_SETS}*")
    assert rights == {(function, *right) for function in ("preview", "preview-api")}


def physical_names(resources: dict[str, Any]) -> Iterator[tuple[str, str]]:
    for name, resource in resources.items():
        for key, value in resource.get("Properties", {}).items():
            if key in {"TableName", "RoleName", "LogGroupName", "BucketName", "QueueName"} or (
                key == "FunctionName" and resource["Type"] == "AWS::Lambda::Function"
            ):
                yield name, value["Fn::Sub"]


@pytest.mark.parametrize("name", TEMPLATES)
def test_a_template_keeps_to_the_name_space_and_bounds_its_roles(name: str) -> None:
    document = json.loads(template(name).body)
    resources = document["Resources"]
    roles = [each for each in resources.values() if each["Type"] == "AWS::IAM::Role"]
    for role in roles:
        properties = role["Properties"]
        assert properties["PermissionsBoundary"] == {"Ref": "Boundary"}
        assert "ManagedPolicyArns" not in properties
        for policy in properties["Policies"]:
            for statement in policy["PolicyDocument"]["Statement"]:
                assert statement["Resource"].keys() == {"Fn::GetAtt"}
                assert not any("*" in action for action in statement["Action"])
    for resource, given in physical_names(resources):
        assert given.removeprefix("/aws/lambda/").startswith("${AWS::StackName}-"), resource
    kept = [each for each in resources.values() if each.get("DeletionPolicy", "Delete") != "Delete"]
    assert kept == []


@pytest.mark.parametrize("name", TEMPLATES)
def test_a_template_is_what_cloudformation_takes(name: str) -> None:
    body = template(name).body
    assert len(body.encode()) <= 51_200
    assert [match.message for match in lint(body, get_rules([], [], []), ["eu-central-1"])] == []


def test_names_fit_into_what_aws_allows(plane: Synthesis) -> None:
    longest = preview_id("acme/" + "a" * 90, 2**31 - 1)
    assert len(f"{plane.names.previews}{longest}-service") <= 64


def test_settings_name_templates_and_seed_sets_that_are_there() -> None:
    terms = settings().terms("acme/shop")
    assert terms is not None
    assert terms.template in TEMPLATES
