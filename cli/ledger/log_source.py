"""The log as it lies in the plane: objects in S3, envelopes in DynamoDB."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, Final

from cli.in_order import in_order
from cli.ledger.copying import size_of, write_copy
from cli.plane import Plane, calling
from cli.progress import Bars
from writ.adapters.certificate_table import ROOT
from writ.adapters.deflate import inflated
from writ.adapters.key_table import KEY
from writ.adapters.kms import wrapping_context
from writ.adapters.log_bucket import ANCHORS
from writ.contracts.errors import WritError
from writ.ledger.dsse import Envelope
from writ.ledger.edges import stream_edge
from writ.ledger.logcopy import CHECKPOINT, LogCopy
from writ.ledger.sealing import unseal
from writ.ports.ledger import SubjectKey

_STREAMS: Final = stream_edge("")
_ENVELOPE: Final = {
    "ProjectionExpression": "entry_id, payload, #signature, #keys",
    "ExpressionAttributeNames": {"#signature": "signature", "#keys": "keys"},  # reserved words
}
_SEGMENTS: Final = 4


class PlaneLog:
    """See LogSource."""

    def __init__(self, plane: Plane) -> None:
        self._plane = plane
        self._keys: dict[str, SubjectKey | None] = {}

    def object(self, key: str) -> bytes | None:
        return self._read(self._plane.bucket("log"), key)

    def objects(self, keys: Iterable[str]) -> Iterator[tuple[str, bytes | None]]:
        self._plane.aws("s3")  # made before threads share it
        return in_order(lambda key: (key, self.object(key)), keys)

    def anchors(self) -> Iterator[tuple[str, bytes]]:
        bucket = self._plane.bucket("anchors")
        with calling("listing the anchored checkpoints"):
            pages = self._plane.aws("s3").get_paginator("list_objects_v2")
            keys = [
                str(item["Key"])
                for page in pages.paginate(Bucket=bucket, Prefix=ANCHORS)
                for item in page.get("Contents", ())
            ]
        for key, note in zip(keys, in_order(lambda key: self._read(bucket, key), keys), strict=True):
            if note is not None:
                yield key.removeprefix(ANCHORS), note

    def statements(self, size: int) -> Iterator[tuple[str, bytes]]:
        """Those that the index places below `size`, as they are stored now.

        The log itself cannot say which they are: an entry that was edited is not the one in the log, and
        must be in the copy for verification to name it. Every entry is in the index before a checkpoint
        covers it.
        """
        logged = set(self._logged(size))
        for item in self._scan("entries", **_ENVELOPE):
            entry = item["entry_id"]["S"]
            if entry in logged and (payload := self._payload(entry, item)) is not None:
                yield entry, Envelope(inflated(payload), item["signature"]["B"]).encode()

    def _payload(self, entry: str, item: dict[str, Any]) -> bytes | None:
        """The deflated payload; None where it is erased, or the key of a person it is about."""
        if "payload" not in item:
            return None
        payload: bytes = item["payload"]["B"]
        if "keys" not in item:
            return payload
        keys = [self._key(ref["S"]) for ref in item["keys"]["L"]]
        found = [key for key in keys if key is not None]
        if len(found) < len(keys):
            return None
        try:
            return unseal(payload, entry, found)
        except WritError:
            return payload  # damaged bytes as they are: verification names the entry they belong to

    def _key(self, ref: str) -> SubjectKey | None:
        """A person's data key, unwrapped once; None where it was destroyed."""
        if ref not in self._keys:
            with calling("unwrapping a data key"):
                place = {"pk": {"S": ref}, "sk": {"S": KEY}}
                found = self._plane.aws("dynamodb").get_item(
                    TableName=self._plane.thing("subjects"), Key=place, ConsistentRead=True
                )
                wrapped = found.get("Item", {}).get("wrapped")
                self._keys[ref] = wrapped and SubjectKey(
                    ref,
                    self._plane.aws("kms").decrypt(
                        CiphertextBlob=wrapped["B"], EncryptionContext=wrapping_context(ref)
                    )["Plaintext"],
                )
        return self._keys[ref]

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

        for items in in_order(segment, range(_SEGMENTS)):
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


def copy_log(plane: Plane, folder: Path, bars: Bars, *, packed: bool = False) -> LogCopy:
    """Copy the log of a plane to a folder."""

    def progress(done: int, size: int) -> None:
        bars.step("copying the ledger", done, size)

    return write_copy(PlaneLog(plane), folder, progress, packed=packed)
