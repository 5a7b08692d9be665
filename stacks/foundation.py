"""What outlives every deployment: tables, buckets, keys, secrets, the alarm topic."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any, Final

from aws_cdk import Duration, Stack
from aws_cdk import aws_dynamodb as dynamodb
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_s3 as s3
from aws_cdk import aws_secretsmanager as secretsmanager
from aws_cdk import aws_sns as sns
from constructs import Construct

from stacks.acknowledge import acknowledge
from stacks.boundaries import function_boundary
from stacks.constructs.flags import FlagStore
from stacks.constructs.previews import PreviewSpace
from stacks.keys import Keys
from stacks.manifest import BotFolder
from stacks.names import Names
from stacks.settings import Settings
from stacks.tables import (
    ED25519_KEYS,
    EXPIRY_DAYS,
    GIVEN_SECRETS,
    PLANE,
    STAGED,
    TTL_ATTRIBUTE,
    WRAPPING_KEYS,
    Key,
    State,
    TableSpec,
)

_SECRETS: Final = {
    "anchor": "The token by which checkpoints are posted to GitHub; an operator stores it",
    "forge": "The key by which pull requests are commented on; an operator stores it",
    "webhook": "Signs what GitHub sends: the current secret, and the previous one during a rotation",
}
_NOT_ROTATED: Final = {
    False: "GitHub holds the other half: a rotation that it does not take part in would refuse every "
    "webhook. An operator rotates both; the previous secret stays valid meanwhile.",
    True: "GitHub issues it and lets nobody renew it but its owner; it says itself when it ends.",
}


class FoundationStack(Stack):
    """The state of one environment; other stacks only refer to it."""

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        settings: Settings,
        folders: Sequence[BotFolder],
        state: State = PLANE,
        **props: Any,
    ) -> None:
        super().__init__(scope, id, **props)
        self._settings = settings
        self._names = Names.of(settings)
        self.tables = {spec.name: self._table(spec) for spec in state.tables}
        if state.buckets:
            self._access_logs = self._bucket("access", logged=False, expire_days=settings.log_days)
        self.buckets = {name: self._bucket(name, expire_days=EXPIRY_DAYS.get(name)) for name in state.buckets}
        lacking = frozenset() if settings.target.ed25519 else ED25519_KEYS
        make = Keys(self, settings, folders)
        self.keys = {
            name: make.wrapping(name) if name in WRAPPING_KEYS else make.signing(name)
            for name in state.keys
            if name not in lacking
        }
        self.secrets = {name: self._secret(name) for name in state.secrets}
        self.alarm_topic = self._alarm_topic()
        self.flags = FlagStore(self, "Flags", names=self._names) if state is PLANE else None
        if any(folder.manifest.needs.previews for folder in folders):
            PreviewSpace(self, "Previews", settings=settings)
        self.boundary = function_boundary(self, settings, folders, self.flags.site if self.flags else None)

    def _table(self, spec: TableSpec) -> dynamodb.Table:
        table = dynamodb.Table(
            self,
            f"Table{spec.name.capitalize()}",
            table_name=self._names.table(spec.name),
            billing_mode=dynamodb.BillingMode.PAY_PER_REQUEST,
            point_in_time_recovery_specification=dynamodb.PointInTimeRecoverySpecification(
                point_in_time_recovery_enabled=self._settings.protected
            ),
            deletion_protection=self._settings.protected,
            removal_policy=self._settings.removal,
            stream=dynamodb.StreamViewType.NEW_IMAGE if spec.streams else None,
            time_to_live_attribute=TTL_ATTRIBUTE if spec.expires else None,
            **_key(spec.key),
        )
        for name, key in spec.indexes.items():
            table.add_global_secondary_index(index_name=name, **_key(key), **_projection(key))
        if not self._settings.protected:
            acknowledge(table, "AwsSolutions-DDB3", "It goes with its environment; nothing is recovered.")
        return table

    def _bucket(self, name: str, *, logged: bool = True, expire_days: int | None = None) -> s3.Bucket:
        locked = name == "anchors"
        bucket = s3.Bucket(
            self,
            f"Bucket{name.capitalize()}",
            bucket_name=self._names.bucket(name),
            versioned=True,
            encryption=s3.BucketEncryption.S3_MANAGED,
            block_public_access=s3.BlockPublicAccess.BLOCK_ALL,
            object_ownership=s3.ObjectOwnership.BUCKET_OWNER_ENFORCED,
            enforce_ssl=self._settings.target.tls,
            minimum_tls_version=1.2 if self._settings.target.tls else None,
            removal_policy=self._settings.removal,
            server_access_logs_bucket=self._access_logs if logged else None,
            server_access_logs_prefix=f"{name}/" if logged else None,
            lifecycle_rules=[_lifecycle(expire_days), *([_staging()] if name in STAGED else [])],
            object_lock_enabled=True if locked else None,
            object_lock_default_retention=s3.ObjectLockRetention.compliance(
                Duration.days(self._settings.anchor_lock_days)
            )
            if locked
            else None,
        )
        if not self._settings.target.tls:
            acknowledge(bucket, "AwsSolutions-S10", "The target has no TLS; it listens on loopback only.")
        return bucket

    def _secret(self, name: str) -> secretsmanager.Secret:
        given = name in GIVEN_SECRETS
        secret = secretsmanager.Secret(
            self,
            f"Secret{name.capitalize()}",
            secret_name=self._names.thing(name),
            description=_SECRETS[name],
            generate_secret_string=secretsmanager.SecretStringGenerator(
                secret_string_template=json.dumps({"previous": None}),
                generate_string_key="current",
                password_length=48,
                exclude_punctuation=True,
            ),
            removal_policy=self._settings.removal,
        )
        if given:  # CDK makes one up wherever none is written down, which this must not be
            resource: Any = secret.node.default_child
            resource.add_property_deletion_override("GenerateSecretString")
        acknowledge(secret, "AwsSolutions-SMG4", _NOT_ROTATED[given])
        return secret

    def _alarm_topic(self) -> sns.Topic:
        key = kms.Key(
            self,
            "KeyAlarms",
            alias=self._names.alias("alarms"),
            description=f"Writ {self._settings.env}: alarm notifications at rest",
            enable_key_rotation=True,
            removal_policy=self._settings.removal,
        )
        alarms = iam.ServicePrincipal("cloudwatch.amazonaws.com")
        key.grant_encrypt_decrypt(alarms)
        topic = sns.Topic(
            self,
            "Alarms",
            topic_name=self._names.thing("alarms"),
            master_key=key,
            enforce_ssl=self._settings.target.tls,
        )
        topic.grant_publish(alarms)
        return topic


def _projection(key: Key) -> dict[str, Any]:
    if not key.projected:
        return {}
    return {"projection_type": dynamodb.ProjectionType.INCLUDE, "non_key_attributes": list(key.projected)}


def _key(key: Key) -> dict[str, Any]:
    def attribute(name: str) -> dynamodb.Attribute:
        kind = dynamodb.AttributeType.NUMBER if name in key.number else dynamodb.AttributeType.STRING
        return dynamodb.Attribute(name=name, type=kind)

    sort = {"sort_key": attribute(key.sort)} if key.sort else {}
    return {"partition_key": attribute(key.partition), **sort}


def _staging() -> s3.LifecycleRule:
    """A staged batch is of no use once its commit is applied, and holds digests that erasure forgets.

    A file that a build left is of no use either once its release is published, or has failed for so long.
    """
    # A commit that stands unapplied for so long has raised alarms for as long.
    month, day = Duration.days(30), Duration.days(1)
    return s3.LifecycleRule(
        id="staging", prefix="staging/", expiration=month, noncurrent_version_expiration=day
    )


def _lifecycle(expire_days: int | None) -> s3.LifecycleRule:
    """Unfinished uploads go after a day; access logs and packs expire, evidence never does."""
    return s3.LifecycleRule(
        id="tidy",
        abort_incomplete_multipart_upload_after=Duration.days(1),
        expiration=Duration.days(expire_days) if expire_days else None,
        noncurrent_version_expiration=Duration.days(1) if expire_days else None,
    )
