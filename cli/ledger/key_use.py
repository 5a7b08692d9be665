"""What the log shows for the signatures of its keys: versions of the checkpoint, promises in the table."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final

from cli.ledger.log_source import PlaneLog
from cli.plane import Plane, calling
from writ.ledger.checkpoint import key_id, log_verifier, open_checkpoint
from writ.ledger.errors import VerificationError
from writ.ledger.logcopy import CHECKPOINT
from writ.ledger.note import VerifierKey
from writ.ledger.promise import Promised, verify_promise
from writ.ledger.rotation import note_key_id
from writ.ledger.tally import PATIENCE, SKEW, Kind, SignCall, Tally, distinct, tally
from writ.ledger.tiles import ENTRIES, WIDTH, Tile, decode_bundle
from writ.ledger.trust import TrustRoot

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric import ec

_AT_ONCE: Final = 8

Versions = Iterable[tuple[datetime, bytes]]


@dataclass(frozen=True, slots=True)
class LogKey:
    """A key that the log has or had: what it verifies with, its KMS key, and its end if it was retired."""

    public: ec.EllipticCurvePublicKey
    arn: str
    end: datetime | None = None

    @property
    def id(self) -> str:
        return key_id(self.public).hex()

    def published(self, versions: Versions, root: TrustRoot) -> list[datetime]:
        """When each of its signatures on a checkpoint was published."""
        return distinct(versions, log_verifier(root.origin, self.public))


@dataclass(frozen=True, slots=True)
class NoteKey:
    """A key of the second line on checkpoints; it promises nothing."""

    verifier: VerifierKey
    arn: str
    end: datetime | None = None

    @property
    def id(self) -> str:
        return note_key_id(self.verifier)

    def published(self, versions: Versions, root: TrustRoot) -> list[datetime]:
        """The same, by the line of a log's key beside each of its own."""
        keys = (root.log_key, *(key for key, _ in root.retired.log_keys))
        found = list(versions)
        return sorted(
            at for key in keys for at in distinct(found, log_verifier(root.origin, key), self.verifier)
        )


Key = LogKey | NoteKey


@dataclass(frozen=True, slots=True)
class Counted:
    """What became of the signatures by one key."""

    key: Key
    tally: Tally


def keys_of(plane: Plane, root: TrustRoot) -> list[Key]:
    """The keys of checkpoints, those in use first. Raises CommandError for one without an alias in KMS."""
    log, note = f"alias/{plane.thing('log')}", f"alias/{plane.thing('note')}"
    keys: list[Key] = [LogKey(root.log_key, _arn(plane, log))]
    if root.note_key is not None:
        keys.append(NoteKey(root.note_key, _arn(plane, note)))
    for key, end in root.retired.log_keys:
        keys.append(LogKey(key, _arn(plane, f"{log}-{key_id(key).hex()[:16]}"), end))
    for verifier, end in root.retired.note_keys:
        keys.append(NoteKey(verifier, _arn(plane, f"{note}-{note_key_id(verifier)[:16]}"), end))
    return keys


def _arn(plane: Plane, alias: str) -> str:
    with calling(f"looking up the key {alias}"):
        return str(plane.aws("kms").describe_key(KeyId=alias)["KeyMetadata"]["Arn"])


def count(plane: Plane, root: TrustRoot, key: Key, calls: list[SignCall], notes: dict[str, bytes]) -> Counted:
    """Hold calls of one key against the checkpoints and the promises of a plane.

    `notes` keeps the versions of the checkpoint that were read: keys that signed at one time share them.
    """
    published = key.published(_versions(plane, calls, notes), root)
    roles = {plane.thing("sequencer"): Kind.CHECKPOINT, plane.thing("notary"): Kind.PROMISE}
    promises = _promises(plane, root, key.public) if isinstance(key, LogKey) else 0
    return Counted(key, tally(calls, published, promises, roles))


def _versions(plane: Plane, calls: list[SignCall], notes: dict[str, bytes]) -> Versions:
    """Every version of the checkpoint that one of the calls can have led to."""
    bucket, s3 = plane.bucket("log"), plane.aws("s3")
    since = min(call.at for call in calls) - SKEW
    until = max(call.at for call in calls) + PATIENCE
    with calling("listing the versions of the checkpoint"):
        pages = s3.get_paginator("list_object_versions").paginate(Bucket=bucket, Prefix=CHECKPOINT)
        listed = [
            (item["LastModified"], item["VersionId"])
            for page in pages
            for item in page.get("Versions", ())
            if item["Key"] == CHECKPOINT and since <= item["LastModified"] <= until
        ]

    def read(item: tuple[datetime, str]) -> tuple[datetime, bytes]:
        at, version = item
        if version not in notes:
            with calling("reading a version of the checkpoint"):
                found = s3.get_object(Bucket=bucket, Key=CHECKPOINT, VersionId=version)
                notes[version] = found["Body"].read()
        return at, notes[version]

    with ThreadPoolExecutor(_AT_ONCE) as pool:
        yield from pool.map(read, listed)


def _promises(plane: Plane, root: TrustRoot, key: ec.EllipticCurvePublicKey) -> int:
    """How many leaves have a promise that this key of the log's did sign: anybody can write the table."""
    log = PlaneLog(plane)
    note = log.object(CHECKPOINT)
    if note is None:
        return 0
    size = open_checkpoint(note, root.origin, root.log_key, root.note_key).size
    of_bundle: dict[int, list[Mapping[str, Any]]] = {}
    prefix = f"{key_id(key).hex()}#"
    with calling("reading the table promises"):
        pages = plane.aws("dynamodb").get_paginator("scan")
        for page in pages.paginate(TableName=plane.thing("promises"), ConsistentRead=True):
            for item in page["Items"]:
                name, _, index = item["leaf"]["S"].partition("#")
                if f"{name}#" == prefix and index.isdecimal() and int(index) < size:
                    of_bundle.setdefault(int(index) // WIDTH, []).append(item)
    return sum(_held(log, key, size, bundle, items) for bundle, items in of_bundle.items())


def _held(
    log: PlaneLog, key: ec.EllipticCurvePublicKey, size: int, bundle: int, items: list[Mapping[str, Any]]
) -> int:
    tile = Tile(ENTRIES, bundle, min(WIDTH, size - bundle * WIDTH))
    leaves = list(decode_bundle(log.object(tile.path) or b""))
    return sum(_is_promise(item, leaves, bundle * WIDTH, key) for item in items)


def _is_promise(
    item: Mapping[str, Any], leaves: list[bytes], first: int, key: ec.EllipticCurvePublicKey
) -> bool:
    index = int(item["leaf"]["S"].partition("#")[2])
    try:
        at = datetime.fromtimestamp(int(item["integrated_at"]["N"]), tz=UTC)
        promised = Promised(leaves[index - first], index, at)
        verify_promise(promised, item["signature"]["B"], key)
    except (VerificationError, LookupError, ValueError, OverflowError):
        return False
    return True
