"""The public files of the log, and its locked checkpoints, in S3 by conditional writes."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any, Final

from botocore.exceptions import BotoCoreError, ClientError

from writ.adapters import aws
from writ.adapters.threads import at_once
from writ.contracts.errors import ConflictError, ContendedError, TransientError
from writ.ledger.logcopy import CHECKPOINT

ANCHORS: Final = "checkpoints/"
_ANCHOR: Final = re.compile(rf"{ANCHORS}([0-9]{{20}})-([0-9a-f]{{64}})")
_ANCHORS_READ: Final = 10
_LOST: Final = "PreconditionFailed"
_RACING: Final = "ConditionalRequestConflict"


class LogBucket:
    """See LogFiles."""

    def __init__(self, bucket: str) -> None:
        self._bucket = bucket

    def read(self, path: str) -> bytes | None:
        found = self._get(path)
        return None if found is None else found[0]

    def create(self, path: str, data: bytes) -> None:
        try:
            _put(self._bucket, path, data, IfNoneMatch="*")
        except ConflictError:
            if self.read(path) != data:
                raise ConflictError(f"{path} exists with other content", code="ledger.forked") from None

    def read_tagged(self, path: str) -> tuple[bytes, str] | None:
        return self._get(path)

    def replace(self, path: str, data: bytes, tag: str) -> None:
        _put(self._bucket, path, data, IfMatch=tag)

    def read_checkpoint(self) -> tuple[bytes, str] | None:
        return self._get(CHECKPOINT)

    def replace_checkpoint(self, note: bytes, tag: str | None) -> None:
        condition = {"IfNoneMatch": "*"} if tag is None else {"IfMatch": tag}
        _put(self._bucket, CHECKPOINT, note, CacheControl="no-cache", **condition)

    def _get(self, path: str) -> tuple[bytes, str] | None:
        try:
            found = aws.client("s3").get_object(Bucket=self._bucket, Key=path)
            return found["Body"].read(), found["ETag"]
        except (BotoCoreError, ClientError) as error:
            if aws.error_code(error) in {"NoSuchKey", "404"}:
                return None
            raise aws.failure(error, f"reading {path} of the log") from error


class AnchorBucket:
    """See Anchors, AnchorNotes, AnchorList and AnchorTimes.

    The bucket's Object Lock keeps every version; nobody holds the right to lift it.
    """

    def __init__(self, bucket: str) -> None:
        self._bucket = bucket

    def create(self, size: int, root: bytes, note: bytes) -> None:
        try:
            _put(self._bucket, f"{ANCHORS}{size:020d}-{root.hex()}", note, IfNoneMatch="*")
        except ConflictError:
            return  # a copy of the same head stands already

    def from_size(self, size: int) -> Sequence[tuple[int, bytes]]:
        matches = (_ANCHOR.fullmatch(item["Key"]) for item in self._from(size, _ANCHORS_READ))
        return [(int(match[1]), bytes.fromhex(match[2])) for match in matches if match]

    def covered_at(self, index: int) -> datetime | None:
        """S3's own time: whoever writes a checkpoint's copy cannot set it."""
        for item in self._from(index + 1, 1):
            made: datetime = item["LastModified"]
            return made
        return None

    def first_covering(self, index: int) -> bytes | None:
        for item in self._from(index + 1, 1):
            return LogBucket(self._bucket).read(item["Key"])
        return None

    def notes(self, after: str, limit: int) -> Sequence[tuple[str, bytes]]:
        keys = [str(item["Key"]) for item in self._after(after, limit)]
        found: dict[str, bytes] = {}

        def reading(key: str) -> Callable[[], None]:
            def read() -> None:
                note = LogBucket(self._bucket).read(key)
                if note is None:  # nobody holds the right to delete one
                    raise TransientError(f"{key} is listed and cannot be read", code="dependency.contended")
                found[key] = note

            return read

        at_once([reading(key) for key in keys])
        return [(key.removeprefix(ANCHORS), found[key]) for key in keys]

    def _from(self, size: int, count: int) -> Sequence[Mapping[str, Any]]:
        """The first copies of checkpoints of at least this size."""
        return self._after(f"{size:020d}", count)

    def _after(self, name: str, count: int) -> Sequence[Mapping[str, Any]]:
        try:
            listed = aws.client("s3").list_objects_v2(
                Bucket=self._bucket,
                Prefix=ANCHORS,
                StartAfter=f"{ANCHORS}{name}",
                MaxKeys=count,
            )
        except (BotoCoreError, ClientError) as error:
            raise aws.failure(error, "listing the anchored checkpoints") from error
        found: Sequence[Mapping[str, Any]] = listed.get("Contents", [])
        return found


def _put(bucket: str, key: str, data: bytes, **options: Any) -> None:
    """Raises ConflictError when the condition does not hold."""
    try:
        aws.client("s3").put_object(Bucket=bucket, Key=key, Body=data, ChecksumAlgorithm="SHA256", **options)
    except (BotoCoreError, ClientError) as error:
        code = aws.error_code(error)
        if code in {_LOST, "412"} or (code in {"NoSuchKey", "404"} and "IfMatch" in options):
            raise ConflictError(f"{key} exists or has changed") from None
        if code == _RACING:
            raise ContendedError(f"{key} is being written by another", code="ledger.racing") from error
        raise aws.failure(error, f"writing {key} of the log") from error
