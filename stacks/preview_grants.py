"""What previews take: the bot that keeps them, and CloudFormation, which makes their stacks."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Final

from aws_cdk.aws_iam import PolicyStatement

from stacks.names import PREVIEW_BOUNDARY, PREVIEW_ROLE, Names
from stacks.statement import allow
from writ.contracts.manifest import Manifest

# What CloudFormation calls for the kinds of resources that previews are made of.
_TABLES: Final = tuple(
    f"dynamodb:{action}"
    for action in (
        "CreateTable",
        "DeleteTable",
        "DescribeContinuousBackups",
        "DescribeTable",
        "DescribeTimeToLive",
        "ListTagsOfResource",
        "TagResource",
        "UntagResource",
        "UpdateTable",
        "UpdateTimeToLive",
    )
)
_FUNCTIONS: Final = tuple(
    f"lambda:{action}"
    for action in (
        "AddPermission",
        "CreateFunction",
        "CreateFunctionUrlConfig",
        "DeleteFunction",
        "DeleteFunctionUrlConfig",
        "GetFunction",
        "GetFunctionConfiguration",
        "GetFunctionUrlConfig",
        "GetPolicy",
        "ListTags",
        "RemovePermission",
        "TagResource",
        "UntagResource",
        "UpdateFunctionCode",
        "UpdateFunctionConfiguration",
        "UpdateFunctionUrlConfig",
    )
)
_LOGS: Final = tuple(
    f"logs:{action}"
    for action in (
        "CreateLogGroup",
        "DeleteLogGroup",
        "ListTagsForResource",
        "PutRetentionPolicy",
        "TagResource",
        "UntagResource",
    )
)
_ROLES: Final = (
    "iam:DeleteRole",
    "iam:DeleteRolePolicy",
    "iam:GetRole",
    "iam:GetRolePolicy",
    "iam:TagRole",
)


def preview_statements(
    manifests: Iterable[Manifest], names: Names, conditions: bool
) -> Iterator[PolicyStatement]:
    """The name space of previews; their stacks are made by a role of their own, and by no other."""
    verbs = {verb for manifest in manifests for verb in manifest.needs.previews}
    managing, role = "manage" in verbs, names.role_arn(PREVIEW_ROLE)
    operator = "StringEquals" if conditions else "StringEqualsIfExists"
    changes = [f"cloudformation:{verb}Stack" for verb in ("Create", "Delete", "Update")] if managing else []
    looks = [f"cloudformation:Describe{what}" for what in ("StackEvents", "Stacks")] if managing else []
    stacks = [f"{names.preview_arn('cloudformation', 'stack/')}/*"]
    yield from allow("Preview stacks", changes, stacks, {operator: {"cloudformation:RoleArn": role}})
    yield from allow("Looking at previews", looks, stacks)
    yield from allow("Listing previews", ["cloudformation:ListStacks"] if managing else [], ["*"])
    passed = {"StringEquals": {"iam:PassedToService": "cloudformation.amazonaws.com"}}
    yield from allow("Passing to previews", ["iam:PassRole"] if managing else [], [role], passed)
    tables, functions = names.preview_arn("dynamodb", "table/"), names.preview_arn("lambda", "function:")
    yield from allow("Seeding", ["dynamodb:BatchWriteItem"] if "seed" in verbs else [], [tables])
    yield from allow("Probing", ["lambda:InvokeFunction"] if "call" in verbs else [], [functions])


def preview_stack_statements(names: Names) -> list[PolicyStatement]:
    """What CloudFormation does with the stacks of previews: all of it in their name space, and roles only
    under the boundary of previews.

    https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/using-iam-servicerole.html
    """
    bounded = {"StringEquals": {"iam:PermissionsBoundary": names.policy_arn(PREVIEW_BOUNDARY)}}
    passed = {"StringEquals": {"iam:PassedToService": "lambda.amazonaws.com"}}
    roles = [names.preview_roles_arn()]
    logs = names.preview_arn("logs", "log-group:/aws/lambda/")
    return [
        *allow("Tables", _TABLES, [names.preview_arn("dynamodb", "table/")]),
        *allow("Functions", _FUNCTIONS, [names.preview_arn("lambda", "function:")]),
        *allow("Logs", _LOGS, [logs]),
        *allow("Finding logs", ["logs:DescribeLogGroups"], ["*"]),
        *allow("Roles", ["iam:CreateRole", "iam:PutRolePolicy"], roles, bounded),
        *allow("Removing roles", _ROLES, roles),
        *allow("Passing roles", ["iam:PassRole"], roles, passed),
    ]
