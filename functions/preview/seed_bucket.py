"""Seed sets in S3, by the version of their object, which stays what it is."""

from __future__ import annotations

from typing import Final

from botocore.exceptions import BotoCoreError, ClientError

from writ.adapters import aws
from writ.contracts.errors import PermanentError

MOST_BYTES: Final = 5 * 1024 * 1024
# Who may not list a bucket is told of what is not there that he may not read it.
# https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetObject.html
_ABSENT: Final = frozenset({"NoSuchKey", "NoSuchVersion", "AccessDenied", "404", "403", "InvalidArgument"})


class SeedBucket:
    """See Seeds. The latest set is kept: its parts are written one after the other."""

    def __init__(self, bucket: str) -> None:
        self._bucket = bucket
        self._latest: tuple[str, str, bytes] | None = None

    def read(self, key: str, version: str) -> bytes:
        if self._latest is None or self._latest[:2] != (key, version):
            self._latest = (key, version, self._fetched(key, version))
        return self._latest[2]

    def _fetched(self, key: str, version: str) -> bytes:
        try:
            found = aws.client("s3").get_object(Bucket=self._bucket, Key=key, VersionId=version)
            # One byte more than is taken shows that there is more, whatever S3 said its length is.
            data: bytes = found["Body"].read(MOST_BYTES + 1)
        except (BotoCoreError, ClientError) as error:
            if aws.error_code(error) in _ABSENT:
                message = f"there is no version {version} of {key}, or it may not be read"
                raise PermanentError(message, code="seed.absent", field="seed") from None
            raise aws.failure(error, f"reading {key}") from error
        if len(data) > MOST_BYTES:
            raise PermanentError(f"{key} has more than {MOST_BYTES} bytes", code="seed.large", field="seed")
        return data
