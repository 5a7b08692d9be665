"""Delivery records in DynamoDB, raw bodies in S3, webhook secrets in Secrets Manager."""

import base64
import time
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from typing import Annotated, Final

from botocore.exceptions import BotoCoreError, ClientError
from pydantic import BaseModel, ConfigDict, Field, SecretStr, ValidationError
from pynamodb.attributes import UnicodeAttribute
from pynamodb.models import Model

from writ.adapters import aws, dynamo
from writ.contracts.errors import ConflictError, ContendedError, TransientError, WritError
from writ.ports.intake import DeliveryRecord, DeliveryState

SECRET_LIFETIME_S: Final = 60


class DeliveryItem(Model):
    """One delivery, for good."""

    class Meta:
        table_name = "deliveries"

    delivery = UnicodeAttribute(hash_key=True)
    sha256 = UnicodeAttribute()
    event_type = UnicodeAttribute()
    received_at = UnicodeAttribute()
    state = UnicodeAttribute()


class DeliveryTable:
    """See DeliveryStore."""

    def __init__(self, table: str) -> None:
        self._item = dynamo.bind(DeliveryItem, table)

    def register(self, record: DeliveryRecord) -> DeliveryRecord:
        try:
            dynamo.save(self._to_item(record), self._item.delivery.does_not_exist())
        except ConflictError:
            return self._stored(record.delivery)
        return record

    def published(self, record: DeliveryRecord) -> None:
        dynamo.save(self._to_item(replace(record, state=DeliveryState.PUBLISHED)))

    def _to_item(self, record: DeliveryRecord) -> DeliveryItem:
        return self._item(
            delivery=record.delivery,
            sha256=record.sha256,
            event_type=record.event_type,
            received_at=record.received_at.isoformat(),
            state=record.state.value,
        )

    def _stored(self, delivery: str) -> DeliveryRecord:
        item = dynamo.get(self._item, delivery)
        if item is None:
            raise TransientError(f"the record of delivery {delivery} is not readable yet")
        return DeliveryRecord(
            delivery=item.delivery,
            sha256=item.sha256,
            event_type=item.event_type,
            received_at=datetime.fromisoformat(item.received_at),
            state=DeliveryState(item.state),
        )


class PayloadBucket:
    """See PayloadStore. S3 verifies the checksum and refuses to overwrite."""

    def __init__(self, bucket: str) -> None:
        self._bucket = bucket

    def put(self, key: str, body: bytes, sha256: str) -> None:
        try:
            aws.client("s3").put_object(
                Bucket=self._bucket,
                Key=key,
                Body=body,
                ContentType="application/json",
                ChecksumSHA256=base64.b64encode(bytes.fromhex(sha256)).decode(),
                IfNoneMatch="*",
            )
        except (BotoCoreError, ClientError) as error:
            if aws.error_code(error) == "PreconditionFailed":
                return  # an earlier attempt stored it; its record vouches for the digest
            if aws.error_code(error) == "ConditionalRequestConflict":
                raise ContendedError("another attempt is storing the payload", code="payload.busy") from error
            raise aws.failure(error, "storing the payload") from error


Secret = Annotated[SecretStr, Field(min_length=16)]


class _Secrets(BaseModel):
    model_config = ConfigDict(extra="ignore", defer_build=True)

    current: Secret
    previous: Secret | None = None


class SecretsManagerSecrets:
    """See WebhookSecrets.

    Read at most once a minute, so give GitHub a new secret a minute after storing it here.
    """

    def __init__(self, secret_id: str, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._secret_id = secret_id
        self._clock = clock
        self._until = float("-inf")
        self._valid: tuple[bytes, ...] = ()

    def valid(self) -> tuple[bytes, ...]:
        if self._clock() >= self._until:
            self._valid = self._read()
            self._until = self._clock() + SECRET_LIFETIME_S
        return self._valid

    def _read(self) -> tuple[bytes, ...]:
        try:
            answer = aws.client("secretsmanager").get_secret_value(SecretId=self._secret_id)
        except (BotoCoreError, ClientError) as error:
            raise aws.failure(error, "reading the webhook secret") from error
        try:
            secrets = _Secrets.model_validate_json(answer["SecretString"])
        except ValidationError:
            # Without its cause: the cause quotes the secret.
            raise WritError(
                "the webhook secret is malformed", code="secret.invalid", field="webhook"
            ) from None
        both = (secrets.current, secrets.previous)
        return tuple(secret.get_secret_value().encode() for secret in both if secret is not None)
