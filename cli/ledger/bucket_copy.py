"""A copy of a log in a bucket, as `aws s3 sync` puts it there; read with the credentials of the shell."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cached_property
from pathlib import Path
from typing import Any, Final

from cli.output import CommandError, UsageError
from writ.ledger.errors import VerificationError
from writ.ledger.logcopy import MAX_FILE, LogCopy

_ADDRESS: Final = re.compile(r"s3://([a-z0-9][a-z0-9.-]{1,61}[a-z0-9])(?:/(.*))?")


class BucketCopy(LogCopy):
    """See LogCopy. Every process makes a client of its own."""

    def __init__(self, bucket: str, prefix: str) -> None:
        super().__init__(Path(bucket, prefix))
        self._bucket = bucket
        self._prefix = f"{prefix.strip('/')}/".lstrip("/")

    @property
    def place(self) -> str:
        return f"s3://{self._bucket}/{self._prefix}"

    def has_certificates(self) -> bool:
        return next(self._names("certificates"), None) is not None

    def __getstate__(self) -> dict[str, Any]:
        return {name: value for name, value in self.__dict__.items() if name != "_s3"}

    @cached_property
    def _s3(self) -> Any:
        import boto3

        make: Any = boto3.client
        return make("s3")

    def _names(self, name: str) -> Iterator[str]:
        below = f"{self._prefix}{name}/"
        pages = self._s3.get_paginator("list_objects_v2").paginate(Bucket=self._bucket, Prefix=below)
        with _calling(f"listing {self.place}{name}"):
            for page in pages:
                for item in page.get("Contents", ()):
                    yield str(item["Key"]).removeprefix(below)

    def _read(self, path: str) -> bytes | None:
        with _calling(f"reading {self.place}{path}"):
            try:
                found = self._s3.get_object(Bucket=self._bucket, Key=self._prefix + path)
            except self._s3.exceptions.NoSuchKey:
                return None
            if found["ContentLength"] > MAX_FILE:
                raise VerificationError(f"{path!a} is larger than any file of a log", code="ledger.copy")
            data: bytes = found["Body"].read()
        return data


@contextmanager
def _calling(doing: str) -> Iterator[None]:
    """What S3 refuses, as a CommandError: the bucket need not be a plane's, and a plane need not be there."""
    from botocore.exceptions import BotoCoreError, ClientError

    from writ.adapters.aws import error_code

    hint = "it is read with the AWS credentials and the region of this shell"
    try:
        yield
    except ClientError as error:
        raise CommandError(
            f"{doing}: {error_code(error) or 'unknown'}", code="bucket.refused", hint=hint
        ) from None
    except BotoCoreError as error:
        raise CommandError(f"{doing}: {type(error).__name__}", code="bucket.unreadable", hint=hint) from None


def is_bucket(text: str) -> bool:
    """Whether this is the address of something in S3 and not a folder."""
    return text.startswith("s3://")


def open_bucket(address: str) -> LogCopy:
    """The copy at an address. Raises UsageError where there is none."""
    match = _ADDRESS.fullmatch(address)
    if match is None:
        raise UsageError(f"{address} is no address in S3", field="PATH", hint="s3://BUCKET/PREFIX")
    copy = BucketCopy(match[1], match[2] or "")
    try:
        copy.checkpoint()
    except VerificationError:
        raise UsageError(f"{address} is no copy of a log: it has no checkpoint", field="PATH") from None
    return copy
