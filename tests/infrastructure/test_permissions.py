"""Least privilege, read from the templates: what no manifest asks for, no role has."""

from __future__ import annotations

import re
from collections.abc import Iterator
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

import pytest
import yaml

from stacks import grants
from stacks.grants import AUTHORITY, needs_of
from stacks.names import PREVIEW_ROLE
from stacks.tables import SIGNING_KEYS
from tests.infrastructure.synthesis import ENVS, Synthesis, listed, synthesized

ALLOWED = yaml.safe_load((Path(__file__).parent / "allowed_wildcards.yaml").read_text(encoding="utf-8"))
EVERY = {"every function": "", "every flow": "flow-"}


# Services that know no resources for them.
WITHOUT_RESOURCES = {
    "dynamodb:ListStreams",
    *grants.TRACES,
    *grants.LOG_DELIVERY,
}


def granted(plane: Synthesis) -> Iterator[tuple[str, dict[str, Any], str, str]]:
    """Function, statement, action, resource: each combination that some role allows."""
    for role, statements in plane.roles():
        function = role.removeprefix(plane.names.thing(""))
        for statement in statements:
            for action in statement["Action"]:
                for resource in statement["Resource"]:
                    yield function, statement, action, resource


def explanation(plane: Synthesis, function: str, action: str, resource: str) -> int | None:
    """The number of the entry that explains a wildcard."""
    for number, entry in enumerate(ALLOWED):
        allowed = entry["resource"].format(
            env=plane.env, account=plane.names.account, region=plane.names.region
        )
        (first, *_) = entry["who"]
        who = function in entry["who"] or function.startswith(EVERY.get(first, "no prefix"))
        if who and action in entry["actions"] and resource == allowed:
            return number
    return None


def wildcards(plane: Synthesis) -> list[tuple[str, str, str]]:
    return [
        (function, action, resource)
        for function, _, action, resource in granted(plane)
        # A log group's ARN ends in `:*`, which stands for its streams.
        if set("*?") & {*action, *re.sub(r"(:log-group:[^*?]+):\*$", r"\1", resource)}
    ]


def test_every_wildcard_has_a_reason(plane: Synthesis) -> None:
    assert [w for w in wildcards(plane) if explanation(plane, *w) is None] == []


def test_every_explained_wildcard_is_there() -> None:
    used = {explanation(plane, *w) for plane in map(synthesized, ENVS) for w in wildcards(plane)}
    assert [entry for number, entry in enumerate(ALLOWED) if number not in used] == []
    assert all(len(entry["reason"]) > 20 for entry in ALLOWED)


def test_roles_only_allow(plane: Synthesis) -> None:
    for role, statements in plane.roles():
        for statement in statements:
            assert statement["Effect"] == "Allow", role
            assert not {"NotAction", "NotResource"} & statement.keys(), role


def test_events_are_put_only_under_the_own_name_and_only_those_of_the_manifest(plane: Synthesis) -> None:
    operator = "StringEquals" if plane.settings.target.event_conditions else "StringEqualsIfExists"
    found = {}
    for function, statement, action, resource in granted(plane):
        if action == "events:PutEvents":
            assert resource.endswith(f":event-bus/{plane.names.bus}"), function
            assert statement["Condition"].keys() == {operator}, function
            condition = statement["Condition"][operator]
            assert condition.keys() == {"events:source", "events:detail-type"}, function
            found[function] = (condition["events:source"], sorted(condition["events:detail-type"]))
    expected = {
        function: (f"writ.{folder.name}", sorted(needs_of(folder).emits))
        for folder in plane.folders
        for function in folder.functions
        if needs_of(folder).emits
    }
    assert found == expected


def test_emits_are_those_of_the_manifest_and_of_the_loop(plane: Synthesis) -> None:
    for folder in plane.folders:
        loop = {"ActionCompleted.v1", "ApprovalRequested.v1"} if folder.manifest.actions else set()
        assert set(needs_of(folder).emits) == {*folder.manifest.emits, *loop}, folder.name


