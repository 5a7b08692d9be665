"""`writ ledger signatures`: what CloudTrail says the log's key signed, against what the log shows for it."""

from __future__ import annotations

import gzip
import zlib
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any, Final

import typer
from rich.console import Group, RenderableType
from rich.text import Text

from cli.log_source import PlaneLog
from cli.output import CommandError, JsonFlag, UsageError, reporting, table
from cli.plane import Plane, calling
from writ.contracts.statement import rfc3339
from writ.ledger.checkpoint import key_id, log_verifier, open_checkpoint
from writ.ledger.errors import VerificationError
from writ.ledger.logcopy import CHECKPOINT, TRUST_ROOT
from writ.ledger.promise import Promised, verify_promise
from writ.ledger.tally import PATIENCE, SKEW, Kind, SignCall, Tally, distinct, read_calls, tally
from writ.ledger.tiles import ENTRIES, WIDTH, Tile, decode_bundle
from writ.ledger.trust import TrustRoot
from writ.ledger.trusted_root import read_trust

# Beside the logs CloudTrail keeps digests of them, which list files and no calls:
# https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-log-file-validation-intro.html
_DIGESTS: Final = "CloudTrail-Digest"
_MAX_FILE: Final = 512 * 1024 * 1024
_SHOWN: Final = 50
_AT_ONCE: Final = 8


def signatures(
    path: Annotated[
        Path,
        typer.Argument(metavar="PATH", help="CloudTrail logs: a file or a folder of .json and .json.gz."),
    ],
    *,
    key: Annotated[
        str | None, typer.Option(metavar="ARN", help="The log's KMS key; the plane's own if absent.")
    ] = None,
    trust: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="A trust root you have from elsewhere; the log's own if absent."),
    ] = None,
    as_json: JsonFlag = False,
) -> None:
    """Count what the log's key signed against what carries a signature; exit code 1 names what is over."""
    with reporting(as_json) as output:
        files = list(log_files(path))
        plane = Plane.load()
        arn = key or _log_key(plane)
        calls = {call.id: call for file in files for call in _calls(file, arn)}
        if not calls:
            message = f"these logs hold no signature by {arn}, and a log signs every ten minutes"
            raise CommandError(message, code="cloudtrail.none", hint="other logs, or --key ARN")
        root = _trust_root(plane, trust)
        counted = count(plane, root, list(calls.values()))
        output.show(document(counted, arn, len(files)), picture(counted, arn, len(files)))
        if not counted.ok:
            output.found_problem()


def log_files(path: Path) -> Iterator[Path]:
    """CloudTrail log files below a path. Raises UsageError where there are none."""
    if path.is_file():
        yield path
        return
    found = [
        file
        for file in sorted(path.rglob("*"))
        if file.name.endswith((".json", ".json.gz")) and _DIGESTS not in file.parts and file.is_file()
    ]
    if not found:
        raise UsageError(f"{path} holds no CloudTrail logs", field="PATH")
    yield from found


def count(plane: Plane, root: TrustRoot, calls: list[SignCall]) -> Tally:
    """Hold calls against the checkpoints and the promises of a plane."""
    published = distinct(_versions(plane, calls), log_verifier(root.origin, root.log_key))
    roles = {plane.thing("sequencer"): Kind.CHECKPOINT, plane.thing("notary"): Kind.PROMISE}
    return tally(calls, published, _promises(plane, root), roles)


def document(counted: Tally, key: str, files: int) -> dict[str, Any]:
    """A count, ready for JSON."""
    return {
        "ok": counted.ok,
        "key": key,
        "files": files,
        "signatures": counted.calls,
        "checkpoints": counted.checkpoints,
        "promises": counted.promises,
        "unrecorded": counted.unrecorded,
        "unmatched": [
            {**asdict(each.call), "at": rfc3339(each.call.at), "why": each.why} for each in counted.unmatched
        ],
    }


