"""What outlives a deployment is private, encrypted and hard to lose."""

from __future__ import annotations

from typing import Any

from stacks.tables import TABLES
from tests.infrastructure.synthesis import Resource, Synthesis
from writ.runtime import batch

_INSECURE = {"Bool": {"aws:SecureTransport": "false"}}
_OLD_TLS = {"NumericLessThan": {"s3:TlsVersion": 1.2}}


def denied_conditions(plane: Synthesis, kind: str, holder: str, resource: Resource) -> list[dict[str, Any]]:
    """The conditions under which the policy of a bucket, queue or topic denies everybody everything."""
    return [
        statement["Condition"]
        for policy in plane.all(kind)
        if policy.stack == resource.stack and {"Ref": resource.id} in _listed(policy.properties[holder])
        for statement in policy.properties["PolicyDocument"]["Statement"]
        if statement["Effect"] == "Deny" and statement["Principal"] in ("*", {"AWS": "*"})
    ]


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def test_buckets_are_private_versioned_and_encrypted(plane: Synthesis) -> None:
    buckets = plane.all("AWS::S3::Bucket")
    assert {plane.value(b.stack, b.properties["BucketName"]) for b in buckets} == {
        plane.names.bucket(name)
        for name in ("access", "raw", "log", "anchors", "packs", "artifacts", "seeds")
    }
    for bucket in buckets:
        assert set(bucket.properties["PublicAccessBlockConfiguration"].values()) == {True}, bucket
        assert len(bucket.properties["PublicAccessBlockConfiguration"]) == 4, bucket
        assert bucket.properties["OwnershipControls"]["Rules"] == [{"ObjectOwnership": "BucketOwnerEnforced"}]
        (rule,) = bucket.properties["BucketEncryption"]["ServerSideEncryptionConfiguration"]
        assert rule["ServerSideEncryptionByDefault"]["SSEAlgorithm"] in {"AES256", "aws:kms"}, bucket
        assert bucket.properties["VersioningConfiguration"] == {"Status": "Enabled"}, bucket


def test_buckets_are_reached_over_tls_only(cloud: Synthesis) -> None:
    for bucket in cloud.all("AWS::S3::Bucket"):
        denied = denied_conditions(cloud, "AWS::S3::BucketPolicy", "Bucket", bucket)
        assert _INSECURE in denied, bucket
        assert _OLD_TLS in denied, bucket


def test_every_bucket_but_the_logs_own_logs_who_reads_it(plane: Synthesis) -> None:
    for bucket in plane.all("AWS::S3::Bucket"):
        assert ("LoggingConfiguration" in bucket.properties) != bucket.id.startswith("BucketAccess"), bucket


def test_anchors_cannot_be_deleted_before_their_time(plane: Synthesis) -> None:
    (anchors,) = [b for b in plane.all("AWS::S3::Bucket") if b.id.startswith("BucketAnchors")]
    lock = anchors.properties["ObjectLockConfiguration"]
    assert lock["Rule"]["DefaultRetention"] == {"Mode": "COMPLIANCE", "Days": plane.settings.anchor_lock_days}


def test_only_what_can_be_made_again_is_forgotten(plane: Synthesis) -> None:
    expiring = {}
    for bucket in plane.all("AWS::S3::Bucket"):
        for rule in bucket.properties["LifecycleConfiguration"]["Rules"]:
            if "ExpirationInDays" in rule:
                place = bucket.id.removeprefix("Bucket")[:5] + rule.get("Prefix", "")
                expiring[place] = rule["ExpirationInDays"]
    # `Log` is followed by a hash that CDK makes. Artifacts of published releases are kept under their own
    # names, and those of others are built again.
    staged = [place for place in expiring if place[:3] in ("Log", "Art") and place.endswith("staging/")]
    assert [expiring.pop(place) for place in staged] == [30, 30]
    assert expiring == {"Acces": plane.settings.log_days, "Packs": 7}


def test_tables_are_those_of_the_definitions(plane: Synthesis) -> None:
    found = {t.properties["TableName"]: t.properties for t in plane.all("AWS::DynamoDB::Table")}
    assert set(found) == {plane.names.table(spec.name) for spec in TABLES}
    for spec in TABLES:
        properties = found[plane.names.table(spec.name)]
        assert {i["IndexName"] for i in properties.get("GlobalSecondaryIndexes", ())} == set(spec.indexes)
        assert ("StreamSpecification" in properties) == spec.streams
        assert ("TimeToLiveSpecification" in properties) == spec.expires
        assert properties["BillingMode"] == "PAY_PER_REQUEST"


def test_tables_survive_mistakes(cloud: Synthesis) -> None:
    for table in cloud.all("AWS::DynamoDB::Table"):
        recovery = table.properties["PointInTimeRecoverySpecification"]
        assert recovery["PointInTimeRecoveryEnabled"] is True, table
        assert table.properties["DeletionProtectionEnabled"] is True, table


