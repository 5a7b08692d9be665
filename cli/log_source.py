"""The log as it lies in the plane: objects in S3, envelopes in DynamoDB."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Final, TypeVar

from cli.ledger import size_of
from cli.plane import Plane, calling
from writ.adapters.certificate_table import ROOT
from writ.adapters.deflate import inflated
from writ.adapters.log_bucket import ANCHORS
from writ.ledger.dsse import Envelope
from writ.ledger.edges import stream_edge
from writ.ledger.logcopy import CHECKPOINT

_STREAMS: Final = stream_edge("")
_SEGMENTS: Final = 4
_AT_ONCE: Final = 8

ItemT = TypeVar("ItemT")
FoundT = TypeVar("FoundT")


class PlaneLog:
    """See LogSource."""

    def __init__(self, plane: Plane) -> None:
        self._plane = plane

    def object(self, key: str) -> bytes | None:
        return self._read(self._plane.bucket("log"), key)

    def anchors(self) -> Iterator[tuple[str, bytes]]:
        bucket = self._plane.bucket("anchors")
        with calling("listing the anchored checkpoints"):
            pages = self._plane.aws("s3").get_paginator("list_objects_v2")
            keys = [
                str(item["Key"])
                for page in pages.paginate(Bucket=bucket, Prefix=ANCHORS)
                for item in page.get("Contents", ())
            ]
        for key, note in zip(keys, _together(lambda key: self._read(bucket, key), keys), strict=True):
            if note is not None:
                yield key.removeprefix(ANCHORS), note

    def statements(self, size: int) -> Iterator[tuple[str, bytes]]:
        """Those that the index places below `size`, as they are stored now.

        The log itself cannot say which they are: an entry that was edited is not the one in the log, and
        must be in the copy for verification to name it. Every entry is in the index before a checkpoint
        covers it.
        """
        logged = set(self._logged(size))
        for item in self._scan("entries", ProjectionExpression="entry_id, payload, signature"):
            entry = item["entry_id"]["S"]
            if entry in logged:
                yield entry, Envelope(inflated(item["payload"]["B"]), item["signature"]["B"]).encode()

    def certificates(self) -> Iterator[tuple[str, bytes]]:
        for item in self._scan("certificates", ProjectionExpression="fingerprint, pem"):
            if not item["fingerprint"]["S"].startswith(ROOT):  # one a generation; fingerprints are hex
                yield item["fingerprint"]["S"], item["pem"]["S"].encode()

    def _logged(self, size: int) -> Iterator[str]:
        found = self._scan(
            "index",
            ProjectionExpression="#position",
            FilterExpression="begins_with(edge, :streams) AND leaf < :size",
            ExpressionAttributeNames={"#position": "position"},  # a reserved word
            ExpressionAttributeValues={":streams": {"S": _STREAMS}, ":size": {"N": str(size)}},
        )
        return (item["position"]["S"] for item in found)

    def _scan(self, table: str, **query: Any) -> Iterator[dict[str, Any]]:
        """Every item, strongly consistent, a few segments at once."""
        pages = self._plane.aws("dynamodb").get_paginator("scan")

        def segment(number: int) -> list[dict[str, Any]]:
            with calling(f"reading the table {table}"):
                found = pages.paginate(
                    TableName=self._plane.thing(table),
                    Segment=number,
                    TotalSegments=_SEGMENTS,
                    ConsistentRead=True,
                    **query,
                )
                return [item for page in found for item in page["Items"]]

        for items in _together(segment, range(_SEGMENTS)):
            yield from items

    def _read(self, bucket: str, key: str) -> bytes | None:
        s3 = self._plane.aws("s3")
        with calling(f"reading {key} of the log"):
            try:
                found: bytes = s3.get_object(Bucket=bucket, Key=key)["Body"].read()
            except s3.exceptions.NoSuchKey:
                return None
        return found


def signed_size(plane: Plane) -> int:
    """How many leaves the plane's newest checkpoint claims; 0 before there is one."""
    note = PlaneLog(plane).object(CHECKPOINT)
    return 0 if note is None else max(size_of(note), 0)


def _together(call: Callable[[ItemT], FoundT], items: Sequence[ItemT]) -> Iterator[FoundT]:
    with ThreadPoolExecutor(_AT_ONCE) as pool:
        yield from pool.map(call, items)