def test_who_is_woken_by_a_queue_says_when_its_own_messages_come_back(plane: Synthesis) -> None:
    found = {
        function: resource
        for function, _, action, resource in granted(plane)
        if action == "sqs:ChangeMessageVisibility"
    }
    queues = {folder.name: plane.names.thing(folder.name) for folder in plane.folders if folder.has_queue}
    assert {function: arn.rpartition(":")[2] for function, arn in found.items()} == queues
    told = {
        properties["FunctionName"]: properties["Environment"]["Variables"].get("WRIT_QUEUE_URL", "")
        for function in plane.all("AWS::Lambda::Function")
        for properties in [plane.value(function.stack, function.properties)]
    }
    assert {name: url.rpartition("/")[2] for name, url in told.items() if url} == {
        name: name for name in queues.values()
    }


SIGNERS = {"ca": ["authority"], "ct": ["authority"], "log": ["notary", "sequencer"], "note": ["sequencer"]}


def test_only_the_authority_signs_certificates_and_only_sequencer_and_notary_the_log(
    plane: Synthesis,
) -> None:
    signers = {key: set(functions) for key, functions in SIGNERS.items()}
    assert set(SIGNING_KEYS) == set(signers)
    keys = {name: key.key_arn for name, key in plane.plane.foundation.keys.items()}
    stack = plane.plane.foundation
    arns = {plane.value(stack.stack_name, stack.resolve(arn)): name for name, arn in keys.items()}
    found: dict[str, set[str]] = {name: set() for name in signers}
    for function, _, action, resource in granted(plane):
        if action == "kms:Sign":
            found[arns[resource]].add(function)
    assert found == signers


def test_only_who_states_or_shows_evidence_about_people_unwraps_their_keys(plane: Synthesis) -> None:
    stack = plane.plane.foundation
    key = plane.value(stack.stack_name, stack.resolve(stack.keys["subjects"].key_arn))
    found: dict[str, set[str]] = {}
    for function, _, action, resource in granted(plane):
        if action.startswith("kms:"):
            assert (resource == key) is (action in {"kms:Decrypt", "kms:GenerateDataKey"}), function
            found.setdefault(action, set()).add(function)
    signing = {function for folder in plane.folders if folder.signs for function in folder.functions}
    assert found["kms:GenerateDataKey"] == signing
    assert found["kms:Decrypt"] == signing | {"evidence-api", "sequencer"}


def test_nobody_but_erasures_changes_an_entry_or_deletes_anything_kept(plane: Synthesis) -> None:
    changing = {
        function
        for function, _, action, resource in granted(plane)
        if action == "dynamodb:DeleteItem"
        or (action == "dynamodb:UpdateItem" and resource.endswith(f"table/{plane.names.table('entries')}"))
    }
    assert changing == {"erasures", "erasures-api"}


def test_the_key_that_wraps_data_keys_rotates(plane: Synthesis) -> None:
    (key,) = [k for k in plane.all("AWS::KMS::Key") if k.id.startswith("KeySubjects")]
    assert key.properties["EnableKeyRotation"] is True


def test_a_key_refuses_everybody_but_its_signers_whatever_their_policies_say(plane: Synthesis) -> None:
    for name, signers in SIGNERS.items():
        (key,) = [k for k in plane.all("AWS::KMS::Key") if k.id.startswith(f"Key{name.capitalize()}")]
        statements = plane.value(key.stack, key.properties["KeyPolicy"])["Statement"]
        (denied,) = [statement for statement in statements if statement["Effect"] == "Deny"]
        assert (denied["Action"], denied["Principal"]) == ("kms:Sign", {"AWS": "*"})
        roles = [plane.names.thing(signer) for signer in signers]
        sessions = [f"arn:aws:sts::{plane.names.account}:assumed-role/{role}/*" for role in roles]
        themselves = [f"arn:aws:iam::{plane.names.account}:role/{role}" for role in roles]
        expected = sessions if plane.settings.target.session_principals else themselves
        assert denied["Condition"] == {"ArnNotLike": {"aws:PrincipalArn": expected}}


