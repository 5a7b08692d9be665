"""Rows, quotas, stacks and tables of previews, against AWS in memory."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from botocore.exceptions import ClientError

from functions.preview.cloud import CloudFormation
from functions.preview.inside import PreviewTables
from functions.preview.model import Goal, Preview, Quota, State, preview_id
from functions.preview.seed_bucket import MOST_BYTES, SeedBucket
from functions.preview.stack import StackState, Wanted
from functions.preview.table import PreviewTable
from tests.support.moto_aws import moto_aws
from writ.adapters import aws
from writ.contracts.errors import ConflictError, LimitExceededError, PermanentError, TransientError
from writ.contracts.preview_site import PreviewSite

NOW = datetime(2026, 3, 2, 10, tzinfo=UTC)
NAME = "preview-dev-shop-1-00000000"
SITE = PreviewSite("dev", "preview-dev-", "arn:aws:iam::123456789012:role/x", "arn:boundary")
TABLE = {
    "Parameters": {"Commit": {"Type": "String"}},
    "Resources": {
        "Items": {
            "Type": "AWS::DynamoDB::Table",
            "Properties": {
                "TableName": {"Fn::Sub": "${AWS::StackName}-items"},
                "BillingMode": "PAY_PER_REQUEST",
                "AttributeDefinitions": [{"AttributeName": "id", "AttributeType": "S"}],
                "KeySchema": [{"AttributeName": "id", "KeyType": "HASH"}],
            },
        }
    },
    "Outputs": {"ItemsTable": {"Value": {"Ref": "Items"}}},
}


@pytest.fixture
def stacks() -> Iterator[CloudFormation]:
    with moto_aws("previews"):
        yield CloudFormation(SITE)


@pytest.fixture
def previews(stacks: CloudFormation) -> PreviewTable:
    assert stacks
    return PreviewTable("previews")


def row(number: int = 1, **changes: Any) -> Preview:
    return Preview(
        id=preview_id("acme/shop", number),
        repository="acme/shop",
        pull_request=number,
        team="acme",
        template="service",
        usd_micros_per_hour=3600,
        goal=Goal(number=1, way="up", commit="a" * 40, reason="because", by="act-1"),
        state=State.BUILDING,
        opened_at=NOW,
        expires_at=NOW + timedelta(seconds=100),
        ends_at=NOW + timedelta(seconds=200),
        changed_at=NOW,
    ).model_copy(update=changes)


def wanted(commit: str, body: Any = TABLE) -> Wanted:
    return Wanted(NAME, json.dumps(body), {"Commit": commit}, {"writ-preview": "shop-1-00000000"})


def test_a_row_is_written_against_the_one_that_was_read(previews: PreviewTable) -> None:
    first = previews.write(None, row())
    assert previews.read(first.id) == first
    with pytest.raises(ConflictError):
        previews.write(None, row())
    second = previews.write(first, first.model_copy(update={"state": State.READY}))
    with pytest.raises(ConflictError):
        previews.write(first, first.model_copy(update={"state": State.FAILED}))
    assert [each.version for each in previews.live()] == [second.version] == [2]


def test_a_place_in_the_quota_is_taken_and_given_back(previews: PreviewTable) -> None:
    quota = Quota(previews=2, usd_micros=250)
    made = [previews.write(None, row(number), quota) for number in (1, 2)]
    assert dict(previews.held("acme")) == {each.id: 100 for each in made}
    with pytest.raises(LimitExceededError):
        previews.write(None, row(3), quota)
    later = NOW + timedelta(seconds=160)
    previews.write(made[1], made[1].model_copy(update={"expires_at": later}))
    assert previews.held("acme")[made[1].id] == 160
    with pytest.raises(LimitExceededError):
        previews.write(made[0], made[0].model_copy(update={"expires_at": later}), quota)
    previews.write(made[0], made[0].model_copy(update={"state": State.GONE}))
    assert list(previews.held("acme")) == [made[1].id]
    assert [each.id for each in previews.past()] == [made[0].id]
    with pytest.raises(LimitExceededError):
        previews.write(None, row(3), quota)


def test_a_stack_is_made_changed_found_and_removed(stacks: CloudFormation) -> None:
    assert stacks.find(NAME) is None
    stacks.create(wanted("one"))
    with pytest.raises(TransientError):
        stacks.create(wanted("one"))
    found = stacks.find(NAME)
    assert found is not None
    assert (found.state, found.commit, found.outputs) == (
        StackState.BUILT,
        "one",
        {"ItemsTable": f"{NAME}-items"},
    )
    assert found.tags == {"writ-preview": "shop-1-00000000"}
    assert stacks.update(wanted("two"))
    changed = stacks.find(NAME)
    assert changed is not None
    assert changed.commit == "two"
    stacks.create(replace(wanted("one"), name="other"))
    assert stacks.names() == [NAME]
    stacks.remove(NAME)
    stacks.remove(NAME)
    assert (stacks.find(NAME), stacks.names()) == (None, [])
    assert stacks.trouble(NAME) is None


def test_stacks_that_were_deleted_hide_none_that_is_there(
    stacks: CloudFormation, monkeypatch: pytest.MonkeyPatch
) -> None:
    kept = [summary(f"preview-dev-old-{number}-00000000", "DELETE_COMPLETE") for number in range(25)]
    kept.append(summary(NAME, "ROLLBACK_FAILED"))

    def list_stacks(StackStatusFilter: list[str] | None = None, NextToken: str = "0") -> dict[str, Any]:
        """A stack a page."""
        listed = [each for each in kept if not StackStatusFilter or each["StackStatus"] in StackStatusFilter]
        place = int(NextToken)
        more = {"NextToken": str(place + 1)} if place + 1 < len(listed) else {}
        return {"StackSummaries": listed[place : place + 1], **more}

    monkeypatch.setattr(aws.client("cloudformation"), "list_stacks", list_stacks)
    assert stacks.names() == [NAME]


def summary(name: str, status: str) -> dict[str, str]:
    return {"StackName": name, "StackStatus": status}


def test_items_are_put_in_batches_and_a_table_that_is_not_there_is_named(stacks: CloudFormation) -> None:
    stacks.create(wanted("one"))
    items = [{"id": f"i{number}", "n": number} for number in range(60)]
    for _ in range(2):
        PreviewTables().write(f"{NAME}-items", items)
    found = aws.client("dynamodb").scan(TableName=f"{NAME}-items", Select="COUNT")
    assert found["Count"] == 60
    with pytest.raises(PermanentError) as refused:
        PreviewTables().write("preview-dev-nothing", items)
    assert refused.value.code == "seed.table"


@pytest.fixture
def bucket(stacks: CloudFormation) -> str:
    assert stacks
    client = aws.client("s3")
    client.create_bucket(Bucket="seeds")
    client.put_bucket_versioning(Bucket="seeds", VersioningConfiguration={"Status": "Enabled"})
    return "seeds"


def put(bucket: str, key: str, data: bytes) -> str:
    """The version that it has from then on."""
    return str(aws.client("s3").put_object(Bucket=bucket, Key=key, Body=data)["VersionId"])


def test_a_seed_set_is_the_version_whatever_came_after_it(bucket: str) -> None:
    first, second = put(bucket, "sets/a.json", b"first"), put(bucket, "sets/a.json", b"second")
    aws.client("s3").delete_object(Bucket=bucket, Key="sets/a.json")
    kept = SeedBucket(bucket)
    assert [kept.read("sets/a.json", version) for version in (first, second, first)] == [
        b"first",
        b"second",
        b"first",
    ]


def test_a_version_that_was_read_is_not_read_again_for_its_next_part(bucket: str) -> None:
    version, kept = put(bucket, "sets/a.json", b"first"), SeedBucket(bucket)
    assert kept.read("sets/a.json", version) == b"first"
    aws.client("s3").delete_object(Bucket=bucket, Key="sets/a.json", VersionId=version)
    assert kept.read("sets/a.json", version) == b"first"
    with pytest.raises(PermanentError) as absent:
        SeedBucket(bucket).read("sets/a.json", version)
    assert (absent.value.code, absent.value.field) == ("seed.absent", "seed")


def test_a_seed_set_that_is_too_large_or_not_there_is_refused(bucket: str) -> None:
    most, more = (put(bucket, f"sets/{size}.json", b"x" * size) for size in (MOST_BYTES, MOST_BYTES + 1))
    kept = SeedBucket(bucket)
    assert len(kept.read(f"sets/{MOST_BYTES}.json", most)) == MOST_BYTES
    for key, version, code in (
        (f"sets/{MOST_BYTES + 1}.json", more, "seed.large"),
        ("sets/nothing.json", most, "seed.absent"),
        (f"sets/{MOST_BYTES}.json", more, "seed.absent"),
    ):
        with pytest.raises(PermanentError) as refused:
            kept.read(key, version)
        assert refused.value.code == code


def test_a_bucket_that_does_not_answer_may_do_so_later(bucket: str, monkeypatch: pytest.MonkeyPatch) -> None:
    def away(**_: Any) -> None:
        raise ClientError({"Error": {"Code": "SlowDown"}}, "GetObject")

    monkeypatch.setattr(aws.client("s3"), "get_object", away)
    with pytest.raises(TransientError):
        SeedBucket(bucket).read("sets/a.json", "1")


def test_the_first_resource_that_failed_in_the_latest_operation_is_named(
    stacks: CloudFormation, monkeypatch: pytest.MonkeyPatch
) -> None:
    events = [
        event(NAME, "ROLLBACK_COMPLETE"),
        event("Role", "CREATE_FAILED", "Resource creation cancelled"),
        event("Items", "CREATE_FAILED", "the name is taken"),
        event(NAME, "CREATE_IN_PROGRESS", "User Initiated"),
        event("Earlier", "DELETE_FAILED", "of the operation before"),
    ]
    monkeypatch.setattr(
        aws.client("cloudformation"), "describe_stack_events", lambda **_: {"StackEvents": events}
    )
    trouble = stacks.trouble(NAME)
    assert trouble is not None
    assert (trouble.resource, trouble.reason) == ("Items (AWS::X::Y)", "the name is taken")


def event(id: str, status: str, reason: str = "") -> dict[str, str]:
    return {
        "LogicalResourceId": id,
        "ResourceStatus": status,
        "ResourceType": "AWS::X::Y",
        "ResourceStatusReason": reason,
    }
