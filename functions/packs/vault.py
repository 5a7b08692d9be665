"""Where packs and their parts are kept, for as long as the bucket keeps anything."""

from __future__ import annotations

from datetime import timedelta
from typing import Final, Protocol

from botocore.exceptions import BotoCoreError, ClientError

from writ.adapters import aws

_ZIP: Final = "application/zip"
_SIGNATURE: Final = "s3v4"  # botocore signs links in a way that only old regions know, unless told


class Vault(Protocol):
    """Files by path. Writing one again is harmless: the same path is the same content."""

    def read(self, path: str) -> bytes | None: ...

    def write(self, path: str, data: bytes) -> None: ...

    def link(self, path: str, name: str, valid: timedelta) -> str:
        """An address that hands the file out, under a name, to anyone who has it, for a time."""


class VaultBucket:
    """See Vault."""

    def __init__(self, bucket: str) -> None:
        self._bucket = bucket

    def read(self, path: str) -> bytes | None:
        try:
            found: bytes = aws.client("s3").get_object(Bucket=self._bucket, Key=path)["Body"].read()
        except (BotoCoreError, ClientError) as error:
            if aws.error_code(error) in {"NoSuchKey", "404"}:
                return None
            raise aws.failure(error, f"reading {path}") from error
        return found

    def write(self, path: str, data: bytes) -> None:
        try:
            aws.client("s3").put_object(
                Bucket=self._bucket, Key=path, Body=data, ContentType=_ZIP, ChecksumAlgorithm="SHA256"
            )
        except (BotoCoreError, ClientError) as error:
            raise aws.failure(error, f"writing {path}") from error

    def link(self, path: str, name: str, valid: timedelta) -> str:
        """Signed with the function's own credentials, so it also ends with them."""
        asked = {
            "Bucket": self._bucket,
            "Key": path,
            "ResponseContentDisposition": f'attachment; filename="{name}"',
        }
        try:
            made: str = aws.client("s3", _SIGNATURE).generate_presigned_url(
                "get_object", Params=asked, ExpiresIn=int(valid.total_seconds())
            )
        except (BotoCoreError, ClientError) as error:
            raise aws.failure(error, f"signing a link to {path}") from error
        return made