def test_the_notary_writes_promises_only_and_is_called_by_those_who_hand_out_bundles(
    plane: Synthesis,
) -> None:
    writes, callers = set(), set()
    for function, _, action, resource in granted(plane):
        if function == "notary" and action.partition(":")[2].startswith(("Put", "Update", "Batch", "Delete")):
            writes.add((action, resource.rpartition("/")[2]))
        if action == "lambda:InvokeFunction" and resource.endswith(f":{plane.names.thing('notary')}"):
            callers.add(function)
    own = {(f"xray:{what}", "*") for what in ("PutTelemetryRecords", "PutTraceSegments")}
    table = plane.names.table("promises")
    logs = {(action, name) for action, name in writes if action == "logs:PutLogEvents"}
    reads = {("dynamodb:BatchGetItem", table)}
    assert writes - own - logs - reads == {("dynamodb:PutItem", table)}
    assert callers == {"evidence-api", "packs", "packs-api", "release", "release-api"}


def test_the_publisher_changes_the_checkpoint_and_nothing_else(plane: Synthesis) -> None:
    written = {
        (action, resource)
        for function, _, action, resource in granted(plane)
        if function == "publisher" and action.startswith(("s3:Put", "kms:", "dynamodb:", "events:"))
    }
    assert written == {("s3:PutObject", f"arn:aws:s3:::{plane.names.bucket('log')}/checkpoint")}


def test_the_authority_reads_the_trust_root_and_nothing_else_of_the_log(plane: Synthesis) -> None:
    read = {
        (action, resource)
        for function, _, action, resource in granted(plane)
        if function == "authority" and action.startswith("s3:")
    }
    assert read == {("s3:GetObject", f"arn:aws:s3:::{plane.names.bucket('log')}/trust-root.json")}


def test_who_signs_evidence_may_call_the_authority_and_the_sequencer_for_a_new_root(
    plane: Synthesis,
) -> None:
    """To the sequencer, whose role is no bot's, it gives no certificate."""
    authority = f":function:{plane.names.thing(AUTHORITY)}"
    callers = {
        f for f, _, action, r in granted(plane) if action == "lambda:InvokeFunction" and r.endswith(authority)
    }
    signing = {function for folder in plane.folders if folder.signs for function in folder.functions}
    assert callers == signing | {"sequencer"}
    (authority_code,) = [
        item
        for item in plane.all("AWS::Lambda::Function")
        if item.properties.get("FunctionName") == plane.names.thing(AUTHORITY)
    ]
    variables = authority_code.properties["Environment"]["Variables"]
    assert plane.names.thing("sequencer") not in plane.value(
        authority_code.stack, variables["WRIT_IDENTITIES"]
    )


def test_a_role_reads_no_index_that_is_not_there(plane: Synthesis) -> None:
    indexes = set()
    for table in plane.all("AWS::DynamoDB::Table"):
        for index in table.properties.get("GlobalSecondaryIndexes", ()):
            indexes.add(
                f"{plane.value(table.stack, table.properties['TableName'])}/index/{index['IndexName']}"
            )
    used = {resource.partition(":table/")[2] for _, _, _, resource in granted(plane) if "/index/" in resource}
    assert used <= indexes


KINDS = ["boundary", "flow-boundary", "preview-stack-boundary"]


def bounded(plane: Synthesis, kind: str) -> list[dict[str, Any]]:
    """The statements of the boundary of functions, of flows, or of the stacks of previews."""
    name = plane.names.thing(kind)
    (found,) = [
        policy
        for policy in plane.all("AWS::IAM::ManagedPolicy")
        if policy.properties["ManagedPolicyName"] == name
    ]
    document = plane.value(found.stack, found.properties["PolicyDocument"])
    return [listed(statement) for statement in document["Statement"]]


