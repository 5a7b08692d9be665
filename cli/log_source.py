"""The log as it lies in the plane: objects in S3, envelopes in DynamoDB."""

from __future__ import annotations

from collections.abc import Iterator
from hashlib import sha256
from typing import Any

from cli.ledger import CHECKPOINT, size_of
from cli.plane import Plane, calling
from writ.adapters.entry_table import EntryItem, to_entry
from writ.adapters.log_bucket import ANCHORS
from writ.ledger.leaf import decode_leaf
from writ.ledger.tiles import ENTRIES, decode_bundle, tiles_of


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
                for item in page.get("Contents", [])
            ]
        for key in keys:
            note = self._read(bucket, key)
            if note is not None:
                yield key.removeprefix(ANCHORS), note

    def statements(self, size: int) -> Iterator[tuple[str, bytes]]:
        """Those that the leaves below `size` are of; what was appended since is not under the checkpoint."""
        logged = self._logged(size)
        with calling("reading the entries"):
            pages = self._plane.aws("dynamodb").get_paginator("scan")
            for page in pages.paginate(TableName=self._plane.thing("entries"), ConsistentRead=True):
                for raw in page["Items"]:
                    entry = to_entry(EntryItem.from_raw_data(raw))
                    if sha256(entry.envelope).hexdigest() in logged:
                        yield entry.entry_id, entry.envelope

    def _logged(self, size: int) -> set[str]:
        bundles = (self.object(tile.path) or b"" for tile in tiles_of(ENTRIES, size))
        return {decode_leaf(leaf).envelope_sha256 for bundle in bundles for leaf in decode_bundle(bundle)}

    def _read(self, bucket: str, key: str) -> bytes | None:
        s3: Any = self._plane.aws("s3")
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
