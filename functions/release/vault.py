"""Files of releases in the bucket of artifacts: each put once, its SHA-256 checked by S3."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Mapping
from datetime import timedelta
from typing import Final

from botocore.exceptions import BotoCoreError, ClientError

from functions.release.store import Upload
from writ.adapters import aws
from writ.contracts.errors import ConflictError
from writ.contracts.events.releases import ReleaseFile

_SIGNATURE: Final = "s3v4"  # botocore signs links in a way that only old regions know, unless told
_TAKEN: Final = frozenset({"PreconditionFailed", "412"})
_GONE: Final = frozenset({"NoSuchKey", "NotFound", "404"})


class VaultBucket:
    """See Vault."""

    def __init__(self, bucket: str) -> None:
        self._bucket = bucket

    def upload(self, path: str, file: ReleaseFile, valid: timedelta) -> Upload:
        """Signed with the function's own credentials, so it also ends with them; S3 compares the digest."""
        digest = b64encode(bytes.fromhex(file.sha256)).decode()
        asked = {
            "Bucket": self._bucket,
            "Key": path,
            "ContentLength": file.size,
            "ChecksumSHA256": digest,
        }
        url = _signed("put_object", asked, valid, f"signing an upload of {path}")
        return Upload(url, {"x-amz-checksum-sha256": digest})

    def link(self, path: str, name: str, valid: timedelta) -> str:
        """See Vault. As long as the function's own credentials at most."""
        asked = {
            "Bucket": self._bucket,
            "Key": path,
            "ResponseContentDisposition": f'attachment; filename="{name}"',
        }
        return _signed("get_object", asked, valid, f"signing a link to {path}")

    def has(self, path: str, file: ReleaseFile) -> bool:
        try:
            found = aws.client("s3").head_object(Bucket=self._bucket, Key=path)
        except (BotoCoreError, ClientError) as error:
            if aws.error_code(error) in _GONE:
                return False
            raise aws.failure(error, f"looking at {path}") from error
        return int(found["ContentLength"]) == file.size

    def read(self, path: str) -> bytes | None:
        try:
            found: bytes = aws.client("s3").get_object(Bucket=self._bucket, Key=path)["Body"].read()
        except (BotoCoreError, ClientError) as error:
            if aws.error_code(error) in _GONE:
                return None
            raise aws.failure(error, f"reading {path}") from error
        return found

    def keep(self, path: str, data: bytes) -> None:
        try:
            aws.client("s3").put_object(
                Bucket=self._bucket, Key=path, Body=data, ChecksumAlgorithm="SHA256", IfNoneMatch="*"
            )
        except (BotoCoreError, ClientError) as error:
            if aws.error_code(error) not in _TAKEN:
                raise aws.failure(error, f"writing {path}") from error
            if self.read(path) != data:
                message = f"{path} is kept already, with other bytes"
                raise ConflictError(message, code="conflict.artifact", field="name") from None


def _signed(operation: str, asked: Mapping[str, object], valid: timedelta, doing: str) -> str:
    try:
        made: str = aws.client("s3", _SIGNATURE).generate_presigned_url(
            operation, Params=asked, ExpiresIn=int(valid.total_seconds())
        )
    except (BotoCoreError, ClientError) as error:
        raise aws.failure(error, doing) from error
    return made
