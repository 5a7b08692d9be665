"""The log as it lies in the plane: objects in S3, envelopes in DynamoDB."""

from __future__ import annotations

from typing import Final

from cli.plane import Plane, calling

_MISSING: Final = frozenset({"NoSuchKey", "404", "NotFound"})
_AT_ONCE: Final = 100


class PlaneLog:
    """See LogSource."""

    def __init__(self, plane: Plane) -> None:
        self._plane = plane

    def object(self, key: str) -> bytes | None:
        return self._read(self._plane.bucket("log"), key)

    def _read(self, bucket: str, key: str) -> bytes | None:
        s3 = self._plane.aws("s3")
        with calling(f"reading {key} of the log"):
            try:
                found: bytes = s3.get_object(Bucket=bucket, Key=key)["Body"].read()
            except s3.exceptions.NoSuchKey:
                return None
        return found