def picture(counted: Tally, key: str, files: int) -> RenderableType:
    """The same for people."""
    over = len(counted.unmatched)
    verdict = (
        Text.assemble(("✔ ", "bold green"), f"{counted.calls} signatures, and each is accounted for")
        if counted.ok
        else Text.assemble(
            ("✘ ", "bold red"),
            (f"{over} of {counted.calls}", "bold"),
            f" signatures {'has' if over == 1 else 'have'} nothing to show",
        )
    )
    parts: list[RenderableType] = [
        verdict,
        Text(f"  {key}, in {files} files of CloudTrail", style="dim"),
        Text(
            f"  {counted.checkpoints} on checkpoints of that time, {counted.promises} promises", style="dim"
        ),
    ]
    if counted.unrecorded:
        parts.append(
            Text(f"  {counted.unrecorded} checkpoints have no record: logs are missing", style="yellow")
        )
    if not counted.ok:
        rows = [
            (rfc3339(each.call.at), each.call.principal, each.call.source, each.call.id, each.why)
            for each in counted.unmatched[:_SHOWN]
        ]
        parts.append(table(None, ("=when", "for whom", "from", "event", "why"), rows))
    return Group(*parts)


def _calls(file: Path, key: str) -> list[SignCall]:
    try:
        with gzip.open(file) if file.name.endswith(".gz") else file.open("rb") as opened:
            data = opened.read(_MAX_FILE + 1)
    except (OSError, EOFError, zlib.error) as error:
        raise CommandError(f"{file}: {error}", code="cloudtrail.unreadable") from None
    if len(data) > _MAX_FILE:
        raise CommandError(f"{file} is larger than any log of CloudTrail", code="cloudtrail.unreadable")
    try:
        return read_calls(data, key)
    except VerificationError as error:
        raise CommandError(f"{file}: {error.message}", code=error.code) from None


def _log_key(plane: Plane) -> str:
    with calling("looking up the log's key"):
        found = plane.aws("kms").describe_key(KeyId=f"alias/{plane.thing('log')}")
    return str(found["KeyMetadata"]["Arn"])


def _trust_root(plane: Plane, trust: Path | None) -> TrustRoot:
    if trust is not None and not trust.is_file():
        raise UsageError(f"there is no {trust}", field="--trust")
    data = trust.read_bytes() if trust is not None else PlaneLog(plane).object(TRUST_ROOT)
    if data is None:
        raise CommandError("the log has no trust root yet", code="ledger.no_checkpoint")
    return read_trust(data)


def _versions(plane: Plane, calls: list[SignCall]) -> Iterator[tuple[datetime, bytes]]:
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
        with calling("reading a version of the checkpoint"):
            found = s3.get_object(Bucket=bucket, Key=CHECKPOINT, VersionId=item[1])
            return item[0], found["Body"].read()

    with ThreadPoolExecutor(_AT_ONCE) as pool:
        yield from pool.map(read, listed)


def _promises(plane: Plane, root: TrustRoot) -> int:
    """How many leaves have a promise that the log's key did sign: anybody can write the table."""
    log = PlaneLog(plane)
    note = log.object(CHECKPOINT)
    if note is None:
        return 0
    size = open_checkpoint(note, root.origin, root.log_key, root.note_key).size
    of_bundle: dict[int, list[Mapping[str, Any]]] = {}
    prefix = f"{key_id(root.log_key).hex()}#"
    with calling("reading the table promises"):
        pages = plane.aws("dynamodb").get_paginator("scan")
        for page in pages.paginate(TableName=plane.thing("promises"), ConsistentRead=True):
            for item in page["Items"]:
                name, _, index = item["leaf"]["S"].partition("#")
                if f"{name}#" == prefix and index.isdecimal() and int(index) < size:
                    of_bundle.setdefault(int(index) // WIDTH, []).append(item)
    return sum(_held(log, root, size, bundle, items) for bundle, items in of_bundle.items())


def _held(log: PlaneLog, root: TrustRoot, size: int, bundle: int, items: list[Mapping[str, Any]]) -> int:
    tile = Tile(ENTRIES, bundle, min(WIDTH, size - bundle * WIDTH))
    leaves = list(decode_bundle(log.object(tile.path) or b""))
    return sum(_is_promise(item, leaves, bundle * WIDTH, root) for item in items)


def _is_promise(item: Mapping[str, Any], leaves: list[bytes], first: int, root: TrustRoot) -> bool:
    index = int(item["leaf"]["S"].partition("#")[2])
    try:
        at = datetime.fromtimestamp(int(item["integrated_at"]["N"]), tz=root.began.tzinfo)
        promised = Promised(leaves[index - first], index, at)
        verify_promise(promised, item["signature"]["B"], root.log_key)
    except (VerificationError, LookupError, ValueError, OverflowError):
        return False
    return True