def test_what_holds_state_stays_when_its_stack_goes(cloud: Synthesis) -> None:
    kept = {
        "AWS::Cognito::UserPool", "AWS::DynamoDB::Table", "AWS::KMS::Key", "AWS::Logs::LogGroup",
        "AWS::S3::Bucket", "AWS::SecretsManager::Secret",
    }  # fmt: skip
    for stack, template in cloud.templates.items():
        for id, body in template["Resources"].items():
            if body["Type"] in kept:
                assert body["DeletionPolicy"] == body["UpdateReplacePolicy"] == "Retain", f"{stack}/{id}"


def test_local_leaves_nothing_behind(plane: Synthesis) -> None:
    policies = {
        body.get("DeletionPolicy")
        for template in plane.templates.values()
        for body in template["Resources"].values()
    }
    assert ("Retain" in policies) == plane.settings.protected


def test_stacks_on_aws_cannot_be_deleted_by_accident(plane: Synthesis) -> None:
    stacks = plane.app.node.children
    protected = {
        bool(getattr(stack, "termination_protection", None)) for stack in stacks if stack.node.id != "Tree"
    }
    assert protected == {plane.settings.protected}


def test_queues_are_encrypted_and_lead_to_a_dead_letter_queue(plane: Synthesis) -> None:
    queues = {
        plane.value(q.stack, q.properties["QueueName"]): plane.value(q.stack, q.properties)
        for q in plane.all("AWS::SQS::Queue")
    }
    for name, properties in queues.items():
        assert properties["SqsManagedSseEnabled"] is True, name
        if name.endswith("-dlq"):
            assert properties["MessageRetentionPeriod"] == 14 * 24 * 3600, name
            continue
        redrive = properties["RedrivePolicy"]
        assert redrive["deadLetterTargetArn"].endswith(f":{name}-dlq"), name
        assert redrive["maxReceiveCount"] == batch.MAX_RECEIVES, name


def test_a_message_is_not_seen_again_while_its_bot_may_still_work_on_it(plane: Synthesis) -> None:
    for folder in plane.folders:
        if folder.has_queue:
            name = plane.names.thing(folder.name)
            (queue,) = [q for q in plane.all("AWS::SQS::Queue") if q.properties["QueueName"] == name]
            assert queue.properties["VisibilityTimeout"] >= 6 * folder.manifest.timeout_s, folder.name


def test_queues_and_the_topic_are_reached_over_tls_only(cloud: Synthesis) -> None:
    for kind, policies, holder in (
        ("AWS::SQS::Queue", "AWS::SQS::QueuePolicy", "Queues"),
        ("AWS::SNS::Topic", "AWS::SNS::TopicPolicy", "Topics"),
    ):
        for resource in cloud.all(kind):
            assert _INSECURE in denied_conditions(cloud, policies, holder, resource), resource


def test_the_alarm_topic_is_encrypted_with_a_key_that_cloudwatch_may_use(plane: Synthesis) -> None:
    (topic,) = plane.all("AWS::SNS::Topic")
    key_arn = plane.value(topic.stack, topic.properties["KmsMasterKeyId"])
    (key,) = [key for key in plane.all("AWS::KMS::Key") if key_arn.endswith(f"key/{key.id}")]
    users = [
        set(_listed(statement["Action"]))
        for statement in key.properties["KeyPolicy"]["Statement"]
        if statement["Principal"] == {"Service": "cloudwatch.amazonaws.com"}
    ]
    assert any({"kms:Decrypt", "kms:GenerateDataKey*"} <= actions for actions in users)
    assert key.properties["EnableKeyRotation"] is True


def test_every_rule_and_subscription_keeps_what_it_cannot_deliver(plane: Synthesis) -> None:
    for rule in plane.all("AWS::Events::Rule"):
        for target in rule.properties["Targets"]:
            assert plane.value(rule.stack, target["DeadLetterConfig"]["Arn"]).endswith("-dlq"), rule
    for subscription in plane.all("AWS::SNS::Subscription"):
        redrive = plane.value(subscription.stack, subscription.properties["RedrivePolicy"])
        assert redrive["deadLetterTargetArn"].endswith("-dlq"), subscription


def test_events_reach_the_bots_that_ask_for_them(plane: Synthesis) -> None:
    expected: dict[str, set[str]] = {}
    for folder in plane.folders:
        resumed = (
            {"ApprovalDecided.v1", "ActionStalled.v1"}
            if folder.manifest.actions and folder.has_worker
            else set()
        )
        wanted = {trigger.event for trigger in folder.manifest.triggers if trigger.event} | resumed
        if wanted:
            expected[plane.names.thing(folder.name)] = wanted
    found: dict[str, set[str]] = {}
    for rule in plane.all("AWS::Events::Rule"):
        properties = plane.value(rule.stack, rule.properties)
        if pattern := properties.get("EventPattern"):
            assert properties["EventBusName"] == plane.names.bus, rule
            for target in properties["Targets"]:
                found.setdefault(target["Arn"].rpartition(":")[2], set()).update(pattern["detail-type"])
    assert found == expected