def granted_under(plane: Synthesis, kind: str) -> list[tuple[str, str, str]]:
    """Role, action and resource of all that one kind of role was granted."""
    return [
        (role, action, resource) for role, _, action, resource in granted(plane) if boundary_of(role) == kind
    ]


def boundary_of(role: str) -> str:
    """Which boundary a role is under."""
    if role == PREVIEW_ROLE:
        return "preview-stack-boundary"
    return "flow-boundary" if role.startswith("flow-") else "boundary"


@pytest.mark.parametrize("kind", KINDS)
def test_a_boundary_lets_every_role_do_what_it_was_granted(plane: Synthesis, kind: str) -> None:
    statements, roles = bounded(plane, kind), granted_under(plane, kind)
    beyond = [
        (role, action, resource)
        for role, action, resource in roles
        if not any(
            action in statement["Action"] and any(fnmatchcase(resource, arn) for arn in statement["Resource"])
            for statement in statements
        )
    ]
    assert roles
    assert beyond == []


@pytest.mark.parametrize("kind", KINDS)
def test_a_boundary_holds_nothing_that_no_role_was_granted(plane: Synthesis, kind: str) -> None:
    actions = {action for statement in bounded(plane, kind) for action in statement["Action"]}
    assert actions - {action for _, action, _ in granted_under(plane, kind)} == set()


# What a rollout does to functions that the organisation deploys itself.
OF_SERVICES = {"lambda:GetAlias", "lambda:InvokeFunction", "lambda:ListAliases", "lambda:UpdateAlias"}
# What a migration does to their tables: no item is put in, and none taken out.
OF_DATA = {"dynamodb:DescribeTable", "dynamodb:GetItem", "dynamodb:Scan", "dynamodb:UpdateItem"}


@pytest.mark.parametrize("kind", KINDS)
def test_a_boundary_ends_at_its_environment(plane: Synthesis, kind: str) -> None:
    for statement in bounded(plane, kind):
        for resource in statement["Resource"]:
            named = (
                f"writ-{plane.env}" in resource
                or plane.names.previews in resource
                or resource.endswith(f":{plane.names.account}:key/*")
            )
            actions = set(statement["Action"])
            known = actions <= WITHOUT_RESOURCES or (
                actions == {"cloudwatch:PutMetricData"} and "Condition" in statement
            )
            known = known or actions == {"cloudwatch:GetMetricData"}
            known = known or (plane.env == "local" and actions == {"states:SendTaskSuccess"})
            known = known or actions in ({"cloudformation:ListStacks"}, {"logs:DescribeLogGroups"})
            sessions = {"appconfig:GetLatestConfiguration", "appconfig:StartConfigurationSession"}
            known = known or (actions == sessions and not plane.settings.target.flag_arns)
            services = resource.endswith(":function:service-*") and actions <= OF_SERVICES
            data = resource.endswith(":table/service-*") and actions <= OF_DATA
            assert named or services or data or (resource == "*" and known), resource


def test_resource_policies_open_nothing_to_everybody(plane: Synthesis) -> None:
    kinds = ("AWS::S3::BucketPolicy", "AWS::SQS::QueuePolicy", "AWS::SNS::TopicPolicy", "AWS::KMS::Key")
    for resource in plane.all(*kinds):
        document = resource.properties.get("PolicyDocument", resource.properties.get("KeyPolicy"))
        for statement in plane.value(resource.stack, document)["Statement"]:
            anybody = statement["Principal"] in ("*", {"AWS": "*"})
            assert statement["Effect"] == "Deny" or not anybody, resource
    for permission in plane.all("AWS::Lambda::Permission"):
        assert permission.properties["Principal"] in {"apigateway.amazonaws.com", "logs.amazonaws.com"}
        assert permission.properties["SourceArn"], permission
